import { assertNever } from '../../core/base/assert-never.js';
import { wakeAt } from '../../core/run/due.js';
import { isRequest } from '../../core/run/event-kinds.js';
import { isFinished, statusOf } from '../../core/run/state.js';
import { hasChildren } from '../../core/run/waits.js';
import { type Claim, QueueFullError, type RunQueue, type Unsubscribe, type Wake } from '../queue.js';
import type { Store, Unit } from '../store.js';
import { SYSTEM_TIMERS, type Timers } from '../timers.js';
import type { UnfinishedRun } from '../unfinished-run.js';
import { Alarm } from './alarm.js';
import { Lines, type LinesOptions } from './lines.js';

export interface LocalQueueOptions {
  readonly store: Pick<Store, 'listUnfinishedRuns' | 'listDueRuns' | 'nextWakeAt'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Top-level runs that wait to begin, at most. */
  readonly maxQueuedRuns: number;
  /** Called when the times at which runs are due cannot be read; that is tried again. */
  readonly onError: (error: unknown) => void;
  /** How many runs of a graph can be under way at a time, by its latest version; undefined: any number. */
  readonly limitOf: LinesOptions['limitOf'];
  /** What opening fails with when the database cannot be read. */
  readonly explain: (thrown: unknown) => Error;
  /** Those of the system if they are omitted. */
  readonly timers?: Timers | undefined;
}

/** How long a run that was passed on is not looked at, in milliseconds. */
const PASSED_ON_MS = 1000;

/** A claim that is out, and whether its run was woken since. */
interface Held {
  readonly claim: Claim;
  isDueAgain: boolean;
}

/**
 * The queue of one process, in memory: filled by each commit and, when the process begins, by one query, so it costs no
 * write. A run that has to queue is remembered by its id alone, so a full queue costs little memory whatever the inputs
 * are. A run that waits for a time is remembered by the store alone.
 */
export class LocalQueue implements RunQueue {
  readonly isShared = false;
  readonly #held = new Map<string, Held>();
  /** Runs that go on: after a wait, a crash, a retry; and children. They never count against the limit. */
  readonly #goingOn = new Set<string>();
  /** Top-level runs that have not begun, in the order of their submission. */
  readonly #submitted = new Set<string>();
  /** Runs that the last process left at work, until their next driver has stored something, or found nothing to do. */
  readonly #takeovers = new Set<string>();
  /** Runs that cannot be driven, whose time does not make them due. */
  readonly #aside = new Set<string>();
  /** Runs that were taken over before without getting on. */
  readonly #suspects = new Set<string>();
  #suspectUnderWay: Claim | undefined;
  #admitted = 0;
  #claims = 0;
  #isClosed = false;
  /** Of runs that were given back for later. */
  readonly #naps = new Set<object>();
  readonly #listeners = new Set<() => void>();
  readonly #timers: Timers;
  readonly #alarm: Alarm;
  readonly #lines: Lines;

  constructor(private readonly options: LocalQueueOptions) {
    this.#timers = options.timers ?? SYSTEM_TIMERS;
    this.#alarm = new Alarm({ ...options, ignored: this.#aside, onDue: (runId) => this.#wake(runId) });
    this.#lines = new Lines({ limitOf: options.limitOf, onTurn: (runId) => this.#begin(runId) });
  }

  async open(): Promise<void> {
    const unfinished = await this.#listUnfinishedRuns();
    for (const run of unfinished) this.#restore(run);
    this.#restoreLines(unfinished);
    this.#alarm.start();
    this.#announce();
  }

  async take(max: number): Promise<readonly Claim[]> {
    const claims: Claim[] = [];
    if (this.#isClosed) return claims;
    if (max > 0 && this.#suspectUnderWay === undefined) {
      const [runId] = this.#suspects;
      if (runId !== undefined) {
        this.#suspects.delete(runId);
        this.#suspectUnderWay = this.#claim(runId, true);
        claims.push(this.#suspectUnderWay);
      }
    }
    for (const lane of [this.#goingOn, this.#submitted]) {
      for (const runId of lane) {
        if (claims.length >= max) return claims;
        lane.delete(runId);
        claims.push(this.#claim(runId, false));
        // Of a line the next one comes behind all that are there.
        this.#lines.taken(runId);
      }
    }
    return claims;
  }

  async touch(claims: readonly Claim[]): Promise<readonly Claim[]> {
    return claims.filter((claim) => this.#held.get(claim.runId)?.claim === claim);
  }

  async giveBack(claim: Claim, at: number | null): Promise<void> {
    if (!this.#release(claim)) return;
    if (at === null) this.#takeovers.delete(claim.runId);
    else this.#wakeLater(claim.runId, at, at - this.options.now());
    this.#announce();
  }

  /** There are no others, so it is looked at again here. */
  passOn(claim: Claim): Promise<void> {
    return this.giveBack(claim, this.options.now() + PASSED_ON_MS);
  }

  isSure(): boolean {
    return true;
  }

  async quarantine(claim: Claim): Promise<void> {
    const { runId } = claim;
    if (!this.#release(claim)) return;
    // What woke it meanwhile is looked at when its turn comes.
    this.#goingOn.delete(runId);
    this.#suspects.add(runId);
    this.#announce();
  }

  async setAside(claim: Claim): Promise<void> {
    if (this.#release(claim)) this.#aside.add(claim.runId);
    this.#announce();
  }

  clear(claim: Claim): void {
    if (this.#suspectUnderWay !== claim) return;
    this.#suspectUnderWay = undefined;
    this.#announce();
  }

  async admit<T>(work: () => Promise<T>): Promise<T> {
    const { maxQueuedRuns } = this.options;
    if (this.#submitted.size + this.#lines.waiting + this.#admitted >= maxQueuedRuns)
      throw new QueueFullError(maxQueuedRuns);
    this.#admitted += 1;
    try {
      return await work();
    } finally {
      this.#admitted -= 1;
    }
  }

  async hasSlot(runId: string): Promise<boolean> {
    return this.#lines.hasSlot(runId);
  }

  /** A graph has another latest version. */
  limitChanged(graphId: string): void {
    this.#lines.limitChanged(graphId);
    this.#announce();
  }

  async depth(): Promise<number> {
    return this.#submitted.size + this.#goingOn.size + this.#suspects.size;
  }

  onWork(listener: () => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** No claim is ever lost: nobody else can have the database open. */
  onLost(): Unsubscribe {
    return () => undefined;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#alarm.stop();
    for (const timer of this.#naps) this.#timers.clear(timer);
  }

  async #listUnfinishedRuns(): Promise<readonly UnfinishedRun[]> {
    try {
      return await this.options.store.listUnfinishedRuns();
    } catch (thrown) {
      throw this.options.explain(thrown);
    }
  }

  /** Takes note of what a commit has stored: called by the store, before anybody else hears of the commit. */
  committed(units: readonly Unit[]): void {
    for (const unit of units) this.#accept(unit);
    this.#announce();
  }

  #accept({ appends, wakes = [], done }: Unit): void {
    if (done !== undefined) this.#release(done);
    for (const { state, records, rowChanged } of appends) {
      // Few are there, and only for a moment after a start. A request can come before whoever takes the run over.
      if (this.#takeovers.has(state.runId) && !records.every(({ event }) => isRequest(event))) {
        this.#takeovers.delete(state.runId);
      }
      if (!rowChanged) continue;
      this.#alarm.schedule(wakeAt(state));
      if (isFinished(statusOf(state))) this.#forget(state.runId);
      this.#lines.note(state);
    }
    for (const wake of wakes) {
      this.#aside.delete(wake.runId);
      if (wake.at === 0 && beginsBy(appends, wake.runId)) this.#submitted.add(wake.runId);
      else this.#wakeAt(wake);
    }
  }

  #restore({ runId, status, waitingFor, parentRunId, hasSlot, line }: UnfinishedRun): void {
    switch (status) {
      case 'RUNNING':
        this.#takeovers.add(runId);
        this.#goingOn.add(runId);
        break;
      case 'SUBMITTED':
        if (parentRunId !== null && hasSlot) this.#goingOn.add(runId);
        if (parentRunId === null && line === null) this.#submitted.add(runId);
        break;
      case 'WAITING':
        if (isWorthALook(waitingFor, parentRunId)) this.#goingOn.add(runId);
        // Whether it was at work for its children, its status does not tell.
        if (waitsForChildren(waitingFor)) this.#takeovers.add(runId);
        break;
      default:
        assertNever(status);
    }
  }

  /** Runs that wait for their turn are in no lane. */
  #restoreLines(unfinished: readonly UnfinishedRun[]): void {
    const places = unfinished.flatMap(({ runId, line: place, status, waitingFor }) => {
      // Paused before it had begun.
      const isAway = status === 'WAITING' && waitingFor === 'paused' && place?.hasSlot === false;
      return place === null || isAway ? [] : [{ runId, place }];
    });
    this.#lines.restore(places);
    for (const runId of this.#lines.replacing()) this.#begin(runId);
  }

  /** A run that begins, or begins again, is due. */
  #begin(runId: string): void {
    const held = this.#held.get(runId);
    if (held !== undefined) held.isDueAgain = true;
    else if (!this.#goingOn.has(runId)) this.#submitted.add(runId);
  }

  #claim(runId: string, isSuspect: boolean): Claim {
    this.#claims += 1;
    const isTakeover = this.#takeovers.has(runId);
    const claim = { runId, id: String(this.#claims), isFirst: !isTakeover, isTakeover, isSuspect };
    this.#held.set(runId, { claim, isDueAgain: false });
    return claim;
  }

  /** Ends a claim; says whether it held. */
  #release(claim: Claim): boolean {
    const { runId } = claim;
    const held = this.#held.get(runId);
    if (this.#suspectUnderWay === claim) this.#suspectUnderWay = undefined;
    if (held?.claim !== claim) return false;
    this.#held.delete(runId);
    if (held.isDueAgain) this.#goingOn.add(runId);
    return true;
  }

  /**
   * Wakes a run at a time that is not stored, or when so much time has passed, whichever is first: a clock that is set
   * back, or a suspend, which timers do not count, then delays nothing.
   */
  #wakeLater(runId: string, at: number, pauseMs: number): void {
    if (pauseMs <= 0) {
      this.#wake(runId);
      return;
    }
    if (this.#isClosed) return;
    const sleepMs = Math.min(pauseMs, this.#timers.longestSleepMs);
    const timer = this.#timers.set(() => {
      this.#naps.delete(timer);
      this.#wakeLater(runId, at, Math.min(pauseMs - sleepMs, at - this.options.now()));
    }, sleepMs);
    this.#naps.add(timer);
  }

  /** A run that has ended is due no more, until it is woken again. */
  #forget(runId: string): void {
    this.#submitted.delete(runId);
    this.#goingOn.delete(runId);
    this.#suspects.delete(runId);
    this.#aside.delete(runId);
    this.#takeovers.delete(runId);
  }

  #wakeAt({ runId, at }: Wake): void {
    if (at <= this.options.now()) this.#wake(runId);
    else this.#alarm.schedule(at);
  }

  #wake(runId: string): void {
    const held = this.#held.get(runId);
    if (held !== undefined) held.isDueAgain = true;
    else {
      // One lane at a time, or a run could be claimed twice.
      this.#submitted.delete(runId);
      this.#suspects.delete(runId);
      this.#goingOn.add(runId);
    }
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** True for a top-level run that these appends make. */
function beginsBy(appends: Unit['appends'], runId: string): boolean {
  return appends.some(({ state, create }) => create !== undefined && state.parent === null && state.runId === runId);
}

function waitsForChildren(waitingFor: UnfinishedRun['waitingFor']): boolean {
  return waitingFor !== null && hasChildren(waitingFor);
}

/** A limit of a run above can have been lifted, and the wake that said so is gone. */
function isWorthALook(waitingFor: UnfinishedRun['waitingFor'], parentRunId: string | null): boolean {
  return waitsForChildren(waitingFor) || (waitingFor === 'limit' && parentRunId !== null);
}
