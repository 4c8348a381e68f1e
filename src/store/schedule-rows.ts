import { UnreadableError } from '../core/base/stored.js';
import { readLast, readSettings } from '../core/schedule/stored-schedule.js';
import { UnreadableScheduleError } from './errors.js';
import type { ListedSchedule, NewSchedule } from './schedules.js';

/** A row of the table, without the input. */
export type ScheduleRow = Omit<ListedSchedule, 'settings' | 'last'> & {
  readonly settings: string;
  readonly last: string | null;
};

/** Reads a row. @throws UnreadableScheduleError */
export function scheduleOf<Row extends ScheduleRow>(
  row: Row,
): Omit<Row, 'settings' | 'last'> & Pick<ListedSchedule, 'settings' | 'last'> {
  try {
    return { ...row, settings: readSettings(row.settings), last: readLast(row.last) };
  } catch (thrown) {
    if (!(thrown instanceof UnreadableError)) throw thrown;
    throw new UnreadableScheduleError(row.scheduleId, `what is stored of it ${thrown.message}`, thrown);
  }
}

/** Reads those rows that can be read. */
export function readableSchedules(rows: readonly ScheduleRow[]): ListedSchedule[] {
  return rows.flatMap((row) => {
    try {
      return [scheduleOf(row)];
    } catch (thrown) {
      if (thrown instanceof UnreadableScheduleError) return [];
      throw thrown;
    }
  });
}

/** What is written of a schedule that people save. */
export function columnsOf({ settings, ...schedule }: NewSchedule) {
  return { ...schedule, settings: JSON.stringify(settings) };
}
