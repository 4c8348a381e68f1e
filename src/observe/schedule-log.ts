import type { Logger } from 'pino';
import { definedOnly } from '../core/base/defined-only.js';
import { countedAs } from '../core/schedule/occurrence.js';
import type { ScheduleAdvance } from '../store/schedules.js';
import type { Unit } from '../store/store.js';

/** Says in the log what became of occurrences of schedules, as this process stores it. */
export class ScheduleLog {
  constructor(private readonly logger: Pick<Logger, 'info' | 'debug'>) {}

  /** For the store's `onCommit`. */
  committed(units: readonly Unit[]): void {
    for (const { schedule } of units) if (schedule !== undefined) this.#movedOn(schedule);
  }

  /** What did not start as it should at `info`; the rest at `debug`, since there can be hundreds a second. */
  #movedOn({ scheduleId, last }: ScheduleAdvance): void {
    const outcome = countedAs(last);
    // A further try of one that was postponed.
    if (outcome === undefined) return;
    const { instant, at, run_id, message, passed } = last;
    const details = definedOnly({
      schedule_id: scheduleId,
      instant: new Date(instant).toISOString(),
      outcome,
      run_id: run_id ?? undefined,
      reason: message ?? undefined,
      late_ms: at - instant,
      passed_over: passed === 0 ? undefined : passed,
    });
    const isUsual = outcome === 'on_time' || outcome === 'skipped';
    if (isUsual && passed === 0) this.logger.debug(details, 'schedule occurrence');
    else this.logger.info(details, 'schedule occurrence');
  }
}
