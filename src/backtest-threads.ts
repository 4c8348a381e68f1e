import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerThread } from './engine/backtest/worker.js';

/** What a thread for backtests has to know. */
export interface WorkerSettings {
  /** Modules of tools and conditions, as `directory` sees them. */
  readonly toolModules: readonly string[];
  readonly directory: string;
  readonly demo: boolean;
}

/** Only a build has it: from the sources, backtests are done without threads. */
const ENTRY = new URL('./backtest-worker.js', import.meta.url);
/** A run of 64 MiB of events is several times as large once it is parsed. */
const MAX_HEAP_MB = 1024;
const MAX_THREADS = 4;

/** How many threads work on backtests: as many as there are processors, up to four. */
export const BACKTEST_THREADS = Math.min(MAX_THREADS, availableParallelism());

/** Returns what starts a thread for backtests; undefined where there can be none. */
export function threadStarter(workerData: WorkerSettings): (() => WorkerThread) | undefined {
  if (!existsSync(fileURLToPath(ENTRY))) return undefined;
  return () => new Worker(ENTRY, { workerData, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
}
