import { describe, expect, it, vi } from 'vitest';
import { ALWAYS_KEPT_BYTES, MAX_KEPT_LENGTH, type OutputCall, OutputMemory } from '../../src/runs/output-buffer.js';
import type { OutputReader } from '../../src/runs/output-reader.js';
import { RunOutput } from '../../src/runs/run-output.js';
import { LocalSignals } from '../../src/store/local-signals.js';

function newOutput(memory?: OutputMemory): RunOutput {
  return new RunOutput({ signals: new LocalSignals(), now: Date.now }, memory);
}

function callOf(step: number, more: Partial<OutputCall> = {}): OutputCall {
  return { runId: 'r', step, node: 'n', attempt: 1, after: step + 1, ...more };
}

/** What a reader takes: chunks as `step/index:chunk`, gaps as `step-dropped`. */
function taken(reader: OutputReader, before = Number.POSITIVE_INFINITY): string[] {
  return reader
    .takeBefore(before)
    .map((item) =>
      'chunk' in item ? `${item.call.step}/${item.index}:${item.chunk}` : `${item.call.step}-${item.dropped}`,
    );
}

describe('what a step sends', () => {
  it('goes to each reader of its run that is there, and to no other', () => {
    const output = newOutput();
    const [one, other, foreign] = [output.open('r', false), output.open('r', false), output.open('s', false)];
    const woken = vi.fn();
    one.onOutput = woken;
    const call = output.begin(callOf(1));
    call.send('"a"');
    call.send('"b"');
    expect(woken).toHaveBeenCalledTimes(2);
    expect(taken(one)).toEqual(['1/0:"a"', '1/1:"b"']);
    other.close();
    call.send('"c"');
    expect([taken(one), taken(other), taken(foreign)]).toEqual([['1/2:"c"'], [], []]);
    expect(one.isEmpty).toBe(true);
  });

  it('is replayed to a reader who asks for it, while the call lasts', () => {
    const output = newOutput();
    const call = output.begin(callOf(1));
    call.send('"a"');
    call.send('"b"');
    const [late, live] = [output.open('r', true), output.open('r', false)];
    call.send('"c"');
    expect(taken(late)).toEqual(['1/0:"a"', '1/1:"b"', '1/2:"c"']);
    // It began here, so it misses nothing.
    expect(taken(live)).toEqual(['1/2:"c"']);
    call.close();
    expect(taken(output.open('r', true))).toEqual([]);
    output.begin(callOf(2)).send('"d"');
    expect([taken(late), taken(live)]).toEqual([['2/0:"d"'], ['2/0:"d"']]);
  });

  it('of a call that has come to nothing is not mixed with that of the next', () => {
    const output = newOutput();
    const lost = output.begin(callOf(1));
    lost.send('"a"');
    const next = output.begin(callOf(1));
    lost.close();
    next.send('"b"');
    expect(taken(output.open('r', true))).toEqual(['1/0:"b"']);
  });

  it('is kept up to a size for readers to come, who are told how much is missing', () => {
    const output = newOutput();
    const call = output.begin(callOf(1));
    const chunk = JSON.stringify('x'.repeat(998));
    for (let index = 0; index < 100; index++) call.send(chunk);
    const items = taken(output.open('r', true));
    const kept = Math.floor(MAX_KEPT_LENGTH / 1000);
    expect(items).toHaveLength(kept + 1);
    expect(items.slice(0, 2)).toEqual([`1-${100 - kept}`, `1/${100 - kept}:${chunk}`]);
  });

  it('is dropped for a reader who is slow, the oldest first, and the reader is told', () => {
    const output = newOutput();
    const [slow, fast] = [output.open('r', false), output.open('r', false)];
    const chunk = JSON.stringify('x'.repeat(998));
    const call = output.begin(callOf(1));
    let read = 0;
    for (let index = 0; index < 5000; index++) {
      call.send(chunk);
      read += taken(fast).length;
    }
    call.send('"last"');
    expect([read, taken(fast)]).toEqual([5000, ['1/5000:"last"']]);
    const items = taken(slow);
    expect(items[0]).toBe(`1-${5001 - (items.length - 1)}`);
    expect(items.at(-1)).toBe('1/5000:"last"');
    call.send('"more"');
    expect(taken(slow)).toEqual(['1/5001:"more"']);
  });

  it('takes bounded memory in all, which is free again when calls and readers end', () => {
    const memory = new OutputMemory(10_000);
    const output = newOutput(memory);
    const readers = ['r', 's', 't'].map((runId) => output.open(runId, false));
    const calls = ['r', 's', 't'].map((runId) => output.begin(callOf(1, { runId })));
    for (let index = 0; index < 100; index++) for (const call of calls) call.send(JSON.stringify('x'.repeat(300)));
    expect(memory.isFull).toBe(true);
    for (const reader of readers) expect(taken(reader)).toHaveLength(1 + Math.floor(ALWAYS_KEPT_BYTES / 402));
    for (const each of [...readers, ...calls]) each.close();
    memory.add({ call: callOf(1), index: 0, chunk: 'x'.repeat(9_900) });
    // Nothing else is counted any more.
    expect(memory.isFull).toBe(false);
    memory.add({ call: callOf(1), index: 0, chunk: '' });
    expect(memory.isFull).toBe(true);
  });

  it('reaches readers who read, although those who do not have filled the memory', () => {
    const memory = new OutputMemory(50_000);
    const output = newOutput(memory);
    const [slow, fast] = [output.open('r', false), output.open('s', false)];
    const talk = output.begin(callOf(1));
    for (let index = 0; index < 50; index++) talk.send(JSON.stringify('x'.repeat(998)));
    // What the call keeps is free again; what the reader has not read is not.
    talk.close();
    memory.add({ call: callOf(1), index: 0, chunk: 'x'.repeat(50_000) });
    expect([slow.isEmpty, memory.isFull]).toEqual([false, true]);
    const call = output.begin(callOf(1, { runId: 's' }));
    call.send('"a"');
    call.send('"b"');
    expect(taken(fast)).toEqual(['1/0:"a"', '1/1:"b"']);
    const largest = JSON.stringify('\u0000'.repeat(1000));
    call.send(largest);
    expect(taken(fast)).toEqual([`1/2:${largest}`]);
    expect(taken(output.open('s', true)).at(-1)).toBe(`1/2:${largest}`);
  });

  it('is taken up to the event before which its call began', () => {
    const output = newOutput();
    const reader = output.open('r', false);
    const first = output.begin(callOf(1, { after: 2 }));
    first.send('"a"');
    first.close();
    output.begin(callOf(2, { after: 3 })).send('"b"');
    expect([reader.hasBefore(2), taken(reader, 2)]).toEqual([false, []]);
    expect([reader.hasBefore(3), taken(reader, 3)]).toEqual([true, ['1/0:"a"']]);
    expect([reader.hasBefore(3), taken(reader, 4)]).toEqual([false, ['2/0:"b"']]);
  });
});
