import type { Logger } from 'pino';
import type { Store } from '../store/store.js';

const DAY_MS = 86_400_000;
/** A batch is one transaction, and others wait for it. */
const BATCH = 25;
const INTERVAL_MS = 600_000;

export interface RetentionOptions {
  readonly store: Store;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Days that finished runs are kept. */
  readonly days: number;
}

/**
 * Deletes finished runs that are older than the retention, in batches small enough not to hold up other commits,
 * and gives their space back. Runs at once and then every ten minutes. Returns a function that stops it.
 */
export function startRetention(options: RetentionOptions): () => void {
  let stopped = false;
  let isSweeping = false;
  const sweep = async (): Promise<void> => {
    if (isSweeping) return;
    isSweeping = true;
    try {
      await deleteOldRuns(options, () => stopped);
    } catch (error) {
      options.logger.error({ err: error }, 'retention failed; it is tried again');
    } finally {
      isSweeping = false;
    }
  };
  const timer = setInterval(() => void sweep(), INTERVAL_MS);
  timer.unref();
  void sweep();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Deletes every run that finished before the retention began; says how many. */
export async function deleteOldRuns(
  { store, logger, now, days }: RetentionOptions,
  isStopped: () => boolean = () => false,
): Promise<number> {
  const before = now() - days * DAY_MS;
  let deleted = 0;
  while (!isStopped()) {
    const count = await store.deleteRunsFinishedBefore(before, BATCH);
    deleted += count;
    if (count > 0) await store.reclaimSpace();
    if (count < BATCH) break;
    // Others get their turn between batches.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (deleted > 0) logger.info({ deleted }, 'deleted old runs');
  return deleted;
}
