import { vi } from 'vitest';
import { LocalSignals } from '../../../src/store/local-signals.js';
import type { Pools } from '../../../src/store/postgres/connection.js';
import { jobsSchemaOf } from '../../../src/store/postgres/job-queues.js';
import { openStore } from '../../../src/store/postgres/open-store.js';
import { PgBossQueue, type PgBossQueueOptions } from '../../../src/store/postgres/pgboss-queue.js';
import type { Store } from '../../../src/store/store.js';

export interface QueueOnPostgres {
  readonly store: Store;
  readonly queue: PgBossQueue;
  readonly pools: Pools;
  /** The table of the jobs. */
  readonly jobs: string;
  readonly logger: { readonly info: ReturnType<typeof vi.fn>; readonly error: ReturnType<typeof vi.fn> };
}

/** Opens the store and the queue on a database, as a server does. */
export async function openQueue(url: string, options: Partial<PgBossQueueOptions> = {}): Promise<QueueOnPostgres> {
  const logger = { info: vi.fn(), error: vi.fn() };
  const queue = new PgBossQueue({
    logger,
    now: Date.now,
    elapsed: () => performance.now(),
    maxQueuedRuns: 1000,
    heartbeatSeconds: 10,
    announceWork: () => undefined,
    ...options,
  });
  const signals = new LocalSignals();
  const fixed = { url, logger, signals, random: Math.random, onCommit: () => undefined };
  const { store, pools } = await openStore({ ...fixed, participants: [queue] });
  const schema = new URL(url).searchParams.get('options')?.split('=')[1] ?? 'public';
  return { store, queue, pools, jobs: `${jobsSchemaOf(schema)}.job`, logger };
}
