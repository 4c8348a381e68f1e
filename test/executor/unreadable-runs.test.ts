import { expect, it, vi } from 'vitest';
import { UnknownKindError, UnreadableError } from '../../src/core/base/stored.js';
import { UnreadableRuns, type UnreadableRunsOptions } from '../../src/executor/unreadable-runs.js';
import { UnreadableRunError } from '../../src/store/errors.js';
import type { Claim } from '../../src/store/queue.js';
import type { Unit } from '../../src/store/store.js';

it('the log is told once of a run that is put aside; a thousand runs are remembered, and no more', async () => {
  const error = vi.fn();
  const setAside = vi.fn(async () => undefined);
  const outlineRun = async () => ({ status: 'RUNNING', parentRunId: null });
  // No more of the options is used for a run that has no parent.
  const options = { store: { outlineRun }, queue: { setAside }, logger: { error } } as unknown as UnreadableRunsOptions;
  const unreadable = new UnreadableRuns(options);
  const take = async (run: number) => {
    await unreadable.take({ runId: `run-${run}` } as Claim, new Error('It cannot be read.'));
    return error.mock.calls.length;
  };
  for (let run = 0; run < 1000; run += 1) await take(run);
  expect(await take(0)).toBe(1000);
  expect(await take(1000)).toBe(1001);
  expect(await take(0)).toBe(1002);
  expect(setAside).toHaveBeenCalledTimes(1003);
});

it.each([
  ['something that this release does not know', new UnknownKindError('has a type'), true],
  ['any other damage', new UnreadableError('is not JSON'), false],
])('with %s, a child run of a shared queue is left to newer processes: %o', async (_, cause, isLeft) => {
  const error = vi.fn();
  const giveBack = vi.fn(async () => undefined);
  const setAside = vi.fn(async () => undefined);
  const options: unknown = {
    // Its parent cannot be read either, so it is put aside if it is damaged.
    store: { outlineRun: async () => ({ status: 'RUNNING', parentRunId: 'parent' }) },
    runs: { load: () => Promise.reject(new UnreadableRunError('parent', 'it is damaged')) },
    queue: { isShared: true, giveBack, setAside },
    logger: { error },
    now: () => 1000,
  };
  const claim = { runId: 'child' } as Claim;
  const unreadable = new UnreadableRuns(options as UnreadableRunsOptions);
  for (let time = 0; time < 2; time++) await unreadable.take(claim, new UnreadableRunError('child', 'it is', cause));
  expect(error).toHaveBeenCalledOnce();
  expect(giveBack.mock.calls).toEqual(
    isLeft
      ? [
          [claim, 6000],
          [claim, 6000],
        ]
      : [],
  );
  expect(setAside).toHaveBeenCalledTimes(isLeft ? 0 : 2);
});

it('a run that waits for a slot, or has just been given one, fails: others wait behind it', async () => {
  const error = vi.fn();
  const giveBack = vi.fn(async () => undefined);
  const commit = vi.fn(async (_unit: Unit) => undefined);
  const outline = {
    status: 'SUBMITTED',
    parentRunId: null,
    concurrencyKey: 'a',
    concurrencySince: 5,
    seq: 1,
    logCount: 0,
  };
  const options: unknown = {
    store: { outlineRun: async () => ({ ...outline, runId: 'run', graphId: 'g' }), listRuns: async () => [], commit },
    queue: { giveBack },
    logger: { error },
    now: () => 1000,
  };
  const claim = { runId: 'run' } as Claim;
  await new UnreadableRuns(options as UnreadableRunsOptions).take(
    claim,
    new UnreadableRunError('run', 'it is damaged'),
  );
  const [append] = commit.mock.calls[0]![0].appends;
  expect(append).toMatchObject({ rowChanged: true, records: [{ seq: 2, event: { type: 'run.failed' } }] });
  expect(append!.state.concurrency).toMatchObject({ key: 'a' });
  expect(giveBack).toHaveBeenCalledWith(claim, null);
  expect(error).toHaveBeenCalledOnce();
});
