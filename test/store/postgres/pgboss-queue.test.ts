import type pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunState } from '../../../src/core/run/state.js';
import { ConflictError } from '../../../src/store/errors.js';
import type { Claim } from '../../../src/store/queue.js';
import type { Unit } from '../../../src/store/store.js';
import { findPostgres } from '../../helpers/postgres.js';
import { describeQueue } from '../queue.suite.js';
import { branches, COMPLETED, follow, graph, newChild, newRun, STARTED, step, waits } from '../runs.js';
import { openQueue, type QueueOnPostgres } from './open-queue.js';
import { proxyTo } from './proxy.js';

const postgres = await findPostgres();

/** Claims come with a look once a second, those of lost processes with another one. */
const PATIENCE = { timeout: 15_000 };

describe.skipIf(postgres === undefined)('the queue on Postgres', () => {
  const urls = new Map<string, Promise<string>>();
  const newDatabase = (): string => {
    const name = String(urls.size);
    urls.set(name, postgres!.newSchema());
    return name;
  };
  describeQueue(
    'Postgres',
    async (name, maxQueuedRuns = 1000) => openQueue((await urls.get(name))!, { maxQueuedRuns }),
    newDatabase,
  );

  const opened: QueueOnPostgres[] = [];
  afterEach(async () => {
    for (const { queue, store } of opened.splice(0)) {
      await queue.close();
      await store.close();
    }
  });

  const open = async (url: string, options: Parameters<typeof openQueue>[1] = {}): Promise<QueueOnPostgres> => {
    const one = await openQueue(url, options);
    await one.store.createGraph(graph('g'));
    opened.push(one);
    await one.queue.open();
    return one;
  };
  /** Two processes on one database. */
  const openTwo = async (options: Parameters<typeof openQueue>[1] = {}) => {
    const url = await postgres!.newSchema();
    return { url, one: await open(url, options), other: await open(url) };
  };
  const submit = async ({ store }: QueueOnPostgres): Promise<RunState> => {
    const { state, ...rest } = newRun();
    await store.commit({ appends: [{ state, ...rest }], wakes: [{ runId: state.runId, at: 0 }] });
    return state;
  };
  const takeOne = ({ queue }: QueueOnPostgres): Promise<Claim> =>
    vi.waitFor(async () => {
      const [claim] = await queue.take(1);
      expect(claim).toBeDefined();
      return claim!;
    }, PATIENCE);
  const wake = (runId: string): Unit => ({ appends: [], wakes: [{ runId, at: 0 }] });
  /** As if nothing had been heard for a while of the processes that have claims. Those go on, and are heard of again. */
  const silence = ({ pools, jobs }: QueueOnPostgres) =>
    pools.readers.query(`UPDATE ${jobs} SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`);
  /** Claims a run that another process has, as if that was gone. */
  const takeOver = (from: QueueOnPostgres): Promise<Claim> =>
    vi.waitFor(async () => {
      await silence(from);
      const [claim] = await from.queue.take(1);
      expect(claim).toBeDefined();
      return claim!;
    }, PATIENCE);
  const statesOf = async ({ pools, jobs }: QueueOnPostgres, runId: string): Promise<string[]> => {
    const text = `SELECT state FROM ${jobs} WHERE singleton_key = $1 ORDER BY state`;
    const { rows } = await pools.readers.query<{ state: string }>(text, [runId]);
    return rows.map(({ state }) => state);
  };
  const inTransaction = async ({ pools }: QueueOnPostgres, work: (client: pg.PoolClient) => Promise<void>) => {
    const client = await pools.writers.connect();
    let isBroken = true;
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      isBroken = false;
    } finally {
      client.release(isBroken);
    }
  };

  it('is prepared by six processes at once', async () => {
    const url = await postgres!.newSchema();
    const queues = await Promise.all(Array.from({ length: 6 }, () => open(url)));
    const { runId } = await submit(queues[0]!);
    expect((await takeOne(queues[5]!)).runId).toBe(runId);
  });

  it('gives no run to two processes', async () => {
    const { one, other } = await openTwo();
    const runs = await Promise.all(Array.from({ length: 20 }, () => submit(one)));
    const taken: string[] = [];
    const takeAll = async (from: QueueOnPostgres): Promise<void> => {
      while (taken.length < runs.length) for (const { runId } of await from.queue.take(3)) taken.push(runId);
    };
    await Promise.all([takeAll(one), takeAll(other)]);
    expect(taken.sort()).toEqual(runs.map(({ runId }) => runId).sort());
  });

  it('leaves runs to others that need what this process does not have, and takes all others meanwhile', async () => {
    const { one, other } = await openTwo();
    const needy = [await submit(one), await submit(one)];
    for (const _ of needy) await one.queue.passOn(await takeOne(one), ['b', 'a']);
    const begins = await submit(one);
    expect((await takeOne(one)).runId).toBe(begins.runId);
    expect(await one.queue.take(5)).toEqual([]);
    // As they began, they begin after what goes on.
    const goesOn = await submit(other);
    await other.store.commit(wake(goesOn.runId));
    const taken = await vi.waitFor(async () => {
      const claims = await other.queue.take(5);
      expect(claims).toHaveLength(3);
      return claims;
    }, PATIENCE);
    expect(taken.map(({ runId }) => runId)).toEqual([goesOn, ...needy].map(({ runId }) => runId));
    expect(taken.every(({ isTakeover }) => !isTakeover)).toBe(true);
  });

  it('says whether another process can have had a run before', async () => {
    const { one, other } = await openTwo();
    await submit(one);
    const first = await takeOne(one);
    expect(first.isFirst).toBe(true);
    await one.queue.giveBack(first, 0);
    const second = await takeOne(other);
    expect(second.isFirst).toBe(false);
    expect(await takeOver(other)).toMatchObject({ isFirst: false, isTakeover: true });
  });

  it('counts a claim as lost that did not hold any more when it was given back', async () => {
    const { one, other } = await openTwo();
    await submit(one);
    const claim = await takeOne(one);
    await one.pools.readers.query(`DELETE FROM ${one.jobs}`);
    await one.queue.giveBack(claim, 0);
    expect(one.queue.figures()).toMatchObject({ claimsHeld: 0, claimsLost: 1 });
    expect(await other.queue.take(1)).toEqual([]);
  });

  it('keeps what wakes a run that another process has', async () => {
    const { one, other } = await openTwo();
    const run = await submit(one);
    const claim = await takeOne(one);
    await other.store.commit(wake(run.runId));
    expect(await other.queue.take(5)).toEqual([]);
    await one.store.commit({ appends: [follow(run, [STARTED, waits('input')])], done: claim });
    expect((await takeOne(other)).runId).toBe(run.runId);
  });

  it('loses no wake of a transaction that began while the run was due, and ends after it was driven', async () => {
    const { one, other } = await openTwo();
    const run = await submit(one);
    await inTransaction(one, async (client) => {
      await one.queue.write(client, [wake(run.runId)]);
      // The job is locked, so what is woken is not looked at before it can be seen.
      expect(await other.queue.take(5)).toEqual([]);
    });
    const claim = await takeOne(other);
    await inTransaction(one, async (client) => {
      await one.queue.write(client, [wake(run.runId)]);
      await other.store.commit({ appends: [follow(run, [STARTED, waits('input')])], done: claim });
    });
    expect((await takeOne(other)).runId).toBe(run.runId);
  });

  it('is written by two processes whose runs wake each other, and neither has to wait for long', async () => {
    const { one, other } = await openTwo();
    const runs = [await submit(one), await submit(one)];
    const [first, second] = runs.map(({ runId }) => runId) as [string, string];
    await takeOne(one);
    await takeOne(one);
    const at = Date.now() + 60_000;
    const crossing = (parked: string, woken: string): Unit => ({
      appends: [],
      wakes: [
        { runId: parked, at },
        { runId: woken, at: 0 },
      ],
    });
    for (let round = 0; round < 20; round++) {
      await one.pools.readers.query(`DELETE FROM ${one.jobs} WHERE state = 'created'`);
      const write = (by: QueueOnPostgres, unit: Unit) => inTransaction(by, (client) => by.queue.write(client, [unit]));
      await Promise.all([write(one, crossing(first, second)), write(other, crossing(second, first))]);
    }
    expect(await statesOf(one, first)).toEqual(['created', 'active']);
  });

  it('undoes everything with its transaction', async () => {
    const { one } = await openTwo();
    const run = await submit(one);
    const claim = await takeOne(one);
    const client = await one.pools.writers.connect();
    await client.query('BEGIN');
    await one.queue.write(client, [{ ...wake(run.runId), done: claim }]);
    await client.query('ROLLBACK');
    client.release();
    expect(await statesOf(one, run.runId)).toEqual(['active']);
    expect(await one.queue.touch([claim])).toEqual([claim]);
  });

  it('gives the runs of a process that is gone to another one, and the process finds out', async () => {
    const { one, other } = await openTwo();
    const run = await submit(one);
    const claim = await takeOne(one);
    await one.store.commit({ appends: [follow(run, [STARTED])] });
    const started = follow(run, [STARTED]).state;
    const lost = vi.fn();
    one.queue.onLost(lost);
    const next = await takeOver(other);
    expect(next).toMatchObject({ runId: run.runId, isTakeover: true, isSuspect: false });
    const late = { appends: [follow(started, [COMPLETED])], done: claim };
    await expect(one.store.commit(late)).rejects.toBeInstanceOf(ConflictError);
    expect(lost).toHaveBeenCalledWith(claim);
    expect(await one.queue.touch([claim])).toEqual([]);
    await one.queue.giveBack(claim, 0);
    await one.queue.setAside(claim);
    expect(await other.queue.touch([next])).toEqual([next]);
    await other.store.commit({ appends: [follow(started, [COMPLETED])], done: next });
    expect(one.queue.figures()).toMatchObject({ claimsHeld: 0, claimsLost: 1 });
    expect(other.queue.figures()).toMatchObject({ claimsHeld: 0, takeovers: 1, reconciled: 0 });
  });

  it('tells of claims that were lost when it touches them', async () => {
    const { one, other } = await openTwo();
    await submit(one);
    const claim = await takeOne(one);
    const lost = vi.fn();
    one.queue.onLost(lost);
    await takeOver(other);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledWith(claim), PATIENCE);
  });

  it('gives a run that was lost as a takeover, once, though it was woken meanwhile', async () => {
    const { one, other } = await openTwo();
    const run = await submit(one);
    await takeOne(one);
    await other.store.commit(wake(run.runId));
    await vi.waitFor(async () => {
      await silence(one);
      expect(await statesOf(one, run.runId)).toEqual(['created', 'retry']);
    }, PATIENCE);
    // What woke it goes before what begins.
    const claim = await takeOne(other);
    expect(claim).toMatchObject({ runId: run.runId, isTakeover: true });
    expect(await statesOf(one, run.runId)).toEqual(['active']);
    await other.queue.giveBack(claim, null);
    expect(await other.queue.take(5)).toEqual([]);
  });

  it('tries one suspect at a time in all processes, and the next when the process with it is gone', async () => {
    const { one, other } = await openTwo();
    const runs = [await submit(one), await submit(one)];
    const claims = [await takeOne(one), await takeOne(one)];
    for (const claim of claims) await one.queue.quarantine(claim);
    const tried = await takeOne(one);
    expect(tried).toMatchObject({ isSuspect: true, isTakeover: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await other.queue.take(5)).toEqual([]);
    const taken = new Set<string>();
    while (taken.size < runs.length) {
      const claim = await takeOver(other);
      expect(claim.isTakeover).toBe(true);
      taken.add(claim.runId);
      await other.queue.giveBack(claim, null);
    }
  });

  it('has runs that were put aside looked at when a process opens it', async () => {
    const { url, one } = await openTwo();
    const run = await submit(one);
    await one.queue.setAside(await takeOne(one));
    expect(await one.queue.take(5)).toEqual([]);
    expect((await takeOne(await open(url))).runId).toBe(run.runId);
  });

  it('renews claims before pg-boss ends them, and keeps what woke their runs', async () => {
    const { one } = await openTwo({ renewMs: 1500 });
    const run = await submit(one);
    const claim = await takeOne(one);
    const jobOf = async () => (await one.pools.readers.query(`SELECT id FROM ${one.jobs} WHERE state = 'active'`)).rows;
    const first = await jobOf();
    await one.store.commit(wake(run.runId));
    await vi.waitFor(async () => expect(await jobOf()).not.toEqual(first), PATIENCE);
    expect(await statesOf(one, run.runId)).toEqual(['created', 'active']);
    expect(await one.queue.touch([claim])).toEqual([claim]);
    await one.store.commit({ appends: [follow(run, [STARTED, waits('input')])], done: claim });
    expect(await takeOne(one)).toMatchObject({ runId: run.runId, isTakeover: false });
  });

  it('counts claims as lost while the database does not say that they hold, and lets the runs go as due', async () => {
    let ahead = 0;
    const { one, other } = await openTwo({ elapsed: () => performance.now() + ahead });
    const run = await submit(one);
    const claim = await takeOne(one);
    await one.store.commit({ appends: [follow(run, [STARTED])] });
    const lost = vi.fn();
    one.queue.onLost(lost);
    ahead = 8500;
    await vi.waitFor(() => expect(lost).toHaveBeenCalledWith(claim), PATIENCE);
    // A session that could not write any more: nothing was looked at. Its process is alive, so it is no crash.
    await one.queue.giveBack(claim, null);
    expect(await takeOne(other)).toMatchObject({ runId: run.runId, isTakeover: false });
  });

  it('counts the runs of all processes that wait to begin', async () => {
    const { one, other } = await openTwo({ maxQueuedRuns: 2 });
    await submit(other);
    await submit(other);
    const admit = () => one.queue.admit(() => submit(one));
    await expect(admit()).rejects.toThrow('2 runs are waiting to start');
    await other.store.commit({ appends: [follow(await begun(other), [STARTED])] });
    await vi.waitFor(admit, PATIENCE);
  });
  const begun = async (from: QueueOnPostgres): Promise<RunState> => {
    const { runId } = await takeOne(from);
    return newRun({ runId }).state;
  };

  it('tells other processes of work that it has no room for', async () => {
    const announceWork = vi.fn();
    const { one } = await openTwo({ announceWork });
    await submit(one);
    expect(announceWork).not.toHaveBeenCalled();
    await takeOne(one);
    await submit(one);
    expect(announceWork).toHaveBeenCalledOnce();
  });

  it('hears of work elsewhere', async () => {
    const { one } = await openTwo();
    const listener = vi.fn();
    one.queue.onWork(listener);
    one.queue.noticeWork();
    expect(listener).toHaveBeenCalled();
  });

  describe('when jobs are gone that should be there', () => {
    const options = { reconcile: { sweepMs: 200, patienceMs: 200 } };

    it('makes their runs due, and counts them', async () => {
      const { one } = await openTwo(options);
      const commit = async (unit: Unit) => {
        await one.store.commit(unit);
        return unit.appends[0]!.state;
      };
      const queued = await submit(one);
      const resting = await submit(one);
      const parent = await submit(one);
      const claims = [await takeOne(one), await takeOne(one), await takeOne(one)];
      await commit({ appends: [follow(resting, [STARTED, waits('input')])] });
      const joining = await commit({ appends: [follow(parent, [STARTED, step(1), branches(1)])] });
      const child = newChild(joining, 4, 0);
      await commit({ appends: [{ ...child, create: { slotSeq: 4 } }] });
      await commit({ appends: [follow(child.state, [STARTED, COMPLETED])] });
      for (const claim of claims) await one.queue.giveBack(claim, null);
      const taken = [await takeOne(one), await takeOne(one)].map(({ runId }) => runId);
      expect(taken.sort()).toEqual([queued.runId, parent.runId].sort());
      expect(one.queue.figures().reconciled).toBe(2);
    });

    it('leaves runs alone that have one', async () => {
      const { one } = await openTwo(options);
      const held = await submit(one);
      await takeOne(one);
      const suspect = await submit(one);
      await one.queue.quarantine(await takeOne(one));
      const tried = await takeOne(one);
      expect(tried.runId).toBe(suspect.runId);
      const other = await submit(one);
      await one.queue.quarantine(await takeOne(one));
      const aside = await submit(one);
      await one.queue.setAside(await takeOne(one));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(one.queue.figures().reconciled).toBe(0);
      expect(new Set([held.runId, suspect.runId, other.runId, aside.runId]).size).toBe(4);
    });

    it('has runs whose deadline has come go before those that begin', async () => {
      const { one } = await openTwo(options);
      const first = await submit(one);
      const late = await submit(one);
      await one.pools.readers.query('UPDATE workflow_runs SET wake_at = 1 WHERE run_id = $1', [late.runId]);
      const priorities = async () =>
        (await one.pools.readers.query(`SELECT priority FROM ${one.jobs} WHERE singleton_key = $1`, [late.runId])).rows;
      await vi.waitFor(async () => expect(await priorities()).toEqual([{ priority: 10 }]), PATIENCE);
      const [claim] = await one.queue.take(2);
      expect(claim?.runId).toBe(late.runId);
      expect(first.runId).not.toBe(late.runId);
    });
  });

  describe('when the database cannot be reached', () => {
    it('waits for it, says so once, and lets go then what was to be let go', async () => {
      const proxy = await proxyTo(await postgres!.newSchema());
      const one = await open(proxy.url);
      const run = await submit(one);
      const claim = await takeOne(one);
      proxy.cut();
      await one.queue.giveBack(claim, 0);
      await expect(one.queue.take(5)).resolves.toEqual([]);
      await expect(one.queue.take(5)).resolves.toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(one.logger.error).toHaveBeenCalledOnce();
      proxy.mend();
      expect((await takeOne(one)).runId).toBe(run.runId);
      expect(one.logger.info).toHaveBeenCalledWith({}, 'the queue can be reached again');
      await one.queue.close();
      await one.store.close();
      await proxy.close();
    });

    it('does not wait for long at its end, and its runs are taken as those of any process that is gone', async () => {
      const url = await postgres!.newSchema();
      const proxy = await proxyTo(url);
      const one = await open(proxy.url);
      const run = await submit(one);
      await takeOne(one);
      proxy.stall();
      const begun = performance.now();
      await one.queue.close();
      expect(performance.now() - begun).toBeLessThan(9000);
      await proxy.close();
      expect(await takeOver(await open(url))).toMatchObject({ runId: run.runId, isTakeover: true });
    });
  });
});
