import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunState } from '../../src/core/run/state.js';
import { ConcurrencyFullError } from '../../src/store/errors.js';
import { type Claim, QueueFullError, type RunQueue } from '../../src/store/queue.js';
import type { RunAppend, Store, Unit } from '../../src/store/store.js';
import {
  branches,
  CANCELLED,
  COMPLETED,
  follow,
  graph,
  limitedGraph,
  NOON,
  newChild,
  newRun,
  STARTED,
  step,
  waits,
} from './runs.js';

/** Queues may look at what is due once a second. */
const PATIENCE = { timeout: 10_000 };

export interface QueuePorts {
  readonly store: Store;
  readonly queue: RunQueue;
}

/**
 * What every adapter of the run queue must do, with the store that feeds it.
 * @param openPorts opens the ports on a database; the suite closes them
 * @param newDatabase names a database that is not there yet
 */
export function describeQueue(
  name: string,
  openPorts: (database: string, maxQueuedRuns?: number) => Promise<QueuePorts>,
  newDatabase: () => string,
): void {
  describe(`${name} as a queue`, () => {
    let database: string;
    let store: Store;
    let queue: RunQueue;
    const start = async (maxQueuedRuns?: number) => {
      ({ store, queue } = await openPorts(database, maxQueuedRuns));
      await queue.open();
    };
    beforeEach(async () => {
      database = newDatabase();
      await start();
      await store.createGraph(graph('g'));
    });
    afterEach(async () => {
      await queue.close();
      await store.close();
    });

    /** The process ends as it stands, and another one begins. */
    const restart = async () => {
      await queue.close();
      await store.close();
      await start();
    };
    const commit = async (unit: Unit) => {
      await store.commit(unit);
      return unit.appends[0]!.state;
    };
    const due = (append: RunAppend, at = 0): Unit => ({
      appends: [append],
      wakes: [{ runId: append.state.runId, at }],
    });
    const submit = () => commit(due(newRun()));
    const takeOne = () =>
      vi.waitFor(async () => {
        const [claim] = await queue.take(1);
        expect(claim).toBeDefined();
        return claim!;
      }, PATIENCE);
    /** Queues may count now and then. */
    const expectDepth = (depth: number) => vi.waitFor(async () => expect(await queue.depth()).toBe(depth), PATIENCE);
    const idsOf = (claims: readonly Claim[]) => claims.map(({ runId }) => runId);

    it('gives out what is due, once, in the order in which it became due', async () => {
      const runs = [await submit(), await submit(), await submit()];
      await expectDepth(3);
      const first = await queue.take(2);
      expect(idsOf(first)).toEqual(idsOf(runs.slice(0, 2) as never));
      expect(first[0]).toMatchObject({ isTakeover: false, isSuspect: false });
      expect(idsOf(await queue.take(5))).toEqual([runs[2]!.runId]);
      expect(await queue.take(5)).toEqual([]);
      await expectDepth(0);
    });

    it('gives nothing out that is not stored', async () => {
      const taken = newRun();
      await commit(due(taken));
      await expect(store.commit(due(taken))).rejects.toThrow();
      expect(await queue.take(5)).toHaveLength(1);
    });

    it('gives out runs that go on before runs that begin', async () => {
      const run = await submit();
      const claim = await takeOne();
      const begins = await submit();
      await queue.giveBack(claim, 0);
      expect(idsOf(await queue.take(5))).toEqual([run.runId, begins.runId]);
    });

    it('says when there may be something to take, until nobody listens', async () => {
      const listener = vi.fn();
      const stop = queue.onWork(listener);
      await submit();
      await vi.waitFor(() => expect(listener).toHaveBeenCalled());
      stop();
      await queue.take(5);
      listener.mockClear();
      const run = await submit();
      expect(idsOf([await takeOne()])).toEqual([run.runId]);
      expect(listener).not.toHaveBeenCalled();
    });

    it('gives one claim of a run at a time, and another when it is let go if the run was woken meanwhile', async () => {
      const run = await submit();
      const claim = await takeOne();
      const started = await commit(due(follow(run, [STARTED])));
      await commit(due(follow(started, [step(1)])));
      expect(await queue.take(5)).toEqual([]);
      await queue.giveBack(claim, null);
      const next = await takeOne();
      expect(next.runId).toBe(run.runId);
      expect(next.id).not.toBe(claim.id);
      await queue.giveBack(next, null);
      expect(await queue.take(5)).toEqual([]);
    });

    it('lets a claim go in the unit that ends or parks the run', async () => {
      const run = await submit();
      const claim = await takeOne();
      expect(await queue.touch([claim])).toEqual([claim]);
      const parked = await commit({ ...due(follow(run, [STARTED, waits('input')])), wakes: [], done: claim });
      expect(await queue.touch([claim])).toEqual([]);
      expect(await queue.take(5)).toEqual([]);
      const answered = { type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: 1 } as const;
      await commit(due(follow(parked, [answered])));
      const next = await takeOne();
      expect(next.runId).toBe(run.runId);
      // A claim that was let go does nothing any more.
      await queue.giveBack(claim, 0);
      expect(await queue.touch([claim, next])).toEqual([next]);
    });

    it('keeps a claim whose unit was refused', async () => {
      const run = await submit();
      const claim = await takeOne();
      await commit({ appends: [follow(run, [STARTED])] });
      await expect(store.commit({ appends: [follow(run, [CANCELLED])], done: claim })).rejects.toThrow();
      expect(await queue.touch([claim])).toEqual([claim]);
    });

    it('gives out a run once its time has come', async () => {
      const run = await submit();
      const claim = await takeOne();
      const at = Date.now() + 300;
      const wait = follow(run, [STARTED, waits('timer', at)]);
      await commit({ ...due(wait, at), done: claim });
      expect(await queue.take(5)).toEqual([]);
      expect((await takeOne()).runId).toBe(run.runId);
      expect(Date.now()).toBeGreaterThanOrEqual(at);
    });

    it('gives out a run that was given back for later once that has come', async () => {
      const run = await submit();
      const at = Date.now() + 300;
      await queue.giveBack(await takeOne(), at);
      expect(await queue.take(5)).toEqual([]);
      expect((await takeOne()).runId).toBe(run.runId);
      expect(Date.now()).toBeGreaterThanOrEqual(at);
    });

    it('gives out a run that was set aside when something is stored for it, and not for its time', async () => {
      const takeUntil = async (runId: string) => {
        const taken: Claim[] = [];
        while (taken.at(-1)?.runId !== runId) taken.push(await takeOne());
        return taken;
      };
      const park = async (claim: Claim, run: RunState) => {
        const at = Date.now() + 50;
        await commit({ ...due(follow(run, [STARTED, waits('timer', at)]), at), done: claim });
      };
      const [aside, later] = [await submit(), await submit()];
      const [first, second] = [await takeOne(), await takeOne()];
      await park(first, aside);
      await queue.setAside(await takeOne());
      // The next run whose time comes has all that are waiting looked at.
      await park(second, later);
      expect(idsOf(await takeUntil(later.runId))).not.toContain(aside.runId);
      expect(idsOf(await queue.take(5))).not.toContain(aside.runId);
      await store.commit({ appends: [], wakes: [{ runId: aside.runId, at: 0 }] });
      await takeUntil(aside.runId);
    });

    it('forgets a run that ended before it was given out', async () => {
      const run = await submit();
      await commit({ appends: [follow(run, [CANCELLED])] });
      expect(await queue.take(5)).toEqual([]);
      await expectDepth(0);
    });

    it('gives out children that have their slot, and none without', async () => {
      const top = await submit();
      const claim = await takeOne();
      const parent = await commit({ appends: [follow(top, [STARTED, step(1), branches(2)])] });
      const [first, second] = [newChild(parent, 4, 0), newChild(parent, 4, 1)];
      const slot = (child: RunAppend) => ({ runId: child.state.runId, slotSeq: 4 });
      const wake = (child: RunAppend) => ({ runId: child.state.runId, at: 0 });
      await commit({ appends: [{ ...first, create: { slotSeq: 4 } }, second], wakes: [wake(first)] });
      await queue.giveBack(claim, null);
      expect(idsOf(await queue.take(5))).toEqual([first.state.runId]);
      await store.commit({ appends: [], slots: [slot(second)], wakes: [wake(second)] });
      expect(idsOf(await queue.take(5))).toEqual([second.state.runId]);
    });

    describe('with room for two runs that wait to begin', () => {
      beforeEach(async () => {
        await queue.close();
        await store.close();
        await start(2);
      });

      const admitted = () => queue.admit(submit);
      /** Has the first of them begin. */
      const begin = async (run: RunState) => {
        const claim = await takeOne();
        expect(claim.runId).toBe(run.runId);
        await commit({ appends: [follow(run, [STARTED])] });
        return claim;
      };

      it('refuses the third, and takes it when one has begun or has ended', async () => {
        const [first] = [await admitted(), await admitted()];
        await expect(admitted()).rejects.toThrow(new QueueFullError(2));
        await begin(first!);
        const third = await admitted();
        await expect(admitted()).rejects.toBeInstanceOf(QueueFullError);
        await commit({ appends: [follow(third, [CANCELLED])] });
        await admitted();
      });

      it('counts those that are being stored, and gives the room back of those that were not', async () => {
        await admitted();
        await expect(queue.admit(() => Promise.reject(new Error('not stored')))).rejects.toThrow('not stored');
        const both = await Promise.allSettled([admitted(), admitted()]);
        expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      });

      it('refuses no run that goes on', async () => {
        const run = await admitted();
        const claim = await begin(run);
        await admitted();
        await admitted();
        await queue.giveBack(claim, 0);
        expect((await takeOne()).runId).toBe(run.runId);
      });
    });

    describe('after a restart', () => {
      it('gives out what was due, and what was at work as a takeover', async () => {
        const working = await submit();
        await takeOne();
        await commit({ appends: [follow(working, [STARTED])] });
        const waiting = await submit();
        const claim = await takeOne();
        await commit({ appends: [follow(waiting, [STARTED, waits('input')])], done: claim });
        const queued = await submit();
        await restart();
        const claims = [await takeOne(), ...(await queue.take(5))];
        expect(claims.map(({ runId, isTakeover }) => [runId, isTakeover])).toEqual([
          [working.runId, true],
          [queued.runId, false],
        ]);
        await queue.giveBack(claims[0]!, 0);
        expect(await takeOne()).toMatchObject({ runId: working.runId, isTakeover: true });
      });

      it.each(['giveBack', 'setAside'] as const)(
        'has a run taken over until something is stored for it: %s',
        async (how) => {
          const { states, claims } = await takeovers(1);
          const [{ runId }] = states as [RunState];
          const giveBack = async (claim: Claim) => {
            if (how === 'giveBack') await queue.giveBack(claim, 0);
            else await queue.setAside(claim);
          };
          await giveBack(claims[0]!);
          // What people ask of it is not how it gets on.
          const requested = await commit(due(follow(states[0]!, [{ type: 'cancel.requested' }])));
          const second = await takeOne();
          expect(second).toMatchObject({ runId, isTakeover: true });
          await commit({ appends: [follow(requested, [{ type: 'run.recovered' }])] });
          await giveBack(second);
          await store.commit({ appends: [], wakes: [{ runId, at: 0 }] });
          expect(await takeOne()).toMatchObject({ runId, isTakeover: false });
        },
      );

      it('has a run taken over once if nothing was to be done for it', async () => {
        const { states, claims } = await takeovers(1);
        await queue.giveBack(claims[0]!, null);
        await store.commit({ appends: [], wakes: [{ runId: states[0]!.runId, at: 0 }] });
        expect(await takeOne()).toMatchObject({ runId: states[0]!.runId, isTakeover: false });
      });

      it('gives out parents, and the children that have a slot', async () => {
        const top = await submit();
        await takeOne();
        const parent = await commit({ appends: [follow(top, [STARTED, step(1), branches(2)])] });
        const [first, second] = [newChild(parent, 4, 0), newChild(parent, 4, 1)];
        const wakes = [{ runId: first.state.runId, at: 0 }];
        await commit({ appends: [{ ...first, create: { slotSeq: 4 } }, second], wakes });
        await restart();
        const claims = [await takeOne(), await takeOne()];
        expect(idsOf(claims).sort()).toEqual([top.runId, first.state.runId].sort());
        expect(await queue.take(5)).toEqual([]);
      });

      /** Runs that the process before left at work, claimed. */
      const takeovers = async (count: number) => {
        const states = [];
        for (let made = 0; made < count; made++) {
          const run = await submit();
          await takeOne();
          states.push(await commit({ appends: [follow(run, [STARTED])] }));
        }
        await restart();
        const claims: Claim[] = [];
        for (let taken = 0; taken < count; taken++) claims.push(await takeOne());
        return { states, claims };
      };

      it('gives a suspect out once, though it was woken before it was put aside', async () => {
        const { states, claims } = await takeovers(2);
        const [first, second] = claims as [Claim, Claim];
        const state = states.find(({ runId }) => runId === first.runId)!;
        await commit(due(follow(state, [{ type: 'cancel.requested' }])));
        await queue.quarantine(first);
        await queue.quarantine(second);
        const tried = await takeOne();
        expect(await queue.take(5)).toEqual([]);
        await queue.giveBack(tried, null);
        const other = await takeOne();
        expect([tried.runId, other.runId].sort()).toEqual([first.runId, second.runId].sort());
        await queue.giveBack(other, null);
        expect(await queue.take(5)).toEqual([]);
      });

      it('gives a suspect that is woken out at once, as a takeover, and no second time', async () => {
        const { states, claims } = await takeovers(2);
        for (const claim of claims) await queue.quarantine(claim);
        const tried = await takeOne();
        const state = states.find(({ runId }) => runId !== tried.runId)!;
        await commit(due(follow(state, [{ type: 'cancel.requested' }])));
        const woken = await takeOne();
        expect(woken).toMatchObject({ runId: state.runId, isTakeover: true, isSuspect: false });
        await queue.giveBack(tried, null);
        expect(await queue.take(5)).toEqual([]);
      });

      it('tries suspects one at a time: the next when the last has got on, has ended, or was given back', async () => {
        const runs = [await submit(), await submit(), await submit(), await submit()];
        for (const run of runs) {
          await takeOne();
          await commit({ appends: [follow(run, [STARTED])] });
        }
        await restart();
        const takeovers = [await takeOne(), await takeOne(), await takeOne(), await takeOne()];
        for (const claim of takeovers) await queue.quarantine(claim);
        await expectDepth(4);
        const tried: string[] = [];
        const next = async () => {
          const claim = await takeOne();
          expect(claim).toMatchObject({ isTakeover: true, isSuspect: true });
          expect(await queue.take(5)).toEqual([]);
          tried.push(claim.runId);
          return claim;
        };
        const first = await next();
        queue.clear(first);
        const second = await next();
        const state = runs.find(({ runId }) => runId === second.runId)!;
        const running = follow(state, [STARTED]).state;
        await store.commit({ appends: [follow(running, [COMPLETED])], done: second });
        await queue.giveBack(await next(), null);
        await next();
        expect(tried.sort()).toEqual(runs.map(({ runId }) => runId).sort());
      });
    });

    describe('with runs of a graph that limits how many are under way', () => {
      let joined = 0;
      const join = (key: string, on_full: 'queue' | 'refuse' | 'cancel_oldest' = 'queue') => {
        joined += 1;
        const concurrency = { key, on_full };
        return commit({ appends: [newRun({ graphId: 'limited', concurrency, at: NOON + joined })] });
      };
      const begin = async (claim: Claim, state: RunState) => {
        const started = follow(state, [STARTED]);
        await store.commit({ appends: [started] });
        const end = () => store.commit({ appends: [follow(started.state, [COMPLETED])], done: claim });
        return { state: started.state, end };
      };
      const hasSlots = (...runs: RunState[]) => Promise.all(runs.map(({ runId }) => queue.hasSlot(runId)));
      beforeEach(() => store.createGraph(limitedGraph('limited', 1)));

      it('gives out as many of each key as have a slot, and the next when one has ended', async () => {
        const runs = [await join('a'), await join('a'), await join('b')];
        const [first, second, third] = runs as [RunState, RunState, RunState];
        const claims = [await takeOne(), await takeOne()];
        expect(idsOf(claims).sort()).toEqual([first.runId, third.runId].sort());
        expect(await queue.take(5)).toEqual([]);
        expect(await hasSlots(first, second, third)).toEqual([true, false, true]);
        const { end } = await begin(claims.find(({ runId }) => runId === first.runId)!, first);
        expect(await queue.take(5)).toEqual([]);
        await end();
        expect((await takeOne()).runId).toBe(second.runId);
        expect(await hasSlots(second)).toEqual([true]);
      });

      it('gives no slot away when the process ends, and none twice', async () => {
        const [first, second, third] = [await join('a'), await join('a'), await join('a')];
        const { state } = await begin(await takeOne(), first);
        await restart();
        const again = await takeOne();
        expect(again.runId).toBe(first.runId);
        expect(await queue.take(5)).toEqual([]);
        expect(await hasSlots(first, second, third)).toEqual([true, false, false]);
        await store.commit({ appends: [follow(state, [COMPLETED])], done: again });
        const next = await takeOne();
        expect(next.runId).toBe(second.runId);
        // It has its slot, and has not begun.
        await restart();
        expect((await takeOne()).runId).toBe(second.runId);
        expect(await queue.take(5)).toEqual([]);
        expect(await hasSlots(second, third)).toEqual([true, false]);
      });

      it('has those pass that are cancelled, or paused, in the line', async () => {
        const [first, second, third, last] = [await join('a'), await join('a'), await join('a'), await join('a')];
        const { end } = await begin(await takeOne(), first);
        await commit({ appends: [follow(second, [CANCELLED])] });
        const paused = [{ type: 'pause.requested' }, { type: 'run.paused', node: 'a' }] as const;
        const rests = await commit({ appends: [follow(third, paused)] });
        await end();
        const claim = await takeOne();
        expect(claim.runId).toBe(last.runId);
        const { end: endLast } = await begin(claim, last);
        await commit({ appends: [follow(rests, [{ type: 'run.unpaused' }])] });
        expect(await hasSlots(third)).toEqual([false]);
        await endLast();
        expect((await takeOne()).runId).toBe(third.runId);
      });

      it('refuses those that would rather not wait, of two in one commit the second', async () => {
        const outcomes = await Promise.allSettled([join('a', 'refuse'), join('a', 'refuse'), join('b', 'refuse')]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        await expect(join('a', 'refuse')).rejects.toThrow(ConcurrencyFullError);
        const claims = [await takeOne(), await takeOne()];
        const state = (outcomes[0] as PromiseFulfilledResult<RunState>).value;
        const { end } = await begin(claims.find(({ runId }) => runId === state.runId)!, state);
        await end();
        await join('a', 'refuse');
      });

      it('lists what is too many if the newest are to be under way, the oldest first', async () => {
        const runs = [];
        for (let at = 0; at < 4; at++) {
          const concurrency = { key: null, on_full: 'queue' } as const;
          runs.push(await commit({ appends: [newRun({ graphId: 'limited', concurrency, at: NOON + at })] }));
        }
        const ids = runs.map(({ runId }) => runId);
        expect(await store.listSurplus('limited', null, 10)).toEqual(ids.slice(0, 3));
        expect(await store.listSurplus('limited', 'a', 10)).toEqual([]);
        expect(await store.findOldestQueued()).toBe(NOON);
        await commit({ appends: [follow(runs[1]!, [CANCELLED])] });
        expect(await store.listSurplus('limited', null, 10)).toEqual([ids[0], ids[2]]);
        await store.updateGraph(graph('limited'));
        expect(await store.listSurplus('limited', null, 10)).toEqual([]);
      });
    });

    it('gives nothing out once it is closed', async () => {
      await submit();
      await queue.close();
      expect(await queue.take(5)).toEqual([]);
    });
  });
}
