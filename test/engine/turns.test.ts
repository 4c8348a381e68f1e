import { expect, it } from 'vitest';
import { startEngineForTest } from '../helpers/engine-for-test.js';

it('runs that go on at the same time, each with a costly decision, leave others a turn in between', async () => {
  const { engine } = await startEngineForTest();
  const values = { items: Array.from({ length: 10_000 }, (_, at) => at) };
  const cases = Array.from({ length: 20 }, () => ({ when: 'data.items.exists(x, x + 1 < 0)', to_node: 'END' }));
  await engine.createGraph({
    name: 'costly',
    graph_id: 'costly',
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name: 'set_data', params: { values } }],
    edges: [],
    conditional_edges: [{ from_node: 'a', cases, otherwise: 'END' }],
  });
  const runs = await Promise.all(
    Array.from({ length: 10 }, () => engine.startRun({ graphId: 'costly', inputData: null })),
  );
  let turns = 0;
  let isCounting = true;
  const count = (): void => {
    turns += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const endedIn = await Promise.all(
    runs.map(async ({ runId }) => {
      await engine.getState(runId, { waitSeconds: 60 });
      return turns;
    }),
  );
  isCounting = false;
  expect(new Set(endedIn).size).toBeGreaterThanOrEqual(8);
});
