import type { EventRecord } from '../core/run/events.js';

/** A record as it is stored: nothing of it is parsed. */
export type EventRow = Pick<EventRecord, 'seq' | 'time' | 'payload'> & {
  readonly type: string;
  readonly log_end: number;
};

/** Records of a run as they are stored, in order. */
export interface RawJournal {
  readonly runId: string;
  readonly rows: readonly EventRow[];
}

/** For who reads many journals, and has others parse them: reading alone takes a tenth of that. */
export interface RawJournals {
  /**
   * The journals of runs, one after the other, in the order of the ids: a page of some MiB, which can end within a
   * journal, and begins within the first one. Nothing follows only if it is empty. Runs that are not there are not in it,
   * and records that are missing are not noticed.
   * @param afterSeq of the first of the runs, only records above this
   */
  readJournals(runIds: readonly string[], afterSeq: number): Promise<readonly RawJournal[]>;
}

/** The journals of runs, page by page, each of which goes on where the one before ended. */
export async function* rawPages(store: RawJournals, runIds: readonly string[]): AsyncGenerator<readonly RawJournal[]> {
  let [rest, after] = [runIds, 0];
  for (;;) {
    const page = rest.length === 0 ? [] : await store.readJournals(rest, after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    rest = rest.slice(rest.indexOf(last.runId));
    after = last.rows.at(-1)?.seq ?? after;
  }
}
