import { Cron } from 'croner';
import { expect, it } from 'vitest';
import { scheduleDefinitionSchema, splitDefinition } from '../../src/core/schedule/definition.js';
import type { ScheduledStart } from '../../src/scheduler/occurrence.js';
import { Scheduler, type SchedulerDeps } from '../../src/scheduler/scheduler.js';
import { openPorts } from '../store/open-stores.js';
import { graph } from '../store/runs.js';

const BEGIN = Date.UTC(2026, 0, 1);
const END = Date.UTC(2027, 0, 1);
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
/** Times of day that are not there, or twice, on some days; weekdays; the ends of months. */
const PATTERNS = ['30 2 * * *', '0,30 1-2 * * SUN', '15 9 * * 1-5', '0 0 L * *'];

it('a year in five time zones has just the instants that croner has', async () => {
  let clock = BEGIN;
  const ports = openPorts();
  const { store, signals } = ports;
  await store.createGraph(graph('g'));
  const started = new Map<string, string[]>();
  const expected = new Map<string, string[]>();
  for (const zone of ZONES) {
    for (const [index, cron] of PATTERNS.entries()) {
      const scheduleId = `${zone.toLowerCase().replace(/\W/g, '-')}-${index}`;
      const { settings } = splitDefinition(
        scheduleDefinitionSchema.parse({ graph_id: 'g', cron, time_zone: zone, overlap: 'allow' }),
      );
      const reference = new Cron(cron, { timezone: zone });
      const instants: string[] = [];
      for (let at = reference.nextRun(new Date(BEGIN)); at !== null && at.getTime() < END; at = reference.nextRun(at)) {
        instants.push(at.toISOString());
      }
      expected.set(scheduleId, instants);
      started.set(scheduleId, []);
      const nextAt = Date.parse(instants[0]!);
      const times = { createdAt: BEGIN, updatedAt: BEGIN, nextAt, wakeAt: nextAt };
      await store.schedules.create({ scheduleId, graphId: 'g', settings, input: 'null', ...times });
    }
  }

  /** Stores that the schedule moves on, and no run. */
  async function startRun({ idempotency, startedBy, schedule }: ScheduledStart) {
    await store.commit({ appends: [], schedule: schedule('r') });
    started.get(startedBy.id)!.push(idempotency.key.split('/').at(-1)!);
    return { runId: 'r', replayed: false };
  }
  const deps = {
    store,
    signals,
    startRun,
    now: () => clock,
    logger: { error: (error: unknown) => expect(error).toBe('') },
  };
  const turns = { next: async () => undefined, inSlices: async () => null };
  const scheduler = new Scheduler({ ...deps, turns } as unknown as SchedulerDeps);
  scheduler.start();
  for (;;) {
    const wakeAt = await store.schedules.nextWakeAt();
    if (wakeAt === undefined || wakeAt >= END) break;
    // Some are looked at late, as on a busy server.
    clock = Math.max(clock, wakeAt + Math.floor(Math.random() * 3000));
    signals.publish({ kind: 'schedules_changed' });
    while (((await store.schedules.nextWakeAt()) ?? END) <= clock) await new Promise(setImmediate);
  }
  await scheduler.stop();
  expect([...expected.values()].flat().length).toBeGreaterThan(3500);
  expect(Object.fromEntries(started)).toEqual(Object.fromEntries(expected));
});
