import pg from 'pg';
import { JobQueues } from '../../../src/store/postgres/job-queues.js';
import { inTransaction } from '../../../src/store/postgres/transaction.js';
import type { BenchDatabase } from './database.js';

const JOBS = 3000;
/** Jobs that are made, fetched and deleted together. */
const BATCH = 4;

/**
 * Milliseconds of processor time that Postgres takes for the job of a run: it is made in one transaction, claimed,
 * touched once, and deleted in another one. The transactions count too, which the store shares with what it stores.
 */
export async function measureQueue(database: BenchDatabase): Promise<number> {
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  const raise = (error: unknown): never => {
    throw error;
  };
  const jobs = new JobQueues({
    session: pool,
    schema: 'queue_alone',
    heartbeatSeconds: 10,
    onSuccess: () => {},
    onError: raise,
    onWarning: () => {},
  });
  await jobs.start();
  const doBatch = async (): Promise<void> => {
    const runs = Array.from({ length: BATCH }, () => ({ runId: crypto.randomUUID(), afterMs: 0 }));
    await inTransaction(pool, (session) => jobs.insert(session, runs));
    const claimed = await jobs.fetch(pool, BATCH);
    await jobs.touchClaims(pool, claimed);
    await inTransaction(pool, (session) => jobs.endClaims(session, claimed));
  };
  for (let job = 0; job < JOBS / 10; job += BATCH) await doBatch();
  const before = (await database.work()).cpuSeconds;
  for (let job = 0; job < JOBS; job += BATCH) await doBatch();
  const cpuSeconds = (await database.work()).cpuSeconds - before;
  await jobs.stop();
  await pool.end();
  return (cpuSeconds * 1000) / JOBS;
}
