import type { RunQueue } from './queue.js';
import type { Signals } from './signals.js';
import type { CommitObserver, Store } from './store.js';
import type { Timers } from './timers.js';

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
  /** Those of the system if they are omitted. A database that others share has no others. */
  readonly timers?: Timers | undefined;
}

/** What a process on a database that others share is told. */
export interface SharingOptions {
  /** For the connection that listens to other processes; the database's URL if it is undefined. */
  readonly databaseListenUrl: string | undefined;
  /** After so long without a sign of life, a process's claims are lost. */
  readonly heartbeatSeconds: number;
  /** False for a process that claims nothing. */
  readonly takesRuns: boolean;
  /** The tools and conditions that this process has at the moment. */
  readonly abilities: () => readonly string[];
}

/** What a process on a database that others share knows of itself. */
export interface SharingFigures {
  readonly claimsHeld: number;
  readonly claimsLost: number;
  /** Claims of runs whose last process had died. */
  readonly takeovers: number;
  /** Runs that were due and that no queue had: a sweep found them. */
  readonly reconciled: number;
  /** How long the last hint of another process was under way, in milliseconds; 0 before the first. */
  readonly hintLagMs: number;
  /** How far the system's clock is behind the database's, in milliseconds. */
  readonly clockOffsetMs: number;
}

/** The other processes on the database. */
export interface Peers {
  /** True if one of them that is alive has all these tools and conditions. */
  have(names: readonly string[]): Promise<boolean>;
}

/** There are no others. */
export const NO_PEERS: Peers = { have: async () => false };

/** What there is on one database: what is stored, which runs are due, and what processes tell each other. */
export interface Ports {
  readonly store: Store;
  readonly queue: RunQueue;
  readonly signals: Signals;
  readonly peers: Peers;
  /** Undefined for a database that one process has alone. */
  readonly sharingFigures: (() => SharingFigures) | undefined;
  /** The clock that all processes on the database go by: milliseconds since 1970. */
  readonly now: () => number;
  /** True if the database has never had a graph. */
  readonly isNew: boolean;
  /** The greatest id of a run that is stored. */
  readonly newestRunId: string | undefined;
  /** Closes the database. Nothing works from here on. */
  close(): Promise<void>;
}
