import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blankRun } from '../../src/core/run/blank-run.js';
import type { EventRecord, RunEvent } from '../../src/core/run/events.js';
import { fold, takeSnapshot } from '../../src/core/run/journal.js';
import { linesOf } from '../../src/core/run/log-lines.js';
import { finishedAtOf, isFinished, type RunState } from '../../src/core/run/state.js';
import { ConflictError, GraphGoneError, ReplayError, StoreUnavailableError } from '../../src/store/errors.js';
import { rawPages } from '../../src/store/raw-journals.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import { isLastPage, MAX_PAGE_SIZE, type RunAppend, type Store } from '../../src/store/store.js';
import type { UnfinishedStatus } from '../../src/store/unfinished-run.js';
import { type FlatRun, flatten } from '../helpers/flat-run.js';
import {
  branches,
  CANCELLED,
  COMPLETED,
  commit,
  FAILED,
  foldStored,
  follow,
  graph,
  NOON,
  newChild,
  newRun,
  STARTED,
  step,
  unit,
  waits,
} from './runs.js';

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
          submitted: first.records[0]!.event,
          snapshot: undefined,
          tail: [...first.records, ...second.records],
        });
        expect(foldStored(first.state.runId, stored)).toEqual(second.state);
      });

      it('knows nothing of a run that was never stored', async () => {
        expect(await store.loadRun('nobody')).toBeUndefined();
        expect(await store.readEvents('nobody', 0, 10)).toEqual([]);
        expect(await store.lastSeq('nobody')).toBe(0);
        expect(await store.readLogEvents('nobody', 5, 10)).toEqual([]);
      });

      it('tells the outline of a run: its row, and where its journal ends', async () => {
        const parent = await commit(store, newRun());
        const started = await commit(store, follow(parent, [STARTED, branches(1)]));
        const child = await commit(store, newChild(started, 3, 0));
        const { graphId, graphVersion, submittedAt, startedAt } = started;
        expect(await store.outlineRun(parent.runId)).toEqual({
          ...{ runId: parent.runId, graphId, graphVersion, submittedAt, startedAt },
          ...{ status: 'WAITING', waitingFor: 'branches', lastType: 'branches.started' },
          ...{ parentRunId: null, parentSeq: null, childIndex: null, seq: 3, logCount: started.logCount },
          ...{ concurrencyKey: null, concurrencySince: null },
        });
        const under = { parentRunId: parent.runId, parentSeq: 3, childIndex: 0 };
        expect(await store.outlineRun(child.runId)).toMatchObject({
          ...under,
          status: 'SUBMITTED',
          seq: 1,
          logCount: 0,
        });
        expect(await store.outlineRun('nobody')).toBeUndefined();
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
        const ended = (state: RunState) => follow(state, [COMPLETED]).state;
        const bug = { ...broken, state: { ...ended(broken.state), data } };
        const late = newRun();
        const lateBug = { ...follow(late.state, [COMPLETED]), state: { ...ended(late.state), data } };
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
          parentRunId: null,
          childIndex: null,
          branch: null,
          waitingFor: null,
          paused: false,
          metadata: { a: '1' },
          startedBy: { kind: 'api', id: null },
          error: null,
          submittedAt: NOON,
          startedAt: NOON + 10,
          finishedAt: null,
        });
        const latest = foldStored(runId, await store.loadRun(runId))!;
        const failed = await commit(store, follow(latest, [FAILED], NOON + 30));
        expect(await rowOf(runId)).toMatchObject({
          status: 'FAILED',
          error: flatten(failed).error,
          finishedAt: NOON + 30,
        });
        const retried = await commit(store, follow(failed, [{ type: 'run.retried', next: 'a' }], NOON + 40));
        expect(await rowOf(runId)).toMatchObject({ status: 'RUNNING', error: null, finishedAt: null });
        const waiting = await commit(store, follow(retried, [waits('input')], NOON + 50));
        expect(await rowOf(runId)).toMatchObject({ status: 'WAITING', waitingFor: 'input' });
        await commit(store, follow(waiting, [branches(2)], NOON + 60));
        expect(await rowOf(runId)).toMatchObject({ status: 'WAITING', waitingFor: 'branches' });
      });

      it('folds from the latest snapshot and the events after it', async () => {
        const first = await commit(store, newRun({ inputData: [1, 2] }));
        const middle = follow(first, [STARTED, step(1)]);
        const { text } = takeSnapshot(middle.state);
        await commit(store, { ...middle, snapshot: text });
        const last = follow(middle.state, [step(2)]);
        await commit(store, last);
        const stored = await store.loadRun(first.runId);
        const submitted = expect.objectContaining({ input_data: [1, 2] });
        expect(stored).toEqual({ submitted, snapshot: text, tail: last.records });
        expect(foldStored(first.runId, stored)?.data).toEqual({ count: 2 });
        const end = follow(last.state, [step(3)]);
        await commit(store, { ...end, snapshot: takeSnapshot(end.state).text });
        expect(await store.loadRun(first.runId)).toMatchObject({ submitted: { input_data: [1, 2] }, tail: [] });
      });

      it('gives back a run as it was at a record, from a snapshot only if that is not later', async () => {
        const submitted = newRun({ inputData: 'in' });
        const early = follow(submitted.state, [STARTED, step(1)]);
        const late = follow(early.state, [step(2), step(3)]);
        const { runId } = submitted.state;
        const { text } = takeSnapshot(early.state);
        await commit(store, submitted, { ...early, snapshot: text }, late);
        const records = [...submitted.records, ...early.records, ...late.records];
        for (let seq = 1; seq <= 7; seq++) {
          const stored = await store.loadRun(runId, seq);
          expect(stored?.snapshot).toBe(seq < 3 ? undefined : text);
          expect(stored?.tail).toEqual(records.slice(seq < 3 ? 0 : 3, seq));
          expect(stored?.submitted).toEqual(records[0]!.event);
          expect(foldStored(runId, stored)?.seq).toBe(Math.min(seq, 5));
        }
      });

      it('measures what is read to load a run, its events and its log lines', async () => {
        const first = await commit(store, newRun({ inputData: 'é'.repeat(1000) }));
        const { runId } = first;
        const sum = (records: readonly EventRecord[]) =>
          records.reduce((bytes, { payload }) => bytes + Buffer.byteLength(payload), 0);
        const before = follow(first, [STARTED, step(1, { text: 'x'.repeat(5000) }, ['a line', 'another'])]);
        await commit(store, before);
        expect(await store.measureRun(runId)).toEqual({ bytes: sum(await store.readEvents(runId, 0, 10)), base: null });
        const { state, text } = takeSnapshot(before.state);
        const middle = follow(state, [step(2, { text: 'y' }, ['a third'])]);
        await commit(store, { ...middle, snapshot: text });
        await commit(store, follow(middle.state, [step(3, { text: 'z'.repeat(3000) }), step(4)]));
        const records = await store.readEvents(runId, 0, 10);
        // The snapshot is of the record that came with it.
        const bytes = sum(records.slice(0, 1)) + Buffer.byteLength(text) + sum(records.slice(4));
        expect(await store.measureRun(runId)).toEqual({ bytes, base: null });
        expect(await store.measureEvents(runId, 2, 2)).toBe(sum(records.slice(2, 4)));
        expect(await store.measureEvents(runId, 6, 10)).toBe(0);
        expect(await store.measureLogEvents(runId, 2, 10)).toBe(sum(records.slice(2)));
        expect(await store.measureLogEvents(runId, 4, 1)).toBe(sum(records.slice(3, 4)));
        expect(await store.measureRun('nobody')).toBeUndefined();
        expect(await store.measureEvents('nobody', 0, 10)).toBe(0);
      });

      it('says what a branch stands on, which is to be read too', async () => {
        await store.createGraph(graph('other'));
        const parent = await commit(store, newRun());
        const started = await commit(store, follow(parent, [STARTED, branches(2)]));
        const branch = await commit(store, newChild(started, 3, 0));
        const child = await commit(store, newChild(started, 3, 1, { kind: 'graph', graphId: 'other' }));
        expect(await store.measureRun(branch.runId)).toMatchObject({ base: { runId: parent.runId, seq: 3 } });
        expect(await store.measureRun(child.runId)).toMatchObject({ base: null });
      });

      it('reads pages that end with the record that fills them, and a last page that does not', async () => {
        const first = await commit(store, newRun());
        const large = { text: 'x'.repeat(MAX_PAGE_SIZE / 2) };
        const log = ['a line'];
        const steps = [step(1, large, log), step(2, large, log), step(3, { text: `${large.text}${large.text}` }, log)];
        const after = follow(first, [STARTED, ...steps, step(4, {}, log)]);
        await commit(store, after);
        const seqsOf = (records: readonly EventRecord[]) => records.map(({ seq }) => seq);
        const { runId } = first;
        const stored = await store.loadRun(runId);
        expect(seqsOf(stored!.tail)).toEqual([1, 2, 3, 4]);
        expect(isLastPage(stored!.tail)).toBe(false);
        for (const [from, seqs] of [
          [0, [1, 2, 3, 4]],
          [4, [5]],
          [5, [6]],
          [6, []],
        ] as const) {
          const page = await store.readEvents(runId, from, 100);
          expect(seqsOf(page)).toEqual(seqs);
          expect(isLastPage(page, 100)).toBe(from > 4);
        }
        expect(await store.lastSeq(runId)).toBe(6);
        expect(isLastPage(await store.readEvents(runId, 0, 2), 2)).toBe(false);
        expect(seqsOf(await store.readLogEvents(runId, 1, 100))).toEqual([3, 4]);
        expect(seqsOf(await store.readLogEvents(runId, 5, 100))).toEqual([5]);
      });

      it('reads the journals of many runs as they are stored, page by page', async () => {
        const large = 'x'.repeat(MAX_PAGE_SIZE / 2);
        const runs = [newRun(), newRun(), newRun()];
        for (const run of runs) {
          await commit(store, run);
          await commit(store, follow(run.state, [STARTED, step(1, { large })]));
        }
        const ids = runs.map(({ state }) => state.runId);
        const { read, pages } = await readRawPages(store, ['nobody', ...ids]);
        expect([...read.keys()]).toEqual(ids);
        for (const runId of ids) expect(read.get(runId)).toEqual(await rowsOf(store, runId));
        expect(pages).toBe(2);
        expect(await store.readJournals([], 0)).toEqual([]);
        expect(await store.readJournals(['nobody'], 7)).toEqual([]);
      });

      it('keeps every text as it is, whatever characters it has', async () => {
        const odd =
          'NUL \u0000, halves \ud800 \udc00 of a pair \ud83d\ude00, \\u0000 spelled out, "quotes" \u2028 größe';
        const data = { b: 1, a: 1e21, 10: -0.5, 9: 5e-324, [odd]: [odd, { [odd]: odd }] };
        const metadata = { key: odd, other: 'v'.repeat(1000), [`${'k'.repeat(199)}ä`]: 'x\u0000' };
        const run = newRun({ inputData: data, metadata });
        const { runId } = run.state;
        await commit(store, run);
        const error = { code: 'tool_failed', message: odd, node: 'a', step: 1 };
        const middle = follow(run.state, [STARTED, step(1, data, [odd])]);
        const { text } = takeSnapshot(middle.state);
        await commit(store, { ...middle, snapshot: text });
        const end = follow(middle.state, [{ type: 'run.failed', error }]);
        await commit(store, end);
        const records = [...run.records, ...middle.records, ...end.records];
        expect((await store.readEvents(runId, 0, 10)).map(({ payload }) => payload)).toEqual(
          records.map(({ payload }) => payload),
        );
        const stored = await store.loadRun(runId);
        expect(stored?.snapshot).toBe(text);
        expect(foldStored(runId, stored)?.data).toEqual(data);
        expect(await rowOf(runId)).toMatchObject({ metadata, error: { message: odd } });
        for (const [key, value] of Object.entries(metadata)) {
          const found = await store.listRuns({ metadata: { [key]: value }, limit: 10 });
          expect(found.map((one) => one.runId)).toEqual([runId]);
          expect(await store.listRuns({ metadata: { [key]: `${value}x` }, limit: 10 })).toEqual([]);
        }
        const document = graph('odd');
        const definition = { ...document.definition, description: 'a "quoted" größe', extra: data };
        await store.createGraph({ ...document, definition: definition as typeof document.definition });
        expect((await store.findGraphText('odd'))?.text).toBe(JSON.stringify(definition));
        expect((await store.listGraphs('o', 1))[0]).toMatchObject({ description: 'a "quoted" größe' });
        expect(await store.deleteRun(runId)).toBe('deleted');
        expect(await store.listRuns({ metadata: { key: odd }, limit: 10 })).toEqual([]);
      });

      it('finds nothing for what cannot be there, and does not fail', async () => {
        const nul = 'a\u0000b';
        for (const runId of ['nobody', nul, '', `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`]) {
          expect(await store.loadRun(runId)).toBeUndefined();
          expect(await store.outlineRun(runId)).toBeUndefined();
          expect(await store.measureRun(runId)).toBeUndefined();
          expect(await store.measureEvents(runId, 0, 1)).toBe(0);
          expect(await store.measureLogEvents(runId, 1, 1)).toBe(0);
          expect(await store.lastSeq(runId)).toBe(0);
          expect(await store.readEvents(runId, 0, 1)).toEqual([]);
          expect(await store.readLogEvents(runId, 0, 1)).toEqual([]);
          expect(await store.deleteRun(runId)).toBe('missing');
          expect(await store.countChildren(runId, 1)).toMatchObject({ made: 0, ended: 0 });
          expect(await store.readChildUsage(runId)).toEqual({ input_tokens: 0, output_tokens: 0 });
          expect(await store.viewChildren(runId, 1, 1, 1)).toMatchObject({ created: 0, next: [] });
          expect(await store.listUnfinishedChildren(runId, 1, -1, 1)).toEqual([]);
          expect(await store.readChildResults(runId, 1)).toEqual([]);
          expect(await store.listWaitingDescendants(runId, ['input'], 1)).toEqual([]);
          expect(await store.listRuns({ parentRunId: runId, limit: 1 })).toEqual([]);
        }
        expect(await store.findByIdempotencyKey(nul)).toBeUndefined();
        expect(await store.listRuns({ graphId: nul, limit: 1 })).toEqual([]);
        expect(await store.listRuns({ metadata: { [nul]: nul }, limit: 1 })).toEqual([]);
        expect([await store.findGraph(nul), await store.findGraphText(nul)]).toEqual([undefined, undefined]);
        expect(await store.hasGraph(nul)).toBe(false);
        expect(await store.deleteGraph(nul, NOON)).toBe('missing');
        expect(await store.updateGraph(graph(nul, 'None'))).toEqual({ result: 'missing', version: 0 });
      });

      it('takes seqs and lines that no journal reaches', async () => {
        const { runId } = await commit(store, newRun());
        const far = 999_999_999_999_999;
        expect(await store.readEvents(runId, far, 10)).toEqual([]);
        expect(await store.readLogEvents(runId, far, 10)).toEqual([]);
        expect(await store.readEvents(runId, 0, far)).toHaveLength(1);
        expect(await store.loadRun(runId, far)).toMatchObject({ tail: [{ seq: 1 }] });
        expect(await store.measureEvents(runId, far, far)).toBe(0);
        expect(await store.findGraph('g', { version: far })).toBeUndefined();
        expect(await store.hasGraph('g', far)).toBe(false);
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

      it('refuses a run of a version that was to be the latest, and is not any more', async () => {
        await store.updateGraph(graph('g', 'Newer'));
        const stale = newRun({ idempotency });
        const latest = (append: RunAppend) => unit({ ...append, create: { ...append.create, isLatest: true } });
        const results = await Promise.allSettled([
          store.commit(latest(stale)),
          store.commit(unit(newRun())),
          store.commit(latest(newRun({ graphVersion: 2, idempotency }))),
          store.commit(latest(newRun({ idempotency }))),
        ]);
        expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected']);
        expect(results[0]).toMatchObject({ reason: { name: 'GraphStaleError', graphId: 'g' } });
        expect(results[3]).toMatchObject({ reason: expect.any(ReplayError) });
        expect(await store.loadRun(stale.state.runId)).toBeUndefined();
      });

      it('replays a key even when the graph has gone', async () => {
        const run = await commit(store, newRun({ idempotency }));
        await commit(store, follow(run, [CANCELLED]));
        await store.deleteGraph('g', NOON);
        await expect(store.commit(unit(newRun({ idempotency })))).rejects.toBeInstanceOf(ReplayError);
        await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(GraphGoneError);
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
          const expected = runs.filter((run) => fits(flatten(run), filter)).map((run) => run.runId);
          expect(await page(filter), JSON.stringify(filter)).toEqual(expected);
        }
      });

      it('gives all unfinished runs, oldest first', async () => {
        const runs = await storeManyRuns();
        const unfinished = runs
          .map(flatten)
          .filter(({ status }) => !isFinished(status))
          .reverse();
        const expected = unfinished.map(({ runId, status, waiting, parent }) => {
          return {
            runId,
            status,
            waitingFor: waiting?.kind ?? null,
            parentRunId: parent?.run_id ?? null,
            hasSlot: false,
            line: null,
          };
        });
        expect(await store.listUnfinishedRuns()).toEqual(expected);
        expect(new Set(expected.map(({ waitingFor }) => waitingFor))).toEqual(new Set([null, 'input', 'timer']));
      });

      it('counts the runs that have not finished, children too', async () => {
        const counts = { SUBMITTED: 0, RUNNING: 0, WAITING: 0 };
        for (const status of (await storeManyRuns()).map((run) => flatten(run).status)) {
          if (status in counts) counts[status as UnfinishedStatus] += 1;
        }
        expect(Object.values(counts)).not.toContain(0);
        expect(await store.countUnfinishedRuns()).toEqual(counts);
      });

      it('finds when the oldest top-level run of each status was submitted', async () => {
        expect(await store.findOldestUnfinished()).toEqual({
          SUBMITTED: undefined,
          RUNNING: undefined,
          WAITING: undefined,
        });
        const flat = (await storeManyRuns()).filter(({ parent }) => parent === null).map((run) => flatten(run));
        const oldest = (status: UnfinishedStatus) =>
          flat.filter((run) => run.status === status).sort((a, b) => (a.runId < b.runId ? -1 : 1))[0]?.submittedAt;
        const expected = { SUBMITTED: oldest('SUBMITTED'), RUNNING: oldest('RUNNING'), WAITING: oldest('WAITING') };
        expect(Object.values(expected)).not.toContain(undefined);
        expect(await store.findOldestUnfinished()).toEqual(expected);
      });

      it('gives the children of a run, page by page', async () => {
        const runs = await storeManyRuns();
        const parents = new Set(runs.flatMap(({ parent }) => parent?.run_id ?? []));
        expect(parents.size).toBe(2);
        for (const parentRunId of parents) {
          for (const filter of [
            {},
            { statuses: ['COMPLETED'] as const },
            { graphId: 'h' },
            { waitingFor: 'input' as const },
          ]) {
            const expected = runs
              .filter((run) => fits(flatten(run), { ...filter, parentRunId }))
              .map((run) => run.runId);
            expect(await page({ ...filter, parentRunId }), JSON.stringify(filter)).toEqual(expected);
          }
        }
        const [first] = await store.listRuns({ parentRunId: [...parents][0]!, limit: 1 });
        expect(first).toMatchObject({ parentRunId: [...parents][0], childIndex: expect.any(Number) });
        expect(await store.listRuns({ parentRunId: 'nobody', limit: 1 })).toEqual([]);
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
        { waitingFor: 'input' },
        { waitingFor: 'timer', graphId: 'h' },
        { waitingFor: 'input', statuses: ['WAITING', 'FAILED'] },
        { waitingFor: 'input', metadata: { tier: '2' } },
        { waitingFor: 'retry' },
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

    describe('children', () => {
      it('are made each once, all of a unit or none', async () => {
        const parent = await storeParent(3);
        const children = [0, 1, 2].map((index) => newChild(parent, 3, index));
        await store.commit(unit(...children));
        const other = newChild(parent, 4, 0);
        await store.commit(unit(other));
        const view = await store.viewChildren(parent.runId, 3, 3, 10);
        const next = children.map(({ state: { runId } }, index) => ({ runId, index, ended: false }));
        expect(view).toEqual({ created: 3, active: 0, lost: 0, unfinished: 3, next });
        expect(await store.viewChildren(parent.runId, 4, 4, 10)).toMatchObject({ created: 1 });
        const nothing = { created: 0, active: 0, lost: 0, unfinished: 0, next: [] };
        expect(await store.viewChildren(parent.runId, 5, 5, 10)).toEqual(nothing);
        expect(await store.viewChildren('nobody', 3, 3, 10)).toEqual(nothing);

        const again = newChild(parent, 3, 1);
        const fresh = newChild(parent, 3, 3);
        const results = await Promise.allSettled([store.commit(unit(fresh, again)), store.commit(unit(newRun()))]);
        expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
        expect(results[0]).toMatchObject({ reason: { name: 'ConflictError', runId: again.state.runId } });
        expect(await store.viewChildren(parent.runId, 3, 3, 10)).toEqual(view);
        expect(await store.loadRun(fresh.state.runId)).toBeUndefined();
      });

      it('are committed with their parent', async () => {
        const run = await commit(store, newRun());
        const parent = follow(run, [STARTED, step(1), branches(2)]);
        const children = [0, 1].map((index) => newChild(parent.state, 4, index));
        await store.commit(unit(parent, ...children));
        expect(await statusOf(run.runId)).toBe('WAITING');
        expect(await store.viewChildren(run.runId, 4, 4, 10)).toMatchObject({ created: 2 });
      });

      it('are counted with their top run, whatever their depth, and refused beyond its limit', async () => {
        const parent = await storeParent(9);
        const [first, second] = [0, 1].map((index) => newChild(parent, 3, index)) as [RunAppend, RunAppend];
        const below = (above: RunAppend, from: number, count: number) =>
          Array.from({ length: count }, (_, index) => newChild(above.state, 3, from + index));
        const refusal = { name: 'TooManyDescendantsError', message: expect.stringContaining(parent.runId) };
        const of = (maxDescendants: number, ...appends: RunAppend[]) => ({ ...unit(...appends), maxDescendants });

        await store.commit(of(6, first, second));
        // Both fit alone, but not together, whether they share a transaction or not.
        const refused = below(second, 0, 3);
        const results = await Promise.allSettled([
          store.commit(of(6, ...below(first, 0, 3))),
          store.commit(of(6, ...refused)),
          store.commit(unit(newRun())),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(results[1]).toMatchObject({ reason: refusal });
        expect(await isStored(refused[0]!.state)).toBe(false);
        await expect(store.commit(of(6, ...below(second, 0, 2)))).rejects.toMatchObject(refusal);
        await store.commit(of(6, ...below(second, 0, 1)));
        await expect(store.commit(of(6, ...below(first, 3, 1)))).rejects.toMatchObject(refusal);
        // Another top run has a count of its own, and the limit can be raised.
        await store.commit(of(1, newChild(await storeParent(1), 3, 0)));
        await store.commit(of(7, ...below(first, 3, 1)));
        await commit(store, follow(second.state, [CANCELLED]));
        await expect(store.commit(of(7, ...below(first, 4, 1)))).rejects.toMatchObject(refusal);
      });

      it('have their slot from when they are made, or are given it later, each once', async () => {
        const parent = await storeParent(5);
        const first = newChild(parent, 3, 0);
        const others = [1, 2, 3, 4].map((index) => newChild(parent, 3, index));
        await store.commit(unit({ ...first, create: { slotSeq: 3 } }, ...others));
        const ids = [first, ...others].map(({ state }) => state.runId);
        const view = () => store.viewChildren(parent.runId, 3, 3, 2);
        const nextOf = async () => (await view()).next.map(({ index }) => index);
        expect(await view()).toMatchObject({ created: 5, active: 1 });
        expect(await nextOf()).toEqual([1, 2]);
        await store.commit({ appends: [], slots: [ids[1]!, ids[3]!].map((runId) => ({ runId, slotSeq: 3 })) });
        expect(await view()).toMatchObject({ active: 3 });
        expect(await nextOf()).toEqual([2, 4]);
        const twice = store.commit({
          appends: [],
          slots: [
            { runId: ids[2]!, slotSeq: 3 },
            { runId: ids[1]!, slotSeq: 3 },
          ],
        });
        await expect(twice).rejects.toMatchObject({ name: 'ConflictError', runId: ids[1] });
        expect(await nextOf()).toEqual([2, 4]);
        await commit(store, follow(first.state, [STARTED, COMPLETED]));
        expect(await view()).toMatchObject({ created: 5, active: 2, lost: 0 });
        const unfinished = ids.map((runId, index) => ({ runId, index })).slice(1);
        expect(await store.listUnfinishedChildren(parent.runId, 3, -1, 10)).toEqual(unfinished);
        expect(await store.listUnfinishedChildren(parent.runId, 3, 1, 2)).toEqual(unfinished.slice(1, 3));
        expect(await store.listUnfinishedChildren(parent.runId, 4, -1, 2)).toEqual([]);
        const hasSlot = (await store.listUnfinishedRuns()).flatMap((run) => (run.hasSlot ? [run.runId] : []));
        expect(hasSlot.sort()).toEqual([ids[1], ids[3]].sort());
      });

      it('that failed are lost, until a retry of their parent: then they are due for a slot of that', async () => {
        const parent = await storeParent(3);
        const made = [0, 1, 2].map((index) => newChild(parent, 3, index));
        await store.commit(unit(...made.map((child) => ({ ...child, create: { slotSeq: 3 } }))));
        const [done, failed, cancelled] = made.map(({ state }) => state);
        const runIdOf = (state = parent) => state.runId;
        await commit(store, follow(done!, [STARTED, COMPLETED]));
        const lost = await commit(store, follow(failed!, [STARTED, FAILED]));
        await commit(store, follow(cancelled!, [CANCELLED]));
        const nothing = { created: 3, active: 0, unfinished: 0, next: [] };
        expect(await store.viewChildren(parent.runId, 3, 3, 10)).toEqual({ ...nothing, lost: 1 });
        const next = [
          { runId: runIdOf(failed), index: 1, ended: true },
          { runId: runIdOf(cancelled), index: 2, ended: true },
        ];
        expect(await store.viewChildren(parent.runId, 3, 8, 10)).toEqual({ ...nothing, lost: 0, next });
        expect(await store.viewChildren(parent.runId, 3, 8, 1)).toMatchObject({ next: next.slice(0, 1) });
        const again = follow(lost, [{ type: 'run.retried', next: 'a' }]);
        await store.commit({ appends: [again], slots: [{ runId: lost.runId, slotSeq: 8 }] });
        const under = { ...nothing, active: 1, unfinished: 1, lost: 0, next: next.slice(1) };
        expect(await store.viewChildren(parent.runId, 3, 8, 10)).toEqual(under);
        await commit(store, follow(again.state, [FAILED]));
        expect(await store.viewChildren(parent.runId, 3, 8, 10)).toMatchObject({ lost: 1, next: next.slice(1) });
      });

      it('that are lost are counted as far as it is asked, of each retry of their parent anew', async () => {
        const parent = await storeParent(6);
        const made = [0, 1, 2, 3].map((index) => newChild(parent, 3, index));
        await store.commit(unit(...made.map((child) => ({ ...child, create: { slotSeq: 3 } }))));
        const [first, second, third, fourth] = made.map(({ state }) => state);
        const lost = await commit(store, follow(first!, [STARTED, FAILED]));
        for (const child of [second!, third!]) await commit(store, follow(child, [CANCELLED]));
        await commit(store, follow(fourth!, [STARTED, COMPLETED]));
        const countLost = async (slotSeq: number, lostLimit?: number, retriedAt?: number) =>
          (await store.viewChildren(parent.runId, 3, slotSeq, 10, retriedAt, lostLimit)).lost;
        expect(await Promise.all([1, 2, 3, 9].map((limit) => countLost(3, limit)))).toEqual([1, 2, 3, 3]);
        expect(await countLost(3)).toBe(1);
        expect(await countLost(8, 9)).toBe(0);
        const again = follow(lost, [{ type: 'run.retried', next: 'a' }]);
        await store.commit({ appends: [again], slots: [{ runId: lost.runId, slotSeq: 8 }] });
        await commit(store, follow(again.state, [FAILED]));
        // Two are made after the retry, and cancelled before they have a slot.
        const late = [4, 5].map((index) => newChild(parent, 3, index));
        await store.commit(unit(...late));
        for (const { state } of late) await commit(store, follow(state, [CANCELLED]));
        expect(await Promise.all([1, 2, 9].map((limit) => countLost(8, limit, NOON)))).toEqual([1, 2, 3]);
        expect(await countLost(8, 9, late[0]!.state.submittedAt + 1)).toBe(1);
      });

      it('need their graph to be there, unless they are branches', async () => {
        const parent = await storeParent(1);
        const gone = { graphId: 'gone', graphVersion: 7 };
        await store.commit(unit(newChild(parent, 3, 0, gone)));
        const graphRun = newChild(parent, 3, 1, { ...gone, kind: 'graph' });
        await expect(store.commit(unit(graphRun))).rejects.toBeInstanceOf(GraphGoneError);
        await store.createGraph(graph('h'));
        await store.commit(unit(newChild(parent, 3, 1, { graphId: 'h', kind: 'graph' })));
      });

      it('are counted, by how far they are', async () => {
        const parent = await storeParent(6);
        const none = { made: 0, ended: 0, lost: 0, running: 0, waiting: 0 };
        expect(await store.countChildren(parent.runId, 3)).toEqual(none);
        const children = [0, 1, 2, 3, 4, 5].map((index) => newChild(parent, 3, index));
        const begun = children.slice(0, 3).map((child) => ({ ...child, create: { slotSeq: 3 } }));
        await store.commit(unit(...begun, ...children.slice(3)));
        expect(await store.countChildren(parent.runId, 3)).toEqual({ ...none, made: 6, running: 3 });
        await commit(store, follow(begun[0]!.state, [STARTED, COMPLETED]));
        await commit(store, follow(begun[1]!.state, [STARTED, waits('input')]));
        await commit(store, follow(children[5]!.state, [CANCELLED]));
        expect(await store.countChildren(parent.runId, 3)).toEqual({
          made: 6,
          ended: 2,
          lost: 1,
          running: 1,
          waiting: 1,
        });
      });

      it('add the tokens that they use to all above them, once they are stored', async () => {
        const used = (number: number, calls: number): RunEvent => {
          return { ...step(number), usage: { input_tokens: 10 * calls, output_tokens: calls } } as RunEvent;
        };
        const top = await storeParent(2);
        const [first, second] = [0, 1].map((index) => newChild(top, 3, index)) as [RunAppend, RunAppend];
        await store.commit(unit(first, second));
        const inside = newChild(first.state, 3, 0);
        await commit(store, inside);
        await Promise.all([
          commit(store, follow(inside.state, [STARTED, used(1, 1), used(2, 2)])),
          commit(store, follow(second.state, [STARTED, used(1, 4)])),
        ]);
        const refused = unit(follow(second.state, [STARTED, used(1, 100)]));
        await expect(store.commit(refused)).rejects.toBeInstanceOf(ConflictError);
        const usages = await Promise.all(
          [top, first.state, second.state].map((run) => store.readChildUsage(run.runId)),
        );
        expect(usages).toEqual([7, 3, 0].map((calls) => ({ input_tokens: 10 * calls, output_tokens: calls })));
        for (const { state } of [inside, first, second]) await commitEnd(state);
        await commitEnd(top);
        expect(await store.deleteRun(top.runId)).toBe('deleted');
        expect(await store.readChildUsage(top.runId)).toEqual({ input_tokens: 0, output_tokens: 0 });
      });

      it('leave what became of them: of a branch what it has set itself, of a graph all its data', async () => {
        const parent = await storeParent(4);
        const data = { inherited: 'from the parent' };
        const ends = [[step(1, { own: [1] }), COMPLETED], [step(1, { own: 2 }), FAILED], [CANCELLED]];
        const states = await Promise.all(
          ends.map((events, index) => commitChild(newChild(parent, 3, index, { data }), [STARTED, ...events])),
        );
        const graphRun = newChild(parent, 3, 3, { kind: 'graph' });
        states.push(await commitChild(graphRun, [STARTED, step(1, { all: 'x' }), COMPLETED]));
        const [one, two, three, four] = states.map(({ runId }) => runId);
        const finishedAt = states[0] && finishedAtOf(states[0]);
        const error = { code: 'tool_failed', message: 'no\nluck', node: 'a' };
        expect(await store.readChildResults(parent.runId, 3)).toEqual([
          { index: 0, runId: one, status: 'COMPLETED', finishedAt, data: { own: [1] }, error: null },
          { index: 1, runId: two, status: 'FAILED', finishedAt, data: { own: 2 }, error },
          { index: 2, runId: three, status: 'CANCELLED', finishedAt, data: {}, error: null },
          { index: 3, runId: four, status: 'COMPLETED', finishedAt, data: { all: 'x' }, error: null },
        ]);
        expect(await store.readChildResults(parent.runId, 4)).toEqual([]);
        await commit(store, follow(states[1]!, [{ type: 'run.retried', next: 'a' }]));
        const retried = { index: 1, runId: two, status: 'RUNNING', finishedAt: 0, data: {}, error: null };
        expect((await store.readChildResults(parent.runId, 3))[1]).toEqual(retried);
      });

      it('are found at any depth by what they wait for', async () => {
        const top = await storeParent(3);
        const other = await storeParent(1);
        const waitingFor = async (runId: string, limit = 10) =>
          (await store.listWaitingDescendants(runId, ['input'], limit)).map((run) => run.runId);
        const add = async (parent: RunState, index: number, events: RunEvent[], kind?: 'graph') =>
          commitChild(newChild(parent, 3, index, { kind: kind ?? 'branch', at: NOON + index }), [STARTED, ...events]);
        const direct = await add(top, 0, [waits('input')]);
        await add(top, 1, [waits('timer', NOON)]);
        const middle = await add(top, 2, [step(1), branches(1)]);
        const inner = await add(middle, 3, [waits('graph')]);
        const deep = await add(inner, 4, [waits('input')], 'graph');
        await add(inner, 5, [COMPLETED]);
        await add(other, 0, [waits('input')]);
        expect(await waitingFor(top.runId)).toEqual([direct.runId, deep.runId]);
        expect(await waitingFor(top.runId, 1)).toHaveLength(1);
        expect(await waitingFor(middle.runId)).toEqual([deep.runId]);
        expect(await waitingFor(deep.runId)).toEqual([]);
        expect(await store.listWaitingDescendants(middle.runId, ['input'], 1)).toEqual([
          (await store.listRuns({ parentRunId: inner.runId, waitingFor: 'input', limit: 1 }))[0],
        ]);
        const answered: RunEvent = { type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: 1 };
        await commit(store, follow(deep, [answered]));
        expect(await waitingFor(top.runId)).toEqual([direct.runId]);
      });
    });

    describe('waking', () => {
      it('names the runs that are due, earliest first, and the time of the next', async () => {
        const add = async (events: RunEvent[]) =>
          commit(store, newRun()).then((run) => commit(store, follow(run, events)));
        const late = await add([STARTED, waits('timer', NOON + 3000)]);
        const early = await add([STARTED, waits('input', NOON + 1000)]);
        const middle = await add([STARTED, waits('timer', NOON + 2000)]);
        await add([STARTED, waits('input')]);
        await add([STARTED, step(1), branches(1)]);
        expect(await store.listDueRuns(NOON + 999, 10)).toEqual([]);
        expect(await store.listDueRuns(NOON + 2000, 10)).toEqual([early.runId, middle.runId]);
        expect(await store.listDueRuns(NOON + 9999, 2)).toEqual([early.runId, middle.runId]);
        expect(await store.nextWakeAt(0)).toBe(NOON + 1000);
        expect(await store.nextWakeAt(NOON + 1000)).toBe(NOON + 2000);
        expect(await store.nextWakeAt(NOON + 3000)).toBeUndefined();
        await commit(store, follow(late, [{ type: 'wait.ended', wait_id: 'w3', outcome: 'elapsed' }]));
        expect(await store.nextWakeAt(NOON + 2000)).toBeUndefined();
        expect(await store.listDueRuns(NOON + 9999, 10)).toEqual([early.runId, middle.runId]);
      });

      it('wakes runs at their deadline, queued ones too', async () => {
        const run = newRun();
        const state = { ...run.state, deadlineAt: NOON + 500 };
        await commit(store, { ...run, state });
        expect(await store.listDueRuns(NOON + 500, 10)).toEqual([state.runId]);
        await commit(store, follow(state, [STARTED]));
        expect(await store.listDueRuns(NOON + 500, 10)).toEqual([]);
      });
    });

    describe('deleting runs', () => {
      it('deletes a run with all below it, and nothing else', async () => {
        const { top, family } = await storeFamily();
        const stranger = await storeFamily();
        for (const { runId } of family) expect(await store.deleteRun(runId)).toBe('child');
        expect(await store.deleteRun(top.runId)).toBe('deleted');
        for (const { runId } of [top, ...family]) expect(await store.loadRun(runId)).toBeUndefined();
        expect(await store.viewChildren(top.runId, 3, 3, 10)).toMatchObject({ created: 0 });
        for (const { runId } of [stranger.top, ...stranger.family]) expect(await store.loadRun(runId)).toBeDefined();
      });

      it('spares a run while one below it has not finished', async () => {
        const { top, family } = await storeFamily();
        const active = await commit(store, newChild(family.at(-1)!, 3, 9));
        const later = await storeFamily();
        expect(await store.deleteRun(top.runId)).toBe('active');
        // It does not stand in the way of others either.
        expect(await store.deleteRunsFinishedBefore(NOON + 1000, 1)).toBe(1);
        expect(await store.loadRun(later.top.runId)).toBeUndefined();
        expect(await store.deleteRunsFinishedBefore(NOON + 1000, 1)).toBe(0);
        await commit(store, follow(active, [CANCELLED]));
        expect(await store.deleteRun(top.runId)).toBe('deleted');
      });

      it('counts top-level runs only, and deletes their children with them', async () => {
        const families = [await storeFamily(), await storeFamily(), await storeFamily()];
        expect(await store.deleteRunsFinishedBefore(NOON, 10)).toBe(0);
        expect(await store.deleteRunsFinishedBefore(NOON + 1000, 2)).toBe(2);
        const left = await Promise.all(families.flatMap(({ top, family }) => [top, ...family]).map(isStored));
        expect(left.filter((is) => is)).toHaveLength(1 + families[0]!.family.length);
        expect(await store.deleteRunsFinishedBefore(NOON + 1000, 2)).toBe(1);
      });

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
        const again = { ...follow(ended, [{ type: 'run.recovered' }]), rowChanged: true };
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
        const { definition, ...identity } = graph('x', 'Ex');
        const text = JSON.stringify(definition);
        expect(await store.findGraphText('x')).toEqual({ ...identity, version: 1, text, isJson: true });
        expect(await store.findGraphText('x', { version: 2 })).toBeUndefined();
        const isThere = [['x'], ['x', 1], ['x', 2], ['y']] as const;
        expect(await Promise.all(isThere.map(([id, version]) => store.hasGraph(id, version)))).toEqual([
          true,
          true,
          false,
          false,
        ]);
      });

      it('lists the ids of graphs, each once, without deleted ones', async () => {
        for (const id of ['b', 'a', 'gone']) await store.createGraph(graph(id));
        await store.updateGraph(graph('a', 'Newer'));
        await store.deleteGraph('gone', NOON);
        expect(await store.listGraphIds(10)).toEqual(['a', 'b', 'g']);
        expect(await store.listGraphIds(2)).toEqual(['a', 'b']);
        expect([await store.hasGraph('gone'), await store.hasGraph('gone', 1)]).toEqual([false, false]);
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

      it('keeps a graph while it runs as a child of another', async () => {
        await store.createGraph(graph('h'));
        const parent = await storeParent(1);
        const child = await commit(store, newChild(parent, 3, 0, { kind: 'graph', graphId: 'h' }));
        expect(await store.deleteGraph('h', NOON)).toBe('active');
        await commit(store, follow(child, [CANCELLED]));
        expect(await store.deleteGraph('h', NOON)).toBe('deleted');
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
        const found = async (search: string) =>
          (await store.listGraphs(undefined, 9, search)).map((one) => one.graphId);
        expect(await found('BETT')).toEqual(['b']);
        expect(await found('D')).toEqual(['d']);
        expect(await found('%')).toEqual([]);
        expect((await store.listGraphs('a', 1, 'b')).map((one) => one.graphId)).toEqual(['b']);
        const { definition: _, ...better } = graph('b', 'Better');
        expect((await store.listGraphs('a', 1))[0]).toEqual({
          ...better,
          version: 2,
          description: null,
          isTool: false,
        });
        const { definition } = graph('e');
        await store.createGraph({
          ...graph('e'),
          definition: { ...definition, description: 'What it is "for"', expose_as_tool: true },
        });
        expect((await store.listGraphs('d', 1))[0]).toMatchObject({ description: 'What it is "for"', isTool: true });
      });
    });

    describe('keys', () => {
      it('keeps the first that was made for a purpose, whoever asks, and one for each purpose', async () => {
        const asked = await Promise.all(['first', 'second', 'third'].map((fresh) => store.obtainKey('links', fresh)));
        expect(new Set(asked).size).toBe(1);
        expect(await store.obtainKey('links', 'fourth')).toBe(asked[0]);
        expect(await store.obtainKey('others', 'fifth')).toBe('fifth');
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

    /** A run whose third event has started branches. */
    async function storeParent(count: number): Promise<RunState> {
      const run = await commit(store, newRun());
      return commit(store, follow(run, [STARTED, branches(count)]));
    }

    /** Makes a child and has it go on. */
    async function commitChild(child: RunAppend, events: readonly RunEvent[]): Promise<RunState> {
      await commit(store, child);
      return commit(store, follow(child.state, events));
    }

    /** A finished run with children and grandchildren that have finished too. */
    async function storeFamily(): Promise<{ top: RunState; family: RunState[] }> {
      const parent = await storeParent(2);
      const children = [0, 1].map((index) => newChild(parent, 3, index));
      const grandchildren = children.flatMap(({ state }) => [newChild(state, 2, 0), newChild(state, 2, 1)]);
      const family: RunState[] = [];
      for (const child of [...children, ...grandchildren]) family.push(await commitChild(child, [CANCELLED]));
      return { top: await commit(store, follow(parent, [CANCELLED])), family };
    }

    /** Cancels a run, however far it has come. */
    async function commitEnd({ runId }: RunState): Promise<void> {
      const records = await store.readEvents(runId, 0, 100);
      await commit(store, follow(fold(blankRun(runId), records), [CANCELLED]));
    }

    async function isStored({ runId }: RunState): Promise<boolean> {
      return (await store.loadRun(runId)) !== undefined;
    }

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

    /** Runs of several graphs, statuses and metadata, and children of the first two, newest first. */
    async function storeManyRuns(): Promise<RunState[]> {
      await store.createGraph(graph('h'));
      const states: RunState[] = [];
      for (let number = 0; number < 40; number++) {
        const run = manyRun(number, states);
        const events = ENDS[number % ENDS.length]!;
        states.unshift(await commit(store, run, ...(events.length === 0 ? [] : [follow(run.state, events)])));
      }
      return states;
    }
  });
}

/** One of many runs; four of ten are children of the first two, which stand last in `states`. */
function manyRun(number: number, states: readonly RunState[]): RunAppend {
  const options = { graphId: number % 2 === 0 ? 'g' : 'h', at: NOON + number * 60_000 };
  const parent = number % 10 < 4 ? states[states.length - 1 - (number % 2)] : undefined;
  if (parent !== undefined) return newChild(parent, 3, number, options);
  const team = ['red', 'blue', 'green'][number % 3]!;
  return newRun({ ...options, metadata: { ...(number % 4 === 0 ? {} : { team }), tier: String(number % 5) } });
}

/** How far runs have come. */
const ENDS: readonly (readonly RunEvent[])[] = [
  [],
  [STARTED],
  [STARTED, COMPLETED],
  [FAILED],
  [CANCELLED],
  [STARTED, waits('input')],
  [STARTED, COMPLETED],
  [STARTED, waits('timer', NOON)],
];

function fits(run: FlatRun, filter: Omit<RunFilter, 'limit'>): boolean {
  const parent = run.parent?.run_id;
  return (
    (filter.parentRunId ?? (filter.waitingFor === undefined ? undefined : parent)) === parent &&
    (filter.waitingFor ?? run.waiting?.kind) === run.waiting?.kind &&
    (filter.statuses?.includes(run.status) ?? true) &&
    (filter.graphId ?? run.graphId) === run.graphId &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => run.metadata[key] === value) &&
    run.submittedAt > (filter.submittedAfter ?? Number.NEGATIVE_INFINITY) &&
    (filter.after === undefined || run.runId < filter.after)
  );
}

/** The rows of runs by run, and in how many pages they came. */
async function readRawPages(store: Store, runIds: readonly string[]) {
  const read = new Map<string, object[]>();
  let pages = 0;
  for await (const page of rawPages(store, runIds)) {
    pages += 1;
    for (const { runId, rows } of page) read.set(runId, [...(read.get(runId) ?? []), ...rows]);
  }
  return { read, pages };
}

async function rowsOf(store: Store, runId: string): Promise<object[]> {
  const records = await store.readEvents(runId, 0, 10);
  return records.map(({ event, logEnd, ...row }) => ({ ...row, type: event.type, log_end: logEnd }));
}
