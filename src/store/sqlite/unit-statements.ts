import type Database from 'better-sqlite3';
import { and, eq, isNotNull, isNull, ne, type Query, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  childUsage,
  concurrencyLimits,
  graphDefinitions,
  runEvents,
  runMetadata,
  runSnapshots,
  workflowRuns,
} from './schema.js';
import { deliveries, deliveryTargets, hookDeliveries, schedules } from './trigger-tables.js';
import { prepareWrite } from './write-statement.js';

const param = sql.placeholder;

export type Statements = ReturnType<typeof prepareStatements>;

/** What writes units. Prepared once. */
export function prepareStatements(db: BetterSQLite3Database, sqlite: Database.Database) {
  return {
    ...prepareRows(db, sqlite),
    ...prepareJournal(db, sqlite),
    ...prepareCounts(db, sqlite),
    ...prepareOutbox(db, sqlite),
    ...prepareLookUps(db),
  };
}

/** The columns that follow the status of a run, and its graph version, which can change too. */
function changingColumns() {
  // As SQL, because `set` takes no placeholders, and so that Drizzle does not make the text 'null' of a null error.
  return {
    status: sql`${param('status')}`,
    startedAt: sql`${param('startedAt')}`,
    finishedAt: sql`${param('finishedAt')}`,
    wakeAt: sql`${param('wakeAt')}`,
    waitingFor: sql`${param('waitingFor')}`,
    error: sql`${param('error')}`,
    data: sql`${param('data')}`,
    paused: sql`${sql.param(param('paused'), workflowRuns.paused)}`,
    graphVersion: sql`${param('graphVersion')}`,
    concurrencySince: sql`${param('concurrencySince')}`,
    concurrencySlot: sql`${sql.param(param('concurrencySlot'), workflowRuns.concurrencySlot)}`,
  };
}

/** The rows of runs, and what lists of runs need. */
function prepareRows(db: BetterSQLite3Database, sqlite: Database.Database) {
  const prepare = (query: { toSQL(): Query }) => prepareWrite(sqlite, query);
  const changing = changingColumns();
  const fixed = {
    runId: param('runId'),
    graphId: param('graphId'),
    metadata: param('metadata'),
    submittedAt: param('submittedAt'),
    idempotencyKey: param('idempotencyKey'),
    idempotencyFingerprint: param('idempotencyFingerprint'),
    parentRunId: param('parentRunId'),
    parentSeq: param('parentSeq'),
    childIndex: param('childIndex'),
    slotSeq: param('slotSeq'),
    startedByKind: param('startedByKind'),
    startedById: param('startedById'),
    concurrencyKey: param('concurrencyKey'),
  };
  const isRun = eq(workflowRuns.runId, param('runId'));
  return {
    insertRun: prepare(db.insert(workflowRuns).values({ ...fixed, ...changing })),
    updateRun: prepare(db.update(workflowRuns).set(changing).where(isRun)),
    giveSlot: prepare(
      db
        .update(workflowRuns)
        .set({ slotSeq: sql`${param('slotSeq')}` })
        .where(and(isRun, sql`${workflowRuns.slotSeq} IS NOT ${param('slotSeq')}`)),
    ),
    findSlot: db.select({ slotSeq: workflowRuns.slotSeq }).from(workflowRuns).where(isRun).prepare(),
    findParent: db.select({ parentRunId: workflowRuns.parentRunId }).from(workflowRuns).where(isRun).prepare(),
    addDescendants: prepare(
      db
        .update(workflowRuns)
        .set({ descendants: sql`${workflowRuns.descendants} + ${param('added')}` })
        .where(and(isRun, sql`${workflowRuns.descendants} + ${param('added')} <= ${param('limit')}`)),
    ),
    insertMetadata: prepare(
      db.insert(runMetadata).values({ key: param('key'), value: param('value'), runId: param('runId') }),
    ),
  };
}

function prepareJournal(db: BetterSQLite3Database, sqlite: Database.Database) {
  const prepare = (query: { toSQL(): Query }) => prepareWrite(sqlite, query);
  const event = {
    runId: param('runId'),
    seq: param('seq'),
    type: param('type'),
    time: param('time'),
    logEnd: param('logEnd'),
    payload: param('payload'),
  };
  return {
    insertEvent: prepare(db.insert(runEvents).values(event)),
    /** Changes nothing if it was accepted before, or if there is no such hook. */
    acceptDelivery: prepare(
      db
        .insert(hookDeliveries)
        .select(
          sql`SELECT hook_id, ${param('key')}, ${param('deliveryId')}, ${param('receivedAt')}, 'accepted', ${param('runId')},
            ${param('status')}, NULL, NULL FROM hooks WHERE hook_id = ${param('hookId')}`,
        )
        .onConflictDoUpdate({
          target: [hookDeliveries.hookId, hookDeliveries.key],
          set: {
            receivedAt: sql`excluded.received_at`,
            outcome: sql`excluded.outcome`,
            runId: sql`excluded.run_id`,
            status: sql`excluded.status`,
            code: sql`NULL`,
            detail: sql`NULL`,
          },
          setWhere: ne(hookDeliveries.outcome, 'accepted'),
        }),
    ),
    saveSnapshot: prepare(
      db
        .insert(runSnapshots)
        .values({ runId: param('runId'), seq: param('seq'), state: param('state') })
        .onConflictDoUpdate({
          target: runSnapshots.runId,
          set: { seq: sql`excluded.seq`, state: sql`excluded.state` },
        }),
    ),
  };
}

/** What children use, and when schedules are due. */
function prepareCounts(db: BetterSQLite3Database, sqlite: Database.Database) {
  const prepare = (query: { toSQL(): Query }) => prepareWrite(sqlite, query);
  return {
    // What is not known stays so: null and a number are null.
    addChildUsage: prepare(
      db
        .insert(childUsage)
        .values({
          runId: param('runId'),
          inputTokens: param('inputTokens'),
          outputTokens: param('outputTokens'),
          costNanoUsd: param('costNanoUsd'),
        })
        .onConflictDoUpdate({
          target: childUsage.runId,
          set: {
            inputTokens: sql`child_usage.input_tokens + excluded.input_tokens`,
            outputTokens: sql`child_usage.output_tokens + excluded.output_tokens`,
            costNanoUsd: sql`child_usage.cost_nano_usd + excluded.cost_nano_usd`,
          },
        }),
    ),
    advanceSchedule: prepare(
      db
        .update(schedules)
        .set({
          seq: sql`${schedules.seq} + 1`,
          nextAt: sql`${param('nextAt')}`,
          wakeAt: sql`${param('wakeAt')}`,
          last: sql`${param('last')}`,
        })
        .where(and(eq(schedules.scheduleId, param('scheduleId')), eq(schedules.seq, param('seq')))),
    ),
    findScheduleSeq: db
      .select({ seq: schedules.seq })
      .from(schedules)
      .where(eq(schedules.scheduleId, param('scheduleId')))
      .prepare(),
  };
}

/** Callbacks. */
function prepareOutbox(db: BetterSQLite3Database, sqlite: Database.Database) {
  const prepare = (query: { toSQL(): Query }) => prepareWrite(sqlite, query);
  const target = { runId: param('runId'), target: param('target'), host: param('host'), nextAt: param('createdAt') };
  return {
    // Those that are pending already go first.
    makeTargetDue: prepare(
      db
        .insert(deliveryTargets)
        .values(target)
        .onConflictDoUpdate({
          target: [deliveryTargets.runId, deliveryTargets.target],
          set: {
            nextAt: sql`CASE WHEN delivery_targets.is_gone THEN NULL
              ELSE coalesce(delivery_targets.next_at, excluded.next_at) END`,
          },
        }),
    ),
    insertDelivery: prepare(
      db.insert(deliveries).values({
        runId: param('runId'),
        seq: param('seq'),
        target: param('target'),
        status: sql`(SELECT CASE WHEN is_gone THEN 'gone' ELSE 'pending' END FROM delivery_targets
          WHERE run_id = ${param('runId')} AND target = ${param('target')})`,
        event: param('event'),
        url: param('url'),
        secret: param('secret'),
        createdAt: param('createdAt'),
        since: param('createdAt'),
        body: param('body'),
      }),
    ),
  };
}

/** What decides whether a run can be made. */
function prepareLookUps(db: BetterSQLite3Database) {
  const isVersion = and(
    eq(graphDefinitions.graphId, param('graphId')),
    eq(graphDefinitions.version, param('version')),
    isNull(graphDefinitions.deletedAt),
  );
  // In plain SQL: Drizzle names columns without their table here, which the inner query would take for its own.
  const isLatest = sql<number>`NOT EXISTS (SELECT 1 FROM graph_definitions newer
    WHERE newer.graph_id = graph_definitions.graph_id AND newer.version > graph_definitions.version)`;
  const isInLine = and(
    eq(workflowRuns.graphId, param('graphId')),
    eq(workflowRuns.concurrencyKey, param('key')),
    isNotNull(workflowRuns.concurrencyKey),
    isNull(workflowRuns.finishedAt),
  );
  const owner = { runId: workflowRuns.runId, fingerprint: workflowRuns.idempotencyFingerprint };
  return {
    findLiveGraph: db.select({ isLatest }).from(graphDefinitions).where(isVersion).prepare(),
    findMaxRuns: db
      .select({ maxRuns: concurrencyLimits.maxRuns })
      .from(concurrencyLimits)
      .where(eq(concurrencyLimits.graphId, param('graphId')))
      .prepare(),
    // One more than there may be: a line can be long.
    findExcess: db
      .select({ runId: workflowRuns.runId })
      .from(workflowRuns)
      .where(isInLine)
      .limit(1)
      .offset(param('maxRuns'))
      .prepare(),
    findByIdempotencyKey: db
      .select(owner)
      .from(workflowRuns)
      .where(eq(workflowRuns.idempotencyKey, param('key')))
      .prepare(),
  };
}
