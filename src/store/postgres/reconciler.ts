import type pg from 'pg';
import { CHILDREN_WAIT_KINDS } from '../../core/run/waits.js';
import { type Session, send } from './connection.js';
import { type JobQueues, jobsSchemaOf } from './job-queues.js';
import type { LineTurns } from './line-turns.js';
import { trySweepLock } from './locks.js';
import { inTransaction } from './transaction.js';

/** How often one of the processes looks, in milliseconds. */
const SWEEP_MS = 30_000;
/** How long a run has to be without a job, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Runs that are mended in one sweep. */
const MAX_RUNS = 1000;

export interface ReconcilerOptions {
  readonly pool: pg.Pool;
  /** The schema with the tables of the store. */
  readonly schema: string;
  readonly jobs: Pick<JobQueues, 'wake' | 'hasten'>;
  readonly turns: Pick<LineTurns, 'look'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  readonly sweepMs?: number | undefined;
  readonly patienceMs?: number | undefined;
}

/**
 * A net under the queue: finds runs that are due and have no job, and gives them one. What is stored and what is due change
 * together, so there are none, unless somebody has deleted jobs. Also has runs looked at whose deadline has come while
 * they waited behind others. This alone reads the tables of pg-boss.
 */
export class Reconciler {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #mended = 0;
  /** Runs that had no job at the last look. */
  #suspected: ReadonlySet<string> = new Set();

  constructor(private readonly options: ReconcilerOptions) {}

  start(): void {
    this.#sleep(this.options.sweepMs ?? SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#sweeping;
  }

  /** How many runs this process has given a job that had none. */
  mended(): number {
    return this.#mended;
  }

  #sleep(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#sweep()
        .catch(this.options.onError)
        .finally(() => {
          this.#sweeping = undefined;
          if (this.#timer === undefined) return;
          // Runs that seem to be forgotten are looked at once more, rather soon.
          const { sweepMs = SWEEP_MS, patienceMs = PATIENCE_MS } = this.options;
          this.#sleep(this.#suspected.size > 0 ? patienceMs : sweepMs);
        });
    }, ms);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    const { pool, schema, jobs, turns, now } = this.options;
    const isMine = await inTransaction(pool, async (session) => {
      const { rows } = await send<{ isMine: boolean }>(session, trySweepLock(schema));
      if (rows[0]?.isMine !== true) {
        this.#suspected = new Set();
        return false;
      }
      await jobs.hasten(session, await this.#listOverdue(session, now()));
      const forgotten = await this.#listForgotten(session, now());
      const again = forgotten.filter((runId) => this.#suspected.has(runId));
      await jobs.wake(session, again);
      this.#mended += again.length;
      this.#suspected = new Set(forgotten.filter((runId) => !again.includes(runId)));
      return true;
    });
    if (isMine) await turns.look();
  }

  /** Runs that should have a job and have none, by their ids. */
  async #listForgotten(session: Session, now: number): Promise<string[]> {
    const { schema, patienceMs = PATIENCE_MS } = this.options;
    const jobs = `"${jobsSchemaOf(schema)}".job`;
    const { rows } = await send<{ runId: string }>(session, {
      text: `SELECT r.run_id::text AS "runId" FROM (
          SELECT * FROM workflow_runs WHERE parent_run_id IS NULL AND status IN ('SUBMITTED', 'RUNNING', 'WAITING')
          UNION ALL
          SELECT * FROM workflow_runs
          WHERE parent_run_id IS NOT NULL AND finished_at IS NULL AND slot_seq IS NOT NULL) r
        WHERE ((r.status IN ('SUBMITTED', 'RUNNING') AND r.concurrency_slot IS NOT FALSE)
            OR r.wake_at < $1
            OR (r.waiting_for = ANY($2) AND NOT EXISTS (
              SELECT 1 FROM workflow_runs c
              WHERE c.parent_run_id = r.run_id AND c.slot_seq IS NOT NULL AND c.finished_at IS NULL)))
          AND NOT EXISTS (SELECT 1 FROM ${jobs} j
            WHERE j.name = 'drive' AND j.state <= 'active' AND coalesce(j.singleton_key, '') = r.run_id::text)
          AND NOT EXISTS (SELECT 1 FROM ${jobs} j
            WHERE j.name = 'suspects' AND j.state <= 'active' AND j.id = r.run_id)
        ORDER BY r.run_id LIMIT $3`,
      values: [now - patienceMs, CHILDREN_WAIT_KINDS, MAX_RUNS],
    });
    return rows.map(({ runId }) => runId);
  }

  /** Runs that have not begun, and whose deadline has come. */
  async #listOverdue(session: Session, now: number): Promise<string[]> {
    const { rows } = await send<{ runId: string }>(session, {
      text: `SELECT r.run_id::text AS "runId" FROM workflow_runs r
        JOIN "${jobsSchemaOf(this.options.schema)}".job j ON j.name = 'drive' AND j.singleton_key = r.run_id::text
        WHERE r.status = 'SUBMITTED' AND r.wake_at <= $1 AND j.state < 'active' AND j.priority = 0
        ORDER BY r.run_id LIMIT $2`,
      values: [now, MAX_RUNS],
    });
    return rows.map(({ runId }) => runId);
  }
}
