import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/core/run/events.js';
import { journalPages } from '../../src/store/journal-pages.js';
import { FORKED_FROM_START, JournalStore, SUBMITTED, stepAtA } from '../helpers/journal-store.js';

async function pagesOf(pages: AsyncIterable<readonly EventRecord[]>): Promise<number[][]> {
  const seqs: number[][] = [];
  for await (const page of pages) seqs.push(page.map(({ seq }) => seq));
  return seqs;
}

describe('journalPages', () => {
  const journals = new JournalStore();
  journals.append('fork', SUBMITTED);
  journals.append('fork', FORKED_FROM_START, 3);
  for (let step = 1; step <= 3; step++) journals.append('fork', stepAtA(step));

  it.each([
    [0, 2, [[1, 3], [4, 5], [6]]],
    [1, 1, [[3], [4], [5], [6]]],
    [2, 5, [[3, 4, 5, 6]]],
    [4, 2, [[5, 6]]],
    [6, 2, []],
  ])('after record %i, %i at a time, each record comes once, whatever gaps there are', async (after, limit, pages) => {
    expect(await pagesOf(journalPages(journals.store, 'fork', after, limit))).toEqual(pages);
  });

  it('has no page of a run that is not there', async () => {
    expect(await pagesOf(journalPages(journals.store, 'nope', 0, 2))).toEqual([]);
  });

  it('goes on after a page that was full of bytes', async () => {
    const large = new JournalStore();
    large.append('run', SUBMITTED);
    for (let step = 1; step <= 3; step++) large.append('run', stepAtA(step, ['x'.repeat(1_048_576)]));
    const store = { readEvents: async (runId: string, after: number) => large.store.readEvents(runId, after, 1) };
    expect(await pagesOf(journalPages(store, 'run', 1, 100))).toEqual([[2], [3], [4]]);
  });

  it('ends with an error, and not never, when a store gives the same records again', async () => {
    const store = { readEvents: async () => journals.store.readEvents('fork', 0, 2) };
    await expect(pagesOf(journalPages(store, 'fork', 0, 2))).rejects.toThrow(
      'after record 3 of run fork gave record 3',
    );
  });
});
