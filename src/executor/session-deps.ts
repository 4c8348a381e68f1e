import type { Logger } from 'pino';
import type { GraphCache } from '../runs/graph-cache.js';
import type { RunLoader } from '../runs/run-loader.js';
import type { RunOutput } from '../runs/run-output.js';
import type { Turns } from '../runs/turns.js';
import type { Peers } from '../store/ports.js';
import type { RunQueue } from '../store/queue.js';
import type { Signals } from '../store/signals.js';
import type { Store } from '../store/store.js';
import type { Timers } from '../store/timers.js';
import type { ChildRuns } from './children.js';
import type { StepObserver } from './step-outcome.js';
import type { ToolLimits } from './tool-limits.js';

/** What sessions need, the same for all of them. */
export interface SessionDeps {
  readonly store: Store;
  readonly queue: RunQueue;
  readonly signals: Signals;
  readonly peers: Peers;
  readonly graphs: GraphCache;
  readonly runs: RunLoader;
  readonly turns: Turns;
  readonly output: RunOutput;
  readonly children: ChildRuns;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Those of the system if they are omitted. */
  readonly timers?: Timers | undefined;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly toolLimits: ToolLimits;
  readonly stepTimeoutMs: number;
  readonly onStep?: StepObserver | undefined;
  /** What `secrets.NAME` in params stands for. */
  readonly secrets: Readonly<Record<string, string>>;
}
