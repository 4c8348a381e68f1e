import type Database from 'better-sqlite3';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { messageOf } from '../../core/base/errors.js';
import { toNanoDollars, type Usage } from '../../core/base/usage.js';
import { entersLine } from '../../core/run/slots.js';
import type { RunState } from '../../core/run/state.js';
import {
  ConcurrencyFullError,
  ConflictError,
  DeliveryTakenError,
  GraphGoneError,
  GraphStaleError,
  ReplayError,
  ScheduleMovedError,
  TooManyDescendantsError,
} from '../errors.js';
import type { AcceptedDelivery } from '../hooks.js';
import { lineColumns, lineKey, movedTo, parentColumns, rowOf, starterColumns, usageAbove } from '../run-row.js';
import type { ScheduleAdvance } from '../schedules.js';
import type { NewRun, RunAppend, Slot, Unit } from '../store.js';
import { isDatabaseFailure, sqliteCode } from './failures.js';
import { prepareStatements, type Statements } from './unit-statements.js';

/** Writes units into the transaction that is open. */
export class UnitWriter {
  readonly #statements: Statements;
  readonly #savepoints: Savepoints;
  /** Graph versions that were looked up in this transaction; no graph changes while it is open. */
  readonly #graphs = new Map<string, VersionStatus>();

  constructor(db: BetterSQLite3Database, sqlite: Database.Database) {
    this.#statements = prepareStatements(db, sqlite);
    this.#savepoints = prepareSavepoints(sqlite);
  }

  /** Writes units, each isolated from the others, and says for each why it was refused, if it was. */
  writeAll(units: readonly Unit[]): (Error | undefined)[] {
    this.#graphs.clear();
    return units.map((unit) => {
      try {
        if (isOneStatement(unit)) this.#write(unit);
        else this.#writeIsolated(unit);
        return undefined;
      } catch (thrown) {
        if (isDatabaseFailure(thrown)) throw thrown;
        return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
      }
    });
  }

  #writeIsolated(unit: Unit): void {
    this.#savepoints.begin.run();
    try {
      this.#write(unit);
      this.#savepoints.release.run();
    } catch (thrown) {
      // After a failure of the database, the transaction may be gone, and the savepoint with it.
      if (isDatabaseFailure(thrown)) throw thrown;
      this.#savepoints.undo.run();
      this.#savepoints.release.run();
      throw thrown;
    }
  }

  #write({ appends, slots = [], schedule, maxDescendants = Number.MAX_SAFE_INTEGER, delivery }: Unit): void {
    if (delivery !== undefined) this.#accept(delivery);
    const madeBy = new Map<string, number>();
    for (const append of appends) {
      this.#append(append);
      const { create, state } = append;
      if (create === undefined || state.parent === null) continue;
      madeBy.set(state.parent.run_id, (madeBy.get(state.parent.run_id) ?? 0) + 1);
    }
    for (const [parentRunId, added] of madeBy) this.#countDescendants(parentRunId, added, maxDescendants);
    for (const slot of slots) this.#giveSlot(slot);
    if (schedule !== undefined) this.#advance(schedule);
  }

  #accept(delivery: AcceptedDelivery): void {
    const { changes } = this.#statements.acceptDelivery.run({ ...delivery });
    if (changes === 0) throw new DeliveryTakenError(delivery.hookId, delivery.key);
  }

  /** Counts new children with their top run: in this transaction, so that two units cannot both be the last that fits. */
  #countDescendants(parentRunId: string, added: number, limit: number): void {
    const topRunId = this.#findTop(parentRunId);
    const { changes } = this.#statements.addDescendants.run({ runId: topRunId, added, limit });
    if (changes === 0) throw new TooManyDescendantsError(topRunId, limit);
  }

  #findTop(runId: string): string {
    const run = this.#statements.findParent.get({ runId });
    // It was deleted in the meantime.
    if (run === undefined) throw new ConflictError(runId);
    return run.parentRunId === null ? runId : this.#findTop(run.parentRunId);
  }

  /** Adds what a child has used to its parent, and to all above that. */
  #addUsage(runId: string, usage: Usage): void {
    const { input_tokens: inputTokens, output_tokens: outputTokens } = usage;
    this.#statements.addChildUsage.run({ runId, inputTokens, outputTokens, costNanoUsd: toNanoDollars(usage) });
    const parentRunId = this.#statements.findParent.get({ runId })?.parentRunId ?? null;
    if (parentRunId !== null) this.#addUsage(parentRunId, usage);
  }

  #advance({ last, ...schedule }: ScheduleAdvance): void {
    const { changes } = this.#statements.advanceSchedule.run({ ...schedule, last: JSON.stringify(last) });
    if (changes === 0) throw new ScheduleMovedError(schedule.scheduleId);
  }

  #giveSlot(slot: Slot): void {
    const { changes } = this.#statements.giveSlot.run({ ...slot });
    if (changes === 0) throw new ConflictError(slot.runId);
  }

  #append(append: RunAppend): void {
    const { state, records, rowChanged, create, snapshot, deliveries = [] } = append;
    const { runId } = state;
    if (create !== undefined) this.#create(state, create);
    const moved = movedTo(append);
    if (moved !== undefined && this.#graph(moved.graphId, moved.version) === 'gone') {
      throw new GraphGoneError(moved.graphId);
    }
    this.#insertEvents(runId, records);
    const usage = usageAbove(append);
    if (usage !== undefined && state.parent !== null) this.#addUsage(state.parent.run_id, usage);
    if (create === undefined && rowChanged) this.#updateRow(state);
    if (snapshot !== undefined) this.#statements.saveSnapshot.run({ runId, seq: state.seq, state: snapshot });
    for (const delivery of deliveries) {
      this.#statements.makeTargetDue.run({ ...delivery });
      this.#statements.insertDelivery.run({ ...delivery });
    }
    if (state.concurrency?.on_full === 'refuse' && entersLine(records)) this.#demandSlot(state, state.concurrency);
  }

  /** In this transaction, so that two units cannot both have the last slot. */
  #demandSlot({ graphId }: RunState, { key }: NonNullable<RunState['concurrency']>): void {
    const { maxRuns } = this.#statements.findMaxRuns.get({ graphId }) ?? {};
    if (maxRuns === undefined) return;
    const excess = this.#statements.findExcess.get({ graphId, key: lineKey(key), maxRuns });
    if (excess !== undefined) throw new ConcurrencyFullError(graphId, key, maxRuns);
  }

  #create(state: RunState, { idempotency, isLatest = false, slotSeq }: NewRun): void {
    const { runId, graphId, graphVersion, metadata, submittedAt, parent } = state;
    const { key: idempotencyKey = null, fingerprint: idempotencyFingerprint = null } = idempotency ?? {};
    // A branch runs on the graph version that its parent is pinned to, which is not gone while the parent is active.
    if (parent?.kind !== 'branch') {
      const graph = this.#graph(graphId, graphVersion);
      if (graph === 'gone' || (isLatest && graph === 'old')) {
        // A request that is repeated gets its run, even if the graph has gone since.
        this.#refuseReplay(idempotencyKey);
        throw graph === 'gone' ? new GraphGoneError(graphId) : new GraphStaleError(graphId);
      }
    }
    const run = { runId, graphId, metadata, submittedAt, idempotencyKey, idempotencyFingerprint };
    try {
      this.#statements.insertRun.run({
        ...run,
        ...parentColumns(state),
        ...starterColumns(state),
        ...lineColumns(state),
        slotSeq: slotSeq ?? null,
        ...rowOf(state),
      });
    } catch (thrown) {
      if (sqliteCode(thrown) === 'SQLITE_CONSTRAINT_UNIQUE') {
        this.#refuseReplay(idempotencyKey);
        // The other value that is unique: the child is there already.
        throw new ConflictError(runId);
      }
      throw conflictOr(thrown, runId);
    }
    for (const [key, value] of Object.entries(metadata)) this.#statements.insertMetadata.run({ key, value, runId });
  }

  #graph(graphId: string, version: number): VersionStatus {
    const key = `${graphId}@${version}`;
    const known = this.#graphs.get(key);
    if (known !== undefined) return known;
    const found = this.#statements.findLiveGraph.get({ graphId, version });
    const live = found?.isLatest === 1 ? 'latest' : 'old';
    const status = found === undefined ? 'gone' : live;
    this.#graphs.set(key, status);
    return status;
  }

  /** True if a child has this very slot. */
  hasSlot({ runId, slotSeq }: Slot): boolean {
    return this.#statements.findSlot.get({ runId })?.slotSeq === slotSeq;
  }

  /** True if a schedule has moved on from where a unit was to move it on. */
  hasAdvanced({ scheduleId, seq }: ScheduleAdvance): boolean {
    const found = this.#statements.findScheduleSeq.get({ scheduleId });
    return found !== undefined && found.seq > seq;
  }

  /** The run that an idempotency key started. */
  ownerOf(key: string): { runId: string; fingerprint: string } | undefined {
    const owner = this.#statements.findByIdempotencyKey.get({ key });
    return owner === undefined ? undefined : { runId: owner.runId, fingerprint: owner.fingerprint ?? '' };
  }

  /** @throws ReplayError when a run has the key already, be it one of this very transaction */
  #refuseReplay(key: string | null): void {
    const owner = key === null ? undefined : this.ownerOf(key);
    if (owner !== undefined) throw new ReplayError(owner.runId, owner.fingerprint);
  }

  #insertEvents(runId: string, records: RunAppend['records']): void {
    try {
      for (const { seq, event, time, logEnd, payload } of records) {
        this.#statements.insertEvent.run({ runId, seq, type: event.type, time, logEnd, payload });
      }
    } catch (thrown) {
      throw conflictOr(thrown, runId);
    }
  }

  #updateRow(state: RunState): void {
    const { runId } = state;
    const { changes } = this.#statements.updateRun.run({ runId, ...rowOf(state) });
    // The run was deleted in the meantime.
    if (changes === 0) throw new ConflictError(runId);
  }
}

function conflictOr(thrown: unknown, runId: string): unknown {
  return sqliteCode(thrown) === 'SQLITE_CONSTRAINT_PRIMARYKEY' ? new ConflictError(runId) : thrown;
}

/**
 * True for a unit that SQLite undoes by itself when it fails, as it does with every statement. Most are so: a step that
 * goes on. A savepoint costs 2 µs, because it has the pages copied that the unit touches.
 */
function isOneStatement({ appends: [append, ...others], slots = [], delivery }: Unit): boolean {
  if (append === undefined || others.length > 0 || slots.length > 0 || delivery !== undefined) return false;
  const { records, rowChanged, create, snapshot, deliveries } = append;
  if (usageAbove(append) !== undefined || deliveries !== undefined) return false;
  return records.length === 1 && !rowChanged && create === undefined && snapshot === undefined;
}

/** What a graph version is in the transaction that is open. */
type VersionStatus = 'latest' | 'old' | 'gone';

type Savepoints = ReturnType<typeof prepareSavepoints>;

function prepareSavepoints(sqlite: Database.Database) {
  return {
    begin: sqlite.prepare('SAVEPOINT unit'),
    release: sqlite.prepare('RELEASE unit'),
    undo: sqlite.prepare('ROLLBACK TO unit'),
  };
}
