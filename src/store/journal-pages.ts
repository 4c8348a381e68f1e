import type { EventRecord } from '../core/run/events.js';
import { isLastPage, type Store } from './store.js';

/**
 * Reads a journal from a record on, page by page, until nothing follows. Whoever reads more than one page of a journal
 * reads it with this: every page begins after the last record of the page before, so that no gap in a journal and no
 * record that a reader passes over makes it read the same page for ever.
 * @param limit records in a page
 * @throws Error if a store gives what was read before
 */
export async function* journalPages(
  store: Pick<Store, 'readEvents'>,
  runId: string,
  afterSeq: number,
  limit: number,
): AsyncGenerator<readonly EventRecord[], void> {
  for (let after = afterSeq; ; ) {
    const page = await store.readEvents(runId, after, limit);
    const last = page.at(-1);
    if (last === undefined) return;
    if (last.seq <= after) throw new Error(`Reading on after record ${after} of run ${runId} gave record ${last.seq}.`);
    yield page;
    if (isLastPage(page, limit)) return;
    after = last.seq;
  }
}
