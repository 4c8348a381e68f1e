import { defineTool } from '../../src/core/tool/tool.js';
import { openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown, throughput } from './measure.js';

const BRANCHES = 1000;
const AT_ONCE = 50;

const noop = defineTool({ name: 'noop', run: () => ({ done: true }) });
const nodes = ['start', 'item', 'end'].map((name) => ({ name, tool_name: 'noop' }));

/** One run with a branch of one step for each of many items. */
const EACH = {
  name: 'each',
  graph_id: 'each',
  entry_point: 'start',
  nodes,
  edges: [],
  for_each_edges: [
    {
      from_node: 'start',
      items: '${ input_data }',
      to_node: 'item',
      join_node: 'end',
      collect_as: 'results',
      max_parallel: AT_ONCE,
    },
  ],
};

const ONE = { name: 'one', graph_id: 'one', entry_point: 'item', nodes: nodes.slice(1, 2), edges: [] };

/** Branches finished per second against runs of their own, as many at once: what slots, wake-ups and the join cost. */
export async function benchChildren(): Promise<Line[]> {
  const folder = benchFolder();
  const { engine, run, close } = await openEngine(folder.path('children.db'), [noop]);
  await engine.createGraph(EACH);
  await engine.createGraph(ONE);
  const items = Array.from({ length: BRANCHES }, (_, index) => index);
  const branches = async () => BRANCHES * (await throughput(1, 1, () => run('each', items)));
  const runs = () => throughput(BRANCHES, AT_ONCE, () => run('one', null));
  await branches();
  await runs();
  const measured = await inTurn(5, branches, runs);
  await close();
  folder.remove();
  return [
    {
      what: `branches/s of a for-each over ${BRANCHES} items, ${AT_ONCE} at once, against one-step runs/s`,
      ours: shown(measured.ours),
      against: shown(measured.theirs),
      ratio: measured.ratio,
      aim: '>= 0.5',
      met: measured.ratio >= 0.5,
    },
  ];
}
