import { defineCondition, defineTool } from '../../src/core/tool/tool.js';
import { openEngine } from './engines.js';
import { benchFolder, type Line, median, shown } from './measure.js';

const STEPS = 22_000;
const WINDOW = 2000;

/** Cost of a step late in a long run against one early in it, and with 64 kB of data against none. */
export async function benchStepCost(): Promise<Line[]> {
  const rounds: { early: number; late: number; heavy: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const light = await stepTimes(0, STEPS);
    const heavy = await stepTimes(65_536, 3000);
    rounds.push({
      early: perStep(light, 1000),
      late: perStep(light, 20_000),
      heavy: perStep(heavy, 1000),
    });
  }
  const early = median(rounds.map((round) => round.early));
  const line = (what: string, value: (round: (typeof rounds)[number]) => number): Line => {
    const ratio = median(rounds.map((round) => value(round) / round.early));
    return {
      what,
      ours: `${shown(median(rounds.map(value)))} µs`,
      against: `${shown(early)} µs`,
      ratio,
      aim: '<= 1.3',
      met: ratio <= 1.3,
    };
  };
  return [
    line('cost of a step at step 20,000, against step 1,000', (round) => round.late),
    line('cost of a step with 64 kB of data, against none', (round) => round.heavy),
  ];
}

/** Microseconds per step over a window around a step. */
function perStep(times: readonly number[], at: number): number {
  const from = at - WINDOW / 2;
  const to = at + WINDOW / 2;
  return (((times[to] ?? 0) - (times[from] ?? 0)) * 1000) / (to - from);
}

/** When each step of a long loop was called, in milliseconds; the data holds `bytes` in 64 keys all along. */
async function stepTimes(bytes: number, steps: number): Promise<number[]> {
  const times: number[] = [];
  const fill = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`key_${index}`, 'x'.repeat(bytes / 64)]));
  const tick = defineTool({
    name: 'tick',
    run: () => {
      times.push(performance.now());
      return times.length === 1 ? { ...fill, count: 1 } : { count: times.length };
    },
  });
  const again = defineCondition({
    name: 'again',
    outcomes: ['tick', 'END'],
    choose: ({ data }) => (data.count < steps ? 'tick' : 'END'),
  });
  const folder = benchFolder();
  const bench = await openEngine(folder.path('steps.db'), [tick, again]);
  await bench.engine.createGraph({
    graph_id: 'loop',
    name: 'loop',
    entry_point: 'tick',
    nodes: [{ name: 'tick', tool_name: 'tick' }],
    edges: [],
    conditional_edges: [{ from_node: 'tick', condition_function: 'again' }],
    limits: { max_steps: steps + 1 },
  });
  await bench.run('loop', null);
  await bench.close();
  folder.remove();
  return times;
}
