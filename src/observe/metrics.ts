import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { isFinished, statusOf } from '../core/run/state.js';
import type { PendingDeliveries } from '../store/deliveries.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { SharingFigures } from '../store/ports.js';
import type { Unit } from '../store/store.js';
import type { UnfinishedStatus } from '../store/unfinished-run.js';
import { deliveryMetrics } from './delivery-metrics.js';
import { type Answered, httpMetrics } from './http-metrics.js';
import { scheduleMetrics } from './schedule-metrics.js';
import { sharingMetrics } from './sharing-metrics.js';
import { createTally } from './tally.js';
import { workMetrics } from './work-metrics.js';

export interface Metrics {
  /** For the store's `onCommit`. */
  committed(units: readonly Unit[], tookMs: number): void;
  /** For the executor's `onStep`. */
  stepEnded(toolName: string, outcome: string, tookMs: number): void;
  /** For the application's `onAnswered`. */
  answered(request: Answered): void;
  /** For the sender's `onTried`. */
  callbackTried(outcome: string): void;
  /** Adds what a server says of itself that shares its database with others; asked for at each scrape. */
  addSharing(read: () => SharingFigures): void;
  /** The Prometheus text format, version 0.0.4. */
  render(): Promise<string>;
}

/** Steps last from microseconds to minutes. In seconds. */
const STEP_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600];
const COMMIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

type RunCounter = () => Promise<Readonly<Record<UnfinishedStatus, number>>>;

export interface MetricsSources {
  /** Runs that wait for a slot, asked for at each scrape. */
  readonly queued: () => Promise<number>;
  /** Runs that have not finished, asked for at a scrape. */
  readonly countUnfinished: RunCounter;
  /** When the oldest unfinished run of each status was submitted, in milliseconds since 1970; asked for at a scrape. */
  readonly findOldest: () => Promise<Readonly<Record<UnfinishedStatus, number | undefined>>>;
  /** Callbacks that are to be delivered, asked for at a scrape. */
  readonly countDeliveries: () => Promise<PendingDeliveries>;
  /** Since when the oldest queued run has waited, in milliseconds since 1970; asked for at a scrape. */
  readonly findOldestQueued: () => Promise<number | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Metrics of the library whose names say that they are counters, which they are not: Prometheus' own linter refuses them. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** What operators watch, from what the store, the queue and the executor tell: they know nothing of Prometheus. */
export function createMetrics(sources: MetricsSources): Metrics {
  const { queued, countUnfinished, findOldest, countDeliveries, now } = sources;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const registers = [registry];
  const steps = new Histogram({
    name: 'graphrunner_step_duration_seconds',
    help: 'How long calls of tools took.',
    labelNames: ['tool'],
    buckets: STEP_BUCKETS,
    registers,
  });
  const countOutcome = createTally({
    name: 'graphrunner_steps_total',
    help: 'Calls of tools, by how they ended: completed, failed, waiting (the call parked its run), or cut_off by a stop of the server.',
    labelNames: ['tool', 'outcome'],
    registers,
  });
  new Gauge({
    name: 'graphrunner_queue_depth',
    help: 'Runs that wait for a slot.',
    registers,
    async collect() {
      const depth = await ifAvailable(queued);
      if (depth === undefined) this.remove();
      else this.set(depth);
    },
  });
  const runs = runMetrics(registers, countUnfinished);
  ageMetric(registers, findOldest, now);
  oldestMetrics(registers, sources);
  const work = workMetrics(registers);
  const schedules = scheduleMetrics(registers);
  const commits = commitMetrics(registers);
  const callbackTried = deliveryMetrics(registers, () => ifAvailable(countDeliveries), now);
  return {
    committed(units, tookMs) {
      commits.size.observe(units.length);
      commits.seconds.observe(tookMs / 1000);
      for (const unit of units) {
        runs.read(unit);
        work.read(unit);
        schedules.read(unit);
      }
    },
    stepEnded(tool, outcome, tookMs) {
      countOutcome(tool, outcome);
      steps.observe({ tool }, tookMs / 1000);
    },
    answered: httpMetrics(registers),
    callbackTried,
    addSharing: (read) => sharingMetrics(registers, read),
    render: () => registry.metrics(),
  };
}

function commitMetrics(registers: Registry[]) {
  return {
    size: new Histogram({
      name: 'graphrunner_commit_units',
      help: 'How many units of work shared a commit.',
      buckets: BATCH_BUCKETS,
      registers,
    }),
    seconds: new Histogram({
      name: 'graphrunner_commit_duration_seconds',
      help: 'How long commits took, the sync of the disk included.',
      buckets: COMMIT_BUCKETS,
      registers,
    }),
  };
}

/** What only the database can tell is omitted while it cannot be read: the other figures are needed most just then. */
async function ifAvailable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  }
}

/** How long the oldest runs have been there. What grows without an end is stuck, or waits for somebody. */
function ageMetric(registers: Registry[], findOldest: MetricsSources['findOldest'], now: () => number): void {
  new Gauge({
    name: 'graphrunner_oldest_run_age_seconds',
    help: 'How long ago the oldest unfinished run was submitted, by status; 0 if there is none. Runs inside runs do not count.',
    labelNames: ['status'],
    registers,
    async collect() {
      const oldest = await ifAvailable(findOldest);
      this.reset();
      for (const [status, submittedAt] of Object.entries(oldest ?? {})) {
        this.set({ status }, submittedAt === undefined ? 0 : Math.max(0, now() - submittedAt) / 1000);
      }
    },
  });
}

/** One figure each for what alerts ask for most. */
function oldestMetrics(registers: Registry[], { findOldest, findOldestQueued, now }: MetricsSources): void {
  const add = (name: string, help: string, find: () => Promise<number | undefined>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const found = await ifAvailable(async () => ({ since: await find() }));
        if (found === undefined) this.remove();
        else this.set(found.since === undefined ? 0 : Math.max(0, now() - found.since) / 1000);
      },
    });
  };
  const queued =
    'How long the oldest queued run has waited to begin, since it was submitted or retried; 0 if there is none.';
  add('graphrunner_oldest_queued_run_seconds', queued, findOldestQueued);
  const waiting = 'How long ago the oldest waiting run was submitted; 0 if there is none.';
  add('graphrunner_oldest_waiting_run_seconds', waiting, async () => (await findOldest()).WAITING);
}

/**
 * Runs by status. Those under way are counted in the store at each scrape, so the figures are right whoever drives them;
 * those that finished are counted as this process stores their end.
 */
function runMetrics(registers: Registry[], countUnfinished: RunCounter) {
  new Gauge({
    name: 'graphrunner_runs_active',
    help: 'Runs that have not finished, by status; branches and other runs inside runs count too.',
    labelNames: ['status'],
    registers,
    async collect() {
      const counts = await ifAvailable(countUnfinished);
      this.reset();
      for (const [status, runs] of Object.entries<number>(counts ?? {})) this.set({ status }, runs);
    },
  });
  const finished = new Counter({
    name: 'graphrunner_runs_finished_total',
    help: 'Runs that finished since the process began, by status.',
    labelNames: ['status'],
    registers,
  });
  return {
    read({ appends }: Unit): void {
      for (const { state, rowChanged } of appends) {
        const status = statusOf(state);
        if (rowChanged && isFinished(status)) finished.inc({ status });
      }
    },
  };
}
