import { benchAcknowledge } from './acknowledge.js';
import { benchBacktest } from './backtest.js';
import { benchChildren } from './children.js';
import { benchConcurrency } from './concurrency.js';
import { benchFootprint } from './footprint.js';
import { benchStartLatency, benchSteps } from './http/latency.js';
import { benchLists, benchReads } from './http/reads.js';
import { benchRunsOverHttp } from './http/runs.js';
import type { Line } from './measure.js';
import { benchCostOnPostgres } from './postgres/cost.js';
import { benchHintsOnPostgres } from './postgres/hints.js';
import { benchRunsOnPostgres } from './postgres/runs.js';
import { benchScalingOnPostgres } from './postgres/scaling.js';
import { benchRuns } from './runs.js';
import { benchStartup } from './startup.js';
import { benchStepCost } from './step-cost.js';

/** Each compares within one run, because machines are noisy: look at the ratios. `npm run bench -- runs` runs one. */
const BENCHES: Readonly<Record<string, () => Promise<Line[]>>> = {
  acknowledge: benchAcknowledge,
  runs: benchRuns,
  concurrency: benchConcurrency,
  children: benchChildren,
  backtest: benchBacktest,
  'step-cost': benchStepCost,
  footprint: benchFootprint,
  startup: benchStartup,
  http: benchRunsOverHttp,
  'http-reads': benchReads,
  'http-lists': benchLists,
  'http-latency': benchStartLatency,
  'http-steps': benchSteps,
  'postgres-runs': benchRunsOnPostgres,
  'postgres-cost': benchCostOnPostgres,
  'postgres-scaling': benchScalingOnPostgres,
  'postgres-hints': benchHintsOnPostgres,
};

const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const { what, ours, against, ratio, aim, met } of await bench()) {
    const verdict = met === undefined ? '      ' : met ? 'met   ' : 'MISSED';
    console.log(`${verdict} ${ratio.toFixed(2).padStart(6)}  (aim ${aim})  ${what}: ${ours} : ${against}`);
  }
}
process.exit(0);
