import { Cron } from 'croner';
import { expect, it } from 'vitest';
import { scheduleDefinitionSchema, splitDefinition } from '../../src/core/schedule/definition.js';
import type { ScheduledStart } from '../../src/scheduler/occurrence.js';
import { Scheduler, type SchedulerDeps } from '../../src/scheduler/scheduler.js';
import { ScheduleMovedError } from '../../src/store/errors.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { ScheduleAdvance, StoredSchedule } from '../../src/store/schedules.js';

const BEGIN = Date.UTC(2026, 0, 1);
const END = Date.UTC(2027, 0, 1);
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
/** Times of day that are not there, or twice, on some days; weekdays; the ends of months. */
const PATTERNS = ['30 2 * * *', '0,30 1-2 * * SUN', '15 9 * * 1,3', '0 0 L * *'];

/** As much of a store as the scheduler needs, in memory: a year of commits to a disk takes too long. */
class MemoryStore {
  readonly #rows = new Map<string, StoredSchedule>();

  add(schedule: StoredSchedule): void {
    this.#rows.set(schedule.scheduleId, schedule);
  }

  nextWakeAt(): number {
    return Math.min(...[...this.#rows.values()].map(({ wakeAt }) => wakeAt ?? Number.POSITIVE_INFINITY));
  }

  get store() {
    return {
      schedules: {
        find: async (scheduleId: string) => this.#rows.get(scheduleId),
        nextWakeAt: async () => this.nextWakeAt(),
        takeDue: async (time: number, limit: number) => {
          const due = [...this.#rows.values()].filter(({ wakeAt }) => wakeAt !== null && wakeAt <= time);
          return due.slice(0, limit).map(({ scheduleId }) => scheduleId);
        },
      },
      commit: async ({ schedule }: { schedule: ScheduleAdvance }) => {
        const row = this.#rows.get(schedule.scheduleId)!;
        if (row.seq !== schedule.seq) throw new ScheduleMovedError(row.scheduleId);
        this.#rows.set(row.scheduleId, { ...row, ...schedule, seq: row.seq + 1 });
      },
    };
  }
}

it('a year in five time zones has just the instants that croner has', async () => {
  let clock = BEGIN;
  const memory = new MemoryStore();
  const started = new Map<string, string[]>();
  const expected = new Map<string, string[]>();
  for (const zone of ZONES) {
    for (const [index, cron] of PATTERNS.entries()) {
      const scheduleId = `${zone}-${index}`;
      const given = { graph_id: 'g', cron, time_zone: zone, overlap: 'allow' };
      const { settings } = splitDefinition(scheduleDefinitionSchema.parse(given));
      const reference = new Cron(cron, { timezone: zone });
      const instants: string[] = [];
      for (let at = reference.nextRun(new Date(BEGIN)); at !== null && at.getTime() < END; at = reference.nextRun(at)) {
        instants.push(at.toISOString());
      }
      expected.set(scheduleId, instants);
      started.set(scheduleId, []);
      const nextAt = Date.parse(instants[0]!);
      const times = { createdAt: BEGIN, updatedAt: BEGIN, nextAt, wakeAt: nextAt };
      memory.add({ scheduleId, graphId: 'g', settings, input: 'null', ...times, last: null, seq: 1 });
    }
  }

  const { store } = memory;
  /** Moves the schedule on, and starts no run. */
  async function startRun({ idempotency, startedBy, schedule }: ScheduledStart) {
    await store.commit({ schedule: schedule('r') });
    started.get(startedBy.id ?? '')!.push(idempotency.key.split('/').at(-1)!);
    return { runId: 'r', replayed: false };
  }
  const errors: unknown[] = [];
  const signals = new LocalSignals();
  const turns = { next: async () => undefined, inSlices: async () => null };
  const logger = { error: (error: unknown) => void errors.push(error) };
  const deps = { store, signals, startRun, turns, logger, now: () => clock };
  const scheduler = new Scheduler(deps as unknown as SchedulerDeps);
  scheduler.start();
  for (let wakeAt = memory.nextWakeAt(); wakeAt < END; wakeAt = memory.nextWakeAt()) {
    // Some are looked at late, as on a busy server.
    clock = Math.max(clock, wakeAt + Math.floor(Math.random() * 3000));
    signals.publish({ kind: 'schedules_changed' });
    while (memory.nextWakeAt() <= clock) await new Promise(setImmediate);
  }
  await scheduler.stop();
  expect(errors).toEqual([]);
  expect([...expected.values()].flat().length).toBeGreaterThan(3000);
  expect(Object.fromEntries(started)).toEqual(Object.fromEntries(expected));
});
