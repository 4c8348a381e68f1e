import { expect } from 'vitest';

export const OCCURRENCES = 1000;
/** Before the first is due, and over how long the others are spread, in milliseconds. */
const SOON_MS = 500;
const SPREAD_MS = 5000;

/** The graph that the schedules start. */
export const QUICK = {
  graph_id: 'quick',
  name: 'Quick',
  entry_point: 'set',
  nodes: [{ name: 'set', tool_name: 'set_data', params: { values: { done: true } } }],
};

const SETTINGS = {
  every_seconds: 31_536_000,
  time_zone: 'UTC',
  overlap: 'skip',
  catch_up_seconds: 600,
  enabled: true,
};

/**
 * A statement that stores schedules of which each is due once within the next seconds, and then in months. Made through the
 * API, the first would be due before the last is there.
 */
export function insertSchedules(now: number): string {
  const rows = Array.from({ length: OCCURRENCES }, (_, index) => {
    const at = now + SOON_MS + Math.floor(Math.random() * SPREAD_MS);
    return `('once-${index}', 'quick', 1, ${now}, ${now}, ${at}, ${at}, '${JSON.stringify(SETTINGS)}', 'null')`;
  });
  return `INSERT INTO schedules (schedule_id, graph_id, seq, created_at, updated_at, next_at, wake_at, settings, input)
    VALUES ${rows.join(', ')}`;
}

/** Schedules and the runs that they have started, as the database has them. */
export interface StoredStart {
  readonly scheduleId: string;
  readonly runs: number;
  readonly last: string | null;
  readonly runId: string | null;
}

/** What to ask a database for {@link StoredStart}. */
export const STARTS = `SELECT schedule_id AS "scheduleId", count(run_id) AS runs, min(last) AS last,
    min(CAST(run_id AS text)) AS "runId"
  FROM schedules LEFT JOIN workflow_runs ON started_by_kind = 'schedule' AND started_by_id = schedule_id
  WHERE schedule_id LIKE 'once-%' GROUP BY schedule_id`;

/** Holds that each occurrence has started one run, which its schedule names. */
export function expectEachOnce(starts: readonly StoredStart[]): void {
  expect(starts).toHaveLength(OCCURRENCES);
  expect(starts.filter(({ runs }) => Number(runs) !== 1)).toEqual([]);
  for (const { last, runId } of starts) expect(JSON.parse(last!)).toMatchObject({ outcome: 'started', run_id: runId });
}
