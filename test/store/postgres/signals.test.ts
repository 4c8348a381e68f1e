import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runIds } from '../../../src/runs/run-ids.js';
import { LocalSignals } from '../../../src/store/local-signals.js';
import { PostgresSignals } from '../../../src/store/postgres/signals.js';
import type { Signal } from '../../../src/store/signals.js';

const newId = runIds(Date.now);

/** What is stored, and a wire between processes that can be cut. */
let stored: Map<string, number>;
let sent: string[];
let isCut: boolean;
let processes: PostgresSignals[];

beforeEach(() => {
  vi.useFakeTimers();
  [stored, sent, isCut, processes] = [new Map(), [], false, []];
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each.close()));
  vi.useRealTimers();
});

function open(sender: string): PostgresSignals {
  const signals: PostgresSignals = new PostgresSignals({
    local: new LocalSignals(),
    sender,
    now: Date.now,
    notify: async (payloads) => {
      if (isCut) throw new Error('the connection is cut');
      sent.push(...payloads);
      for (const each of processes) for (const payload of payloads) each.receive(payload);
    },
    lastSeqs: async (runIds) => new Map([...stored].filter(([runId]) => runIds.includes(runId))),
  });
  processes.push(signals);
  return signals;
}

function advance(signals: PostgresSignals, runId: string, seq: number): void {
  stored.set(runId, seq);
  signals.publish({ kind: 'run_advanced', runId, seq, status: 'RUNNING', cancelRequested: false });
}

it('can be told to others alone', async () => {
  const [here, there] = [open('a'), open('b')];
  const [near, far] = [vi.fn(), vi.fn()];
  here.subscribe('graphs', near);
  there.subscribe('graphs', far);
  here.tellOthers({ kind: 'graph_changed', graphId: 'g' });
  await vi.advanceTimersByTimeAsync(10);
  expect([near.mock.calls.length, far.mock.calls.length]).toEqual([0, 1]);
});

it('reach this process at once, and the others in one notification that has the latest of each run', async () => {
  const [here, there] = [open('a'), open('b')];
  const runId = newId();
  const [near, far] = [vi.fn(), vi.fn()];
  here.subscribe(`run/${runId}`, near);
  there.subscribe(`run/${runId}`, far);
  for (const seq of [1, 2, 3]) advance(here, runId, seq);
  expect(near).toHaveBeenCalledTimes(3);
  expect(far).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10);
  expect(sent).toHaveLength(1);
  expect(far.mock.calls).toEqual([[expect.objectContaining({ runId, seq: 3 })]]);
  // Its own notification tells a process nothing new.
  expect(near).toHaveBeenCalledTimes(3);
  expect(there.lagMs()).toBe(0);
});

it('that are lost are found within a second, once', async () => {
  const [here, there] = [open('a'), open('b')];
  const runId = newId();
  const listener = vi.fn();
  advance(here, runId, 1);
  there.subscribe(`run/${runId}`, listener);
  await vi.advanceTimersByTimeAsync(3000);
  listener.mockClear();
  isCut = true;
  advance(here, runId, 2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(listener.mock.calls).toEqual([['resync']]);
  await vi.advanceTimersByTimeAsync(3000);
  expect(listener).toHaveBeenCalledTimes(1);
});

it('of what happened before a listener came make it look once', async () => {
  const [here, there] = [open('a'), open('b')];
  const runId = newId();
  advance(here, runId, 5);
  await vi.advanceTimersByTimeAsync(10);
  const listener = vi.fn();
  there.subscribe(`run/${runId}`, listener);
  await vi.advanceTimersByTimeAsync(5000);
  expect(listener.mock.calls).toEqual([['resync']]);
});

it('that were heard need no look', async () => {
  const [here, there] = [open('a'), open('b')];
  const runId = newId();
  const listener = vi.fn();
  there.subscribe(`run/${runId}`, listener);
  advance(here, runId, 5);
  await vi.advanceTimersByTimeAsync(5000);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(listener).toHaveBeenCalledWith(expect.objectContaining({ seq: 5 }));
});

it('tell of a run that was deleted, though nobody has said so', async () => {
  const there = open('b');
  const runId = newId();
  stored.set(runId, 3);
  const listener = vi.fn();
  there.subscribe(`run/${runId}`, listener);
  await vi.advanceTimersByTimeAsync(1000);
  listener.mockClear();
  stored.delete(runId);
  await vi.advanceTimersByTimeAsync(3000);
  expect(listener.mock.calls).toEqual([[{ kind: 'run_deleted', runId } satisfies Signal]]);
});

it('ask about no run that nobody listens to', async () => {
  const asked: string[] = [];
  const signals = new PostgresSignals({
    local: new LocalSignals(),
    sender: 'a',
    now: Date.now,
    notify: async () => {},
    lastSeqs: async (runIds) => {
      asked.push(...runIds);
      return new Map();
    },
  });
  const runId = newId();
  const stops = [signals.subscribe(`run/${runId}`, () => {}), signals.subscribe(`run/${runId}`, () => {})];
  stops[0]!();
  stops[0]!();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([runId]);
  stops[1]!();
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([runId]);
  await signals.close();
});

it('of children that wait make their listeners look now and then, because a hint can be lost', async () => {
  const there = open('b');
  const listener = vi.fn();
  there.subscribe('child_waiting', listener);
  await vi.advanceTimersByTimeAsync(5000);
  expect(listener.mock.calls).toEqual([['resync']]);
});

it('announce work to the others, not to oneself', async () => {
  const [here, there] = [open('a'), open('b')];
  const [near, far] = [vi.fn(), vi.fn()];
  here.onWork(near);
  const stop = there.onWork(far);
  here.announceWork();
  here.announceWork();
  await vi.advanceTimersByTimeAsync(10);
  expect(far).toHaveBeenCalledTimes(1);
  expect(near).not.toHaveBeenCalled();
  stop();
  here.announceWork();
  await vi.advanceTimersByTimeAsync(10);
  expect(far).toHaveBeenCalledTimes(1);
});

it('have everybody look after a pause of the connection', async () => {
  const there = open('b');
  const [runs, graphs, work] = [vi.fn(), vi.fn(), vi.fn()];
  there.subscribe(`run/${newId()}`, runs);
  there.subscribe('graphs', graphs);
  there.onWork(work);
  there.resync();
  expect([runs, graphs].map(({ mock }) => mock.calls)).toEqual([[['resync']], [['resync']]]);
  expect(work).toHaveBeenCalledTimes(1);
});

it('that are pending when a process closes are sent', async () => {
  const [here, there] = [open('a'), open('b')];
  const listener = vi.fn();
  there.subscribe('graphs', listener);
  here.publish({ kind: 'graph_changed', graphId: 'g' });
  await here.close();
  expect(listener).toHaveBeenCalledTimes(1);
});
