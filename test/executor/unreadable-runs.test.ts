import { expect, it, vi } from 'vitest';
import { UnreadableRuns, type UnreadableRunsOptions } from '../../src/executor/unreadable-runs.js';
import type { Claim } from '../../src/store/queue.js';

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
