import Database from 'better-sqlite3';
import { v7 as uuidv7 } from 'uuid';

/** A step of the minimum engine: a function over the data and the input, and the name of what comes next. */
export type MinimumStep = (
  data: Record<string, unknown>,
  input: unknown,
  logs: string[],
) => { patch: object; next: string | null };

/** One thing to write, and whom to tell when it is on the disk. */
interface Pending {
  readonly write: () => void;
  readonly resolve: () => void;
}

/**
 * The least that can run the demo durably: raw statements on two tables, all that is ready in one turn in one
 * transaction, and every step synced to the disk before the next one starts. No API, graph, fold, recovery, limits,
 * timeouts, cancelling, conflicts, checks of patches, or explanations: what those cost shows in the ratio to it.
 */
export class MinimumEngine {
  readonly #db: Database.Database;
  readonly #insertRun: Database.Statement;
  readonly #insertEvent: Database.Statement;
  readonly #finishRun: Database.Statement;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  #pending: Pending[] = [];

  constructor(
    path: string,
    private readonly steps: Readonly<Record<string, MinimumStep>>,
  ) {
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.exec(`
      CREATE TABLE runs (id TEXT PRIMARY KEY, status TEXT NOT NULL, data TEXT) WITHOUT ROWID;
      CREATE TABLE events (run TEXT, seq INTEGER, payload TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID;`);
    this.#insertRun = this.#db.prepare(`INSERT INTO runs (id, status) VALUES (?, 'RUNNING')`);
    this.#insertEvent = this.#db.prepare('INSERT INTO events (run, seq, payload) VALUES (?, ?, ?)');
    this.#finishRun = this.#db.prepare(`UPDATE runs SET status = 'COMPLETED', data = ? WHERE id = ?`);
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
  }

  /** Runs the steps from `entry` to the end. */
  async run(entry: string, input: unknown): Promise<Record<string, unknown>> {
    const runId = uuidv7();
    let seq = 0;
    const insert = (event: object): void => {
      seq += 1;
      this.#insertEvent.run(runId, seq, JSON.stringify({ time: Date.now(), ...event }));
    };
    await this.#write(() => {
      this.#insertRun.run(runId);
      insert({ type: 'run.submitted', input });
    });
    await this.#write(() => insert({ type: 'run.started', next: entry }));
    let data: Record<string, unknown> = {};
    for (let node: string | null = entry; node !== null; ) {
      const here: string = node;
      const step: MinimumStep | undefined = this.steps[here];
      if (step === undefined) throw new Error(`no node ${here}`);
      const logs: string[] = [];
      const { patch, next }: ReturnType<MinimumStep> = step(data, input, logs);
      data = { ...data, ...patch };
      const after = data;
      await this.#write(() => {
        insert({ type: 'step.completed', node: here, patch, logs, next });
        if (next !== null) return;
        insert({ type: 'run.completed', reason: 'end' });
        this.#finishRun.run(JSON.stringify(after), runId);
      });
      node = next;
    }
    return data;
  }

  close(): void {
    this.#db.close();
  }

  /** Resolves when it is on the disk. */
  #write(write: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#pending.push({ write, resolve });
      if (this.#pending.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#pending;
    this.#pending = [];
    this.#begin.run();
    for (const { write } of batch) write();
    this.#commit.run();
    for (const { resolve } of batch) resolve();
  }
}
