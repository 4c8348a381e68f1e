import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { NO_USAGE, type Usage } from '../../core/base/usage.js';
import { MAX_DEPTH } from '../../core/run/branches.js';
import type { ChildrenView } from '../../core/run/children.js';
import type { ChildResult } from '../../core/run/join.js';
import type { Waiting } from '../../core/run/state.js';
import { CHILDREN_WAIT_KINDS } from '../../core/run/waits.js';
import { childResultOf, firstByIndex, LOST, toUsage } from '../child-rows.js';
import type { ChildCounts, ChildRow, RunSummary } from '../store.js';
import { isRunId } from './column-values.js';
import { type Session, send } from './connection.js';
import { childUsage, workflowRuns } from './schema.js';
import { SUMMARY } from './summary-columns.js';

/** Reads the children of runs. */
export class ChildReader {
  constructor(
    private readonly session: Session,
    private readonly db: NodePgDatabase,
  ) {}

  /** What a parent needs to know of its children. Each look is into an index of its own: none reads all children. */
  async viewChildren(
    parentRunId: string,
    parentSeq: number,
    slotSeq: number,
    limit: number,
    retriedAt = Number.MAX_SAFE_INTEGER,
    lostLimit = 1,
  ): Promise<ChildrenView> {
    const values = [parentRunId, parentSeq, slotSeq, limit, lostLimit, retriedAt];
    const [view] = isRunId(parentRunId) ? await this.#rows<ViewRow>('view_children', VIEW, values) : [];
    const { lastIndex, active, toStart, lost } = view ?? { lastIndex: null, active: 0, toStart: [], lost: [] };
    // Before a retry of the parent whoever failed is lost. After one, only those that failed in the slot it gave them.
    const isRetried = slotSeq !== parentSeq;
    const lostCount = lost.reduce((sum, { any, again, unbegun }) => sum + (isRetried ? again + unbegun : any), 0);
    const starts = toStart.map((child) => ({ ...child, ended: false }));
    const restarts = isRetried ? lost.flatMap(({ toRestart }) => toRestart) : [];
    const next = firstByIndex([...starts, ...restarts.map((child) => ({ ...child, ended: true }))], limit);
    const created = lastIndex === null ? 0 : lastIndex + 1;
    return { created, active, lost: Math.min(lostCount, lostLimit), unfinished: active + starts.length, next };
  }

  /** How many children an event of a run started, and how far they are. */
  async countChildren(parentRunId: string, parentSeq: number): Promise<ChildCounts> {
    const values = [parentRunId, parentSeq];
    const [counts] = isRunId(parentRunId) ? await this.#rows<CountRow>('count_children', COUNT, values) : [];
    if (counts === undefined) return { made: 0, ended: 0, lost: 0, running: 0, waiting: 0 };
    const { lastIndex, active, unfinished, waiting, lost } = counts;
    const made = (lastIndex ?? -1) + 1;
    return { made, ended: made - unfinished, lost, running: active - waiting, waiting };
  }

  /** Tokens that all runs inside a run have used; null if that is not known. */
  async readChildUsage(runId: string): Promise<Usage | null> {
    if (!isRunId(runId)) return NO_USAGE;
    const [found] = await this.db.select().from(childUsage).where(eq(childUsage.runId, runId));
    if (found === undefined) return NO_USAGE;
    return toUsage(found);
  }

  /** Children that have not finished, by index, above an index. */
  async listUnfinishedChildren(
    parentRunId: string,
    parentSeq: number,
    afterIndex: number,
    limit: number,
  ): Promise<ChildRow[]> {
    if (!isRunId(parentRunId)) return [];
    return this.#rows('unfinished_children', UNFINISHED_CHILDREN, [parentRunId, parentSeq, afterIndex, limit]);
  }

  /** What became of the children that an event of a run started, by index. */
  async readChildResults(parentRunId: string, parentSeq: number): Promise<ChildResult[]> {
    if (!isRunId(parentRunId)) return [];
    const { childIndex: index, runId, status, finishedAt, data, error } = workflowRuns;
    const rows = await this.db
      .select({ index, runId, status, finishedAt, data, error })
      .from(workflowRuns)
      .where(and(eq(workflowRuns.parentRunId, parentRunId), eq(workflowRuns.parentSeq, parentSeq)))
      .orderBy(asc(index));
    return rows.map(childResultOf);
  }

  /** Children, of any depth, that wait for something: the oldest of those found first. */
  async listWaitingDescendants(runId: string, kinds: readonly Waiting['kind'][], limit: number): Promise<RunSummary[]> {
    if (!isRunId(runId)) return [];
    const waits = and(
      sql`${workflowRuns.parentRunId} IN ${parentsBelow(runId)}`,
      inArray(workflowRuns.waitingFor, [...kinds]),
      sql`${workflowRuns.finishedAt} IS NULL`,
    );
    const found = await this.db.select(SUMMARY).from(workflowRuns).where(waits).limit(limit);
    return found.sort((one, other) => (one.runId < other.runId ? -1 : 1));
  }

  async #rows<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await send<Row & pg.QueryResultRow>(this.session, { name, text, values: [...values] });
    return rows;
  }
}

interface CountRow {
  readonly lastIndex: number | null;
  readonly active: number;
  readonly unfinished: number;
  readonly waiting: number;
  readonly lost: number;
}

interface ViewRow {
  readonly lastIndex: number | null;
  readonly active: number;
  readonly toStart: readonly ChildRow[];
  /** Of each way to be lost. */
  readonly lost: readonly {
    readonly any: number;
    /** In the slot that they were given last. */
    readonly again: number;
    /** Made since the last retry of their parent, and never had a slot. */
    readonly unbegun: number;
    readonly toRestart: readonly ChildRow[];
  }[];
}

const OF_EVENT = 'workflow_runs WHERE parent_run_id = $1 AND parent_seq = $2';
const LAST_INDEX = `(SELECT max(child_index) FROM ${OF_EVENT})`;
const AT_WORK = `${OF_EVENT} AND slot_seq IS NOT NULL AND finished_at IS NULL`;
const TO_START = `${OF_EVENT} AND slot_seq IS NULL AND finished_at IS NULL`;
const CHILD = 'run_id AS "runId", child_index AS index';

/** The first children that fit, as a list. */
function listOf(condition: string): string {
  const first = `SELECT ${CHILD} FROM ${condition} ORDER BY child_index LIMIT $4`;
  return `(SELECT coalesce(json_agg(child ORDER BY index), '[]') FROM (${first}) child)`;
}

function countUpTo(rows: string, condition = ''): string {
  return `(SELECT count(*) FROM (${rows}) found ${condition})`;
}

/** The words of the index of lost children: its condition follows from the status, which is no parameter for that. */
function lostOf(status: (typeof LOST)[number]): string {
  const isLost = `${OF_EVENT} AND status = '${status}'`;
  // Children are made in order, so those without a slot that were made since the retry are the last of them.
  const unbegun = `SELECT submitted_at FROM ${isLost} AND slot_seq IS NULL ORDER BY child_index DESC`;
  return `json_build_object(
    'any', ${countUpTo(`SELECT 1 FROM ${isLost} LIMIT $5`)},
    'again', ${countUpTo(`SELECT 1 FROM ${isLost} AND slot_seq = $3 LIMIT $5`)},
    'unbegun', CASE WHEN (${unbegun} LIMIT 1) >= $6 THEN ${countUpTo(`${unbegun} LIMIT $5`, 'WHERE submitted_at >= $6')}
      ELSE 0 END,
    'toRestart', ${listOf(`${isLost} AND slot_seq IS DISTINCT FROM $3`)})`;
}

const VIEW = `SELECT ${LAST_INDEX} AS "lastIndex", (SELECT count(*) FROM ${AT_WORK}) AS active,
  ${listOf(TO_START)} AS "toStart", json_build_array(${LOST.map(lostOf).join(', ')}) AS lost`;

/** Not by the event: the index does not have it, and children of earlier ones have ended before their join. */
const UNFINISHED = 'workflow_runs WHERE parent_run_id = $1 AND finished_at IS NULL';

const COUNT = `SELECT ${LAST_INDEX} AS "lastIndex", (SELECT count(*) FROM ${AT_WORK}) AS active,
  (SELECT count(*) FROM ${UNFINISHED}) AS unfinished,
  (SELECT count(*) FROM ${UNFINISHED} AND waiting_for IS NOT NULL) AS waiting,
  (SELECT count(*) FROM ${OF_EVENT} AND status IN ('FAILED', 'CANCELLED')) AS lost`;

const UNFINISHED_CHILDREN = `(SELECT ${CHILD} FROM ${AT_WORK} AND child_index > $3 ORDER BY child_index LIMIT $4)
  UNION ALL (SELECT ${CHILD} FROM ${TO_START} AND child_index > $3 ORDER BY child_index LIMIT $4)
  ORDER BY index LIMIT $4`;

/** The kinds of waits for children, as a list in SQL. */
const WAITS_FOR_CHILDREN = CHILDREN_WAIT_KINDS.map((kind) => `'${kind}'`).join(', ');

/**
 * The run, and the runs below it that have children: they wait for them. So the search follows these and looks at none
 * of the 10,000 children that are done, or busy.
 */
const parentsBelow = (runId: string) => sql`(WITH RECURSIVE parents (run_id, depth) AS (
    SELECT ${runId}::uuid, 0
    UNION ALL
    SELECT child.run_id, parents.depth + 1 FROM parents JOIN workflow_runs child ON child.parent_run_id = parents.run_id
    WHERE child.waiting_for IN (${sql.raw(WAITS_FOR_CHILDREN)})
      AND child.finished_at IS NULL AND parents.depth < ${sql.raw(String(MAX_DEPTH))}
  ) SELECT run_id FROM parents)`;
