import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { minimumEngine, openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown, throughput } from './measure.js';

/** Finished demo runs per second against the minimum engine with raw statements, at 50 and at 1 in flight. */
export async function benchRuns(): Promise<Line[]> {
  const folder = benchFolder();
  const ours = await openEngine(folder.path('ours.db'), codeReviewDefinitions);
  await ours.engine.createGraph(codeReviewGraph);
  const minimum = minimumEngine(folder.path('minimum.db'));
  const measure = async (width: number, total: number, aim: number): Promise<Line> => {
    const runs = await inTurn(
      5,
      () => throughput(total, width, () => ours.run('demo-review', MESSY_CODE)),
      () => throughput(total, width, () => minimum.run('extract', MESSY_CODE)),
    );
    return {
      what: `finished demo runs/s at ${width} in flight, against a minimum engine with raw statements`,
      ours: shown(runs.ours),
      against: shown(runs.theirs),
      ratio: runs.ratio,
      aim: `>= ${aim}`,
      met: runs.ratio >= aim,
    };
  };
  await throughput(500, 50, () => ours.run('demo-review', MESSY_CODE));
  await throughput(500, 50, () => minimum.run('extract', MESSY_CODE));
  const lines = [await measure(50, 3000, 0.8), await measure(1, 400, 0.85)];
  await ours.close();
  minimum.close();
  folder.remove();
  return lines;
}
