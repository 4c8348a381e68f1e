import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutputReader } from '../../src/runs/output-reader.js';
import { runIds } from '../../src/runs/run-ids.js';
import { type CallOutput, RunOutput } from '../../src/runs/run-output.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import { PostgresSignals } from '../../src/store/postgres/signals.js';

/** Processes, and the notifications between them. */
let processes: PostgresSignals[];
let sent: string[];
let isCut: boolean;
let runId: string;

beforeEach(() => {
  vi.useFakeTimers();
  [processes, sent, isCut, runId] = [[], [], false, runIds(Date.now)()];
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each.close()));
  vi.useRealTimers();
});

function open(sender: string): RunOutput {
  const signals: PostgresSignals = new PostgresSignals({
    local: new LocalSignals(),
    sender,
    now: Date.now,
    notify: async (payloads) => {
      sent.push(...payloads);
      if (isCut) return;
      for (const each of processes) for (const payload of payloads) each.receive(payload);
    },
    lastSeqs: async () => new Map(),
  });
  processes.push(signals);
  return new RunOutput({ signals, now: Date.now });
}

function begin(output: RunOutput, step = 1): CallOutput {
  return output.begin({ runId, step, node: 'a node "1"', attempt: 1, after: step + 1 });
}

/** What a reader takes: chunks as `index:chunk`, gaps as `-dropped`. */
function taken(reader: OutputReader): string[] {
  return reader
    .takeBefore(Number.POSITIVE_INFINITY)
    .map((item) => ('chunk' in item ? `${item.index}:${item.chunk}` : `-${item.dropped}`));
}

/** Long enough for what was asked and sent to arrive. */
const settle = () => vi.advanceTimersByTimeAsync(250);
const outputSent = () => sent.filter((payload) => payload.includes(' o'));

describe('what a step at one server sends', () => {
  it('reaches readers at another, with its place, some of it in each notification', async () => {
    const [here, there] = [open('a'), open('b')];
    const reader = there.open(runId, false);
    await settle();
    const call = begin(here);
    for (let index = 0; index < 50; index++) call.send(JSON.stringify(`word ${index} é\n`));
    call.send('{"a":[1,null," "]}');
    await settle();
    expect(outputSent()).toHaveLength(1);
    const items = reader.takeBefore(Number.POSITIVE_INFINITY);
    expect(items).toHaveLength(51);
    expect(items[0]).toEqual({
      call: { runId, step: 1, node: 'a node "1"', attempt: 1, after: 2 },
      index: 0,
      chunk: '"word 0 é\\n"',
    });
    expect(items[50]).toMatchObject({ index: 50, chunk: '{"a":[1,null," "]}' });
    expect(items[50]?.call).toBe(items[0]?.call);
  });

  it('is not sent if nobody reads it, or nobody does any more', async () => {
    const [here, there] = [open('a'), open('b')];
    const call = begin(here);
    call.send('"a"');
    await settle();
    const reader = there.open(runId, false);
    await settle();
    call.send('"b"');
    await settle();
    expect(taken(reader)).toEqual(['1:"b"']);
    reader.close();
    // An interest counts for 12 seconds.
    await vi.advanceTimersByTimeAsync(15_000);
    const before = outputSent().length;
    call.send('"c"');
    await settle();
    expect([before, outputSent().length]).toEqual([1, 1]);
    expect(vi.getTimerCount()).toBe(4);
  });

  it('goes on for as long as somebody reads', async () => {
    const [here, there] = [open('a'), open('b')];
    const reader = there.open(runId, false);
    const call = begin(here);
    await vi.advanceTimersByTimeAsync(60_000);
    call.send('"a"');
    await settle();
    expect(taken(reader)).toEqual(['0:"a"']);
  });

  it('is replayed to the reader who asks for that, and nobody gets anything twice', async () => {
    const [here, there] = [open('a'), open('b')];
    const early = there.open(runId, false);
    await settle();
    const call = begin(here);
    call.send('"a"');
    call.send('"b"');
    await settle();
    const late = there.open(runId, true);
    // It comes before the replay, which has it too.
    call.send('"c"');
    await settle();
    call.send('"d"');
    await settle();
    expect(taken(late)).toEqual(['0:"a"', '1:"b"', '2:"c"', '3:"d"']);
    expect(taken(early)).toEqual(['0:"a"', '1:"b"', '2:"c"', '3:"d"']);
  });

  it('is replayed from the oldest chunk that is still there', async () => {
    const [here, there] = [open('a'), open('b')];
    const call = begin(here);
    const chunk = JSON.stringify('x'.repeat(998));
    for (let index = 0; index < 100; index++) call.send(chunk);
    const reader = there.open(runId, true);
    await settle();
    const items = taken(reader);
    expect([items.length, items[0], items[1]]).toEqual([66, '-35', `35:${chunk}`]);
  });

  it('reaches a reader whose replay does not come', async () => {
    const [here, there] = [open('a'), open('b')];
    there.open(runId, false);
    await settle();
    const call = begin(here);
    call.send('"x"');
    isCut = true;
    const reader = there.open(runId, true);
    await settle();
    isCut = false;
    for (let index = 0; index < 25; index++) {
      call.send(`${index}`);
      await vi.advanceTimersByTimeAsync(110);
    }
    await settle();
    const items = taken(reader);
    expect(items[0]).toMatch(/^-\d+$/);
    expect(items.at(-1)).toBe('25:24');
  });

  it('comes before the event that ends the step', async () => {
    const [here, there] = [open('a'), open('b')];
    const reader = there.open(runId, false);
    const heard: string[] = [];
    reader.onOutput = () => heard.push('output');
    processes[1]!.subscribe(`run/${runId}`, () => heard.push('event'));
    await settle();
    const call = begin(here);
    call.send('"a"');
    call.close();
    processes[0]!.publish({ kind: 'run_advanced', runId, seq: 3, status: 'RUNNING', cancelRequested: false });
    await vi.advanceTimersByTimeAsync(20);
    expect(heard).toEqual(['output', 'event']);
  });

  it('tells what was lost on the way', async () => {
    const [here, there] = [open('a'), open('b')];
    const reader = there.open(runId, false);
    await settle();
    const call = begin(here);
    call.send('"a"');
    await settle();
    isCut = true;
    call.send('"b"');
    call.send('"c"');
    await settle();
    isCut = false;
    call.send('"d"');
    await settle();
    expect(taken(reader)).toEqual(['0:"a"', '-2', '3:"d"']);
  });

  it('takes bounded room, however much it is', async () => {
    const [here, there] = [open('a'), open('b')];
    const reader = there.open(runId, false);
    await settle();
    const call = begin(here);
    call.send('"first"');
    await settle();
    const chunk = JSON.stringify('\u0001 é'.repeat(300));
    for (let index = 0; index < 2000; index++) call.send(chunk);
    call.send('"last"');
    await vi.advanceTimersByTimeAsync(3000);
    expect(outputSent().length).toBeLessThan(40);
    for (const payload of sent) expect(Buffer.byteLength(payload)).toBeLessThan(7950);
    const items = taken(reader);
    expect([items[0], items.at(-1)]).toEqual(['0:"first"', '2001:"last"']);
    expect(items[1]).toMatch(/^-19\d\d$/);
  });

  it('takes turns with that of other runs, and no more than so many notifications', async () => {
    const [here, there] = [open('a'), open('b')];
    const newId = runIds(Date.now);
    const ids = Array.from({ length: 40 }, () => newId());
    const readers = ids.map((each) => there.open(each, false));
    await settle();
    const calls = ids.map((each) => here.begin({ runId: each, step: 1, node: 'n', attempt: 1, after: 2 }));
    const chunk = JSON.stringify('x'.repeat(1000));
    for (const call of calls) for (let index = 0; index < 12; index++) call.send(chunk);
    await vi.advanceTimersByTimeAsync(115);
    expect(outputSent()).toHaveLength(32);
    await vi.advanceTimersByTimeAsync(1000);
    for (const reader of readers) expect(taken(reader)).toHaveLength(12);
  });

  it('of a call that is made again at a third server begins anew', async () => {
    const [first, second, there] = [open('a'), open('b'), open('c')];
    const reader = there.open(runId, true);
    await settle();
    begin(first).send('"a"');
    await settle();
    const again = begin(second);
    again.send('"b"');
    again.send('"c"');
    await settle();
    expect(taken(reader)).toEqual(['0:"a"', '0:"b"', '1:"c"']);
  });
});
