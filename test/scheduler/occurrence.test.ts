import { expect, it } from 'vitest';
import { scheduleDefinitionSchema, splitDefinition } from '../../src/core/schedule/definition.js';
import { doOccurrence, MAX_CANCEL_ROUNDS, type OccurrenceDeps } from '../../src/scheduler/occurrence.js';
import type { StoredSchedule } from '../../src/store/schedules.js';

it('runs that cannot be cancelled as fast as they come are not cancelled for ever', async () => {
  const asked: string[] = [];
  let pages = 0;
  /** However many are asked for cancelling, there are as many again. */
  const listRuns = async ({ limit, after = 'start' }: { limit: number; after?: string }) => {
    pages += 1;
    return Array.from({ length: limit }, (_, index) => ({ runId: `${after}/${index}`.slice(-200) }));
  };
  const deps = {
    store: { listRuns, schedules: { setAside: async () => undefined } },
    runs: { load: async (runId: string) => void asked.push(runId) },
    turns: { inSlices: async () => null },
    startRun: async () => ({ runId: 'new', replayed: false }),
    now: () => 10_000,
  } as unknown as OccurrenceDeps;
  const given = { graph_id: 'g', every_seconds: 10, overlap: 'cancel_previous' };
  const { settings } = splitDefinition(scheduleDefinitionSchema.parse(given));
  const times = { createdAt: 0, updatedAt: 0, nextAt: 10_000, wakeAt: 10_000 };
  const schedule: StoredSchedule = {
    scheduleId: 's',
    graphId: 'g',
    settings,
    input: 'null',
    last: null,
    seq: 1,
    ...times,
  };
  expect(await doOccurrence(deps, schedule)).toBe(true);
  expect(pages).toBe(MAX_CANCEL_ROUNDS);
  // Each once.
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked).toHaveLength(MAX_CANCEL_ROUNDS * 100);
});
