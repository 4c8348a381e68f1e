import type pg from 'pg';
import {
  ConflictError,
  DeliveryTakenError,
  GraphGoneError,
  GraphStaleError,
  ReplayError,
  ScheduleMovedError,
  TooManyDescendantsError,
} from '../errors.js';
import type { Slot } from '../store.js';
import { type Session, send } from './connection.js';
import { writeDeliveries } from './delivery-rows.js';
import { serverError } from './failures.js';
import { lockDeliveries } from './locks.js';
import type { CommitParticipant } from './participant.js';
import { demandSlots, giveTurns, linesOf } from './slots.js';
import type { MadeChildren, NeededVersion, Rows, ScheduleColumns, UnitRows, UsedByChildren } from './unit-rows.js';
import {
  acceptDeliveries,
  addChildUsage,
  advanceSchedules,
  type CountedTop,
  countDescendants,
  findLiveVersions,
  giveSlots,
  insertEvents,
  insertMetadata,
  insertRuns,
  type LiveVersion,
  lockVersions,
  type RowsStatement,
  saveSnapshots,
  updateRuns,
} from './unit-statements.js';

const UNIQUE_VIOLATION = '23505';

/** Of several units, one cannot be stored. Which one, and why, is found out by trying each by itself. */
export class BatchRefusedError extends Error {
  constructor() {
    super('A unit of a batch cannot be stored.');
    this.name = 'BatchRefusedError';
  }
}

/**
 * Writes units, all at once, into the transaction that is open. The statements are sent one behind the other, and answered
 * together.
 * @throws BatchRefusedError, or the server's error, if a unit cannot be stored; the transaction can only be undone then
 */
export async function writeTogether(
  session: Session,
  units: readonly UnitRows[],
  participants: readonly CommitParticipant[],
): Promise<void> {
  const runs = units.flatMap((unit) => unit.runs).sort((one, other) => (one.runId < other.runId ? -1 : 1));
  const deliveries = units.flatMap(({ unit }) => unit.delivery ?? []);
  const pieces = [
    lockAll(session, units),
    insertAll(session, acceptDeliveries, deliveries),
    ...writeRows(session, {
      versions: distinctVersions(runs.flatMap(({ versions }) => versions)),
      newRuns: runs.flatMap(({ newRuns }) => newRuns),
      metadata: runs.flatMap(({ metadata }) => metadata),
      events: runs.flatMap(({ events }) => events),
      changedRuns: runs.flatMap(({ changedRuns }) => changedRuns),
      snapshots: runs.flatMap(({ snapshots }) => snapshots),
      deliveries: runs.flatMap(({ deliveries }) => deliveries),
    }),
    writeSlots(
      session,
      units.flatMap(({ slots }) => slots),
    ),
    writeDescendants(
      session,
      units.flatMap(({ made }) => made),
    ),
    writeUsage(
      session,
      units.flatMap(({ used }) => used),
    ),
    writeSchedules(
      session,
      units.flatMap(({ schedules }) => schedules),
    ),
  ];
  const all = units.map(({ unit }) => unit);
  const lines = linesOf(all);
  let begun: readonly string[] = [];
  if (lines.length > 0) {
    const given = demandSlots(session, all).then(() => giveTurns(session, lines));
    await allOf([...pieces.splice(0), given.then(() => undefined)]);
    begun = await given;
  }
  await allOf([...pieces, ...participants.map((participant) => participant.write(session, all, begun))]);
}

/**
 * Writes one unit into the transaction that is open, a run at a time.
 * @throws ConflictError | ReplayError | GraphGoneError | GraphStaleError | ScheduleMovedError | TooManyDescendantsError |
 * ConcurrencyFullError | DeliveryTakenError, or the server's error, if it cannot be stored; to be undone then
 */
export async function writeAlone(
  session: Session,
  { unit, runs, slots, made, used, schedules }: UnitRows,
  participants: readonly CommitParticipant[],
): Promise<void> {
  const { delivery } = unit;
  if (delivery !== undefined) {
    await insertAll(session, acceptDeliveries, [delivery]).catch((thrown: unknown) => {
      if (!(thrown instanceof BatchRefusedError)) throw thrown;
      throw new DeliveryTakenError(delivery.hookId, delivery.key);
    });
  }
  for (const run of runs) await writeRun(session, run.runId, run);
  for (const slot of slots) {
    await writeSlots(session, [slot]).catch((thrown: unknown) => Promise.reject(conflictOr(thrown, slot.runId)));
  }
  for (const children of made) await writeChildren(session, children);
  await writeUsage(session, used);
  for (const schedule of schedules) {
    await writeSchedules(session, [schedule]).catch((thrown: unknown) => {
      throw thrown instanceof BatchRefusedError ? new ScheduleMovedError(schedule.scheduleId) : thrown;
    });
  }
  await demandSlots(session, [unit]);
  const begun = await giveTurns(session, linesOf([unit]));
  for (const participant of participants) await participant.write(session, [unit], begun);
}

/** Locks what several servers can be sent at once. To be the first statement about the units of a transaction. */
export async function lockAll(session: Session, units: readonly UnitRows[]): Promise<void> {
  const deliveries = units.flatMap(({ unit }) => unit.delivery ?? []);
  if (deliveries.length > 0) await send(session, lockDeliveries(deliveries));
}

async function writeRun(session: Session, runId: string, rows: Rows): Promise<void> {
  const [needed] = rows.versions;
  if (needed !== undefined) await demandVersion(session, needed);
  try {
    await allOf(writeRows(session, { ...rows, versions: [] }));
  } catch (thrown) {
    throw conflictOr(thrown, runId);
  }
}

/** What one unit says of a unique value that is taken, or of a row that is missing: its run has moved on. */
function conflictOr(thrown: unknown, runId: string): unknown {
  if (thrown instanceof BatchRefusedError) return new ConflictError(runId);
  const error = serverError(thrown);
  if (error?.code !== UNIQUE_VIOLATION || error.constraint === IDEMPOTENCY_INDEX) return thrown;
  return new ConflictError(runId);
}

const IDEMPOTENCY_INDEX = 'workflow_runs_idempotency_key';

/**
 * The refusal that follows from what {@link writeAlone} threw, after it was undone: a key that is taken belongs to a run.
 * A request that is repeated gets its run, even if the graph has gone since.
 */
export async function refusalOf(session: Session, rows: UnitRows, thrown: unknown): Promise<unknown> {
  const isKeyTaken = serverError(thrown)?.constraint === IDEMPOTENCY_INDEX;
  if (!isKeyTaken && !(thrown instanceof GraphGoneError || thrown instanceof GraphStaleError)) return thrown;
  for (const { runId, newRuns } of rows.runs) {
    const key = newRuns[0]?.idempotencyKey ?? null;
    if (key === null) continue;
    const owner = await findOwner(session, key);
    if (owner !== undefined) return new ReplayError(owner.runId, owner.fingerprint);
    // It was deleted in the meantime.
    if (isKeyTaken) return new ConflictError(runId);
  }
  return thrown;
}

/** The run that an idempotency key started. */
export async function findOwner(
  session: Session,
  key: string,
): Promise<{ runId: string; fingerprint: string } | undefined> {
  const { rows } = await send<{ runId: string; fingerprint: string }>(session, {
    text: `SELECT run_id AS "runId", coalesce(idempotency_fingerprint, '') AS fingerprint
      FROM workflow_runs WHERE idempotency_key = $1`,
    values: [key],
  });
  return rows[0];
}

/** Waits for all, so that no statement is under way when this throws what went wrong first. */
async function allOf(pieces: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(pieces);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  // After an error, the server refuses the other statements of the transaction.
  const cause = failed.find(({ reason }) => serverError(reason)?.code !== ABORTED) ?? failed[0];
  if (cause !== undefined) throw cause.reason;
}

const ABORTED = '25P02';

function writeRows(session: Session, rows: Rows): Promise<void>[] {
  return [
    demandVersions(session, rows.versions),
    insertAll(session, insertRuns, rows.newRuns),
    insertAll(session, insertMetadata, rows.metadata),
    insertAll(session, insertEvents, rows.events),
    insertAll(session, updateRuns, rows.changedRuns),
    insertAll(session, saveSnapshots, rows.snapshots),
    writeDeliveries(session, rows.deliveries),
  ];
}

/** @throws BatchRefusedError if fewer rows were written than given */
async function insertAll<Row>(session: Session, statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { rowCount } = await send(session, statement.of(rows));
  if (rowCount !== rows.length) throw new BatchRefusedError();
}

async function writeSlots(session: Session, slots: readonly Slot[]): Promise<void> {
  await insertAll(
    session,
    giveSlots,
    [...slots].sort((one, other) => (one.runId < other.runId ? -1 : 1)),
  );
}

async function writeSchedules(session: Session, schedules: readonly ScheduleColumns[]): Promise<void> {
  await insertAll(
    session,
    advanceSchedules,
    [...schedules].sort((one, other) => (one.scheduleId < other.scheduleId ? -1 : 1)),
  );
}

async function writeDescendants(session: Session, made: readonly MadeChildren[]): Promise<void> {
  if (made.length === 0) return;
  const { rows } = await send<CountedTop & pg.QueryResultRow>(session, countDescendants.of(made));
  if (rows.some(({ isCounted }) => !isCounted) || sumOf(rows) !== sumOf(made)) throw new BatchRefusedError();
}

async function writeUsage(session: Session, used: readonly UsedByChildren[]): Promise<void> {
  if (used.length > 0) await send(session, addChildUsage.of(used));
}

async function writeChildren(session: Session, children: MadeChildren): Promise<void> {
  const { rows } = await send<CountedTop & pg.QueryResultRow>(session, countDescendants.of([children]));
  const [top] = rows;
  // It was deleted in the meantime.
  if (top === undefined) throw new ConflictError(children.parentRunId);
  if (!top.isCounted) throw new TooManyDescendantsError(top.topRunId, children.limit);
}

function sumOf(rows: readonly { readonly added: number }[]): number {
  return rows.reduce((sum, { added }) => sum + added, 0);
}

/** Two statements: only the second one sees what was deleted while the first one waited. */
function liveVersions(session: Session, versions: readonly NeededVersion[]): Promise<LiveVersion[]> {
  const locked = send(session, lockVersions.of(versions));
  const found = send<LiveVersion & pg.QueryResultRow>(session, findLiveVersions.of(versions));
  return Promise.all([found, locked]).then(([{ rows }]) => rows);
}

async function demandVersions(session: Session, versions: readonly NeededVersion[]): Promise<void> {
  if (versions.length === 0) return;
  const live = await liveVersions(session, versions);
  const isThere = ({ graphId, version, isLatest }: NeededVersion): boolean =>
    live.some((one) => one.graphId === graphId && one.version === version && (one.isLatest || !isLatest));
  if (!versions.every(isThere)) throw new BatchRefusedError();
}

async function demandVersion(session: Session, needed: NeededVersion): Promise<void> {
  const [live] = await liveVersions(session, [needed]);
  if (live === undefined) throw new GraphGoneError(needed.graphId);
  if (needed.isLatest && !live.isLatest) throw new GraphStaleError(needed.graphId);
}

/** Each once, in the order of their graphs, in which all take the locks. */
function distinctVersions(versions: readonly NeededVersion[]): NeededVersion[] {
  const distinct = new Map<string, NeededVersion>();
  for (const one of versions) distinct.set(`${one.graphId}@${one.version}@${one.isLatest}`, one);
  return [...distinct.values()].sort((one, other) => (one.graphId < other.graphId ? -1 : 1));
}
