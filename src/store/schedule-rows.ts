import { UnreadableError } from '../core/base/stored.js';
import { readLast, readSettings } from '../core/schedule/stored-schedule.js';
import { UnreadableScheduleError } from './errors.js';
import type { ListedSchedule, NewSchedule, ScheduleFilter } from './schedules.js';

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

/**
 * Lists the schedules that can be read, as many as are asked for if there are so many: a page that is short is the last one.
 * @param read rows by id, those after one
 */
export async function listReadable(
  { after, limit }: Pick<ScheduleFilter, 'after' | 'limit'>,
  read: (after: string | undefined, limit: number) => Promise<readonly ScheduleRow[]>,
): Promise<ListedSchedule[]> {
  const found: ListedSchedule[] = [];
  for (let from = after; ; ) {
    const wanted = limit - found.length;
    const rows = await read(from, wanted);
    found.push(...rows.flatMap(readable));
    if (rows.length < wanted || found.length === limit) return found;
    from = rows.at(-1)?.scheduleId;
  }
}

function readable(row: ScheduleRow): ListedSchedule[] {
  try {
    return [scheduleOf(row)];
  } catch (thrown) {
    if (thrown instanceof UnreadableScheduleError) return [];
    throw thrown;
  }
}

/** What is written of a schedule that people save. */
export function columnsOf({ settings, ...schedule }: NewSchedule) {
  return { ...schedule, settings: JSON.stringify(settings) };
}
