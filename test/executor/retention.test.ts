import { afterEach, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { deleteOldRuns } from '../../src/executor/retention.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { chain, heldTool } from '../helpers/tools.js';

const DAY_MS = 86_400_000;
let test: TestEngine | undefined;

afterEach(() => test?.stop(0));

it('deletes what finished before the retention began, in batches, and leaves active and newer runs', async () => {
  const held = heldTool('held');
  const quick = defineTool({ name: 'quick', run: () => ({}) });
  let now = Date.now() - 10 * DAY_MS;
  test = await startEngine({ definitions: [held.tool, quick], now: () => now });
  const { engine, store } = test;
  await engine.createGraph(chain('hold', 'held'));
  await engine.createGraph(chain('quick', 'quick'));
  const active = await engine.startRun({ graphId: 'hold', inputData: null });
  const old = await Promise.all(
    Array.from({ length: 60 }, () => engine.startRun({ graphId: 'quick', inputData: null })),
  );
  for (const { runId } of old) await engine.getState(runId, { waitSeconds: 10 });
  now = Date.now();
  const recent = await engine.startRun({ graphId: 'quick', inputData: null });
  await engine.getState(recent.runId, { waitSeconds: 10 });

  const logged: unknown[] = [];
  const logger = { info: (details: unknown) => void logged.push(details), error: () => {} };
  expect(await deleteOldRuns({ store, logger, now: () => now, days: 7 })).toBe(60);
  expect(logged).toEqual([{ deleted: 60 }]);
  const left = (await engine.listRuns({ limit: 100 })).runs.map(({ runId }) => runId);
  expect(left.sort()).toEqual([active.runId, recent.runId].sort());
  expect(await deleteOldRuns({ store, logger, now: () => now, days: 7 })).toBe(0);
  held.release({});
});
