import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statusOf } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { gate } from '../helpers/tools.js';

/**
 * A database that release 1.0 made, before it was killed while children were at work: their slots were in its memory.
 * - `UNDER_WAY`: of four branches, two at a time, one has completed, two are at work, one has not begun.
 * - `RETRIED`: of three branches two had failed and one was cancelled; the parent was retried, and the first two are at
 *   work again.
 * - `FAILS_AGAIN`: its one branch had failed, the parent was retried, and the branch is at work again.
 */
const FIXTURE = 'test/fixtures/workflow-1.0-children.sqlite';
const UNDER_WAY = '01a21519-f6d8-700f-b562-4626e0c9b1ed';
const RETRIED = '01a21519-f71c-700f-9ae7-cf2b5644cf5c';
const FAILS_AGAIN = '01a21519-f807-7004-855f-d02f89cccec6';

it('children of release 1.0 go on: each once, and only those that a retry has not restarted yet', async () => {
  const path = join(temporaryFolder(), 'workflow.db');
  copyFileSync(FIXTURE, path);
  const calls: string[] = [];
  const failing = gate<string>();
  const work = defineTool({
    name: 'work',
    run: (_state, { item, runId }) => {
      calls.push(runId);
      return { worked: item };
    },
  });
  const flaky = defineTool({
    name: 'flaky',
    run: async (_state, { runId }) => {
      calls.push(runId);
      if (runId === (await failing.promise)) throw new Error('ill again');
      return { well: true };
    },
  });
  const done = defineTool({ name: 'done', run: () => ({ done: true }) });
  const { engine } = await startEngineForTest({ path, definitions: [work, flaky, done] });
  const childrenOf = async (parentRunId: string) => (await engine.listRuns({ parentRunId, limit: 10 })).runs;
  const [lost] = await childrenOf(FAILS_AGAIN);
  failing.open(lost!.runId);
  const endOf = async (runId: string) => (await engine.getState(runId, { waitSeconds: 30 })).state;

  const underWay = await endOf(UNDER_WAY);
  expect(statusOf(underWay)).toBe('COMPLETED');
  const results = ['quick', 'slow 1', 'slow 2', 'last'].map((worked) => ({ worked }));
  expect(underWay.data).toEqual({ done: true, results });
  const retried = await endOf(RETRIED);
  expect(statusOf(retried)).toBe('COMPLETED');
  expect(retried.data).toMatchObject({ results: [{ well: true }, { well: true }, { well: true }] });
  expect(statusOf(await endOf(FAILS_AGAIN))).toBe('FAILED');

  // What was used before the upgrade is not known, nor is the total then.
  expect((await engine.getState(UNDER_WAY)).usageTotal).toBeNull();

  const called = [...(await childrenOf(UNDER_WAY)).slice(0, 3), ...(await childrenOf(RETRIED)), lost!];
  expect(calls.sort()).toEqual(called.map(({ runId }) => runId).sort());
});
