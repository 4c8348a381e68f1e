import { describe, expect, it, vi } from 'vitest';
import { listRuns } from '../../src/engine/list-runs.js';
import { Turns } from '../../src/runs/turns.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import type { Store } from '../../src/store/store.js';
import { open } from '../store/open-stores.js';
import { COMPLETED, FAILED, follow, graph, newChild, newRun, STARTED, waits } from '../store/runs.js';

const RUNS = 2500;
/** What becomes of the runs, in turn. */
const ENDS = [[COMPLETED], [FAILED], [waits('input')]] as const;

async function storeRuns(): Promise<Store> {
  const store = open();
  for (const id of ['g', 'h']) await store.createGraph(graph(id));
  await Promise.all(
    Array.from({ length: RUNS }, async (_, index) => {
      const metadata = { team: 'a', tier: index < 3 ? 'first' : 'other' };
      const run = newRun({ graphId: index % 500 === 0 ? 'h' : 'g', metadata, at: 1_780_000_000_000 + index });
      await store.commit({ appends: [run] });
      await store.commit({ appends: [follow(run.state, [STARTED, ...ENDS[index % ENDS.length]!])] });
    }),
  );
  return store;
}

/** Turns in which there is never time left, so that each part is followed by another turn. */
function shortTurns() {
  const turns = new Turns();
  const next = vi.spyOn(turns, 'next');
  vi.spyOn(turns, 'isOver').mockReturnValue(true);
  return { turns, next };
}

describe('a list', () => {
  it('is searched a part at a time, if many runs do not fit, and holds the same', async () => {
    const store = await storeRuns();
    const filters: [Omit<RunFilter, 'limit'>, number][] = [
      [{ metadata: { team: 'a', tier: 'first' } }, 2],
      [{ metadata: { team: 'a' }, graphId: 'h' }, 2],
      [{ metadata: { team: 'a' }, graphId: 'nothing' }, 2],
      [{ metadata: { team: 'a' }, statuses: ['CANCELLED'] }, 2],
      [{ graphId: 'g', statuses: ['CANCELLED', 'FAILED'] }, 0],
      [{ graphId: 'g', statuses: ['COMPLETED'] }, 0],
      [{ waitingFor: 'input', graphId: 'h' }, 0],
      [{ metadata: { team: 'a' } }, 0],
      [{ graphId: 'nothing' }, 0],
      [{ paused: true }, 0],
      [{ paused: true, metadata: { team: 'a' } }, 2],
      [{ errorCode: 'nothing', metadata: { team: 'a' } }, 2],
      [{ metadata: { team: 'a', tier: 'first' }, oldestFirst: true }, 2],
      [{ metadata: { team: 'a', tier: 'other' }, oldestFirst: true }, 0],
      // 833 runs that wait, and as many that failed: the last events of 200 of each are read at a time.
      [{ statuses: ['WAITING'], currentNode: 'nothing' }, 4],
      [{ currentNode: 'nothing', oldestFirst: true }, 4],
      [{ currentNode: 'a', oldestFirst: true }, 0],
    ];
    for (const [filter, pauses] of filters) {
      const { turns, next } = shortTurns();
      const { runs, nextCursor } = await listRuns({ store, turns }, { ...filter, limit: 2000 });
      const whole = await store.listRuns({ ...filter, limit: 2001 });
      expect(runs, JSON.stringify(filter)).toEqual(whole.slice(0, 2000));
      const cursor = `${filter.oldestFirst === true ? 'later:' : ''}${runs.at(-1)?.runId}`;
      expect(nextCursor).toBe(whole.length > 2000 ? cursor : null);
      expect(next.mock.calls.length, JSON.stringify(filter)).toBe(pauses);
    }
  });

  it('goes on after its cursor, and looks no further than its page needs', async () => {
    const store = await storeRuns();
    const { turns, next } = shortTurns();
    const filter = { metadata: { team: 'a', tier: 'other' } };
    const all = (await store.listRuns({ ...filter, limit: RUNS })).map(({ runId }) => runId);
    const listed: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await listRuns({ store, turns }, { ...filter, limit: 600, ...(cursor !== undefined && { cursor }) });
      listed.push(...page.runs.map(({ runId }) => runId));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(listed).toEqual(all);
    expect(next).not.toHaveBeenCalled();
  });

  it('passes over the children of a run, which have its metadata, a part at a time', async () => {
    const store = open();
    await store.createGraph(graph('g'));
    const metadata = { team: 'a' };
    const [first, last] = [0, 1].map((at) => newRun({ metadata, at: 1_780_000_000_000 + at * RUNS * 2 }));
    await store.commit({ appends: [first!] });
    await store.commit({ appends: [follow(first!.state, [STARTED])] });
    const children = Array.from({ length: RUNS }, (_, index) =>
      newChild(first!.state, 2, index, { kind: 'graph', metadata, at: 1_780_000_000_001 + index }),
    );
    await store.commit({ appends: children });
    await store.commit({ appends: [last!] });
    const { turns, next } = shortTurns();
    const { runs } = await listRuns({ store, turns }, { metadata, limit: 10 });
    expect(runs.map(({ runId }) => runId)).toEqual([last!.state.runId, first!.state.runId]);
    expect(next).toHaveBeenCalledTimes(2);
  });
});
