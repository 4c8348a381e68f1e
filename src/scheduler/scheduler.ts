import type { Logger } from 'pino';
import { messageOf } from '../core/base/errors.js';
import { ScheduleMovedError, StoreUnavailableError, UnreadableScheduleError } from '../store/errors.js';
import type { Signals } from '../store/signals.js';
import { SYSTEM_TIMERS, type Timers } from '../store/timers.js';
import { doOccurrence, type OccurrenceDeps } from './occurrence.js';

export interface SchedulerDeps extends OccurrenceDeps {
  readonly signals: Pick<Signals, 'subscribe'>;
  readonly logger: Pick<Logger, 'error'>;
  /** Those of the system if they are omitted. */
  readonly timers?: Timers | undefined;
}

/** Schedules that are looked at together: their runs share commits. */
const BATCH = 20;
/** Batches of one look, at most: others get their turn before the next one. */
export const MAX_BATCHES = 20;
/** Pause after something could not be done, in milliseconds. */
const AGAIN_MS = 1000;
/** How long a schedule rests that cannot be read, and one that has made an error that nobody expects, in milliseconds. */
const UNREADABLE_REST_MS = 3_600_000;
const BROKEN_REST_MS = 60_000;

/**
 * Starts what is due, by one timer for the earliest schedule. There is none while no schedule is enabled.
 *
 * What is due is read from the store, and moves on in the commit that starts a run. So nothing has to be taken up after a
 * crash, and of several servers one starts it.
 */
export class Scheduler {
  #timer: object | undefined;
  #looking: Promise<void> | undefined;
  #isToLookAgain = false;
  #isStopped = false;
  #unsubscribe: () => void = () => undefined;

  readonly #timers: Timers;

  constructor(private readonly deps: SchedulerDeps) {
    this.#timers = deps.timers ?? SYSTEM_TIMERS;
  }

  /** Looks what is due, and from here on whenever something is. */
  start(): void {
    this.#unsubscribe = this.deps.signals.subscribe('schedules', () => this.#look());
    this.#look();
  }

  /** Starts nothing from here on. Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#timers.clear(this.#timer);
    await this.#looking;
  }

  /** One look at a time; what asks for one meanwhile gets another one after it. */
  #look(): void {
    if (this.#isStopped) return;
    this.#isToLookAgain = this.#looking !== undefined;
    if (this.#isToLookAgain) return;
    this.#timers.clear(this.#timer);
    this.#looking = this.#lookNow().finally(() => {
      this.#looking = undefined;
      if (this.#isToLookAgain) this.#look();
    });
  }

  async #lookNow(): Promise<void> {
    let restMs = 0;
    try {
      if (!(await this.#doAllDue())) restMs = AGAIN_MS;
      const wakeAt = await this.deps.store.schedules.nextWakeAt();
      if (wakeAt !== undefined) this.#arm(Math.max(wakeAt - this.deps.now(), restMs));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError))
        this.deps.logger.error({ err: error }, 'schedules could not be looked at');
      this.#arm(AGAIN_MS);
    }
  }

  #arm(ms: number): void {
    if (this.#isStopped) return;
    const look = (): Promise<void> | undefined => {
      this.#look();
      return this.#looking;
    };
    this.#timer = this.#timers.set(look, Math.min(Math.max(0, ms), this.#timers.longestSleepMs));
  }

  /** @returns false if something is to be looked at again, after a pause */
  async #doAllDue(): Promise<boolean> {
    const { store, turns, now } = this.deps;
    for (let batch = 0; batch < MAX_BATCHES && !this.#isStopped; batch++) {
      const due = await store.schedules.takeDue(now(), BATCH);
      const done = await Promise.all(due.map((scheduleId) => this.#do(scheduleId)));
      if (done.includes(false)) return false;
      if (due.length < BATCH) break;
      await turns.next();
    }
    return true;
  }

  /** @returns false if nothing could be decided */
  async #do(scheduleId: string): Promise<boolean> {
    const { store, now, logger } = this.deps;
    try {
      const schedule = await store.schedules.find(scheduleId);
      return schedule === undefined || (await doOccurrence(this.deps, schedule));
    } catch (error) {
      if (error instanceof ScheduleMovedError) return true;
      if (error instanceof StoreUnavailableError) return false;
      // The others go on meanwhile.
      const restMs = error instanceof UnreadableScheduleError ? UNREADABLE_REST_MS : BROKEN_REST_MS;
      logger.error({ err: error, schedule_id: scheduleId }, `a schedule was set aside: ${messageOf(error)}`);
      await store.schedules.setAside(scheduleId, now() + restMs);
      return true;
    }
  }
}
