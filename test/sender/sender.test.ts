import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../src/core/run/events.js';
import type { CallbackAnswer, CallbackRequest } from '../../src/sender/post.js';
import { Sender, type SenderOptions, type TryOutcome } from '../../src/sender/sender.js';
import type { Deliveries } from '../../src/store/deliveries.js';
import { StoreUnavailableError } from '../../src/store/errors.js';
import type { Store } from '../../src/store/store.js';
import { until } from '../helpers/until.js';
import { follow, startRun, targetAt } from '../store/deliveries.suite.js';
import { open } from '../store/open-stores.js';
import { COMPLETED, graph, NOON, waits } from '../store/runs.js';

type Post = (request: CallbackRequest) => Promise<CallbackAnswer>;

const answer = (status: number) => async (): Promise<CallbackAnswer> => ({ status, retryAfterSeconds: undefined });
/** Answers when it is told to, or is cut off. */
function held() {
  const requests: (CallbackRequest & { answer: (status: number) => void })[] = [];
  const post: Post = (request) =>
    new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(new Error('cut off')));
      requests.push({ ...request, answer: (status) => resolve({ status, retryAfterSeconds: undefined }) });
    });
  return { post, requests };
}

async function newStore(): Promise<Store> {
  const store = open();
  await store.createGraph(graph('g'));
  return store;
}

/** A run that has ended, and tells one host. */
async function endRun(store: Store, host = 'a.example', at = NOON + 1000): Promise<string> {
  const run = await startRun(store, [targetAt(`http://${host}/hook`)]);
  await follow(store, run, [COMPLETED], at);
  return run.runId;
}

/** What a store has of callbacks, with some of it done otherwise. */
function changed({ deliveries: d }: Store, changes: Partial<Deliveries>): Deliveries {
  return {
    list: (filter) => d.list(filter),
    find: (key) => d.find(key),
    retry: (key, now) => d.retry(key, now),
    listHosts: (after, limit) => d.listHosts(after, limit),
    claim: (host, now, limit) => d.claim(host, now, limit),
    extend: (claims, now) => d.extend(claims, now),
    settle: (claimed, ended, now, chance) => d.settle(claimed, ended, now, chance),
    release: (claimed, now) => d.release(claimed, now),
    nextDueAt: (after) => d.nextDueAt(after),
    countPending: () => d.countPending(),
    ...changes,
  };
}

/** The clock is one that a test sets. */
function newSender(store: Store, post: Post, options: Partial<SenderOptions> = {}) {
  const outcomes: TryOutcome[] = [];
  const logged: { details: object; words: string }[] = [];
  const log = (details: object, words?: string) => void logged.push({ details, words: words ?? '' });
  const time = { now: NOON + 60_000 };
  const sender = new Sender({
    deliveries: store.deliveries,
    post,
    secrets: { HOOK: 'c2VjcmV0' },
    isShared: false,
    now: () => time.now,
    random: () => 0.5,
    logger: { info: log, error: log } as unknown as SenderOptions['logger'],
    onTried: (outcome) => outcomes.push(outcome),
    ...options,
  });
  onTestFinished(() => sender.drain(0));
  return { sender, outcomes, logged, time };
}

const pending = async (store: Store) => (await store.deliveries.countPending()).count;

describe('the sender', () => {
  it('delivers what is due when it starts, and what comes later, signed', async () => {
    const store = await newStore();
    const runId = await endRun(store);
    const { post, requests } = held();
    const { sender, outcomes } = newSender(store, post);
    sender.notice();
    expect(requests).toEqual([]);
    sender.start();
    await until(() => requests.length === 1);
    expect(requests[0]).toMatchObject({
      url: 'http://a.example/hook',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'graphrunner',
        'webhook-id': `msg_${runId.replaceAll('-', '')}_3_0`,
        'webhook-signature': expect.stringMatching(/^v1,/),
      },
    });
    requests[0]!.answer(200);
    await until(async () => (await pending(store)) === 0);
    await endRun(store);
    sender.committed([{ appends: [] }]);
    sender.committed([{ appends: [{ deliveries: [] } as never] }]);
    await until(() => requests.length === 2);
    requests[1]!.answer(200);
    await until(() => outcomes.length === 2);
    expect(outcomes).toEqual(['delivered', 'delivered']);
  });

  it('tries again by itself, when the time has come, under the same id', async () => {
    const store = await newStore();
    await endRun(store, 'a.example', Date.now());
    const ids: string[] = [];
    const { sender, outcomes } = newSender(
      store,
      async ({ headers }) => {
        ids.push(headers['webhook-id']!);
        return { status: ids.length < 2 ? 500 : 200, retryAfterSeconds: undefined };
      },
      { now: Date.now, random: () => 0 },
    );
    sender.start();
    await until(() => outcomes.length === 2);
    expect(outcomes).toEqual(['failed', 'delivered']);
    expect(new Set(ids).size).toBe(1);
  });

  it('holds up nobody for hosts that hang: they have few tries at a time', async () => {
    const store = await newStore();
    for (let count = 0; count < 30; count++) await endRun(store, 'slow.example');
    for (let count = 0; count < 10; count++) await endRun(store, 'fast.example');
    const { post: hang, requests } = held();
    let [fast, most] = [0, 0];
    const { sender } = newSender(store, async (request) => {
      if (request.url.includes('slow')) return hang(request);
      fast += 1;
      most = Math.max(most, requests.length);
      return { status: 200, retryAfterSeconds: undefined };
    });
    sender.start();
    await until(() => fast === 10);
    expect(requests).toHaveLength(5);
    // After its first failure it has one at a time, until it takes something.
    for (const request of requests.slice(0, 5)) request.answer(500);
    await until(() => requests.length === 6);
    await until(
      async () => (await store.deliveries.list({ limit: 50 })).filter(({ tries }) => tries === 1).length === 15,
    );
    expect(requests).toHaveLength(6);
    requests[5]!.answer(200);
    await until(() => requests.length === 11);
  });

  it('holds up nobody for many hosts that hang, and tries each of them', async () => {
    const store = await newStore();
    const HOSTS = 50;
    const endAll = async () => {
      for (let host = 0; host < HOSTS; host++) await endRun(store, `slow${host}.example`);
    };
    await endAll();
    const { post: hang, requests } = held();
    let [fast, hangs] = [0, false];
    const answers: Post = async ({ url }) => {
      const isFast = url.includes('fast');
      fast += isFast ? 1 : 0;
      return { status: isFast ? 200 : 500, retryAfterSeconds: undefined };
    };
    const post: Post = (request) => (hangs && !request.url.includes('fast') ? hang(request) : answers(request));
    const { sender, outcomes } = newSender(store, post, { timeoutMs: 600_000 });
    sender.start();
    await until(() => outcomes.length === HOSTS);
    hangs = true;
    await endAll();
    sender.notice();
    await until(() => requests.length === 20);
    for (let count = 1; count <= 10; count++) {
      await endRun(store, 'slow3-fast.example');
      sender.notice();
      await until(() => fast === count);
    }
    // Whoever has its turn often, in the midst of them, takes none from those that are failing.
    const tried = () => new Set(requests.map(({ url }) => url)).size;
    for (let next = 0; tried() < HOSTS; next++) {
      await until(() => requests.length > next);
      requests[next]!.answer(500);
      await endRun(store, 'slow3-fast.example');
      sender.notice();
    }
  });

  it('gives every host its turn, however many have more to send', async () => {
    const store = await newStore();
    for (let host = 0; host < 12; host++) {
      for (let count = 0; count < 10; count++) await endRun(store, `h${host}.example`);
    }
    const { post, requests } = held();
    const { sender } = newSender(store, post);
    sender.start();
    await until(() => requests.length === 40);
    const hostsOf = (from: number, to: number) => new Set(requests.slice(from, to).map(({ url }) => new URL(url).host));
    expect(hostsOf(0, 40).size).toBe(8);
    for (const request of requests.slice(0, 20)) request.answer(200);
    await until(() => requests.length === 60);
    // Those that had none go first.
    expect([...hostsOf(40, 60)].filter((host) => !hostsOf(0, 40).has(host))).toHaveLength(4);
  });

  it('reads a backlog of thousands host by host, a few callbacks at a time', async () => {
    const store = await newStore();
    const run = await startRun(store, [targetAt('http://a.example/')]);
    const events = Array.from({ length: 1000 }, (_, index): RunEvent[] => {
      const wait_id = `w${run.seq + 1 + 2 * index}`;
      return [waits('input'), { type: 'wait.ended', wait_id, outcome: 'answered' }];
    });
    await follow(store, run, events.flat());
    const claims: number[] = [];
    const deliveries = changed(store, {
      claim: async (host: string, now: number, limit: number) => {
        const claimed = await store.deliveries.claim(host, now, limit);
        claims.push(claimed.length);
        return claimed;
      },
    });
    const { sender } = newSender(store, answer(500), { deliveries });
    sender.start();
    await until(() => claims.length > 0);
    await until(async () => (await store.deliveries.list({ limit: 2000 })).some(({ tries }) => tries === 1));
    expect(claims[0]).toBe(1);
    expect(await pending(store)).toBe(1000);
  });

  it('says that a secret is missing, and tries again', async () => {
    const store = await newStore();
    const runId = await endRun(store);
    const { sender, outcomes } = newSender(store, answer(200), { secrets: {} });
    sender.start();
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual(['failed']);
    expect(await store.deliveries.find({ runId, seq: 3, target: 0 })).toMatchObject({
      status: 'pending',
      attempts: [{ error: 'The secret "HOOK" is not set. Set SECRET_HOOK on every server.' }],
    });
  });

  it('waits for an answer no longer than it should', async () => {
    const store = await newStore();
    const runId = await endRun(store);
    const { post } = held();
    const { sender, outcomes } = newSender(store, post, { timeoutMs: 20 });
    sender.start();
    await until(() => outcomes.length === 1);
    expect(await store.deliveries.find({ runId, seq: 3, target: 0 })).toMatchObject({
      attempts: [{ error: 'There was no answer within 0.02 seconds.' }],
    });
  });

  it('says in the log what it gives up, with the host alone', async () => {
    const store = await newStore();
    const runId = await endRun(store);
    const { sender, outcomes, logged, time } = newSender(store, answer(404));
    time.now = NOON + 4 * 86_400_000;
    sender.start();
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual(['dead']);
    const delivery_id = `msg_${runId.replaceAll('-', '')}_3_0`;
    const said = { delivery_id, run_id: runId, event: 'completed', host: 'a.example:80', status: 404 };
    expect(logged).toEqual([{ details: said, words: 'a callback was given up' }]);
  });

  it('takes a 410 for the end', async () => {
    const store = await newStore();
    await endRun(store);
    const { sender, outcomes, logged } = newSender(store, answer(410));
    sender.start();
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual(['gone']);
    expect(logged).toMatchObject([{ words: 'a target takes no more callbacks of a run' }]);
    expect(await pending(store)).toBe(0);
  });

  it('cuts off what is under way when it is drained, as if it had not been tried, and takes up nothing more', async () => {
    const store = await newStore();
    const runId = await endRun(store);
    const { post, requests } = held();
    const { sender, outcomes } = newSender(store, post);
    sender.start();
    await until(() => requests.length === 1);
    await sender.drain(10);
    sender.notice();
    expect(outcomes).toEqual([]);
    expect(await store.deliveries.find({ runId, seq: 3, target: 0 })).toMatchObject({ status: 'pending', tries: 0 });
    expect(await store.deliveries.claim('a.example:80', NOON + 60_000, 1)).toHaveLength(1);
  });

  it('lets what is under way end when it is drained, if it does so soon', async () => {
    const store = await newStore();
    await endRun(store);
    const { post, requests } = held();
    const { sender, outcomes } = newSender(store, post);
    sender.start();
    await until(() => requests.length === 1);
    const drained = sender.drain(30_000);
    requests[0]!.answer(200);
    await drained;
    expect(outcomes).toEqual(['delivered']);
  });

  it('sends nothing again while the outcome of a try cannot be stored', async () => {
    const store = await newStore();
    await endRun(store);
    let [posted, failures] = [0, 0];
    const deliveries = changed(store, {
      settle: (...given: Parameters<typeof store.deliveries.settle>) => {
        failures += 1;
        if (failures === 1) return Promise.reject(new StoreUnavailableError(new Error('disk full')));
        return store.deliveries.settle(...given);
      },
    });
    const post = async (): Promise<CallbackAnswer> => {
      posted += 1;
      return { status: 200, retryAfterSeconds: undefined };
    };
    const { sender, outcomes, logged } = newSender(store, post, { deliveries });
    sender.start();
    await until(() => outcomes.length === 1);
    expect([posted, failures]).toEqual([1, 2]);
    expect(logged).toMatchObject([{ words: 'a try of a callback could not be stored' }]);
  });

  it('looks again after a look that failed', async () => {
    const store = await newStore();
    await endRun(store);
    let looks = 0;
    const deliveries = changed(store, {
      listHosts: (...given: Parameters<typeof store.deliveries.listHosts>) => {
        looks += 1;
        if (looks === 1) return Promise.reject(new StoreUnavailableError(new Error('locked')));
        return store.deliveries.listHosts(...given);
      },
    });
    const { sender, outcomes, logged } = newSender(store, answer(200), { deliveries });
    sender.start();
    await until(() => outcomes.length === 1);
    expect(logged).toMatchObject([{ words: 'callbacks could not be looked for; trying again' }]);
  });

  it('keeps its claims on a database that is shared, and looks for what others stored', async () => {
    const store = await newStore();
    const extended: number[] = [];
    const deliveries = changed(store, {
      extend: async (claims: readonly unknown[]) => void extended.push(claims.length),
    });
    const { post, requests } = held();
    const { sender } = newSender(store, post, { deliveries, isShared: true });
    sender.start();
    // Nobody tells it.
    await endRun(store);
    await until(() => requests.length === 1);
    await until(() => extended.length > 0);
    expect(extended[0]).toBe(1);
  });

  it('claims as of the moment, however long it has looked at hosts', async () => {
    const store = await newStore();
    await endRun(store);
    const { post, requests } = held();
    const claimed: number[] = [];
    const deliveries = changed(store, {
      listHosts: (after, limit) => {
        time.now += 10_000;
        return store.deliveries.listHosts(after, limit);
      },
      claim: (host, now, limit) => {
        claimed.push(now);
        return store.deliveries.claim(host, now, limit);
      },
    });
    const { sender, time } = newSender(store, post, { deliveries });
    sender.start();
    await until(() => requests.length === 1);
    expect(claimed).toEqual([NOON + 70_000]);
  });

  it('has a timer only while something is pending', async () => {
    const store = await newStore();
    let looks = 0;
    const deliveries = changed(store, {
      nextDueAt: async (after) => {
        looks += 1;
        return store.deliveries.nextDueAt(after);
      },
    });
    const { sender, outcomes } = newSender(store, answer(500), { deliveries });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => void timers.mockRestore());
    const ofSender = () => timers.mock.calls.filter(([, ms]) => ms === 1000).length;
    sender.start();
    await until(() => looks === 1);
    sender.notice();
    await until(() => looks === 2);
    expect(ofSender()).toBe(0);
    await endRun(store);
    sender.notice();
    await until(() => outcomes.length === 1 && ofSender() > 0);
    expect(ofSender()).toBe(1);
  });
});
