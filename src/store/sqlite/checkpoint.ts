import type Database from 'better-sqlite3';
import type { Writer } from './writer.js';

/** Pages in the write-ahead log from which on they are copied into the database: 4 MB, SQLite's own measure. */
const CHECKPOINT_PAGES = 1000;

/**
 * Copies the write-ahead log into the database now and then.
 *
 * SQLite would do it inside COMMIT, for two reasons not here: callers would wait for it (p99 of a commit of 50 units
 * 3 ms against 0.5), and a failed sync of the database file would be ignored, and with it the loss of what it held.
 */
export class Checkpoints {
  readonly #look: Database.Statement<[], { log: number; checkpointed: number }>;
  #scheduled = false;

  constructor(
    private readonly sqlite: Database.Database,
    private readonly writer: Writer,
  ) {
    this.#look = sqlite.prepare('PRAGMA wal_checkpoint(NOOP)');
  }

  /** Schedules a checkpoint for a moment when callers have heard, if one is due. Takes 2 µs if not. */
  check(): void {
    if (this.#scheduled) return;
    const state = this.#look.get();
    if (state === undefined || state.log - state.checkpointed < CHECKPOINT_PAGES) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.sqlite.open) this.run('PASSIVE');
    });
  }

  /** Copies now; `TRUNCATE` also empties the log. */
  run(mode: 'PASSIVE' | 'TRUNCATE'): void {
    try {
      this.sqlite.pragma(`wal_checkpoint(${mode})`);
    } catch (thrown) {
      this.writer.fail(thrown);
    }
  }
}
