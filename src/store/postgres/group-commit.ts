import { isFinished, statusOf } from '../../core/run/state.js';
import { BatchSize } from '../batch-size.js';
import { OutcomeUnknownError, StoreUnavailableError } from '../errors.js';
import type { Health } from '../health.js';
import type { CommitObserver, Unit } from '../store.js';
import { CommitUnansweredError, type Refusals } from './batch-writer.js';
import { rowsOf, type UnitRows } from './unit-rows.js';

/**
 * How long the first unit of a batch waits for others, in milliseconds. A commit costs the same for one unit as for fifty,
 * so a busy cluster does a third of the work for it, and a step that calls a model does not feel it.
 */
const COMMIT_LINGER_MS = 5;
/** A run is alone, and waits for nobody, if no other one has committed for so long, in milliseconds. */
const ALONE_MS = 100;

/** Pauses between attempts to read back the outcome of a commit, in milliseconds: the first, doubled up to the last. */
const FIRST_READ_BACK_MS = 100;
const LAST_READ_BACK_MS = 5000;
/** How long callers wait for an outcome that cannot be read back, in milliseconds. */
const PATIENCE_MS = 5000;

interface Pending {
  readonly rows: UnitRows;
  /** What the unit has for itself while it is written: its runs, its idempotency keys, its schedule, its delivery. */
  readonly resources: readonly string[];
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export interface GroupCommitOptions {
  /** Batches that are written at a time. */
  readonly writers: number;
  /** Commits a batch. */
  readonly write: (batch: readonly UnitRows[]) => Promise<Refusals>;
  /** Finds out whether units are stored whose COMMIT was not answered; undefined while it cannot be told. */
  readonly isStored: (units: readonly UnitRows[], transactionId: string | undefined) => Promise<boolean | undefined>;
  readonly health: Pick<Health, 'fail' | 'succeed'>;
  /** Called with the units of each commit, right after their callers were answered. */
  readonly committed: CommitObserver;
  /** Milliseconds from any start. */
  readonly now: () => number;
  readonly patienceMs?: number;
}

/**
 * Commits units together, while others are being committed. At most one unit of a run is being written at a time, so that
 * those of a run are stored in order, and none makes another fail.
 */
export class GroupCommit {
  #pending: Pending[] = [];
  /** The resources of units that are being written, or whose outcome is being read back. */
  readonly #busy = new Set<string>();
  /** Those of them whose outcome could not be read back for so long that nobody waits for it any more. */
  readonly #late = new Set<string>();
  #writing = 0;
  #readingBack = 0;
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #close: () => void = () => undefined;
  readonly #closing = new Promise<void>((resolve) => {
    this.#close = resolve;
  });
  #whenIdle: (() => void)[] = [];
  readonly #company: Company;

  constructor(private readonly options: GroupCommitOptions) {
    this.#company = new Company(options.now);
  }

  /** Resolves when the unit is on the disk. */
  async commit(unit: Unit): Promise<void> {
    if (this.#isClosed) throw new StoreUnavailableError(new Error('The store is closed.'));
    const rows = rowsOf(unit);
    const resources = resourcesOf(rows);
    if (this.#isLate(resources)) throw new StoreUnavailableError(new Error(UNKNOWN_BEFORE));
    this.#company.note(unit);
    await new Promise<void>((resolve, reject) => {
      this.#pending.push({ rows, resources, since: this.options.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Commits what is pending, and refuses what comes later. An outcome that is still unknown stays so. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#close();
    this.#schedule();
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Units that are committed in one turn of the event loop share a batch. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#begin();
    });
  }

  /** Begins to write as many batches as there are connections for, and units that are due. */
  #begin(): void {
    clearTimeout(this.#timer);
    while (this.#writing < this.options.writers) {
      const lingerMs = this.#lingerMs();
      if (lingerMs > 0) {
        this.#timer = setTimeout(() => this.#begin(), lingerMs);
        return;
      }
      const batch = this.#takeBatch();
      if (batch.length === 0) break;
      void this.#commitBatch(batch);
    }
    if (this.#isIdle()) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** How long the first unit still waits for others. */
  #lingerMs(): number {
    const first = this.#pending.find(({ resources }) => !resources.some((resource) => this.#busy.has(resource)));
    if (first === undefined || this.#isClosed || this.#company.isAlone()) return 0;
    const size = new BatchSize();
    if (!this.#pending.every(({ rows }) => size.add(rows.unit))) return 0;
    return COMMIT_LINGER_MS - (this.options.now() - first.since);
  }

  /** Takes the first of the pending units that fit into one commit, and touch nothing that is being written. */
  #takeBatch(): Pending[] {
    const batch: Pending[] = [];
    const left: Pending[] = [];
    const size = new BatchSize();
    const taken = new Set(this.#busy);
    let isFull = false;
    for (const pending of this.#pending) {
      const { resources, rows } = pending;
      const isFree: boolean = !isFull && !resources.some((resource) => taken.has(resource));
      if (isFree && size.add(rows.unit)) batch.push(pending);
      else {
        isFull ||= isFree;
        left.push(pending);
      }
      // What is left blocks what comes after it, or the units of a run would change places.
      for (const resource of resources) taken.add(resource);
    }
    this.#pending = left;
    for (const { resources } of batch) for (const resource of resources) this.#busy.add(resource);
    return batch;
  }

  async #commitBatch(batch: readonly Pending[]): Promise<void> {
    this.#writing += 1;
    const begunAt = this.options.now();
    try {
      const refusals = await this.options.write(batch.map(({ rows }) => rows));
      this.#accept(batch, refusals, begunAt);
    } catch (thrown) {
      this.options.health.fail(thrown);
      if (thrown instanceof CommitUnansweredError) void this.#readBack(batch, thrown, begunAt);
      else this.#rejectAll(batch, thrown);
    } finally {
      this.#writing -= 1;
      this.#schedule();
    }
  }

  /**
   * Finds out whether a batch is stored. Its callers, and the next units of its runs, wait until the database says so, but
   * not for long. Whoever tries again later is told what was stored: by a conflict, or an idempotency key.
   */
  async #readBack(batch: readonly Pending[], thrown: CommitUnansweredError, begunAt: number): Promise<void> {
    this.#readingBack += 1;
    const accepted = batch.filter((_, index) => thrown.refusals[index] === undefined).map(({ rows }) => rows);
    let isStored: boolean | undefined;
    const { now, patienceMs = PATIENCE_MS } = this.options;
    const until = now() + patienceMs;
    for (let pauseMs = FIRST_READ_BACK_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_READ_BACK_MS)) {
      try {
        isStored = await this.options.isStored(accepted, thrown.transactionId);
      } catch (failure) {
        this.options.health.fail(failure);
      }
      if (isStored !== undefined || this.#isClosed) break;
      if (now() >= until) this.#giveUp(batch, thrown);
      await Promise.race([pause(pauseMs), this.#closing]);
    }
    if (isStored === true) this.#accept(batch, thrown.refusals, begunAt);
    else if (isStored === false) this.#rejectAll(batch, new StoreUnavailableError(thrown.cause));
    else this.#rejectAll(batch, new OutcomeUnknownError(thrown.cause));
    this.#readingBack -= 1;
    this.#schedule();
  }

  /** Tells those who wait for a batch that nobody knows its outcome, and those who wait behind them that they cannot be served. */
  #giveUp(batch: readonly Pending[], { cause }: CommitUnansweredError): void {
    for (const { resources, reject } of batch) {
      for (const resource of resources) this.#late.add(resource);
      reject(new OutcomeUnknownError(cause));
    }
    const [behind, others] = partition(this.#pending, ({ resources }) => this.#isLate(resources));
    this.#pending = others;
    for (const { reject } of behind) reject(new StoreUnavailableError(new Error(UNKNOWN_BEFORE)));
  }

  #isLate(resources: readonly string[]): boolean {
    return this.#late.size > 0 && resources.some((resource) => this.#late.has(resource));
  }

  /** Answers the callers of a batch that is stored. */
  #accept(batch: readonly Pending[], refusals: Refusals, begunAt: number): void {
    this.options.health.succeed();
    const stored: Unit[] = [];
    for (const [index, pending] of batch.entries()) {
      const refusal = refusals[index];
      this.#free(pending);
      if (refusal === undefined) {
        stored.push(pending.rows.unit);
        pending.resolve();
      } else pending.reject(refusal);
    }
    if (stored.length > 0) this.options.committed(stored, this.options.now() - begunAt);
  }

  #rejectAll(batch: readonly Pending[], reason: unknown): void {
    for (const pending of batch) {
      this.#free(pending);
      pending.reject(reason);
    }
  }

  #free({ resources }: Pending): void {
    for (const resource of resources) {
      this.#busy.delete(resource);
      this.#late.delete(resource);
    }
  }

  #isIdle(): boolean {
    return this.#pending.length === 0 && this.#writing === 0 && this.#readingBack === 0;
  }
}

const UNKNOWN_BEFORE = 'Nobody knows yet whether what was committed before is stored.';

/** Whether several runs commit at the moment. */
class Company {
  /** The run that committed last, if it goes on. */
  #last: string | undefined;
  #otherAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly now: () => number) {}

  note({ appends }: Unit): void {
    const state = appends[0]?.state;
    if (state === undefined) return;
    if (appends.length > 1 || (this.#last !== undefined && this.#last !== state.runId)) this.#otherAt = this.now();
    // Of runs that follow each other, each is alone.
    this.#last = isFinished(statusOf(state)) ? undefined : state.runId;
  }

  isAlone(): boolean {
    return this.now() - this.#otherAt > ALONE_MS;
  }
}

function resourcesOf({ runs, slots, schedules, unit: { delivery } }: UnitRows): string[] {
  const keys = runs.flatMap(({ newRuns }) => newRuns.flatMap(({ idempotencyKey }) => idempotencyKey ?? []));
  const deliveries = delivery === undefined ? [] : [`delivery ${delivery.hookId}/${delivery.key}`];
  return [
    ...runs.map(({ runId }) => runId),
    ...slots.map(({ runId }) => runId),
    ...keys.map((key) => `key ${key}`),
    ...schedules.map(({ scheduleId }) => `schedule ${scheduleId}`),
    ...deliveries,
  ];
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
