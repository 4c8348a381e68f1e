import type { RunQueue } from './queue.js';
import type { Signals } from './signals.js';
import type { CommitObserver, Store } from './store.js';

/** What the adapters say of their database. pino and Fastify's logger fit. */
export interface StoreLogger {
  info(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What every adapter is opened with. */
export interface PortsOptions {
  readonly logger: StoreLogger;
  /** Called when only a new process can go on. This one must end: nothing is written any more. */
  readonly onFatal: (error: Error) => void;
  readonly onCommit?: CommitObserver | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Top-level runs that wait to begin, at most. */
  readonly maxQueuedRuns: number;
}

/** The other processes on the database. */
export interface Peers {
  /** True if one of them that is alive has all these tools and conditions. */
  have(names: readonly string[]): Promise<boolean>;
}

/** There are no others. */
export const NO_PEERS: Peers = { have: async () => false };

/** The three ports on one database: what is stored, which runs are due, and what processes tell each other. */
export interface Ports {
  readonly store: Store;
  readonly queue: RunQueue;
  readonly signals: Signals;
  readonly peers: Peers;
  /** True if the database has never had a graph. */
  readonly isNew: boolean;
  /** The greatest id of a run that is stored. */
  readonly newestRunId: string | undefined;
}
