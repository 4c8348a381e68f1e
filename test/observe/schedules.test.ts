import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { LastOccurrence } from '../../src/core/schedule/occurrence.js';
import { ScheduleLog } from '../../src/observe/schedule-log.js';
import { scheduleMetrics } from '../../src/observe/schedule-metrics.js';

function unitOf(last: Partial<LastOccurrence>) {
  const known = {
    instant: 1000,
    outcome: 'started',
    at: 1010,
    run_id: null,
    message: null,
    passed: 0,
    tries: 1,
  } as const;
  const schedule = { scheduleId: 's', seq: 1, nextAt: 2000, wakeAt: 2000, last: { ...known, ...last } };
  return { appends: [], schedule };
}

const UNITS = [
  unitOf({ run_id: 'r' }),
  unitOf({ run_id: 'r', at: 9000 }),
  unitOf({ outcome: 'skipped', message: 'Run r was not over.' }),
  unitOf({ outcome: 'postponed', message: 'full', passed: 2 }),
  unitOf({ outcome: 'postponed', message: 'full', passed: 2, tries: 2 }),
  unitOf({ outcome: 'missed', message: 'full', passed: 2, tries: 3 }),
  unitOf({ outcome: 'refused', message: 'no' }),
  { appends: [] },
];

it('occurrences are counted by what became of them, each once', async () => {
  const registry = new Registry();
  const metrics = scheduleMetrics([registry]);
  for (const unit of UNITS) metrics.read(unit);
  const lines = (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && line !== '');
  const count = (outcome: string, n: number) => `graphrunner_schedule_occurrences_total{outcome="${outcome}"} ${n}`;
  expect(lines.sort()).toEqual(
    [
      count('passed_over', 2),
      ...['on_time', 'late', 'skipped', 'postponed', 'missed', 'refused'].map((one) => count(one, 1)),
    ].sort(),
  );
});

it('the log has what did not go as it should, and the rest for those who look closely', () => {
  const logged: [string, object][] = [];
  const log = new ScheduleLog({
    info: (details: object) => void logged.push(['info', details]),
    debug: (details: object) => void logged.push(['debug', details]),
  } as never);
  log.committed(UNITS);
  expect(logged.map(([level, details]) => [level, 'outcome' in details && details.outcome])).toEqual([
    ['debug', 'on_time'],
    ['info', 'late'],
    ['debug', 'skipped'],
    ['info', 'postponed'],
    ['info', 'missed'],
    ['info', 'refused'],
  ]);
  expect(logged[3]![1]).toEqual({
    schedule_id: 's',
    instant: '1970-01-01T00:00:01.000Z',
    outcome: 'postponed',
    reason: 'full',
    late_ms: 10,
    passed_over: 2,
  });
});
