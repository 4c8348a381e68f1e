import { toNanoDollars } from '../../core/base/usage.js';
import type { NewDelivery } from '../../core/delivery/outbox.js';
import type { RunState } from '../../core/run/state.js';
import { lineColumns, movedTo, parentColumns, rowOf, starterColumns, usageAbove } from '../run-row.js';
import type { ScheduleAdvance } from '../schedules.js';
import type { NewRun, RunAppend, Slot, Unit } from '../store.js';
import { escapeText } from './column-values.js';

/** A record of a journal, and the first one that its unit adds to the journal. */
export interface EventColumns {
  readonly runId: string;
  readonly seq: number;
  readonly first: number;
  readonly type: string;
  readonly time: number;
  readonly logEnd: number;
  readonly payload: string;
}

export type RowColumns = ReturnType<typeof rowOf> & { readonly runId: string };

export type NewRowColumns = RowColumns &
  ReturnType<typeof parentColumns> &
  ReturnType<typeof starterColumns> &
  ReturnType<typeof lineColumns> & {
    readonly graphId: string;
    readonly metadata: string;
    readonly submittedAt: number;
    readonly idempotencyKey: string | null;
    readonly idempotencyFingerprint: string | null;
    readonly slotSeq: number | null;
  };

export interface MetadataColumns {
  readonly key: string;
  readonly value: string;
  readonly runId: string;
}

export interface SnapshotColumns {
  readonly runId: string;
  readonly seq: number;
  readonly state: string;
}

/** A graph version that has to be there, and perhaps to be the latest, for a run to be made, or moved to it. */
export interface NeededVersion {
  readonly graphId: string;
  readonly version: number;
  readonly isLatest: boolean;
}

/** New children of a run, and how many its top run can have. */
export interface MadeChildren {
  readonly parentRunId: string;
  readonly added: number;
  readonly limit: number;
}

/** Tokens that children of a run have used. */
export interface UsedByChildren {
  readonly runId: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
}

/** A schedule that moves on. */
export type ScheduleColumns = Omit<ScheduleAdvance, 'last'> & { readonly last: string };

/** What is stored of one run, or of many. */
export interface Rows {
  readonly versions: readonly NeededVersion[];
  readonly newRuns: readonly NewRowColumns[];
  readonly metadata: readonly MetadataColumns[];
  readonly events: readonly EventColumns[];
  readonly changedRuns: readonly RowColumns[];
  readonly snapshots: readonly SnapshotColumns[];
  readonly deliveries: readonly NewDelivery[];
}

/** What is stored of a unit. */
export interface UnitRows {
  readonly unit: Unit;
  /** Of each run, in the order of the unit. */
  readonly runs: readonly (Rows & { readonly runId: string })[];
  readonly made: readonly MadeChildren[];
  readonly used: readonly UsedByChildren[];
  readonly slots: readonly Slot[];
  readonly schedules: readonly ScheduleColumns[];
}

/**
 * Works out the rows of a unit.
 * @throws TypeError if its data is no JSON
 */
export function rowsOf(unit: Unit): UnitRows {
  const writes = new Map<string, RunWrite>();
  for (const append of unit.appends) {
    const { runId } = append.state;
    writes.set(runId, join(writes.get(runId), append));
  }
  const runs = [...writes].map(([runId, write]) => ({ runId, ...rowsOfRun(runId, write) }));
  return { unit, runs, made: madeBy(unit), used: usedBy(unit), slots: unit.slots ?? [], schedules: scheduleOf(unit) };
}

/** What is to be stored of one run: by one append, or several that follow each other. */
interface RunWrite {
  readonly records: RunAppend['records'];
  readonly create: NewRun | undefined;
  /** The state that the row follows from, if it changes. */
  readonly rowState: RunState | undefined;
  readonly snapshot: Omit<SnapshotColumns, 'runId'> | undefined;
  readonly deliveries: readonly NewDelivery[];
}

function join(before: RunWrite | undefined, append: RunAppend): RunWrite {
  const { state, records, rowChanged, create, snapshot, deliveries = [] } = append;
  return {
    records: before === undefined ? records : [...before.records, ...records],
    create: before?.create ?? create,
    rowState: rowChanged || create !== undefined ? state : before?.rowState,
    snapshot: snapshot === undefined ? before?.snapshot : { seq: state.seq, state: snapshot },
    deliveries: before === undefined ? deliveries : [...before.deliveries, ...deliveries],
  };
}

function rowsOfRun(runId: string, { records, create, rowState, snapshot, deliveries }: RunWrite): Rows {
  const first = records[0]?.seq ?? 0;
  const isNew = create !== undefined && rowState !== undefined;
  return {
    versions: isNew ? neededVersions(rowState, create) : versionsMovedTo(rowState, records),
    newRuns: isNew ? [newRowOf(rowState, create)] : [],
    metadata: isNew
      ? Object.entries(rowState.metadata).map(([key, value]) => ({
          key: escapeText(key),
          value: escapeText(value),
          runId,
        }))
      : [],
    events: records.map(({ seq, event, time, logEnd, payload }) => {
      return { runId, seq, first, type: event.type, time, logEnd, payload };
    }),
    changedRuns: rowState !== undefined && !isNew ? [{ runId, ...rowOf(rowState) }] : [],
    snapshots: snapshot === undefined ? [] : [{ runId, ...snapshot }],
    deliveries,
  };
}

function versionsMovedTo(state: RunState | undefined, records: RunAppend['records']): NeededVersion[] {
  const moved = state && movedTo({ state, records });
  return moved === undefined ? [] : [{ ...moved, isLatest: false }];
}

/** A branch runs on the graph version that its parent is pinned to, which is not gone while the parent is active. */
function neededVersions({ parent, graphId, graphVersion }: RunState, { isLatest = false }: NewRun): NeededVersion[] {
  return parent?.kind === 'branch' ? [] : [{ graphId, version: graphVersion, isLatest }];
}

function newRowOf(state: RunState, { idempotency, slotSeq }: NewRun): NewRowColumns {
  const { runId, graphId, metadata, submittedAt } = state;
  return {
    runId,
    graphId,
    metadata: JSON.stringify(metadata),
    submittedAt,
    idempotencyKey: idempotency?.key ?? null,
    idempotencyFingerprint: idempotency?.fingerprint ?? null,
    slotSeq: slotSeq ?? null,
    ...parentColumns(state),
    ...starterColumns(state),
    ...lineColumns(state),
    ...rowOf(state),
  };
}

function scheduleOf({ schedule }: Unit): ScheduleColumns[] {
  return schedule === undefined ? [] : [{ ...schedule, last: JSON.stringify(schedule.last) }];
}

function madeBy({ appends, maxDescendants: limit = Number.MAX_SAFE_INTEGER }: Unit): MadeChildren[] {
  const made = new Map<string, MadeChildren>();
  for (const { create, state } of appends) {
    if (create === undefined || state.parent === null) continue;
    const parentRunId = state.parent.run_id;
    made.set(parentRunId, { parentRunId, added: (made.get(parentRunId)?.added ?? 0) + 1, limit });
  }
  return [...made.values()];
}

function usedBy({ appends }: Unit): UsedByChildren[] {
  return appends.flatMap((append) => {
    const usage = usageAbove(append);
    const { parent } = append.state;
    if (usage === undefined || parent === null) return [];
    const { input_tokens: inputTokens, output_tokens: outputTokens } = usage;
    return [{ runId: parent.run_id, inputTokens, outputTokens, costNanoUsd: toNanoDollars(usage) }];
  });
}
