import { expect } from 'vitest';
import type { Answer } from '../e2e/client.js';

type Ask = (request: string, payload?: unknown) => Promise<Answer | undefined>;

export const OCCURRENCES = 1000;
/** Requests at a time. */
const CLIENTS = 20;
/** Before the first is due, and over how long the others are spread, in milliseconds. */
const SOON_MS = 2500;
const SPREAD_MS = 6000;

const QUICK = {
  graph_id: 'quick',
  name: 'Quick',
  entry_point: 'set',
  nodes: [{ name: 'set', tool_name: 'set_data', params: { values: { done: true } } }],
};

/** Creates schedules of which each is due once within the next seconds, and then in a year. */
export async function createSchedules(ask: Ask): Promise<void> {
  expect((await ask('POST /graph/create', QUICK))?.status).toBe(201);
  let next = 0;
  const create = async (): Promise<void> => {
    for (let number = next++; number < OCCURRENCES; number = next++) {
      const at = new Date(Date.now() + SOON_MS + Math.random() * SPREAD_MS);
      const [minute, hour, day] = [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate()];
      const schedule = {
        schedule_id: `once-${number}`,
        graph_id: 'quick',
        cron: `${at.getUTCSeconds()} ${minute} ${hour} ${day} ${at.getUTCMonth() + 1} *`,
        catch_up_seconds: 600,
      };
      expect((await ask('POST /schedules', schedule))?.status).toBe(201);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, create));
}

/** Schedules and the runs that they have started, as the database has them. */
export interface StoredStart {
  readonly scheduleId: string;
  readonly runs: number;
  readonly last: string | null;
  readonly runId: string | null;
}

/** What to ask a database for {@link StoredStart}. */
export const STARTS = `SELECT schedule_id AS "scheduleId", count(run_id) AS runs, min(last) AS last, min(CAST(run_id AS text)) AS "runId"
  FROM schedules LEFT JOIN workflow_runs ON started_by_kind = 'schedule' AND started_by_id = schedule_id GROUP BY schedule_id`;

/** Holds that each occurrence has started one run, which its schedule names. */
export function expectEachOnce(starts: readonly StoredStart[]): void {
  expect(starts).toHaveLength(OCCURRENCES);
  expect(starts.filter(({ runs }) => Number(runs) !== 1)).toEqual([]);
  for (const { last, runId } of starts) expect(JSON.parse(last!)).toMatchObject({ outcome: 'started', run_id: runId });
}
