import { and, asc, count, desc, eq, gt, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { NO_USAGE, type Usage } from '../../core/base/usage.js';
import { MAX_DEPTH } from '../../core/run/branches.js';
import type { ChildrenView } from '../../core/run/children.js';
import type { ChildResult } from '../../core/run/join.js';
import type { Waiting } from '../../core/run/state.js';
import { CHILDREN_WAIT_KINDS } from '../../core/run/waits.js';
import { childResultOf, firstByIndex, LOST, toUsage } from '../child-rows.js';
import type { ChildCounts, ChildRow, RunSummary } from '../store.js';
import { childUsage, workflowRuns } from './schema.js';
import { SUMMARY } from './summary-columns.js';

/** Reads the children of runs. */
export class ChildReader {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** What a parent needs to know of its children. Each look is into an index of its own: none reads all children. */
  viewChildren(
    parentRunId: string,
    parentSeq: number,
    slotSeq: number,
    limit: number,
    retriedAt = Number.POSITIVE_INFINITY,
    lostLimit = 1,
  ): ChildrenView {
    const of = { parentRunId, parentSeq };
    const { lastIndex } = this.#statements.lastChild.get(of) ?? { lastIndex: null };
    const { active } = this.#statements.atWork.get(of) ?? { active: 0 };
    // Before a retry of the parent whoever failed is lost. After one, only those that failed in the slot it gave them.
    const isRetried = slotSeq !== parentSeq;
    const { toRestart, toStart } = this.#statements;
    let lost = 0;
    for (const status of LOST) {
      const which = { ...of, status, limit: lostLimit - lost };
      if (lost < lostLimit)
        lost += isRetried ? this.#countLostAgain({ ...which, slotSeq }, retriedAt) : this.#countLost(which);
    }
    const starts = toStart.all({ ...of, afterIndex: -1, limit }).map((child) => ({ ...child, ended: false }));
    const restarts = LOST.flatMap((status) => (isRetried ? toRestart.all({ ...of, status, slotSeq, limit }) : []));
    const next = firstByIndex([...starts, ...restarts.map((child) => ({ ...child, ended: true }))], limit);
    const created = lastIndex === null ? 0 : lastIndex + 1;
    return { created, active, lost, unfinished: active + starts.length, next };
  }

  #countLost(which: LostChildren): number {
    return this.#statements.lost.get(which)?.count ?? 0;
  }

  /** Those that failed or were cancelled since a retry of their parent: in the slot it gave them, or before they had one. */
  #countLostAgain(which: LostChildren & { readonly slotSeq: number }, retriedAt: number): number {
    const { lostAgain, lostUnbegun } = this.#statements;
    const again = lostAgain.get(which)?.count ?? 0;
    // Children are made in order, so those without a slot that were made since the retry are the last of them.
    const isMadeSince = (child: { readonly submittedAt: number } | undefined) => (child?.submittedAt ?? 0) >= retriedAt;
    if (again === which.limit || !isMadeSince(lostUnbegun.get({ ...which, limit: 1 }))) return again;
    return again + lostUnbegun.all({ ...which, limit: which.limit - again }).filter(isMadeSince).length;
  }

  /**
   * How many children an event of a run started, and how far they are. Reads indexes alone, but for the rows of those that
   * have a slot: of 10,000 children a thousand at most.
   */
  countChildren(parentRunId: string, parentSeq: number): ChildCounts {
    const of = { parentRunId, parentSeq };
    const { lastChild, atWork, unfinished, waiting, lostCount } = this.#statements;
    const made = (lastChild.get(of)?.lastIndex ?? -1) + 1;
    const parked = waiting.get(of)?.count ?? 0;
    const lost = LOST.reduce((sum, status) => sum + (lostCount.get({ ...of, status })?.count ?? 0), 0);
    const running = (atWork.get(of)?.active ?? 0) - parked;
    return { made, ended: made - (unfinished.get(of)?.count ?? 0), lost, running, waiting: parked };
  }

  /** Tokens that all runs inside a run have used; null if that is not known. */
  readChildUsage(runId: string): Usage | null {
    const found = this.#statements.childUsage.get({ runId });
    if (found === undefined) return NO_USAGE;
    return toUsage(found);
  }

  /** Children that have not finished, by index, above an index. */
  listUnfinishedChildren(parentRunId: string, parentSeq: number, afterIndex: number, limit: number): ChildRow[] {
    const which = { parentRunId, parentSeq, afterIndex, limit };
    return firstByIndex([...this.#statements.working.all(which), ...this.#statements.toStart.all(which)], limit);
  }

  /** What became of the children that an event of a run started, by index. */
  readChildResults(parentRunId: string, parentSeq: number): ChildResult[] {
    return this.#statements.results.all({ parentRunId, parentSeq }).map(childResultOf);
  }

  /** Children, of any depth, that wait for something: the oldest of those found first. */
  listWaitingDescendants(runId: string, kinds: readonly Waiting['kind'][], limit: number): RunSummary[] {
    const found = this.#statements.waitingDescendants.all({ runId, kinds: JSON.stringify(kinds), limit });
    return found.sort((one, other) => (one.runId < other.runId ? -1 : 1));
  }
}

type LostChildren = {
  readonly parentRunId: string;
  readonly parentSeq: number;
  readonly status: (typeof LOST)[number];
  readonly limit: number;
};

/** The kinds of waits for children, as a list in SQL. */
const WAITS_FOR_CHILDREN = CHILDREN_WAIT_KINDS.map((kind) => `'${kind}'`).join(', ');

/**
 * The run, and the runs below it that have children: they wait for them. So the search follows these and looks at none
 * of the 10,000 children that are done, or busy.
 */
const parentsBelow = sql`(WITH RECURSIVE parents (run_id, depth) AS (
    SELECT ${sql.placeholder('runId')}, 0
    UNION ALL
    SELECT child.run_id, parents.depth + 1 FROM parents CROSS JOIN workflow_runs child
    WHERE child.parent_run_id = parents.run_id AND child.waiting_for IN (${sql.raw(WAITS_FOR_CHILDREN)})
      AND child.finished_at IS NULL AND parents.depth < ${sql.raw(String(MAX_DEPTH))}
  ) SELECT run_id FROM parents)`;

/** The children that an event of a run started. */
const ofEvent = and(
  eq(workflowRuns.parentRunId, sql.placeholder('parentRunId')),
  eq(workflowRuns.parentSeq, sql.placeholder('parentSeq')),
);

/** Both conditions: the first is that of the index, the second leads to the place in it. */
const isLost = and(
  ofEvent,
  sql`${workflowRuns.status} IN ('FAILED', 'CANCELLED')`,
  sql`${workflowRuns.status} = ${sql.placeholder('status')}`,
);

/** Numbers of children, from indexes alone. */
function prepareCounts(db: BetterSQLite3Database) {
  const { finishedAt, parentRunId, waitingFor } = workflowRuns;
  // Not by the event: the index does not have it, and children of earlier ones have ended before their join.
  const isUnfinished = and(isNull(finishedAt), eq(parentRunId, sql.placeholder('parentRunId')));
  const isWaiting = and(isUnfinished, isNotNull(waitingFor));
  return {
    unfinished: db.select({ count: count() }).from(workflowRuns).where(isUnfinished).prepare(),
    waiting: db.select({ count: count() }).from(workflowRuns).where(isWaiting).prepare(),
    childUsage: db
      .select()
      .from(childUsage)
      .where(eq(childUsage.runId, sql.placeholder('runId')))
      .prepare(),
    lostCount: db.select({ count: count() }).from(workflowRuns).where(isLost).prepare(),
  };
}

/** The parts of a view, each in the words of its index. */
function prepareViews(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const { childIndex: index, runId, slotSeq, finishedAt } = workflowRuns;
  const isAtWork = and(ofEvent, sql`${slotSeq} IS NOT NULL`, isNull(finishedAt));
  const isAfter = gt(index, param('afterIndex'));
  const countUpTo = (condition: SQL | undefined) => {
    const found = db.select({ index }).from(workflowRuns).where(condition).limit(param('limit')).as('found');
    return db.select({ count: count() }).from(found).prepare();
  };
  const hasOtherSlot = sql`${slotSeq} IS NOT ${param('slotSeq')}`;
  return {
    lastChild: db
      .select({ lastIndex: sql<number | null>`max(${index})` })
      .from(workflowRuns)
      .where(ofEvent)
      .prepare(),
    atWork: db.select({ active: count() }).from(workflowRuns).where(isAtWork).prepare(),
    working: db
      .select({ runId, index })
      .from(workflowRuns)
      .where(and(isAtWork, isAfter))
      .orderBy(asc(index))
      .limit(param('limit'))
      .prepare(),
    toStart: db
      .select({ runId, index })
      .from(workflowRuns)
      .where(and(ofEvent, isNull(slotSeq), isNull(finishedAt), isAfter))
      .orderBy(asc(index))
      .limit(param('limit'))
      .prepare(),
    toRestart: db
      .select({ runId, index })
      .from(workflowRuns)
      .where(and(isLost, hasOtherSlot))
      .orderBy(asc(index))
      .limit(param('limit'))
      .prepare(),
    lost: countUpTo(isLost),
    lostUnbegun: db
      .select({ submittedAt: workflowRuns.submittedAt })
      .from(workflowRuns)
      .where(and(isLost, isNull(slotSeq)))
      .orderBy(desc(index))
      .limit(param('limit'))
      .prepare(),
    lostAgain: countUpTo(and(isLost, eq(slotSeq, param('slotSeq')))),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const { childIndex: index, runId, status, data, error, parentRunId, waitingFor, finishedAt } = workflowRuns;
  const waits = and(
    inArray(parentRunId, parentsBelow),
    sql`${waitingFor} IN (SELECT value FROM json_each(${param('kinds')}))`,
    isNull(finishedAt),
  );
  return {
    ...prepareViews(db),
    ...prepareCounts(db),
    results: db
      .select({ index, runId, status, finishedAt, data, error })
      .from(workflowRuns)
      .where(ofEvent)
      .orderBy(asc(index))
      .prepare(),
    waitingDescendants: db.select(SUMMARY).from(workflowRuns).where(waits).limit(param('limit')).prepare(),
  };
}
