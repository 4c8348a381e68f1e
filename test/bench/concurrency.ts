import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown, throughput } from './measure.js';

/** Finished demo runs per second of a graph whose concurrency has room for all that are in flight, against one without. */
export async function benchConcurrency(): Promise<Line[]> {
  const folder = benchFolder();
  const limited = await openEngine(folder.path('limited.db'), codeReviewDefinitions);
  const free = await openEngine(folder.path('free.db'), codeReviewDefinitions);
  await limited.engine.createGraph({ ...codeReviewGraph, concurrency: { limit: 50, key: 'all' } } as never);
  await free.engine.createGraph(codeReviewGraph);
  const measure = async (width: number, total: number, aim: number): Promise<Line> => {
    const runs = await inTurn(
      5,
      () => throughput(total, width, () => limited.run('demo-review', MESSY_CODE)),
      () => throughput(total, width, () => free.run('demo-review', MESSY_CODE)),
    );
    return {
      what: `finished demo runs/s at ${width} in flight of a graph with concurrency, against one without`,
      ours: shown(runs.ours),
      against: shown(runs.theirs),
      ratio: runs.ratio,
      aim: `>= ${aim}`,
      met: runs.ratio >= aim,
    };
  };
  for (const engine of [limited, free]) await throughput(300, 50, () => engine.run('demo-review', MESSY_CODE));
  // With 200 in flight, 150 of them are in line.
  const lines = [await measure(50, 1500, 0.9), await measure(200, 1500, 0.9)];
  await limited.close();
  await free.close();
  folder.remove();
  return lines;
}
