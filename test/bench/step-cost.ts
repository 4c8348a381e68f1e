import type { Guards } from '../../src/core/base/run-options.js';
import { defineCondition, defineTool } from '../../src/core/tool/tool.js';
import { type BenchEngine, openEngine } from './engines.js';
import { benchFolder, type Line, median, shown } from './measure.js';

const STEPS = 22_000;
const WINDOW = 2000;

const POLL_MS = 25;

/** Cost of a step late in a long run against one early in it, watched and not, and with 64 kB of data against none. */
export async function benchStepCost(): Promise<Line[]> {
  const rounds: {
    early: number;
    late: number;
    heavy: number;
    guarded: number;
    watchedEarly: number;
    watched: number;
  }[] = [];
  for (let round = 0; round < 3; round++) {
    const light = await stepTimes(0, STEPS);
    const heavy = await stepTimes(65_536, 3000);
    const guarded = await stepTimes(65_536, 3000, undefined, { no_progress: 1000, on_limit: 'wait' });
    const watched = await stepTimes(0, STEPS, POLL_MS);
    rounds.push({
      early: perStep(light, 1000),
      late: perStep(light, 20_000),
      heavy: perStep(heavy, 1000),
      guarded: perStep(guarded, 1000),
      watchedEarly: perStep(watched, 1000),
      watched: perStep(watched, 20_000),
    });
  }
  type Round = (typeof rounds)[number];
  const line = (what: string, key: keyof Round, against: keyof Round, aim: number): Line => {
    const ratio = median(rounds.map((round) => round[key] / round[against]));
    const shownMedian = (of: keyof Round): string => `${shown(median(rounds.map((round) => round[of])))} µs`;
    return { what, ours: shownMedian(key), against: shownMedian(against), ratio, aim: `<= ${aim}`, met: ratio <= aim };
  };
  return [
    line('cost of a step at step 20,000, against step 1,000', 'late', 'early', 1.1),
    line(
      `the same while the state is polled every ${POLL_MS} ms, each time from its first log line`,
      'watched',
      'watchedEarly',
      1.2,
    ),
    line('cost of a step with 64 kB of data, against none', 'heavy', 'early', 1.1),
    line('the same with a limit of visits without progress, against none', 'guarded', 'heavy', 1.1),
  ];
}

/** Microseconds per step over a window around a step. */
function perStep(times: readonly number[], at: number): number {
  const from = at - WINDOW / 2;
  const to = at + WINDOW / 2;
  return (((times[to] ?? 0) - (times[from] ?? 0)) * 1000) / (to - from);
}

/** When each step of a long loop was called, in milliseconds; the data holds `bytes` in 64 keys all along. */
async function stepTimes(bytes: number, steps: number, pollMs?: number, guards: Guards = {}): Promise<number[]> {
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
    limits: { max_steps: steps + 1, ...guards },
  });
  const stopPolling = pollMs === undefined ? undefined : pollNewest(bench.engine, pollMs);
  await bench.run('loop', null);
  stopPolling?.();
  await bench.close();
  folder.remove();
  return times;
}

/** Reads the state of the newest run, again and again; returns a function that stops it. */
function pollNewest(engine: BenchEngine['engine'], everyMs: number): () => void {
  const timer = setInterval(() => {
    void engine.listRuns({ limit: 1 }).then(async ({ runs: [run] }) => {
      if (run !== undefined) await engine.getState(run.runId);
    });
  }, everyMs);
  return () => clearInterval(timer);
}
