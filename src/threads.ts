import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { WorkerThread } from './engine/backtest/worker.js';
import type { LayoutWorker } from './engine/layout-thread.js';

/** What a thread for backtests has to know. */
export interface WorkerSettings {
  /** Modules of tools and conditions, as `directory` sees them. */
  readonly toolModules: readonly string[];
  readonly directory: string;
  readonly demo: boolean;
}

/** A run of 64 MiB of events is several times as large once it is parsed. */
const BACKTEST_HEAP_MB = 1024;
const LAYOUT_HEAP_MB = 512;
const MAX_THREADS = 4;

/** How many threads work on backtests: as many as there are processors, up to four. */
export const BACKTEST_THREADS = Math.min(MAX_THREADS, availableParallelism());

/** Returns what starts a thread for backtests; undefined where there can be none. */
export function backtestStarter(workerData: WorkerSettings): (() => WorkerThread) | undefined {
  return starter('./backtest-worker.js', BACKTEST_HEAP_MB, { workerData });
}

/** Returns what starts a thread for pictures; undefined where there can be none. */
export function layoutStarter(): (() => LayoutWorker) | undefined {
  return starter('./layout-worker.js', LAYOUT_HEAP_MB);
}

/** Only a build has the files that threads begin with: from the sources, all is done in one thread. */
function starter(
  file: string,
  maxOldGenerationSizeMb: number,
  options: WorkerOptions = {},
): (() => Worker) | undefined {
  const entry = new URL(file, import.meta.url);
  if (!existsSync(fileURLToPath(entry))) return undefined;
  return () => new Worker(entry, { ...options, resourceLimits: { maxOldGenerationSizeMb } });
}
