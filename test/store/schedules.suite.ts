import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scheduleDefinitionSchema, splitDefinition } from '../../src/core/schedule/definition.js';
import type { LastOccurrence } from '../../src/core/schedule/occurrence.js';
import { ScheduleMovedError } from '../../src/store/errors.js';
import type { NewSchedule, ScheduleAdvance } from '../../src/store/schedules.js';
import type { Store } from '../../src/store/store.js';
import { COMPLETED, commit, follow, graph, NOON, newRun, STARTED, unit } from './runs.js';

const HOUR = 3_600_000;

export function newSchedule(scheduleId: string, more: Partial<NewSchedule> = {}): NewSchedule {
  const { settings } = splitDefinition(scheduleDefinitionSchema.parse({ graph_id: 'g', every_seconds: 3600 }));
  const times = { createdAt: NOON, updatedAt: NOON, nextAt: NOON + HOUR, wakeAt: NOON + HOUR };
  return { scheduleId, graphId: 'g', settings, input: '{"text":"größe"}', ...times, ...more };
}

function moved(scheduleId: string, seq: number, more: Partial<ScheduleAdvance> = {}): ScheduleAdvance {
  const last: LastOccurrence = {
    instant: NOON + HOUR,
    outcome: 'started',
    at: NOON + HOUR + 1,
    run_id: 'r',
    message: null,
    passed: 0,
    tries: 1,
  };
  return { scheduleId, seq, nextAt: NOON + 2 * HOUR, wakeAt: NOON + 2 * HOUR, last, ...more };
}

/** A run that a schedule starts. */
function scheduledRun(scheduleId: string, key?: string) {
  const idempotency = key === undefined ? {} : { idempotency: { key, fingerprint: 'schedule' } };
  return newRun({ startedBy: { kind: 'schedule', id: scheduleId }, ...idempotency });
}

/** What every adapter of the store must do with schedules. `openStore` gives an empty store; the suite closes it. */
export function describeSchedules(name: string, openStore: () => Promise<Store>): void {
  describe(`${name} as a store of schedules`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await openStore();
      await store.createGraph(graph('g'));
      await store.createGraph(graph('h'));
    });
    afterEach(() => store.close());

    it('stores, finds, replaces and deletes them', async () => {
      const { schedules } = store;
      const one = newSchedule('one');
      expect(await schedules.create(one)).toBe('saved');
      expect(await schedules.create(newSchedule('one', { graphId: 'h' }))).toBe('id_taken');
      expect(await schedules.create(newSchedule('two', { graphId: 'nobody' }))).toBe('graph_missing');
      expect(await schedules.find('one')).toEqual({ ...one, last: null, seq: 1 });
      expect(await schedules.find('no\0body')).toBeUndefined();
      const other = newSchedule('one', { graphId: 'h', input: 'null', wakeAt: null });
      expect(await schedules.replace(other, 7)).toBe('moved');
      expect(await schedules.replace({ ...other, graphId: 'nobody' }, 1)).toBe('graph_missing');
      expect(await schedules.replace(other, 1)).toBe('saved');
      expect(await schedules.find('one')).toEqual({ ...other, last: null, seq: 2 });
      expect([await schedules.findSeq('one'), await schedules.findSeq('two')]).toEqual([2, undefined]);
      expect([await schedules.delete('one'), await schedules.delete('one')]).toEqual([true, false]);
      expect(await schedules.find('one')).toBeUndefined();
    });

    it('lists them by id, page by page, without their input', async () => {
      for (const id of ['b', 'a', 'c', 'a-b']) await store.schedules.create(newSchedule(id));
      await store.schedules.create(newSchedule('d', { graphId: 'h' }));
      const ids = async (filter: object) =>
        (await store.schedules.list({ limit: 9, ...filter })).map(({ scheduleId }) => scheduleId);
      expect(await ids({})).toEqual(['a', 'a-b', 'b', 'c', 'd']);
      expect(await ids({ limit: 2, after: 'a' })).toEqual(['a-b', 'b']);
      expect(await ids({ graphId: 'g', after: 'b' })).toEqual(['c']);
      expect(await ids({ graphId: 'no\0body' })).toEqual([]);
      expect((await store.schedules.list({ limit: 1 }))[0]).not.toHaveProperty('input');
    });

    it('gives out what is due, the earliest first, and says when the next one is', async () => {
      const { schedules } = store;
      expect(await schedules.nextWakeAt()).toBeUndefined();
      for (const [id, wakeAt] of Object.entries({ c: 3, a: 1, b: 2, off: null, z: 99 })) {
        await schedules.create(newSchedule(id, { wakeAt }));
      }
      expect(await schedules.nextWakeAt()).toBe(1);
      expect(await schedules.takeDue(0, 9)).toEqual([]);
      expect((await schedules.takeDue(3, 2)).sort()).toEqual(['a', 'b']);
      await schedules.setAside('a', 50);
      await schedules.setAside('b', 60);
      await schedules.setAside('off', 1);
      expect(await schedules.takeDue(3, 9)).toEqual(['c']);
      await schedules.setAside('c', 70);
      expect([await schedules.nextWakeAt(), await schedules.takeDue(3, 9)]).toEqual([50, []]);
      // Somebody has changed it meanwhile.
      await schedules.setAside('a', 80, 2);
      expect(await schedules.nextWakeAt()).toBe(50);
      await schedules.setAside('a', null, 1);
      expect(await schedules.nextWakeAt()).toBe(60);
    });

    it('moves one on together with the run that it starts, once', async () => {
      await store.schedules.create(newSchedule('one'));
      const run = scheduledRun('one', 'schedule/one/1');
      await store.commit({ ...unit(run), schedule: moved('one', 1) });
      expect(await store.schedules.find('one')).toMatchObject({
        seq: 2,
        nextAt: NOON + 2 * HOUR,
        last: moved('', 0).last,
      });
      const second = scheduledRun('one', 'schedule/one/2');
      const late = store.commit({ ...unit(second), schedule: moved('one', 1) });
      await expect(late).rejects.toBeInstanceOf(ScheduleMovedError);
      expect(await store.loadRun(second.state.runId)).toBeUndefined();
      const found = await store.listRuns({ startedBy: { kind: 'schedule', id: 'one' }, limit: 9 });
      expect(found.map(({ runId }) => runId)).toEqual([run.state.runId]);
    });

    it('starts nothing for one that moves on meanwhile, be it in the same commit', async () => {
      await store.schedules.create(newSchedule('one'));
      await store.schedules.create(newSchedule('two'));
      const units = ['one', 'one', 'two', 'gone'].map((id) => ({ ...unit(scheduledRun(id)), schedule: moved(id, 1) }));
      const results = await Promise.allSettled(units.map((each) => store.commit(each)));
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
      const runs = await store.listRuns({ startedBy: { kind: 'schedule' }, limit: 9 });
      expect(runs.map(({ startedBy }) => startedBy.id).sort()).toEqual(['one', 'two']);
    });

    it('moves one on without a run', async () => {
      await store.schedules.create(newSchedule('one'));
      const { last } = moved('one', 1);
      const skipped = { ...last, outcome: 'skipped', run_id: null, message: 'Run r was not over.' } as const;
      await store.commit({ appends: [], schedule: moved('one', 1, { last: skipped, nextAt: null, wakeAt: null }) });
      expect(await store.schedules.find('one')).toMatchObject({ last: skipped, nextAt: null, wakeAt: null, seq: 2 });
      await expect(store.commit({ appends: [], schedule: moved('one', 1) })).rejects.toBeInstanceOf(ScheduleMovedError);
    });

    it('keeps graphs that they use, and is left alone by the deletion of runs', async () => {
      for (const id of ['b', 'a']) await store.schedules.create(newSchedule(id));
      const run = await commit(store, scheduledRun('a'));
      const begun = await commit(store, follow(run, [STARTED]));
      await commit(store, follow(begun, [COMPLETED]));
      const usedBy = ['a', 'b'].map((id) => ({ kind: 'schedule', id }));
      expect(await store.deleteGraph('g', NOON)).toEqual({ usedBy });
      expect(await store.deleteRunsFinishedBefore(NOON * 2, 9)).toBe(1);
      expect((await store.schedules.list({ limit: 9 })).length).toBe(2);
      for (const id of ['b', 'a']) await store.schedules.delete(id);
      expect(await store.deleteGraph('g', NOON)).toBe('deleted');
      expect(await store.schedules.create(newSchedule('c'))).toBe('graph_missing');
    });

    it('finds the runs that are not over of one, among those that are', async () => {
      for (let count = 0; count < 5; count++) {
        const run = await commit(store, scheduledRun('one'));
        const begun = await commit(store, follow(run, [STARTED]));
        if (count !== 2) await commit(store, follow(begun, [COMPLETED]));
      }
      const filter = { startedBy: { kind: 'schedule', id: 'one' }, limit: 9 } as const;
      expect(await store.listRuns(filter)).toHaveLength(5);
      const unfinished = await store.listRuns({ ...filter, statuses: ['SUBMITTED', 'RUNNING', 'WAITING'] });
      expect(unfinished.map(({ status }) => status)).toEqual(['RUNNING']);
    });
  });
}
