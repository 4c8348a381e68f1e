import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { statementsOn } from '../../../src/store/postgres/job-statements.js';
import { inTransaction } from '../../../src/store/postgres/transaction.js';
import type { MinimumStep } from '../minimum-engine.js';

/** The work of a run: the steps by their names, and what is done for each. */
export type Steps = Readonly<Record<string, MinimumStep>>;

/** Something else that does the same work on the same Postgres. */
export interface Peer {
  /** Runs the steps from `entry` to the end. */
  run(entry: string, input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

interface Progress {
  readonly data: Record<string, unknown>;
  /** Null at the end. */
  readonly next: string | null;
}

function doStep(steps: Steps, node: string, data: Record<string, unknown>, input: unknown): Progress {
  const step = steps[node];
  if (step === undefined) throw new Error(`no node ${node}`);
  const { patch, next } = step(data, input, []);
  return { data: { ...data, ...patch }, next };
}

/** A workflow of DBOS, as it comes: each step is one of its steps, and its result is stored before the next begins. */
export async function openDbos(url: string, steps: Steps): Promise<Peer> {
  const quiet = { info: () => {}, debug: () => {}, warn: () => {}, error: console.error };
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logger: quiet });
  const workflow = DBOS.registerWorkflow(
    async (entry: string, input: unknown) => {
      let at: Progress = { data: {}, next: entry };
      while (at.next !== null) {
        const { data, next } = at;
        at = await DBOS.runStep(async () => doStep(steps, next, data, input), { name: next });
      }
      return at.data;
    },
    { name: 'steps' },
  );
  await DBOS.launch();
  return { run: (entry, input) => workflow(entry, input), close: () => DBOS.shutdown() };
}

interface StepJob {
  readonly node: string;
  readonly data: Record<string, unknown>;
  readonly input: unknown;
  /** Whom to tell at the end: this process has all runs. */
  readonly run: number;
}

const QUEUE = 'steps';
const MAX_FETCHED = 50;

/**
 * pg-boss with a job for each step, which makes the next one in the transaction that ends it. No journal, and nothing
 * that tells where a run is. Jobs are fetched as soon as there are some, many at a time; nothing is polled.
 */
export async function openJobPerStep(url: string, steps: Steps): Promise<Peer> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const boss = new PgBoss({ db: statementsOn(pool), schema: 'steps', schedule: false });
  boss.on('error', console.error);
  await boss.start();
  await boss.createQueue(QUEUE);
  const waiting = new Map<number, (data: unknown) => void>();
  let [runs, queued] = [0, 0];
  let isFetching = false;

  const endStep = (id: string, job: StepJob): Promise<void> => {
    const { data, next } = doStep(steps, job.node, job.data, job.input);
    return inTransaction(pool, async (session) => {
      const db = statementsOn(session);
      if (next !== null) await boss.insert(QUEUE, [{ data: { ...job, node: next, data } }], { db });
      await boss.deleteJob(QUEUE, id, { db });
    }).then(() => {
      if (next !== null) noteQueued();
      else waiting.get(job.run)?.(data);
    });
  };
  const fetchAll = async (): Promise<void> => {
    if (isFetching) return;
    isFetching = true;
    while (queued > 0) {
      const jobs = await boss.fetch<StepJob>(QUEUE, { batchSize: MAX_FETCHED });
      queued -= jobs.length;
      for (const { id, data } of jobs) void endStep(id, data);
    }
    isFetching = false;
  };
  const noteQueued = (): void => {
    queued += 1;
    void fetchAll();
  };
  return {
    async run(entry, input) {
      runs += 1;
      const run = runs;
      const ended = new Promise((resolve) => waiting.set(run, resolve));
      await boss.insert(QUEUE, [{ data: { node: entry, data: {}, input, run } }]);
      noteQueued();
      await ended;
      waiting.delete(run);
    },
    async close() {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}
