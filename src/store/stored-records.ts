import { UnreadableError } from '../core/base/stored.js';
import type { EventRecord } from '../core/run/events.js';
import { eventOf, isNextRecord } from '../core/run/stored-events.js';
import { UnreadableRunError } from './errors.js';
import type { EventRow } from './raw-journals.js';
import { MAX_PAGE_SIZE } from './store.js';

/**
 * A page of rows as records. They are read one by one, so that no more of them is in memory than the page holds.
 * @throws UnreadableRunError
 */
export function readPage(runId: string, rows: Iterable<EventRow>): EventRecord[] {
  return pageOf(rows, (row) => recordOf(runId, row));
}

/**
 * A page of rows that follow the record `afterSeq`, none of which is missing.
 * @throws UnreadableRunError
 */
export function readInOrder(runId: string, afterSeq: number, rows: Iterable<EventRow>): EventRecord[] {
  let before = afterSeq;
  return pageOf(rows, (row) => {
    if (!isNextRecord(before, row)) throw new UnreadableRunError(runId, `its journal has no record ${before + 1}`);
    before = row.seq;
    return recordOf(runId, row);
  });
}

/** The error for a run of which there is nothing but its row. */
export function missingJournal(runId: string): UnreadableRunError {
  return new UnreadableRunError(runId, 'its journal is missing');
}

function pageOf(rows: Iterable<EventRow>, read: (row: EventRow) => EventRecord): EventRecord[] {
  const records: EventRecord[] = [];
  let size = 0;
  for (const row of rows) {
    records.push(read(row));
    size += row.payload.length;
    if (size >= MAX_PAGE_SIZE) break;
  }
  return records;
}

function recordOf(runId: string, { seq, time, type, payload, log_end: logEnd }: EventRow): EventRecord {
  try {
    return { seq, time, event: eventOf(type, payload), payload, logEnd };
  } catch (thrown) {
    if (!(thrown instanceof UnreadableError)) throw thrown;
    throw new UnreadableRunError(runId, `record ${seq} of its journal, ${type}, ${thrown.message}`, thrown);
  }
}
