import type pg from 'pg';
import { isFinished, type RunStatus } from '../../core/run/state.js';
import { readMetadata } from '../../core/run/stored-row.js';
import { escapeText, isRunId, toBigint } from './column-values.js';
import { type Session, send } from './connection.js';
import { inTransaction } from './transaction.js';

/** Runs, children included, after which a transaction deletes no further family. A family is deleted whole. */
const MAX_RUNS = 1000;

/** Deletes runs with their children. */
export class RunDeletion {
  /** Where the search for what is old has stopped. */
  #last = BEFORE_ALL;

  constructor(private readonly pool: pg.Pool) {}

  /** Deletes a finished top-level run with all that belongs to it. */
  async deleteRun(runId: string): Promise<'deleted' | 'missing' | 'active' | 'child'> {
    if (!isRunId(runId)) return 'missing';
    return inTransaction(this.pool, async (session) => {
      // Who goes on with the run changes its row first.
      const { rows } = await send<{ status: RunStatus; parentRunId: string | null }>(session, {
        text: `SELECT status, parent_run_id AS "parentRunId" FROM workflow_runs WHERE run_id = $1 FOR UPDATE`,
        values: [runId],
      });
      const [run] = rows;
      if (run === undefined) return 'missing';
      if (run.parentRunId !== null) return 'child';
      if (!isFinished(run.status)) return 'active';
      return (await deleteFamily(session, runId)) === 0 ? 'active' : 'deleted';
    });
  }

  /**
   * Deletes the top-level runs that finished first, up to a time (milliseconds since 1970), and passes over those that
   * another process is deleting. Goes on where it has stopped the last time, until it has come to the end: what could not be
   * deleted, because there is still something to be told of it, is looked at once each time round. `isDone` is false when there may be more, and they would make the transaction long.
   */
  async deleteRunsFinishedBefore(time: number, limit: number): Promise<{ count: number; isDone: boolean }> {
    return inTransaction(this.pool, async (session) => {
      let count = 0;
      let size = 0;
      while (count < limit) {
        const [found] = await findFinished(session, time, this.#last);
        if (found === undefined) {
          this.#last = BEFORE_ALL;
          break;
        }
        if (size >= MAX_RUNS) return { count, isDone: false };
        const deleted = await deleteFamily(session, found.runId);
        size += deleted;
        if (deleted > 0) count += 1;
        this.#last = found;
      }
      return { count, isDone: true };
    });
  }
}

interface FinishedRun {
  readonly runId: string;
  readonly finishedAt: number;
}

const BEFORE_ALL: FinishedRun = {
  runId: '00000000-0000-0000-0000-000000000000',
  finishedAt: Number.MIN_SAFE_INTEGER,
};

/**
 * The next top-level run that finished before a time. What is still to be told of a run is told before it goes by its age;
 * that takes three days at most.
 */
async function findFinished(session: Session, time: number, after: FinishedRun): Promise<FinishedRun[]> {
  const { rows } = await send<{ runId: string; finishedAt: number }>(session, {
    name: 'find_finished',
    text: `SELECT run_id AS "runId", finished_at AS "finishedAt" FROM workflow_runs
      WHERE finished_at < $1 AND parent_run_id IS NULL AND finished_at >= $2 AND (finished_at, run_id) > ($2, $3)
        AND NOT EXISTS (SELECT 1 FROM delivery_targets t WHERE t.run_id = workflow_runs.run_id AND t.next_at IS NOT NULL)
      ORDER BY finished_at, run_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    values: [toBigint(time), after.finishedAt, after.runId],
  });
  return rows;
}

/** What belongs to a run. Targets go before their callbacks: whoever settles one has locked the target first. */
const TABLES = ['run_events', 'run_snapshots', 'child_usage', 'delivery_targets', 'deliveries', 'workflow_runs'];

/**
 * Deletes a run and all below it; says how many, which is none where one of them has not finished. A parent is older than
 * its children and never changes, so the search ends.
 */
async function deleteFamily(session: Session, topRunId: string): Promise<number> {
  const { rows: family } = await send<{ runId: string; metadata: string; hasFinished: boolean }>(session, {
    name: 'find_family',
    text: `WITH RECURSIVE family (run_id) AS (
        SELECT $1::uuid
        UNION ALL
        SELECT child.run_id FROM family JOIN workflow_runs child ON child.parent_run_id = family.run_id
      ) SELECT run.run_id AS "runId", run.metadata, run.finished_at IS NOT NULL AS "hasFinished"
      FROM family JOIN workflow_runs run ON run.run_id = family.run_id`,
    values: [topRunId],
  });
  // A run ends after its children, so this should not be.
  if (family.some(({ hasFinished }) => !hasFinished)) return 0;
  for (const { runId, metadata } of family) await deleteMetadata(session, runId, readMetadata(metadata));
  const values = [family.map(({ runId }) => runId)];
  for (const table of TABLES) {
    await send(session, {
      name: `delete_${table}`,
      text: `DELETE FROM ${table} WHERE run_id = ANY($1::uuid[])`,
      values,
    });
  }
  return family.length;
}

/** The index of metadata begins with the key, so each entry is named in full; all are looked at only if the row cannot be read. */
async function deleteMetadata(
  session: Session,
  runId: string,
  metadata: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  if (metadata === undefined) {
    await send(session, { text: 'DELETE FROM run_metadata WHERE run_id = $1', values: [runId] });
  }
  for (const [key, value] of Object.entries(metadata ?? {})) {
    await send(session, {
      name: 'delete_metadata',
      text: `DELETE FROM run_metadata
        WHERE key = $1 AND hashtextextended(value, 0) = hashtextextended($2, 0) AND value = $2 AND run_id = $3`,
      values: [escapeText(key), escapeText(value), runId],
    });
  }
}
