import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/core/run/events.js';
import { WatchUseCases } from '../../src/engine/watch.js';
import { RunOutput } from '../../src/runs/run-output.js';
import { Turns } from '../../src/runs/turns.js';
import { UnreadableRunError } from '../../src/store/errors.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import { FORKED_FROM_START, JournalStore, SUBMITTED, stepAtA } from '../helpers/journal-store.js';

const IDLE_MS = 10_000;

const output = new RunOutput({ signals: new LocalSignals(), now: Date.now });

function watching(): { journals: JournalStore; watch: WatchUseCases } {
  const journals = new JournalStore();
  return {
    journals,
    watch: new WatchUseCases({ store: journals.store, signals: journals.signals, turns: new Turns(), output }),
  };
}

/** The seqs of all events that follow. */
async function seqsOf(pages: AsyncIterable<readonly EventRecord[]>): Promise<number[]> {
  const seqs: number[] = [];
  for await (const page of pages) seqs.push(...page.map(({ seq }) => seq));
  return seqs;
}

describe('a watch', () => {
  it('goes on after a gap in the journal, from every place', async () => {
    const { journals, watch } = watching();
    journals.append('fork', SUBMITTED);
    journals.append('fork', FORKED_FROM_START, 3);
    journals.append('fork', { type: 'run.started', next: 'a', step: 1 });
    journals.append('fork', { type: 'run.cancelled', logs: [] });
    const expected = [
      [0, [1, 3, 4, 5]],
      [1, [3, 4, 5]],
      [2, [3, 4, 5]],
      [3, [4, 5]],
      [4, [5]],
    ] as const;
    for (const [after, seqs] of expected) {
      const { isOver, pages } = await watch.watchRun('fork', { after, idleMs: IDLE_MS });
      expect([isOver, await seqsOf(pages)]).toEqual([false, seqs]);
    }
    const { isOver, pages } = await watch.watchRun('fork', { after: 5, idleMs: IDLE_MS });
    expect([isOver, await seqsOf(pages)]).toEqual([true, []]);
  });

  it('gives a reader in a gap the end that follows it', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    journals.append('run', { type: 'run.cancelled', logs: [] }, 3);
    const { isOver, pages } = await watch.watchRun('run', { after: 2, idleMs: IDLE_MS });
    expect([isOver, await seqsOf(pages)]).toEqual([false, [3]]);
  });

  it('is not over after an end that a retry follows', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    journals.append('run', { type: 'run.cancelled', logs: [] });
    journals.append('run', { type: 'run.retried' });
    journals.append('run', { type: 'run.cancelled', logs: [] });
    const { isOver, pages } = await watch.watchRun('run', { after: 2, idleMs: IDLE_MS });
    expect([isOver, await seqsOf(pages)]).toEqual([false, [3, 4]]);
  });

  it('ends before a record that cannot be read, and refuses who goes on from there', async () => {
    const journals = new JournalStore();
    journals.append('run', SUBMITTED);
    for (let step = 1; step <= 40; step++) journals.append('run', stepAtA(step));
    const whole = journals.store;
    const readEvents: typeof whole.readEvents = async (runId, after, limit) => {
      const records = await whole.readEvents(runId, after, limit);
      if (records.some(({ seq }) => seq === 30)) throw new UnreadableRunError(runId, 'record 30 is not JSON');
      return records;
    };
    const store = { ...whole, readEvents };
    const watch = new WatchUseCases({ store, signals: journals.signals, turns: new Turns(), output });
    const { pages } = await watch.watchRun('run', { after: 0, idleMs: IDLE_MS });
    expect(await seqsOf(pages)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    await expect(watch.watchRun('run', { after: 16, idleMs: IDLE_MS })).rejects.toThrow('record 30 is not JSON');
    expect(journals.listeners('run')).toBe(0);
  });

  it('gives events as they are announced, and stops listening when its reader leaves', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    const { pages } = await watch.watchRun('run', { after: 1, idleMs: IDLE_MS });
    const first = pages.next();
    expect(journals.listeners('run')).toBe(1);
    journals.append('run', { type: 'run.started', next: 'a' });
    expect((await first).value).toMatchObject([{ seq: 2 }]);
    await pages.return();
    expect(journals.listeners('run')).toBe(0);
  });

  it('gives an empty page after a while without events, and ends once the run is deleted', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    const { pages } = await watch.watchRun('run', { after: 1, idleMs: 1 });
    expect(await pages.next()).toEqual({ done: false, value: [] });
    journals.delete('run');
    expect((await pages.next()).done).toBe(true);
  });

  it('ends when its signal aborts, and when the engine stops', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    const leaving = new AbortController();
    const request = { after: 1, idleMs: IDLE_MS };
    const [one, other] = await Promise.all([
      watch.watchRun('run', { ...request, signal: leaving.signal }),
      watch.watchRun('run', request),
    ]);
    const [left, stopped] = [one.pages.next(), other.pages.next()];
    leaving.abort();
    expect((await left).done).toBe(true);
    expect(journals.listeners('run')).toBe(1);
    watch.stopWatching();
    expect((await stopped).done).toBe(true);
    expect(await seqsOf((await watch.watchRun('run', { ...request, after: 0 })).pages)).toEqual([]);
  });

  it('reads each page once for all its readers', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    for (let step = 1; step <= 40; step++) journals.append('run', stepAtA(step));
    journals.append('run', { type: 'run.completed', reason: 'end' });
    const watches = await Promise.all([1, 2, 3].map(() => watch.watchRun('run', { after: 0, idleMs: IDLE_MS })));
    journals.reads.length = 0;
    const all = await Promise.all(watches.map(({ pages }) => seqsOf(pages)));
    for (const seqs of all) expect(seqs).toEqual(Array.from({ length: 42 }, (_, index) => index + 1));
    const places = journals.reads.map(([, after]) => after).filter((after) => after < 42);
    expect(new Set(places).size).toBe(places.length);
  });

  it('reads the store again for a reader that is a megabyte behind the others', async () => {
    const { journals, watch } = watching();
    journals.append('run', SUBMITTED);
    // The first page has 16 events; the second one is too large to be kept.
    for (let step = 1; step < 16; step++) journals.append('run', stepAtA(step));
    for (let step = 16; step <= 20; step++) journals.append('run', stepAtA(step, ['x'.repeat(300_000)]));
    journals.append('run', { type: 'run.completed', reason: 'end' });
    const request = { after: 0, idleMs: IDLE_MS };
    const { pages: slow } = await watch.watchRun('run', request);
    const { pages: fast } = await watch.watchRun('run', request);
    expect((await slow.next()).value).toHaveLength(16);
    expect(await seqsOf(fast)).toHaveLength(22);
    expect(await seqsOf(slow)).toEqual([17, 18, 19, 20, 21, 22]);
    expect(journals.reads.filter(([, after]) => after === 16)).toHaveLength(2);
  });
});
