import { type CommitObserver, OutcomeUnknownError, StoreUnavailableError, type Unit } from '../store.js';
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
 * Commits units together: all that are ready in one turn of the event loop share a transaction and so a sync of the
 * disk, which is what a commit costs.
 */
export class GroupCommit {
  #pending: Pending[] = [];

  /** @param committed called with the units of each commit, after their callers were answered */
  constructor(
    private readonly writer: Writer,
    private readonly units: UnitWriter,
    private readonly journals: Pick<JournalReader, 'readEvents'>,
    private readonly committed: CommitObserver,
  ) {}

  /** Resolves when the unit is on the disk. */
  commit(unit: Unit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ unit, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits what is pending now. */
  flush(): void {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
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
    let isStored: boolean;
    try {
      isStored = accepted.length === 0 || accepted.some(({ unit }) => this.#isStored(unit));
    } catch {
      setTimeout(() => this.#readBack(written, thrown, Math.min(pauseMs * 2, LAST_READ_BACK_MS)), pauseMs).unref();
      return;
    }
    if (isStored) this.#answer(written);
    else rejectAll(batch, new StoreUnavailableError(thrown.cause));
  }

  /** True if the last record that a unit appends to a run stands in the journal just as it is there. */
  #isStored({ appends }: Unit): boolean {
    return appends.some(({ state: { runId }, records }) => {
      const last = records.at(-1);
      if (last === undefined) return false;
      const [stored] = this.journals.readEvents(runId, last.seq - 1, 1);
      return stored?.seq === last.seq && stored.time === last.time && stored.payload === last.payload;
    });
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

function rejectAll(batch: readonly Pending[], reason: unknown): void {
  for (const { reject } of batch) reject(reason);
}
