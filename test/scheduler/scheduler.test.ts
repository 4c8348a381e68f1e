import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.js';
import { scheduleDefinitionSchema } from '../../src/core/schedule/definition.js';
import { MAX_BATCHES, Scheduler, type SchedulerDeps } from '../../src/scheduler/scheduler.js';
import { StoreUnavailableError } from '../../src/store/errors.js';
import { startEngine, type TestEngine, type TestEngineOptions } from '../helpers/engine.js';
import { until } from '../helpers/until.js';

const NOON = Date.UTC(2026, 5, 1, 12);
const SECOND = 1000;

const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } };
const set = { name: 'set', tool_name: 'set_data', params: { values: { n: 1 } } };

let clock = NOON;
let test: TestEngine;

async function start(options: TestEngineOptions = {}): Promise<void> {
  test = await startEngine({ now: () => clock, ...options });
  if (options.path !== undefined) return;
  for (const node of [ask, set]) {
    await test.engine.createGraph({
      graph_id: node.name,
      name: node.name,
      entry_point: node.name,
      nodes: [node],
      edges: [],
    });
  }
}

beforeEach(async () => {
  clock = NOON;
  await start();
});
afterEach(() => test.stop());

/** A schedule of every ten seconds, if nothing else is said. */
function define(more: JsonObject) {
  return scheduleDefinitionSchema.parse({
    ...{ schedule_id: 's', graph_id: 'set', ...('cron' in more ? {} : { every_seconds: 10 }) },
    ...more,
  });
}

/** Sets the clock, and resolves when nothing is due any more. */
async function goTo(time: number): Promise<void> {
  clock = time;
  test.signals.publish({ kind: 'schedules_changed' });
  await until(async () => ((await test.store.schedules.nextWakeAt()) ?? Number.POSITIVE_INFINITY) > clock);
}

async function runsOf(scheduleId = 's') {
  const { runs } = await test.engine.listRuns({
    startedBy: { kind: 'schedule', id: scheduleId },
    limit: 100,
    oldestFirst: true,
  });
  return runs;
}

async function lastOf(scheduleId = 's') {
  const { last } = await test.engine.getSchedule(scheduleId);
  return last === null
    ? null
    : { instant: last.instant - NOON, outcome: last.outcome, message: last.message, passed: last.passed };
}

async function ended(count: number): Promise<void> {
  await until(async () => (await runsOf()).filter(({ status }) => status === 'COMPLETED').length === count);
}

describe('an occurrence', () => {
  it('starts a run at its instant, with all that the schedule says', async () => {
    const limits = { max_steps: 7 };
    await test.engine.createSchedule(define({ input_data: { a: [1] }, metadata: { team: 'a' }, limits }));
    await goTo(NOON + 9 * SECOND);
    expect(await runsOf()).toEqual([]);
    await goTo(NOON + 10 * SECOND);
    await ended(1);
    const [run] = await runsOf();
    const { state } = await test.engine.getState(run!.runId);
    expect(state).toMatchObject({
      inputData: { a: [1] },
      metadata: { team: 'a' },
      maxSteps: 7,
      startedBy: { kind: 'schedule', id: 's' },
      actors: {},
    });
    const { last, next } = await test.engine.getSchedule('s');
    expect(last).toMatchObject({ instant: NOON + 10 * SECOND, outcome: 'started', run_id: run!.runId, tries: 1 });
    expect(next.map((at) => (at - NOON) / SECOND)).toEqual([20, 30, 40, 50, 60]);
  });

  it('that was not looked at in time is made up for, and only the latest of several', async () => {
    await test.engine.createSchedule(define({}));
    await goTo(NOON + 45 * SECOND);
    await ended(1);
    expect(await lastOf()).toEqual({ instant: 40 * SECOND, outcome: 'started', message: null, passed: 3 });
  });

  it('is missed if it is too late for that', async () => {
    await test.engine.createSchedule(define({ every_seconds: 3600, catch_up_seconds: 5 }));
    await goTo(NOON + 3605 * SECOND + 1);
    expect(await runsOf()).toEqual([]);
    expect(await lastOf()).toMatchObject({ instant: 3600 * SECOND, outcome: 'missed' });
    await goTo(NOON + 7200 * SECOND);
    expect(await runsOf()).toHaveLength(1);
  });

  it('is made up for after a restart, once', async () => {
    await test.engine.createSchedule(define({}));
    await goTo(NOON + 10 * SECOND);
    await ended(1);
    const { path } = test;
    await test.stop();
    clock = NOON + 45 * SECOND;
    await start({ path });
    await ended(2);
    await goTo(clock);
    expect(await lastOf()).toMatchObject({ instant: 40 * SECOND, passed: 2 });
    expect(await runsOf()).toHaveLength(2);
  });

  it('starts one run, also if the clock was set back before a restart, or the schedule was made anew', async () => {
    await test.engine.createSchedule(define({}));
    for (const count of [1, 2]) {
      await goTo(NOON + count * 10 * SECOND);
      await ended(count);
    }
    const { path } = test;
    await test.stop();
    clock = NOON + 5 * SECOND;
    await start({ path });
    await goTo(NOON + 15 * SECOND);
    expect(await runsOf()).toHaveLength(2);
    await test.engine.deleteSchedule('s');
    await test.engine.createSchedule(define({}));
    const [, second] = await runsOf();
    await goTo(NOON + 20 * SECOND);
    // It has had its run.
    expect(await test.engine.getSchedule('s')).toMatchObject({ last: { outcome: 'started', run_id: second!.runId } });
    await goTo(NOON + 30 * SECOND);
    await ended(3);
  });

  it('is refused if a client has its key', async () => {
    const key = `schedule/s/${new Date(NOON + 10 * SECOND).toISOString()}`;
    await test.engine.startRun({ graphId: 'set', inputData: null, idempotency: { key, fingerprint: 'another' } });
    await test.engine.createSchedule(define({}));
    await goTo(NOON + 10 * SECOND);
    expect(await lastOf()).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('idempotency_mismatch'),
    });
  });

  it('is refused if the input does not fit any more, and the next ones are tried', async () => {
    await test.engine.createSchedule(define({ input_data: 'text' }));
    const definition = { name: 'set', entry_point: 'set', nodes: [set], edges: [], input_schema: { type: 'number' } };
    await test.engine.updateGraph('set', definition);
    await goTo(NOON + 10 * SECOND);
    const message = 'invalid_input: The input does not fit the input_schema of the graph. /input_data: ';
    expect(await lastOf()).toMatchObject({ outcome: 'refused', message: expect.stringContaining(message) });
    await test.engine.updateGraph('set', { ...definition, input_schema: { type: 'string' } });
    await goTo(NOON + 20 * SECOND);
    await ended(1);
  });
});

describe('runs that are not over', () => {
  async function twice(overlap: string, before: () => Promise<unknown> = async () => undefined): Promise<void> {
    await test.engine.createSchedule(define({ graph_id: 'ask', overlap }));
    await goTo(NOON + 10 * SECOND);
    await until(async () => (await runsOf())[0]?.status === 'WAITING');
    await before();
    await goTo(NOON + 20 * SECOND);
  }

  it('have the next occurrence skipped, with `skip`, paused ones too', async () => {
    await twice('skip', async () => test.engine.pauseRun((await runsOf())[0]!.runId));
    const [run, ...others] = await runsOf();
    expect(others).toEqual([]);
    expect(await lastOf()).toMatchObject({ outcome: 'skipped', message: `Run ${run!.runId} was not over.` });
    await test.engine.cancelRun(run!.runId);
    await goTo(NOON + 30 * SECOND);
    expect(await runsOf()).toHaveLength(2);
  });

  it('have a run beside them, with `allow`', async () => {
    await twice('allow');
    await until(async () => (await runsOf()).filter(({ status }) => status === 'WAITING').length === 2);
  });

  it('are cancelled once the next run is there, with `cancel_previous`', async () => {
    await twice('cancel_previous');
    await until(async () => (await runsOf()).map(({ status }) => status).join() === 'CANCELLED,WAITING');
  });

  it('are cancelled later if that failed, or the server died, once the next run was there', async () => {
    const { store } = test;
    const listRuns = store.listRuns.bind(store);
    await twice('cancel_previous', async () => {
      store.listRuns = () => Promise.reject(new StoreUnavailableError('down'));
    });
    store.listRuns = listRuns;
    const byHand = await test.engine.triggerSchedule('s');
    expect((await runsOf()).map(({ status }) => status)).not.toContain('CANCELLED');
    const { path } = test;
    await test.stop();
    clock += 5 * SECOND;
    await start({ path });
    await until(async () => (await runsOf()).map(({ status }) => status).join() === 'CANCELLED,WAITING,WAITING');
    // It was started after the occurrence.
    expect((await runsOf())[2]!.runId).toBe(byHand.runId);
    expect(await lastOf()).toMatchObject({ instant: 20 * SECOND, outcome: 'started' });
    await until(async () => (await test.store.schedules.nextWakeAt()) === NOON + 30 * SECOND);
  });

  it('that somebody has started by hand count too; starting by hand asks for none of it', async () => {
    await test.engine.createSchedule(define({ graph_id: 'ask', enabled: false }));
    const first = await test.engine.triggerSchedule('s', { by: 'alice' });
    const second = await test.engine.triggerSchedule('s');
    expect(first.runId).not.toBe(second.runId);
    expect((await test.engine.getState(first.runId)).state.actors).toEqual({ submitted: 'alice' });
    await goTo(NOON + 10 * SECOND);
    expect(await lastOf()).toBeNull();
    await test.engine.replaceSchedule('s', define({ graph_id: 'ask' }));
    await goTo(NOON + 20 * SECOND);
    expect(await lastOf()).toMatchObject({ outcome: 'skipped' });
    expect(await runsOf()).toHaveLength(2);
  });

  it('are not cancelled for a run that cannot start', async () => {
    await test.engine.createSchedule(define({ graph_id: 'ask', overlap: 'cancel_previous' }));
    await goTo(NOON + 10 * SECOND);
    await until(async () => (await runsOf())[0]?.status === 'WAITING');
    await test.engine.updateGraph('ask', {
      name: 'ask',
      entry_point: 'ask',
      nodes: [ask],
      edges: [],
      input_schema: false,
    });
    await goTo(NOON + 20 * SECOND);
    expect(await lastOf()).toMatchObject({ outcome: 'refused' });
    expect((await runsOf()).map(({ status }) => status)).toEqual(['WAITING']);
  });
});

describe('a full queue', () => {
  beforeEach(async () => {
    await test.stop();
    clock = NOON;
    await start({ maxConcurrentRuns: 1, maxQueuedRuns: 1, definitions: [HOLD] });
    const node = { name: 'hold', tool_name: 'hold' };
    await test.engine.createGraph({ graph_id: 'hold', name: 'hold', entry_point: 'hold', nodes: [node], edges: [] });
    await test.engine.startRun({ graphId: 'hold', inputData: null });
    await until(() => release.length === 1);
    await test.engine.startRun({ graphId: 'hold', inputData: null });
  });
  afterEach(() => {
    for (const each of release.splice(0)) each();
  });

  const release: (() => void)[] = [];
  const HOLD = { name: 'hold', run: () => new Promise<undefined>((resolve) => release.push(() => resolve(undefined))) };

  async function fill(): Promise<void> {
    await test.engine.createSchedule(define({ every_seconds: 3600 }));
    await goTo(NOON + 3600 * SECOND);
    expect(await lastOf()).toMatchObject({ outcome: 'postponed', message: expect.stringContaining('queue_full') });
  }

  it('postpones an occurrence until there is room', async () => {
    await fill();
    release.shift()!();
    await until(() => release.length === 1);
    await goTo(NOON + 3603 * SECOND);
    expect(await lastOf()).toMatchObject({ instant: 3600 * SECOND, outcome: 'started', passed: 0 });
    expect((await test.engine.getSchedule('s')).last?.tries).toBe(2);
    for (const each of release.splice(0)) each();
  });

  it('has it missed when it is too late, and says why', async () => {
    await fill();
    for (const at of [3602, 3620, 3659]) await goTo(NOON + at * SECOND);
    expect(await lastOf()).toMatchObject({ outcome: 'postponed' });
    await goTo(NOON + 3670 * SECOND);
    expect(await lastOf()).toMatchObject({
      instant: 3600 * SECOND,
      outcome: 'missed',
      message: expect.stringContaining('queue_full'),
    });
  });
});

describe('a schedule', () => {
  it('that is disabled keeps its next instant, and is disabled at the same commit', async () => {
    await test.engine.createSchedule(define({}));
    const disabled = await test.engine.replaceSchedule('s', define({ enabled: false }));
    expect([disabled.nextAt, disabled.wakeAt, disabled.next]).toEqual([NOON + 10 * SECOND, null, []]);
    await goTo(NOON + 25 * SECOND);
    expect(await runsOf()).toEqual([]);
    await test.engine.replaceSchedule('s', define({ metadata: { a: 'b' } }));
    await goTo(clock);
    // As after a time without a server.
    expect(await lastOf()).toMatchObject({ instant: 20 * SECOND, outcome: 'started', passed: 1 });
  });

  it('whose times are changed is due as if it were new', async () => {
    await test.engine.createSchedule(define({}));
    clock = NOON + 25 * SECOND;
    await test.engine.replaceSchedule('s', define({ every_seconds: 60 }));
    await goTo(clock);
    expect(await runsOf()).toEqual([]);
    expect((await test.engine.getSchedule('s')).next[0]).toBe(NOON + 60 * SECOND);
    await test.engine.replaceSchedule('s', define({ cron: '30 12 * * *', time_zone: 'Asia/Kolkata' }));
    expect((await test.engine.getSchedule('s')).next[0]).toBe(Date.UTC(2026, 5, 2, 7));
  });

  it('that cannot be read is set aside, and others go on', async () => {
    await test.engine.createSchedule(define({ schedule_id: 'bad' }));
    await test.engine.createSchedule(define({}));
    await damage('bad');
    await goTo(NOON + 10 * SECOND);
    await ended(1);
    expect(test.logged).toContainEqual(
      expect.objectContaining({ level: 'error', details: expect.objectContaining({ schedule_id: 'bad' }) }),
    );
    await expect(test.engine.getSchedule('bad')).rejects.toMatchObject({ code: 'schedule_unreadable' });
    expect((await test.engine.listSchedules({ limit: 9 })).schedules.map(({ scheduleId }) => scheduleId)).toEqual([
      's',
    ]);
    await test.engine.replaceSchedule('bad', define({ schedule_id: 'bad' }));
    await goTo(NOON + 20 * SECOND);
    expect(await lastOf('bad')).toMatchObject({ outcome: 'started' });
  });

  it('in a time zone that this server does not know is one of those', async () => {
    await test.engine.createSchedule(define({ schedule_id: 'mars', cron: '0 13 * * *' }));
    await test.engine.createSchedule(define({ cron: '0 13 * * *' }));
    await damage('mars', `json_set(settings, '$.time_zone', 'Mars/Base')`);
    const { schedules } = await test.engine.listSchedules({ limit: 9 });
    expect(schedules.map(({ scheduleId }) => scheduleId)).toEqual(['s']);
    await expect(test.engine.getSchedule('mars')).rejects.toMatchObject({
      code: 'schedule_unreadable',
      message: expect.stringContaining('the time zone "Mars/Base", which this server does not know'),
    });
  });

  it('that cannot be read does not end a list before its time', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await test.engine.createSchedule(define({ schedule_id: id }));
    for (const id of ['a', 'b']) await damage(id);
    const { schedules, nextCursor } = await test.engine.listSchedules({ limit: 1 });
    const rest = await test.engine.listSchedules({ limit: 1, cursor: nextCursor! });
    expect([...schedules, ...rest.schedules].map(({ scheduleId }) => scheduleId)).toEqual(['c', 'd']);
    expect(rest.nextCursor).toBeNull();
  });

  async function damage(scheduleId: string, settings = `'{'`): Promise<void> {
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(test.path);
    database.prepare(`UPDATE schedules SET settings = ${settings} WHERE schedule_id = ?`).run(scheduleId);
    database.close();
  }
});

it('hundreds that are due at once are all done, some at a time', async () => {
  const ids = Array.from({ length: 130 }, (_, index) => `s-${index}`);
  await Promise.all(ids.map((id) => test.engine.createSchedule(define({ schedule_id: id }))));
  await goTo(NOON + 10 * SECOND);
  const { runs } = await test.engine.listRuns({ startedBy: { kind: 'schedule' }, limit: 200 });
  expect(runs.map(({ startedBy }) => startedBy.id).sort()).toEqual(ids.sort());
});

describe('the timer', () => {
  /** A scheduler on a store that a test plays. */
  function play(schedules: object, more: object = {}) {
    const errors: unknown[] = [];
    let listener: () => void = () => undefined;
    const deps = {
      store: { schedules: { nextWakeAt: async () => undefined, takeDue: async () => [], ...schedules } },
      signals: {
        subscribe: (_: string, each: () => void) => {
          listener = each;
          return () => undefined;
        },
      },
      turns: { next: async () => undefined, inSlices: async () => null },
      logger: { error: (details: unknown) => void errors.push(details) },
      now: () => clock,
      ...more,
    } as unknown as SchedulerDeps;
    return { scheduler: new Scheduler(deps), errors, change: () => listener() };
  }

  afterEach(() => vi.useRealTimers());

  it('is not there while no schedule is enabled', async () => {
    vi.useFakeTimers();
    let wakeAt: number | undefined;
    const { scheduler, change } = play({ nextWakeAt: async () => wakeAt });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    wakeAt = clock + 5000;
    change();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
    wakeAt = undefined;
    change();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    await scheduler.stop();
  });

  it('sleeps half a minute at most, so that a clock that is set is noticed', async () => {
    vi.useFakeTimers();
    let looks = 0;
    const takeDue = async () => {
      looks += 1;
      return [];
    };
    const { scheduler } = play({ takeDue, nextWakeAt: async () => clock + 86_400_000 });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    await scheduler.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives others their turn after so many batches, whatever is due', async () => {
    vi.useFakeTimers();
    let batches = 0;
    const takeDue = async () => {
      batches += 1;
      return Array.from({ length: 20 }, (_, index) => `s-${index}`);
    };
    // As if each were deleted meanwhile, and there again.
    const { scheduler } = play({ takeDue, find: async () => undefined, nextWakeAt: async () => clock });
    scheduler.start();
    // Without a timer, which would go off.
    for (let turn = 0; turn < 10_000; turn++) await Promise.resolve();
    expect(batches).toBe(MAX_BATCHES);
    expect(vi.getTimerCount()).toBe(1);
    await scheduler.stop();
  });

  it('rests for a second after what could not be done, and tells of errors that nobody expects', async () => {
    vi.useFakeTimers();
    let looks = 0;
    const takeDue = async () => {
      looks += 1;
      if (looks > 1) return [];
      throw new Error('broken');
    };
    const { scheduler, errors } = play({ takeDue });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(999);
    expect([looks, errors.length]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    await scheduler.stop();
  });
});

it('what is being stopped starts nothing more', async () => {
  await test.engine.createSchedule(define({}));
  await test.drain(1000);
  clock = NOON + 10 * SECOND;
  test.signals.publish({ kind: 'schedules_changed' });
  await new Promise(setImmediate);
  expect(await lastOf()).toBeNull();
});
