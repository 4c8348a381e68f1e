import { expect, it } from 'vitest';
import { listRuns, MAX_PAGE_BYTES } from '../../src/engine/list-runs.js';
import { Turns } from '../../src/runs/turns.js';
import { newPath, open } from '../store/open-stores.js';
import { commit, FAILED, follow, graph, newRun, STARTED } from '../store/runs.js';

/** A store with so many runs, newest first, that have failed. */
async function storeWith(count: number, metadata: Readonly<Record<string, string>>) {
  const store = open(newPath());
  await store.createGraph(graph('g'));
  const ids: string[] = [];
  for (let run = 0; run < count; run += 1) {
    const state = await commit(store, newRun({ metadata, at: Date.UTC(2026, 0, 1) + run }));
    await commit(store, follow(state, [STARTED, FAILED]));
    ids.unshift(state.runId);
  }
  return { store, ids };
}

it.each([
  ['a byte a character', 'x'],
  ['three bytes a character', '€'],
  ['an escape a character', '\u0001'],
])(
  'a page of runs ends when their metadata is 4 MiB of JSON, and the next one goes on there: %s',
  async (_, character) => {
    const metadata = Object.fromEntries(
      Array.from({ length: 50 }, (_key, index) => [`key ${index}`, character.repeat(1000)]),
    );
    const { store, ids } = await storeWith(130, metadata);
    const largest = Buffer.byteLength(JSON.stringify(metadata)) + 1000;
    const found: string[] = [];
    const sizes: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await listRuns(
        { store, turns: new Turns() },
        { limit: 200, ...(cursor !== undefined && { cursor }) },
      );
      found.push(...page.runs.map(({ runId }) => runId));
      sizes.push(Buffer.byteLength(JSON.stringify(page.runs)));
      cursor = page.nextCursor;
    }
    expect(found).toEqual(ids);
    expect(sizes.length).toBeGreaterThan(1);
    for (const size of sizes.slice(0, -1)) {
      expect(size).toBeGreaterThanOrEqual(MAX_PAGE_BYTES);
      expect(size).toBeLessThan(MAX_PAGE_BYTES + largest + 130 * 1000);
    }
  },
);

it.each([
  [1, [1, 1, 1]],
  [50, [50, 50, 4]],
  [51, [51, 51, 2]],
  [52, [52, 52]],
  [103, [103, 1]],
  [104, [104]],
  [200, [104]],
])('a page of at most %i small runs has as many, and a cursor only if more follow', async (limit, lengths) => {
  const { store, ids } = await storeWith(104, {});
  const pages: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null && pages.length < 3; ) {
    const page = await listRuns(
      { store, turns: new Turns() },
      { limit, ...(cursor !== undefined && { cursor }), statuses: ['FAILED'] },
    );
    pages.push(page.runs.map(({ runId }) => runId));
    cursor = page.nextCursor;
  }
  expect(pages.map(({ length }) => length)).toEqual(lengths);
  expect(pages.flat()).toEqual(ids.slice(0, pages.flat().length));
});
