import { beforeEach, describe, expect, it } from 'vitest';
import type { NotifyEvent, NotifyTarget } from '../../src/core/base/notify.js';
import { deliveryIdOf } from '../../src/core/delivery/delivery.js';
import { deliveriesOf } from '../../src/core/delivery/outbox.js';
import { GIVE_UP_MS, type TryResult } from '../../src/core/delivery/tries.js';
import type { RunEvent } from '../../src/core/run/events.js';
import { append, openRun } from '../../src/core/run/journal.js';
import type { RunState } from '../../src/core/run/state.js';
import { appendOf, creationOf } from '../../src/runs/units.js';
import type { ClaimedDelivery, DeliveryFilter, DeliverySummary } from '../../src/store/deliveries.js';
import { ConflictError } from '../../src/store/errors.js';
import type { Store } from '../../src/store/store.js';
import { CANCELLED, COMPLETED, graph, NOON, newRun, STARTED, waits } from './runs.js';

const ALL: readonly NotifyEvent[] = ['completed', 'failed', 'cancelled', 'waiting_for_input', 'limit'];

export const targetAt = (url: string, on = ALL): NotifyTarget => ({ url, on, secret: 'HOOK' });
const A = targetAt('http://a.example/hook');
const B = targetAt('http://b.example/hook');

const OK: TryResult = { kind: 'answered', status: 200, retryAfterSeconds: undefined };
const ERROR: TryResult = { kind: 'answered', status: 500, retryAfterSeconds: undefined };
const GONE: TryResult = { kind: 'answered', status: 410, retryAfterSeconds: undefined };
const SILENT: TryResult = { kind: 'failed', error: 'connect ECONNREFUSED' };

/** A run that tells some targets. */
export async function startRun(store: Store, notify: readonly NotifyTarget[] = [A]): Promise<RunState> {
  const { runId } = newRun().state;
  const submitted = {
    type: 'run.submitted',
    graph_id: 'g',
    graph_version: 1,
    input_data: null,
    limits: { max_steps: 1000 },
    metadata: {},
    notify,
  } as const;
  const opened = openRun(runId, submitted, NOON);
  await store.commit({ appends: [creationOf(opened)] });
  return follow(store, opened.state, [STARTED]);
}

/** Appends to a run, with the callbacks that follow. */
export async function follow(
  store: Store,
  state: RunState,
  events: readonly RunEvent[],
  at = NOON + 1000,
): Promise<RunState> {
  const after = append(state, events, at);
  await store.commit({ appends: [appendOf(state, after)] });
  return after.state;
}

/** Asks a person, so many times: a callback each. */
async function ask(store: Store, state: RunState, times: number): Promise<RunState> {
  let after = state;
  for (let time = 0; time < times; time++) {
    const answer = { type: 'wait.ended', wait_id: `w${after.seq + 1}`, outcome: 'answered', answer: 1 } as const;
    after = await follow(store, after, [waits('input'), answer], NOON + 1000 + time);
  }
  return after;
}

/** The ids of what fits a filter, read two at a time. */
async function idsInPages(store: Store, filter: Omit<DeliveryFilter, 'limit' | 'after'>): Promise<string[]> {
  const found: DeliverySummary[] = [];
  for (;;) {
    const after = found.at(-1);
    const page = await store.deliveries.list({ ...filter, ...(after !== undefined && { after }), limit: 2 });
    if (page.length === 0) return found.map(deliveryIdOf);
    found.push(...page);
  }
}

/** What every adapter does with callbacks. `openStore` gives an empty store. */
export function describeDeliveries(name: string, openStore: () => Promise<Store>): void {
  describe(`${name} with callbacks`, () => {
    const now = NOON + 60_000;
    let store: Store;
    beforeEach(async () => {
      store = await openStore();
      await store.createGraph(graph('g'));
    });

    const claim = (host = 'a.example:80', at = now, limit = 10) => store.deliveries.claim(host, at, limit);
    const settle = (claimed: ClaimedDelivery, result: TryResult, at = now) =>
      store.deliveries.settle(claimed, { at, ms: 5, result, retries: claimed.retries }, at, 0.5);
    const statuses = async (runId: string) =>
      (await store.deliveries.list({ runId, limit: 100 })).map(({ seq, target, status }) => [seq, target, status]);

    it('stores them with their event, to be claimed by one', async () => {
      const run = await startRun(store);
      expect(await claim()).toEqual([]);
      await follow(store, run, [COMPLETED]);
      const [claimed, ...others] = await claim();
      expect(others).toEqual([]);
      expect(claimed).toMatchObject({
        runId: run.runId,
        seq: 3,
        target: 0,
        event: 'completed',
        ...urlOf(A),
        retries: 0,
      });
      expect(JSON.parse(claimed!.body)).toMatchObject({ type: 'run.completed', data: { run_id: run.runId } });
      expect(await claim()).toEqual([]);
      expect(await settle(claimed!, OK)).toBe('delivered');
      expect(await claim()).toEqual([]);
      expect(await store.deliveries.find(claimed!)).toEqual({
        runId: run.runId,
        seq: 3,
        target: 0,
        status: 'delivered',
        event: 'completed',
        ...urlOf(A),
        createdAt: NOON + 1000,
        settledAt: now,
        tries: 1,
        nextAt: null,
        attempts: [{ at: now, ms: 5, status: 200 }],
        body: claimed!.body,
      });
    });

    it('stores none if the event is not', async () => {
      const run = await startRun(store);
      await follow(store, run, [COMPLETED]);
      await expect(follow(store, run, [CANCELLED])).rejects.toThrow(ConflictError);
      expect(await statuses(run.runId)).toEqual([[3, 0, 'pending']]);
    });

    it('stores them for several runs and targets in one unit, and for a target that has some', async () => {
      const [one, other] = [await startRun(store, [A, B]), await startRun(store, [B])];
      const ends = [one, other].map((state) => [state, append(state, [waits('input')], NOON + 1000)] as const);
      await store.commit({ appends: ends.map(([state, after]) => appendOf(state, after)) });
      const after = append(ends[0]![1].state, [CANCELLED], NOON + 2000);
      await store.commit({ appends: [appendOf(ends[0]![1].state, after)] });
      expect(await statuses(one.runId)).toEqual([
        [4, 1, 'pending'],
        [4, 0, 'pending'],
        [3, 1, 'pending'],
        [3, 0, 'pending'],
      ]);
      expect(await statuses(other.runId)).toEqual([[3, 0, 'pending']]);
      expect(await store.deliveries.countPending()).toEqual({ count: 5, oldestAt: NOON + 1000 });
    });

    it('stores them for many units at once', async () => {
      const runs = await Promise.all(Array.from({ length: 20 }, () => startRun(store, [A, B])));
      await Promise.all(runs.map((run) => follow(store, run, [waits('input'), CANCELLED])));
      expect((await store.deliveries.countPending()).count).toBe(80);
      expect(await claim('a.example:80', now, 100)).toHaveLength(20);
    });

    it('gives the next of a target only when the one before is delivered, in order', async () => {
      const run = await ask(store, await startRun(store, [A, B]), 3);
      const seen: number[] = [];
      for (;;) {
        const [claimed, ...others] = await claim();
        if (claimed === undefined) break;
        expect(others).toEqual([]);
        seen.push(claimed.seq);
        await settle(claimed, OK);
      }
      expect(seen).toEqual([3, 5, 7]);
      // The other target has its own.
      expect((await claim('b.example:80'))[0]).toMatchObject({ runId: run.runId, seq: 3, target: 1 });
    });

    it('tries one again when its time has come, and keeps the others waiting', async () => {
      await ask(store, await startRun(store), 2);
      const [first] = await claim();
      expect(await settle(first!, SILENT)).toBe('pending');
      expect(await claim()).toEqual([]);
      expect(await store.deliveries.nextDueAt(now)).toBe(now + 1000);
      expect(await claim('a.example:80', now + 999)).toEqual([]);
      const [again] = await claim('a.example:80', now + 1000);
      expect(again).toMatchObject({ seq: first!.seq });
      expect(await store.deliveries.find(again!)).toMatchObject({
        tries: 1,
        attempts: [{ at: now, ms: 5, error: 'connect ECONNREFUSED' }],
      });
      await settle(again!, OK, now + 1000);
      expect((await claim('a.example:80', now + 1000))[0]).toMatchObject({ seq: 5 });
    });

    it('gives one up after three days, and goes on with the next', async () => {
      const run = await ask(store, await startRun(store), 2);
      const late = NOON + 1000 + GIVE_UP_MS;
      const [first] = await claim('a.example:80', late);
      expect(await settle(first!, ERROR, late)).toBe('dead');
      expect(await statuses(run.runId)).toEqual([
        [5, 0, 'pending'],
        [3, 0, 'dead'],
      ]);
      expect((await claim('a.example:80', late))[0]).toMatchObject({ seq: 5 });
    });

    it('tells a target that is gone nothing more of the run, now and later, and others everything', async () => {
      const run = await ask(store, await startRun(store, [A, B]), 2);
      const [first] = await claim();
      expect(await settle(first!, GONE)).toBe('gone');
      await follow(store, run, [COMPLETED], NOON + 5000);
      expect(await claim('a.example:80', now + 1e9)).toEqual([]);
      expect(await statuses(run.runId)).toEqual([
        [7, 1, 'pending'],
        [7, 0, 'gone'],
        [5, 1, 'pending'],
        [5, 0, 'gone'],
        [3, 1, 'pending'],
        [3, 0, 'gone'],
      ]);
    });

    it('goes on where nothing was stored of a try, as if it had not been made', async () => {
      await follow(store, await startRun(store), [COMPLETED]);
      const [claimed] = await claim();
      await store.deliveries.release(claimed!, now);
      const [again] = await claim();
      expect(again).toMatchObject({ seq: 3 });
      expect((await store.deliveries.find(again!))!.attempts).toEqual([]);
    });

    it('lets somebody have one tried again that was given up: for three days more', async () => {
      const run = await startRun(store);
      await follow(store, run, [COMPLETED]);
      const late = NOON + 1000 + GIVE_UP_MS;
      const [first] = await claim('a.example:80', late);
      await settle(first!, ERROR, late);
      expect(await store.deliveries.retry(first!, late + 5)).toBe('retried');
      expect(await store.deliveries.find(first!)).toMatchObject({
        status: 'pending',
        tries: 0,
        settledAt: null,
        nextAt: late + 5,
        attempts: [{ status: 500 }],
      });
      const [again] = await claim('a.example:80', late + 5);
      expect(await settle(again!, ERROR, late + 6)).toBe('pending');
      expect(await store.deliveries.retry(first!, late + 7)).toBe('retried');
      const [third] = await claim('a.example:80', late + 7);
      expect(await settle(third!, OK, late + 8)).toBe('delivered');
      expect(await store.deliveries.retry(first!, late + 9)).toBe('delivered');
      expect(await store.deliveries.retry({ ...first!, seq: 99 }, late)).toBe('missing');
    });

    it('tells a target that was gone again when somebody has one tried again', async () => {
      const run = await ask(store, await startRun(store), 2);
      const [first] = await claim();
      await settle(first!, GONE);
      await store.deliveries.retry({ ...first!, seq: 5 }, now);
      expect(await statuses(run.runId)).toEqual([
        [5, 0, 'pending'],
        [3, 0, 'gone'],
      ]);
      const [second] = await claim();
      expect(second).toMatchObject({ seq: 5, retries: 1 });
      await settle(second!, OK);
      await follow(store, run, [COMPLETED]);
      expect((await claim())[0]).toMatchObject({ seq: 7 });
    });

    it.each([ERROR, GONE, SILENT])('loses no wish for another try while one is under way: %j', async (result) => {
      await ask(store, await startRun(store), 1);
      const [claimed] = await claim();
      expect(await store.deliveries.retry(claimed!, now)).toBe('retried');
      // One at a time, even so.
      expect(await claim('a.example:80', now + 1)).toEqual([]);
      expect(await settle(claimed!, result, now + 2)).toBe('pending');
      expect(await claim('a.example:80', now + 2)).toMatchObject([{ seq: 3, retries: 1 }]);
    });

    it('takes one that is tried again before later ones, when the try under way has ended', async () => {
      await ask(store, await startRun(store), 2);
      const late = NOON + 2000 + GIVE_UP_MS;
      const [first] = await claim('a.example:80', late);
      await settle(first!, ERROR, late);
      const [second] = await claim('a.example:80', late);
      await store.deliveries.retry(first!, late + 1);
      expect(await claim('a.example:80', late + 1)).toEqual([]);
      expect(await settle(second!, ERROR, late + 2)).toBe('dead');
      expect(await claim('a.example:80', late + 2)).toMatchObject([{ seq: 3 }]);
    });

    it('lists hosts that have pending ones, with when the first is due', async () => {
      for (const host of ['c', 'a', 'b']) {
        const url = `http://${host}.example/`;
        await follow(store, await startRun(store, [targetAt(url)]), [COMPLETED]);
        await follow(store, await startRun(store, [targetAt(url)]), [COMPLETED], NOON + 500);
      }
      const [claimed] = await claim('b.example:80', now, 1);
      await settle(claimed!, OK);
      const nextAt = NOON + 500;
      expect(await store.deliveries.listHosts('', 2)).toEqual([
        { host: 'a.example:80', nextAt },
        { host: 'b.example:80', nextAt: NOON + 1000 },
      ]);
      expect(await store.deliveries.listHosts('b.example:80', 2)).toEqual([{ host: 'c.example:80', nextAt }]);
      expect(await store.deliveries.listHosts('c.example:80', 2)).toEqual([]);
    });

    it('claims as many as are asked for, those first that have waited longest', async () => {
      const ends = [3000, 1000, 2000];
      for (const end of ends) await follow(store, await startRun(store), [COMPLETED], NOON + end);
      const first = await claim('a.example:80', now, 2);
      expect(first.map(({ body }) => JSON.parse(body).timestamp).sort()).toEqual([
        '2026-06-01T12:00:01.000Z',
        '2026-06-01T12:00:02.000Z',
      ]);
      expect(await claim('a.example:80', now, 2)).toHaveLength(1);
      expect(await store.deliveries.nextDueAt(now + 1e9)).toBeUndefined();
    });

    it('lists them newest first, by status and by run, in pages', async () => {
      const runs = [await startRun(store, [A, B]), await startRun(store, [A])];
      for (const run of runs) await ask(store, run, 3);
      const [claimed] = await claim('a.example:80', now, 1);
      await settle(claimed!, OK);
      const all = await store.deliveries.list({ limit: 100 });
      expect(all).toHaveLength(9);
      expect(all.map(({ createdAt }) => createdAt)).toEqual(all.map((one) => one.createdAt).sort((a, b) => b - a));
      for (const filter of [{}, { runId: runs[0]!.runId }, { statuses: ['pending'] as const }]) {
        const whole = await store.deliveries.list({ ...filter, limit: 100 });
        expect(await idsInPages(store, filter)).toEqual(whole.map(deliveryIdOf));
      }
      expect((await store.deliveries.list({ statuses: ['delivered'], limit: 9 })).map(deliveryIdOf)).toEqual([
        deliveryIdOf(claimed!),
      ]);
      expect(await store.deliveries.list({ statuses: ['dead', 'gone'], limit: 9 })).toEqual([]);
      expect(await store.deliveries.list({ runId: 'no run', limit: 9 })).toEqual([]);
      // Only the first of a target has its time.
      const pending = await store.deliveries.list({ runId: runs[1]!.runId, statuses: ['pending'], limit: 9 });
      expect(pending.map(({ nextAt }) => nextAt !== null).filter(Boolean)).toHaveLength(1);
    });

    it('knows nothing of one that is not there', async () => {
      const { runId } = newRun().state;
      expect(await store.deliveries.find({ runId, seq: 1, target: 0 })).toBeUndefined();
      expect(await store.deliveries.countPending()).toEqual({ count: 0, oldestAt: undefined });
    });

    it('deletes them with their run, also while one is tried', async () => {
      const [run, other] = [await startRun(store), await startRun(store)];
      for (const one of [run, other]) await follow(store, one, [COMPLETED]);
      const claims = await claim();
      expect(await store.deleteRun(run.runId)).toBe('deleted');
      for (const claimed of claims) {
        expect(await settle(claimed, ERROR)).toBe(claimed.runId === run.runId ? undefined : 'pending');
      }
      expect(await statuses(run.runId)).toEqual([]);
      expect(await store.deliveries.retry({ runId: run.runId, seq: 3, target: 0 }, now)).toBe('missing');
      expect(await claim('a.example:80', now + 1000)).toHaveLength(1);
    });

    it('keeps a run that is old enough to go for as long as something is to be told of it', async () => {
      const run = await startRun(store);
      await follow(store, run, [COMPLETED]);
      expect(await store.deleteRunsFinishedBefore(now, 10)).toBe(0);
      const [claimed] = await claim();
      await settle(claimed!, OK);
      expect(await store.deleteRunsFinishedBefore(now, 10)).toBe(1);
      expect(await statuses(run.runId)).toEqual([]);
    });

    it('goes on where it stopped when it looks for old runs, and comes round again', async () => {
      const first = await startRun(store);
      await follow(store, first, [COMPLETED], NOON + 1000);
      const others = [await startRun(store, []), await startRun(store, [])];
      for (const run of others) await follow(store, run, [COMPLETED], NOON + 2000);
      expect(await store.deleteRunsFinishedBefore(now, 1)).toBe(1);
      const [claimed] = await claim();
      await settle(claimed!, OK);
      expect(await store.deleteRunsFinishedBefore(now, 1)).toBe(1);
      expect(await store.listRuns({ limit: 10 })).toMatchObject([{ runId: first.runId }]);
      const more = [await store.deleteRunsFinishedBefore(now, 1), await store.deleteRunsFinishedBefore(now, 1)];
      expect(more.sort()).toEqual([0, 1]);
      expect(await store.listRuns({ limit: 10 })).toEqual([]);
    });

    it('stores what is said in any text', async () => {
      const run = await startRun(store);
      const event: RunEvent = {
        type: 'run.failed',
        error: { code: 'x', message: 'NUL \0, half \ud800', node: null, step: null },
      };
      const after = append(run, [event], NOON);
      expect(deliveriesOf(run, after.records, after.state)).toHaveLength(1);
      await follow(store, run, [event]);
      const [claimed] = await claim();
      expect(JSON.parse(claimed!.body).data.error.message).toBe('NUL \0, half \ud800');
      expect(await settle(claimed!, { kind: 'failed', error: 'NUL \0, half \ud800' })).toBe('pending');
      expect((await store.deliveries.find(claimed!))!.attempts).toMatchObject([{ error: 'NUL \0, half \ud800' }]);
    });
  });
}

function urlOf({ url, secret }: NotifyTarget) {
  return { url, secret };
}
