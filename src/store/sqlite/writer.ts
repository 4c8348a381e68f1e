import type Database from 'better-sqlite3';
import { OutcomeUnknownError, StoreUnavailableError } from '../errors.js';
import type { PortsOptions } from '../ports.js';
import { BUSY_TIMEOUT_MS, setBusyTimeout } from './database.js';
import type { DatabaseFiles } from './database-files.js';
import { damageAdvice, isBusy, isDamage, isDatabaseFailure, isFatalFailure } from './failures.js';

/** A store without a logger says nothing. */
export type WriterOptions = Pick<PortsOptions, 'onFatal' | 'onCommit'> & Partial<Pick<PortsOptions, 'logger'>>;

/** Pauses between attempts to write again after a failure, in milliseconds: the first, doubled up to the last. */
const FIRST_PROBE_MS = 100;
const LAST_PROBE_MS = 5000;

/** Begins, commits and undoes transactions. */
export interface Transactions {
  /** The database file. */
  readonly path: string;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** True while a transaction is open, which between two calls is one that could not be undone. */
  isOpen(): boolean;
  /** A transaction of its own that really writes; throws when that fails. */
  probe(): void;
}

/** The only way to write: one transaction at a time, and one place that knows whether the database is well. */
export class Writer {
  #healthy = true;
  #closed = false;
  #probeMs = FIRST_PROBE_MS;
  #probe: NodeJS.Timeout | undefined;

  constructor(
    private readonly transactions: Transactions,
    private readonly options: WriterOptions,
  ) {}

  /** False from a failure of the database on until a write succeeds. */
  isHealthy(): boolean {
    return this.#healthy;
  }

  /** True if the last transaction could not be undone. Its rows are seen, and go with the next write. */
  isInTransaction(): boolean {
    return this.transactions.isOpen();
  }

  /** True once nothing is written any more: the store was closed, or only a new process can go on. */
  isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Runs `work` in a transaction. It is committed, durably, when this returns.
   * @throws StoreUnavailableError when the database fails, else what `work` throws; nothing of it is then stored.
   * @throws OutcomeUnknownError when it is COMMIT that fails: all of it is stored, or nothing.
   */
  write<T>(work: () => T): T {
    if (this.#closed) throw new StoreUnavailableError(new Error('The store is closed.'));
    const { transactions } = this;
    let stage: 'begin' | 'work' | 'commit' = 'begin';
    let result: T;
    try {
      transactions.begin();
      stage = 'work';
      result = work();
      stage = 'commit';
      transactions.commit();
    } catch (thrown) {
      this.#rollback();
      // What fails outside the work is the database's doing, whatever its code.
      if (stage === 'work' && !isDatabaseFailure(thrown)) throw thrown;
      this.fail(thrown);
      throw stage === 'commit' ? new OutcomeUnknownError(thrown) : new StoreUnavailableError(thrown);
    }
    if (!this.#healthy) this.#recover();
    return result;
  }

  /** Takes note that the database failed: tries again with back-off, or gives up for good if only a new process can go on. */
  fail(thrown: unknown): void {
    const wasHealthy = this.#healthy;
    this.#healthy = false;
    if (this.#closed) return;
    if (wasHealthy) this.options.logger?.error({ err: thrown }, this.#describe(thrown));
    if (isFatalFailure(thrown)) {
      this.close();
      this.options.onFatal(thrown);
      return;
    }
    this.#probe ??= this.#scheduleProbe();
  }

  /** Ends writing; further writes are refused. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe);
  }

  #describe(thrown: unknown): string {
    const { path } = this.transactions;
    return isDamage(thrown)
      ? `The database ${path} is damaged. ${damageAdvice(path)}`
      : 'The database cannot be written.';
  }

  #scheduleProbe(): NodeJS.Timeout {
    const timer = setTimeout(() => this.#tryAgain(), this.#probeMs);
    this.#probeMs = Math.min(this.#probeMs * 2, LAST_PROBE_MS);
    return timer.unref();
  }

  #tryAgain(): void {
    this.#probe = undefined;
    try {
      this.write(() => this.transactions.probe());
    } catch {
      // Noted by `write`, which has set the next attempt.
    }
  }

  #recover(): void {
    this.#healthy = true;
    this.#probeMs = FIRST_PROBE_MS;
    clearTimeout(this.#probe);
    this.#probe = undefined;
    this.options.logger?.info({}, 'The database can be written again.');
  }

  #rollback(): void {
    try {
      this.transactions.rollback();
    } catch (thrown) {
      // The next transaction cannot begin then, so the store stays unavailable until it can.
      this.options.logger?.error({ err: thrown }, 'A transaction could not be rolled back.');
    }
  }
}

/** Bytes that a probe writes: several pages, so that it fails where the file may not grow. */
const PROBE_BYTES = 65_536;

/**
 * The transactions of a database.
 * @param files checked after each commit, before it counts as stored
 */
export function transactionsOf(sqlite: Database.Database, files?: Pick<DatabaseFiles, 'confirm'>): Transactions {
  const begin = sqlite.prepare('BEGIN IMMEDIATE');
  const commit = sqlite.prepare('COMMIT');
  const rollback = sqlite.prepare('ROLLBACK');
  const scratch = sqlite.prepare(
    `INSERT INTO run_snapshots (run_id, seq, state) VALUES ('', 0, zeroblob(${PROBE_BYTES}))`,
  );
  const erase = sqlite.prepare(`DELETE FROM run_snapshots WHERE run_id = ''`);
  let isContended = false;
  /** Waits for another writer once, since a wait blocks the event loop; from then on the pauses between attempts do. */
  const setContended = (contended: boolean): void => {
    if (contended === isContended) return;
    isContended = contended;
    setBusyTimeout(sqlite, contended ? 0 : BUSY_TIMEOUT_MS);
  };
  return {
    path: sqlite.name,
    begin: () => {
      // Left over only if a rollback failed.
      if (sqlite.inTransaction) rollback.run();
      try {
        begin.run();
        setContended(false);
      } catch (thrown) {
        setContended(isBusy(thrown));
        throw thrown;
      }
    },
    commit: () => {
      commit.run();
      files?.confirm();
    },
    // SQLite has rolled back by itself after some failures.
    rollback: () => {
      if (sqlite.inTransaction) rollback.run();
    },
    isOpen: () => sqlite.inTransaction,
    probe: () => {
      scratch.run();
      erase.run();
    },
  };
}
