import type Database from 'better-sqlite3';
import { OutcomeUnknownError, StoreUnavailableError } from '../errors.js';
import { Health, NOT_WRITTEN } from '../health.js';
import type { PortsOptions } from '../ports.js';
import { BUSY_TIMEOUT_MS, setBusyTimeout } from './database.js';
import type { DatabaseFiles } from './database-files.js';
import { damageAdvice, isBusy, isDamage, isDatabaseFailure, isFatalFailure } from './failures.js';

/** A store without a logger says nothing. */
export type WriterOptions = Pick<PortsOptions, 'onFatal' | 'onCommit'> & Partial<Pick<PortsOptions, 'logger'>>;

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

/** The only way to write: one transaction at a time. */
export class Writer {
  readonly #health: Health;
  #closed = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly options: WriterOptions,
  ) {
    const tryAgain = async (): Promise<void> => this.write(() => transactions.probe());
    this.#health = new Health(options.logger, tryAgain, (thrown) => this.#describe(thrown));
  }

  /** False from a failure of the database on until a write succeeds. */
  isHealthy(): boolean {
    return this.#health.isHealthy();
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
    this.#health.succeed();
    return result;
  }

  /** Takes note that the database failed: tries again with back-off, or gives up for good if only a new process can go on. */
  fail(thrown: unknown): void {
    this.#health.fail(thrown);
    if (this.#closed || !isFatalFailure(thrown)) return;
    this.close();
    this.options.onFatal(thrown);
  }

  /** Ends writing; further writes are refused. */
  close(): void {
    this.#closed = true;
    this.#health.close();
  }

  #describe(thrown: unknown): string {
    const { path } = this.transactions;
    return isDamage(thrown) ? `The database ${path} is damaged. ${damageAdvice(path)}` : NOT_WRITTEN;
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
