import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { minimumEngine, openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown, throughput } from './measure.js';

/** Finished demo runs per second against the minimum engine on the same storage, at 50 and at 1 in flight. */
export async function benchRuns(): Promise<Line[]> {
  const folder = benchFolder();
  const ours = await openEngine(folder.path('ours.db'), codeReviewDefinitions);
  await ours.engine.createGraph(codeReviewGraph);
  const theirs = await openEngine(folder.path('minimum.db'), codeReviewDefinitions);
  await theirs.engine.createGraph(codeReviewGraph);
  const minimum = minimumEngine(theirs.store, 'demo-review');
  const measure = async (width: number, total: number, aim: number): Promise<Line> => {
    const runs = await inTurn(
      5,
      () => throughput(total, width, () => ours.run('demo-review', MESSY_CODE)),
      () => throughput(total, width, () => minimum.run('extract', MESSY_CODE)),
    );
    return {
      what: `finished demo runs/s at ${width} in flight, against a minimum engine`,
      ours: shown(runs.ours),
      against: shown(runs.theirs),
      ratio: runs.ratio,
      aim: `>= ${aim * 100} %`,
      met: runs.ratio >= aim,
    };
  };
  await throughput(500, 50, () => ours.run('demo-review', MESSY_CODE));
  await throughput(500, 50, () => minimum.run('extract', MESSY_CODE));
  const lines = [await measure(50, 3000, 0.65), await measure(1, 400, 0.75)];
  await ours.close();
  await theirs.close();
  folder.remove();
  return lines;
}
