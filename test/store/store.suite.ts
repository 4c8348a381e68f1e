import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/core/events.js';
import { linesOf } from '../../src/core/log-lines.js';
import { isFinished, type RunState, takeSnapshot } from '../../src/core/run.js';
import {
  ConflictError,
  foldStored,
  GraphGoneError,
  ReplayError,
  type RunFilter,
  type Store,
  StoreUnavailableError,
} from '../../src/store/store.js';
import { CANCELLED, COMPLETED, commit, FAILED, follow, graph, NOON, newRun, STARTED, step, unit } from './runs.js';

/** What every adapter of the store must do. `openStore` gives an empty store; the suite closes it. */
export function describeStore(name: string, openStore: () => Promise<Store>): void {
  describe(`${name} as a store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await openStore();
      await store.createGraph(graph('g'));
    });
    afterEach(() => store.close());

    describe('committing', () => {
      it('stores a run and gives back what it folds from', async () => {
        const first = newRun({ inputData: { text: 'größe \u2028 "quoted"' }, metadata: { team: 'a' } });
        const second = follow(first.state, [STARTED, step(1, { list: [1, { deep: null }] }, ['one', 'two'])]);
        await commit(store, first);
        await commit(store, second);
        const stored = await store.loadRun(first.state.runId);
        expect(stored).toEqual({
          inputData: { text: 'größe \u2028 "quoted"' },
          snapshot: undefined,
          tail: [...first.records, ...second.records],
        });
        expect(foldStored(first.state.runId, stored)).toEqual(second.state);
      });

      it('knows nothing of a run that was never stored', async () => {
        expect(await store.loadRun('nobody')).toBeUndefined();
        expect(await store.readEvents('nobody', 0, 10)).toEqual([]);
        expect(await store.readLogEvents('nobody', 5, 10)).toEqual([]);
      });

      it('refuses the second writer of a seq and keeps the first', async () => {
        const run = await commit(store, newRun());
        const winner = follow(run, [STARTED]);
        const loser = follow(run, [CANCELLED]);
        const other = newRun();
        const results = await Promise.allSettled([winner, loser, other].map((one) => store.commit(unit(one))));
        expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(results[1]).toMatchObject({ reason: expect.any(ConflictError) });
        expect(foldStored(run.runId, await store.loadRun(run.runId))).toEqual(winner.state);
        expect(await statusOf(run.runId)).toBe('RUNNING');
        await expect(store.commit(unit(loser))).rejects.toMatchObject({ name: 'ConflictError', runId: run.runId });
      });

      it('refuses a second run with the same id', async () => {
        const run = newRun();
        await commit(store, run);
        await expect(store.commit(unit(run))).rejects.toBeInstanceOf(ConflictError);
      });

      it('stores all appends of a unit or none, whatever else is in the batch', async () => {
        const parent = await commit(store, newRun());
        const taken = await commit(store, newRun());
        const child = newRun();
        const bad = unit(follow(parent, [STARTED]), child, { ...newRun({ runId: taken.runId }) });
        const good = unit(follow(taken, [STARTED]), newRun());
        const results = await Promise.allSettled([store.commit(good), store.commit(bad), store.commit(unit(newRun()))]);
        expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(results[1]).toMatchObject({ reason: { name: 'ConflictError', runId: taken.runId } });
        expect(await store.loadRun(child.state.runId)).toBeUndefined();
        expect(await statusOf(parent.runId)).toBe('SUBMITTED');
        expect((await store.loadRun(parent.runId))?.tail).toHaveLength(1);
        expect(await statusOf(taken.runId)).toBe('RUNNING');
      });

      it('refuses only the unit that cannot be stored', async () => {
        const first = newRun();
        const broken = newRun();
        const data = { huge: 1n } as unknown as RunState['data'];
        const bug = { ...broken, state: { ...broken.state, finishedAt: NOON, data } };
        const late = newRun();
        const lateBug = { ...follow(late.state, [COMPLETED]), state: { ...late.state, finishedAt: NOON, data } };
        const results = await Promise.allSettled([
          store.commit(unit(first)),
          store.commit(unit(bug)),
          store.commit(unit(late, lateBug)),
        ]);
        expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
        expect(results[1]).toMatchObject({ reason: expect.any(TypeError) });
        expect(results[2]).toMatchObject({ reason: expect.any(TypeError) });
        expect(await store.loadRun(broken.state.runId)).toBeUndefined();
        expect(await store.loadRun(late.state.runId)).toBeUndefined();
        expect(await statusOf(first.state.runId)).toBe('SUBMITTED');
        expect(store.isHealthy()).toBe(true);
      });

      it('keeps the row of a run in step with its status', async () => {
        const submitted = await commit(store, newRun({ at: NOON, metadata: { a: '1' } }));
        const { runId } = submitted;
        const running = await commit(store, follow(submitted, [STARTED], NOON + 10));
        await commit(store, follow(running, [step(1)], NOON + 20));
        expect(await rowOf(runId)).toEqual({
          runId,
          graphId: 'g',
          graphVersion: 1,
          status: 'RUNNING',
          metadata: { a: '1' },
          error: null,
          submittedAt: NOON,
          startedAt: NOON + 10,
          finishedAt: null,
        });
        const latest = foldStored(runId, await store.loadRun(runId))!;
        const failed = await commit(store, follow(latest, [FAILED], NOON + 30));
        expect(await rowOf(runId)).toMatchObject({ status: 'FAILED', error: failed.error, finishedAt: NOON + 30 });
        const again = { ...follow(failed, [{ type: 'run.recovered' }]), statusChanged: true };
        const state: RunState = { ...again.state, status: 'RUNNING', error: null, finishedAt: null };
        await commit(store, { ...again, state });
        expect(await rowOf(runId)).toMatchObject({ status: 'RUNNING', error: null, finishedAt: null });
      });

      it('folds from the latest snapshot and the events after it', async () => {
        const first = await commit(store, newRun({ inputData: [1, 2] }));
        const middle = follow(first, [STARTED, step(1)]);
        const { text } = takeSnapshot(middle.state);
        await commit(store, { ...middle, snapshot: text });
        const last = follow(middle.state, [step(2)]);
        await commit(store, last);
        const stored = await store.loadRun(first.runId);
        expect(stored).toEqual({ inputData: [1, 2], snapshot: text, tail: last.records });
        expect(foldStored(first.runId, stored)?.data).toEqual({ count: 2 });
        const end = follow(last.state, [step(3)]);
        await commit(store, { ...end, snapshot: takeSnapshot(end.state).text });
        expect(await store.loadRun(first.runId)).toMatchObject({ inputData: [1, 2], tail: [] });
      });

      it('takes values of 17 MiB', async () => {
        const text = 'x'.repeat(17 * 1_048_576);
        const first = newRun({ inputData: { text } });
        await commit(store, first);
        const running = await commit(store, follow(first.state, [STARTED]));
        const end = follow(running, [step(1, { text }), COMPLETED]);
        await commit(store, { ...end, snapshot: takeSnapshot(end.state).text });
        const folded = foldStored(first.state.runId, await store.loadRun(first.state.runId));
        expect(folded?.data.text === text).toBe(true);
        expect((folded!.inputData as { text: string }).text === text).toBe(true);
      });
    });

    describe('starting runs', () => {
      const idempotency = { key: 'key-1', fingerprint: 'one' };

      it('settles requests with the same key for the first of them, in one batch and later', async () => {
        const [first, twin, later] = [0, 1, 2].map(() => newRun({ idempotency }));
        const results = await Promise.allSettled([store.commit(unit(first!)), store.commit(unit(twin!))]);
        expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
        const replay = { name: 'ReplayError', runId: first!.state.runId, fingerprint: 'one' };
        expect(results[1]).toMatchObject({ reason: replay });
        await expect(store.commit(unit(later!))).rejects.toMatchObject(replay);
        await expect(store.commit(unit(later!))).rejects.toBeInstanceOf(ReplayError);
        expect(await store.loadRun(twin!.state.runId)).toBeUndefined();
        await commit(store, newRun({ idempotency: { key: 'key-2', fingerprint: 'one' } }));
      });

      it('gives a key to the next request when the unit that had it was refused', async () => {
        const taken = await commit(store, newRun());
        const [first, twin] = [newRun({ idempotency }), newRun({ idempotency })];
        const refused = unit(first, newRun({ runId: taken.runId }));
        const results = await Promise.allSettled([store.commit(refused), store.commit(unit(twin))]);
        expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
        expect(await statusOf(twin.state.runId)).toBe('SUBMITTED');
      });

      it('refuses a run of a graph version that is not there, and stores nothing of it', async () => {
        const run = newRun({ graphVersion: 2, metadata: { a: 'b' }, idempotency });
        const results = await Promise.allSettled([store.commit(unit(run)), store.commit(unit(newRun()))]);
        expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
        expect(results[0]).toMatchObject({ reason: expect.any(GraphGoneError) });
        expect(await store.loadRun(run.state.runId)).toBeUndefined();
        expect(await store.listRuns({ metadata: { a: 'b' }, limit: 10 })).toEqual([]);
        await store.deleteRun((await store.listRuns({ limit: 1 }))[0]!.runId);
      });

      it('refuses a run of a graph that is deleted meanwhile', async () => {
        const started = store.commit(unit(newRun()));
        const deleted = store.deleteGraph('g', NOON);
        const outcomes = await Promise.allSettled([started, deleted]);
        // Whichever comes first, the graph is not gone from under an active run.
        const gone = outcomes[0].status === 'rejected' && outcomes[0].reason instanceof GraphGoneError;
        expect(outcomes[1]).toMatchObject({ value: gone ? 'deleted' : 'active' });
      });

      it('replays a key even when the graph has gone', async () => {
        const run = await commit(store, newRun({ idempotency }));
        await commit(store, follow(run, [CANCELLED]));
        await store.deleteGraph('g', NOON);
        await expect(store.commit(unit(newRun({ idempotency })))).rejects.toBeInstanceOf(ReplayError);
        await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(GraphGoneError);
      });
    });

    describe('listening', () => {
      it('tells the listeners of a run how far it has come, once per commit, after its callers', async () => {
        const run = await commit(store, newRun());
        const heard: unknown[] = [];
        const stop = store.subscribe(run.runId, (seq, status) => heard.push([seq, status]));
        store.subscribe('another', () => heard.push('wrong run'));
        const started = follow(run, [STARTED]);
        await Promise.all([store.commit(unit(started)), store.commit(unit(follow(started.state, [step(1), step(2)])))]);
        expect(heard).toEqual([[4, 'RUNNING']]);
        await expect(store.commit(unit(follow(run, [CANCELLED])))).rejects.toBeInstanceOf(ConflictError);
        expect(heard).toHaveLength(1);
        stop();
        const latest = foldStored(run.runId, await store.loadRun(run.runId))!;
        await commit(store, follow(latest, [COMPLETED]));
        expect(heard).toHaveLength(1);
      });

      it('lets one function listen twice and leave while it is told', async () => {
        const run = await commit(store, newRun());
        let calls = 0;
        const listener = () => {
          calls += 1;
          stopFirst();
        };
        const stopFirst = store.subscribe(run.runId, listener);
        store.subscribe(run.runId, listener);
        const running = await commit(store, follow(run, [STARTED]));
        expect(calls).toBe(2);
        await commit(store, follow(running, [step(1)]));
        expect(calls).toBe(3);
      });

      it('shows what was committed to the listener that hears of it', async () => {
        const run = await commit(store, newRun());
        const seen = new Promise((resolve) => {
          store.subscribe(run.runId, () => resolve(store.readEvents(run.runId, 1, 10)));
        });
        const append = follow(run, [STARTED]);
        await commit(store, append);
        expect(await seen).toEqual(append.records);
      });
    });

    describe('reading journals', () => {
      it('gives events after a seq, up to a limit', async () => {
        const { runId, records } = await storeJournal();
        expect(await store.readEvents(runId, 0, 100)).toEqual(records);
        expect(await store.readEvents(runId, 3, 2)).toEqual(records.slice(3, 5));
        expect(await store.readEvents(runId, records.length, 100)).toEqual([]);
      });

      it('gives the events that add log lines after a number', async () => {
        const { runId, records } = await storeJournal();
        const lines = records.at(-1)!.logEnd;
        for (let after = 0; after <= lines + 1; after++) {
          const expected = records.filter((one) => linesOf(one.event).length > 0 && one.logEnd > after);
          expect(await store.readLogEvents(runId, after, 100)).toEqual(expected);
          expect(await store.readLogEvents(runId, after, 2)).toEqual(expected.slice(0, 2));
        }
      });
    });

    describe('listing runs', () => {
      it('gives the runs that fit, newest first, page by page', async () => {
        const runs = await storeManyRuns();
        for (const filter of FILTERS) {
          const expected = runs.filter((run) => fits(run, filter)).map((run) => run.runId);
          expect(await page(filter), JSON.stringify(filter)).toEqual(expected);
        }
      });

      it('gives all unfinished runs, oldest first', async () => {
        const runs = await storeManyRuns();
        const unfinished = runs.filter((run) => !isFinished(run.status)).reverse();
        expect(await store.listUnfinishedRuns()).toEqual(unfinished.map(({ runId, status }) => ({ runId, status })));
      });

      const [LATER, IDS] = [NOON + 20 * 60_000, 36];
      const FILTERS: Omit<RunFilter, 'limit'>[] = [
        {},
        { statuses: [] },
        { statuses: ['FAILED'] },
        { statuses: ['RUNNING', 'COMPLETED', 'RUNNING'] },
        { statuses: ['SUBMITTED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'] },
        { graphId: 'h' },
        { graphId: 'nothing' },
        { graphId: 'h', statuses: ['COMPLETED'] },
        { graphId: 'g', statuses: ['CANCELLED', 'COMPLETED'] },
        { metadata: {} },
        { metadata: { team: 'red' } },
        { metadata: { team: 'red', tier: '1' } },
        { metadata: { tier: '1', team: 'blue' }, statuses: ['FAILED', 'COMPLETED'], graphId: 'h' },
        { metadata: { team: 'nobody' } },
        { submittedAfter: LATER },
        { submittedAfter: -1 },
        { submittedAfter: 2 ** 60 },
        { submittedAfter: LATER, statuses: ['COMPLETED'] },
        { submittedAfter: LATER, metadata: { tier: '2' } },
        { after: '0'.repeat(IDS) },
      ];

      async function page(filter: Omit<RunFilter, 'limit'>): Promise<string[]> {
        const ids: string[] = [];
        let after = filter.after;
        for (;;) {
          const found = await store.listRuns({ ...filter, ...(after === undefined ? {} : { after }), limit: 4 });
          ids.push(...found.map((run) => run.runId));
          after = found.at(-1)?.runId;
          if (found.length < 4) return ids;
        }
      }
    });

    describe('deleting runs', () => {
      it('deletes a finished run with all that belongs to it', async () => {
        const idempotency = { key: 'k', fingerprint: 'f' };
        const metadata = { a: '1' };
        const run = newRun({ idempotency, metadata });
        await commit(store, { ...run, snapshot: takeSnapshot(run.state).text });
        const { runId } = run.state;
        expect(await store.deleteRun(runId)).toBe('active');
        await commit(store, follow(run.state, [CANCELLED]));
        expect(await store.deleteRun(runId)).toBe('deleted');
        expect(await store.deleteRun(runId)).toBe('missing');
        expect(await store.loadRun(runId)).toBeUndefined();
        expect(await store.listRuns({ limit: 10 })).toEqual([]);
        expect(await store.listRuns({ metadata: { a: '1' }, limit: 10 })).toEqual([]);
        await commit(store, newRun({ idempotency }));
      });

      it('refuses appends to a run that was deleted', async () => {
        const run = await commit(store, newRun());
        const ended = await commit(store, follow(run, [CANCELLED]));
        await store.deleteRun(run.runId);
        const again = { ...follow(ended, [{ type: 'run.recovered' }]), statusChanged: true };
        const results = await Promise.allSettled([store.commit(unit(again)), store.commit(unit(newRun()))]);
        expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
        expect(results[0]).toMatchObject({ reason: expect.any(ConflictError) });
        expect(await store.loadRun(run.runId)).toBeUndefined();
      });

      it('deletes runs that finished before a time, the first ones first, up to a limit', async () => {
        const ids: string[] = [];
        for (let minute = 0; minute < 5; minute++) {
          const run = await commit(store, newRun({ at: NOON + minute }));
          await commit(store, follow(run, [CANCELLED], NOON + minute));
          ids.push(run.runId);
        }
        const active = await commit(store, newRun({ at: NOON + 5 }));
        expect(await store.deleteRunsFinishedBefore(NOON + 4, 3)).toBe(3);
        expect((await store.listRuns({ limit: 10 })).map((run) => run.runId)).toEqual([active.runId, ids[4], ids[3]]);
        expect(await store.deleteRunsFinishedBefore(NOON + 4, 3)).toBe(1);
        expect(await store.deleteRunsFinishedBefore(NOON + 4, 3)).toBe(0);
        await store.reclaimSpace();
        expect(await statusOf(active.runId)).toBe('SUBMITTED');
      });
    });

    describe('graphs', () => {
      it('saves a graph and finds it', async () => {
        expect(await store.createGraph(graph('x', 'Ex'))).toEqual({ result: 'saved', version: 1 });
        expect(await store.findGraph('x')).toEqual({ ...graph('x', 'Ex'), version: 1 });
        expect(await store.findGraph('x', { version: 1 })).toEqual({ ...graph('x', 'Ex'), version: 1 });
        expect(await store.findGraph('x', { version: 2 })).toBeUndefined();
        expect(await store.findGraph('y')).toBeUndefined();
      });

      it('keeps ids and current names unique', async () => {
        await store.createGraph(graph('x', 'Ex'));
        expect((await store.createGraph(graph('x', 'Other'))).result).toBe('id_taken');
        expect((await store.createGraph(graph('y', 'Ex'))).result).toBe('name_taken');
        await store.createGraph(graph('y', 'Why'));
        expect((await store.updateGraph(graph('y', 'Ex'))).result).toBe('name_taken');
        expect(await store.updateGraph(graph('x', 'Renamed'))).toEqual({ result: 'saved', version: 2 });
        expect((await store.createGraph(graph('z', 'Ex'))).result).toBe('saved');
        expect((await store.updateGraph(graph('x', 'Renamed'))).version).toBe(3);
      });

      it('keeps every version, and takes the last one as the graph', async () => {
        await store.updateGraph({ ...graph('g', 'Newer'), createdAt: NOON + 1 });
        expect(await store.findGraph('g')).toMatchObject({ version: 2, name: 'Newer', createdAt: NOON + 1 });
        expect(await store.findGraph('g', { version: 1 })).toMatchObject({ version: 1, name: 'Graph g' });
        expect(await store.updateGraph(graph('nothing'))).toEqual({ result: 'missing', version: 0 });
      });

      it('deletes a graph once none of its runs is active, and frees its id and name', async () => {
        const run = await commit(store, newRun());
        expect(await store.deleteGraph('g', NOON)).toBe('active');
        const running = await commit(store, follow(run, [STARTED]));
        expect(await store.deleteGraph('g', NOON)).toBe('active');
        await commit(store, follow(running, [COMPLETED]));
        await store.updateGraph(graph('g'));
        expect(await store.deleteGraph('g', NOON)).toBe('deleted');
        expect(await store.deleteGraph('g', NOON)).toBe('missing');
        expect((await store.updateGraph(graph('g'))).result).toBe('missing');
        expect(await store.findGraph('g')).toBeUndefined();
        expect(await store.findGraph('g', { version: 1 })).toBeUndefined();
        expect(await store.findGraph('g', { version: 1, withDeleted: true })).toMatchObject({ version: 1 });
        expect(await store.findGraph('g', { withDeleted: true })).toMatchObject({ version: 2 });
        expect(await store.createGraph(graph('other', 'Graph g'))).toEqual({ result: 'saved', version: 1 });
        expect(await store.createGraph(graph('g', 'New'))).toEqual({ result: 'saved', version: 3 });
        expect(await store.findGraph('g')).toMatchObject({ version: 3, name: 'New' });
        expect(await store.findGraph('g', { version: 2 })).toBeUndefined();
        await expect(store.commit(unit(newRun({ graphVersion: 2 })))).rejects.toBeInstanceOf(GraphGoneError);
        await commit(store, newRun({ graphVersion: 3 }));
      });

      it('lists the current version of each graph by id', async () => {
        for (const id of ['d', 'b', 'c', 'a']) await store.createGraph(graph(id));
        await store.updateGraph(graph('b', 'Better'));
        await store.deleteGraph('c', NOON);
        const listed = async (after: string | undefined, limit: number) =>
          (await store.listGraphs(after, limit)).map((one) => `${one.graphId}@${one.version}`);
        expect(await listed(undefined, 10)).toEqual(['a@1', 'b@2', 'd@1', 'g@1']);
        expect(await listed(undefined, 2)).toEqual(['a@1', 'b@2']);
        expect(await listed('b', 2)).toEqual(['d@1', 'g@1']);
        expect((await store.listGraphs('a', 1))[0]).toEqual({ ...graph('b', 'Better'), version: 2 });
      });
    });

    describe('closing', () => {
      it('commits what is pending, and refuses what comes later', async () => {
        const pending = store.commit(unit(newRun()));
        await store.close();
        await pending;
        await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(StoreUnavailableError);
        await expect(store.createGraph(graph('late'))).rejects.toBeInstanceOf(StoreUnavailableError);
        await store.close();
      });
    });

    async function rowOf(runId: string) {
      return (await store.listRuns({ limit: 1000 })).find((run) => run.runId === runId);
    }

    async function statusOf(runId: string) {
      return (await rowOf(runId))?.status;
    }

    /** A journal of events with no, one and many lines. */
    async function storeJournal(): Promise<{ runId: string; records: EventRecord[] }> {
      const first = newRun();
      const rest = follow(first.state, [
        STARTED,
        step(1, {}, ['one', 'two', 'three']),
        { type: 'cancel.requested' },
        { type: 'run.recovered' },
        step(2),
        { ...step(3), next: null } as ReturnType<typeof step>,
        step(4, {}, ['four']),
        { type: 'run.cancelled', logs: ['five'] },
      ]);
      await commit(store, first);
      await commit(store, rest);
      return { runId: first.state.runId, records: [...first.records, ...rest.records] };
    }

    /** Runs of several graphs, statuses and metadata, newest first. */
    async function storeManyRuns(): Promise<RunState[]> {
      await store.createGraph(graph('h'));
      const states: RunState[] = [];
      for (let number = 0; number < 40; number++) {
        const team = ['red', 'blue', 'green'][number % 3]!;
        const metadata = { ...(number % 4 === 0 ? {} : { team }), tier: String(number % 5) };
        const run = newRun({ graphId: number % 2 === 0 ? 'g' : 'h', metadata, at: NOON + number * 60_000 });
        const events = [[], [STARTED], [STARTED, COMPLETED], [FAILED], [CANCELLED], [STARTED, COMPLETED]][number % 6]!;
        states.unshift(await commit(store, run, ...(events.length === 0 ? [] : [follow(run.state, events)])));
      }
      return states;
    }
  });
}

function fits(run: RunState, filter: Omit<RunFilter, 'limit'>): boolean {
  return (
    (filter.statuses?.includes(run.status) ?? true) &&
    (filter.graphId ?? run.graphId) === run.graphId &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => run.metadata[key] === value) &&
    run.submittedAt > (filter.submittedAfter ?? Number.NEGATIVE_INFINITY) &&
    (filter.after === undefined || run.runId < filter.after)
  );
}
