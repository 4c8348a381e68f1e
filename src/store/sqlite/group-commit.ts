import { BatchSize } from '../batch-size.js';
import { OutcomeUnknownError, StoreUnavailableError } from '../errors.js';
import type { CommitObserver, Unit } from '../store.js';
import type { JournalReader } from './journal-reader.js';
import type { UnitWriter } from './unit-writer.js';
import type { Writer } from './writer.js';

interface Pending {
  readonly unit: Unit;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A batch that was written, with what each unit came to if it is committed: an error for those that were refused. */
interface Written {
  readonly batch: readonly Pending[];
  readonly refusals: readonly (Error | undefined)[];
  readonly begunAt: number;
}

/** Pauses between attempts to read back the outcome of a commit, in milliseconds: the first, doubled up to the last. */
const FIRST_READ_BACK_MS = 100;
const LAST_READ_BACK_MS = 5000;

/**
 * Turns of the event loop between the commits of a busy server: Node takes one new connection in each, so 50 clients that
 * connect at once waited for 50 commits, and for the steps of all runs after each. A turn in which nothing happens takes
 * some microseconds, and a rest in which much happens ends after so many milliseconds.
 */
const MAX_REST_TURNS = 16;
const REST_MS = 2;

/**
 * Commits units together: those that are ready in one turn of the event loop share a transaction and so a sync of the
 * disk, which is what a commit costs. What is too much for one turn is committed in the next ones, in order.
 */
export class GroupCommit {
  #pending: Pending[] = [];
  #isScheduled = false;
  /** A server that commits one unit at a time does not rest. */
  #restTurns = 1;

  /** @param committed called with the units of each commit, after their callers were answered */
  constructor(
    private readonly writer: Writer,
    private readonly units: UnitWriter,
    private readonly journals: Pick<JournalReader, 'hasRecord'>,
    private readonly committed: CommitObserver,
  ) {}

  /** Resolves when the unit is on the disk. */
  commit(unit: Unit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ unit, resolve, reject });
      this.#schedule();
    });
  }

  /** Commits all that is pending now. */
  flush(): void {
    while (this.#pending.length > 0) this.#commitBatch();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#rest(this.#restTurns, performance.now() + REST_MS);
  }

  /** Commits after so many turns of the event loop. */
  #rest(turns: number, until: number): void {
    setImmediate(() => {
      if (turns > 1 && performance.now() < until) this.#rest(turns - 1, until);
      else this.#commitNow();
    });
  }

  #commitNow(): void {
    this.#isScheduled = false;
    if (this.#pending.length > 0) this.#commitBatch();
    if (this.#pending.length > 0) this.#schedule();
  }

  /** Commits the first of the pending units, as many as one turn takes. */
  #commitBatch(): void {
    const batch = this.#pending.splice(0, batchSize(this.#pending));
    this.#restTurns = Math.min(batch.length, MAX_REST_TURNS);
    const begunAt = performance.now();
    let refusals: (Error | undefined)[] = [];
    try {
      this.writer.write(() => {
        refusals = this.units.writeAll(batch.map(({ unit }) => unit));
      });
    } catch (thrown) {
      if (thrown instanceof OutcomeUnknownError) this.#readBack({ batch, refusals, begunAt }, thrown);
      else rejectAll(batch, thrown);
      return;
    }
    this.#answer({ batch, refusals, begunAt });
  }

  /**
   * Finds out whether a batch is stored whose COMMIT failed: a transaction is stored whole or not at all, so one record
   * tells. Its callers wait until the database can be read.
   */
  #readBack(written: Written, thrown: OutcomeUnknownError, pauseMs = FIRST_READ_BACK_MS): void {
    const { batch, refusals } = written;
    // The disk may have dropped what it reports as there.
    if (this.writer.isClosed()) {
      rejectAll(batch, thrown);
      return;
    }
    const accepted = batch.filter((_, index) => refusals[index] === undefined);
    let isStored: boolean | undefined;
    try {
      isStored = this.writer.isInTransaction() ? undefined : this.#isStored(accepted.map(({ unit }) => unit));
    } catch {
      isStored = undefined;
    }
    // It cannot be read, or the transaction could not be undone, and its rows are seen though they are not stored.
    if (isStored === undefined) {
      setTimeout(() => this.#readBack(written, thrown, Math.min(pauseMs * 2, LAST_READ_BACK_MS)), pauseMs).unref();
      return;
    }
    if (isStored) this.#answer(written);
    else rejectAll(batch, new StoreUnavailableError(thrown.cause));
  }

  /** True if the first thing that these units were to store is there: a record, just as it is in the unit, a slot, or where a schedule is. */
  #isStored(units: readonly Unit[]): boolean {
    for (const { appends, slots = [], schedule } of units) {
      for (const { state, records } of appends) {
        const last = records.at(-1);
        if (last === undefined) continue;
        return this.journals.hasRecord(state.runId, last);
      }
      const [slot] = slots;
      if (slot !== undefined) return this.units.hasSlot(slot);
      if (schedule !== undefined) return this.units.hasAdvanced(schedule);
    }
    // They only wake runs, which nothing has to be stored for.
    return true;
  }

  /** Answers the callers of a batch that is stored. */
  #answer({ batch, refusals, begunAt }: Written): void {
    const tookMs = performance.now() - begunAt;
    const stored: Unit[] = [];
    for (const [index, { unit, resolve, reject }] of batch.entries()) {
      const refusal = refusals[index];
      if (refusal === undefined) {
        stored.push(unit);
        resolve();
      } else reject(refusal);
    }
    this.committed(stored, tookMs);
  }
}

/** How many of the units fit into one commit: at least one. */
function batchSize(pending: readonly Pending[]): number {
  const size = new BatchSize();
  const end = pending.findIndex(({ unit }) => !size.add(unit));
  return end < 0 ? pending.length : end;
}

function rejectAll(batch: readonly Pending[], reason: unknown): void {
  for (const { reject } of batch) reject(reason);
}
