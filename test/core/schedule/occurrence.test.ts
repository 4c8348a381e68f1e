import { describe, expect, it } from 'vitest';
import { type Calendar, calendarOf } from '../../../src/core/schedule/calendar.js';
import {
  countedAs,
  describeMiss,
  findDue,
  keepPosition,
  type LastOccurrence,
  MAX_PASSED,
  moveOn,
  occurrenceKey,
  reactTo,
} from '../../../src/core/schedule/occurrence.js';

const EVERY_TEN = calendarOf({ every_seconds: 10, time_zone: 'UTC' });
const catchUpMs = 60_000;
const LAST: LastOccurrence = {
  instant: 10_000,
  outcome: 'postponed',
  at: 10_500,
  run_id: null,
  message: 'full',
  passed: 3,
  tries: 2,
};

describe('the occurrence to look at', () => {
  it('is none before its instant, or if there is none any more', () => {
    expect(findDue(EVERY_TEN, { nextAt: 10_000, last: null, catchUpMs }, 9_999)).toBeUndefined();
    expect(findDue(EVERY_TEN, { nextAt: null, last: null, catchUpMs }, 9_999)).toBeUndefined();
  });

  it('is the one that is due', () => {
    const due = { instant: 10_000, passed: 0, isMissed: false, nextAt: 20_000, before: null };
    expect(findDue(EVERY_TEN, { nextAt: 10_000, last: null, catchUpMs }, 10_000)).toEqual(due);
    expect(findDue(EVERY_TEN, { nextAt: 10_000, last: LAST, catchUpMs }, 19_999)).toEqual({ ...due, before: LAST });
  });

  it('is the latest if several have passed, which are counted', () => {
    const due = { instant: 40_000, passed: 3, isMissed: false, nextAt: 50_000, before: null };
    expect(findDue(EVERY_TEN, { nextAt: 10_000, last: LAST, catchUpMs }, 41_000)).toEqual(due);
    const year = findDue(EVERY_TEN, { nextAt: 10_000, last: null, catchUpMs }, 3e10);
    expect(year).toMatchObject({ instant: 3e10, passed: MAX_PASSED });
  });

  it('is missed once `catch_up_seconds` are over', () => {
    const hourly = calendarOf({ every_seconds: 3600, time_zone: 'UTC' });
    const position = { nextAt: 3_600_000, last: null, catchUpMs };
    expect(findDue(hourly, position, 3_660_000)).toMatchObject({ isMissed: false });
    expect(findDue(hourly, position, 3_660_001)).toMatchObject({ isMissed: true, nextAt: 7_200_000 });
  });

  it('is the stored one where a calendar knows of none, or ends', () => {
    const over: Calendar = { next: () => null, latest: () => null };
    const due = { instant: 5, passed: 0, isMissed: false, nextAt: null, before: null };
    expect(findDue(over, { nextAt: 5, last: null, catchUpMs }, 6)).toEqual(due);
    const gap: Calendar = { next: () => null, latest: () => 9 };
    expect(findDue(gap, { nextAt: 5, last: null, catchUpMs }, 9)).toMatchObject({ instant: 9, passed: 1 });
  });
});

describe('a schedule', () => {
  const due = findDue(EVERY_TEN, { nextAt: 10_000, last: null, catchUpMs }, 11_000)!;

  it.each([
    [
      { outcome: 'started', runId: 'r' },
      { run_id: 'r', message: null },
    ],
    [
      { outcome: 'skipped', runId: 'r' },
      { run_id: null, message: 'Run r was not over.' },
    ],
    [
      { outcome: 'missed', message: 'late' },
      { run_id: null, message: 'late' },
    ],
    [
      { outcome: 'refused', message: 'no' },
      { run_id: null, message: 'no' },
    ],
  ] as const)('moves on to the next instant: %o', (verdict, said) => {
    const last = { instant: 10_000, outcome: verdict.outcome, at: 11_000, passed: 0, tries: 1, ...said };
    expect(moveOn(due, verdict, 11_000)).toEqual({ nextAt: 20_000, wakeAt: 20_000, last });
  });

  it('is looked at once more if something follows from a start, at the next instant at the latest', () => {
    const started = { outcome: 'started', runId: 'r' } as const;
    expect(moveOn(due, started, 11_000, true)).toMatchObject({ nextAt: 20_000, wakeAt: 16_000 });
    expect(moveOn(due, started, 18_000, true)).toMatchObject({ nextAt: 20_000, wakeAt: 20_000 });
    expect(moveOn({ ...due, nextAt: null }, started, 11_000, true)).toMatchObject({ nextAt: null, wakeAt: 16_000 });
    expect(moveOn(due, { outcome: 'missed', message: 'late' }, 11_000, true)).toMatchObject({ wakeAt: 20_000 });
  });

  it('stays at an occurrence that is postponed, and rests the longer the later that is', () => {
    const restOf = (now: number) => moveOn(due, { outcome: 'postponed', message: 'full' }, now).wakeAt! - now;
    expect(moveOn(due, { outcome: 'postponed', message: 'full' }, 11_000)).toMatchObject({ nextAt: 10_000 });
    expect([10_000, 11_000, 15_000, 100_000].map(restOf)).toEqual([1000, 1000, 2500, 10_000]);
  });

  it('counts the tries of an occurrence, and what it had passed over', () => {
    const again = { ...due, before: LAST };
    expect(moveOn(again, { outcome: 'started', runId: 'r' }, 12_000).last).toMatchObject({ tries: 3, passed: 3 });
    expect(describeMiss(again)).toBe('full');
    expect(describeMiss(due)).toContain('No server');
  });

  it('stays where it is when it is changed, unless it is due at other times', () => {
    const settings = { cron: '* * * * *', time_zone: 'UTC' };
    const before = { settings, nextAt: 5, wakeAt: 7 };
    const fresh = { nextAt: 9, wakeAt: 9 };
    expect(keepPosition(before, { ...settings, enabled: true }, fresh)).toEqual({ nextAt: 5, wakeAt: 5 });
    expect(keepPosition(before, { ...settings, enabled: false }, fresh)).toEqual({ nextAt: 5, wakeAt: null });
    for (const other of [{ cron: '1 * * * *' }, { time_zone: 'Asia/Tokyo' }, { every_seconds: 9 }]) {
      expect(keepPosition(before, { ...settings, ...other, enabled: true }, fresh)).toBe(fresh);
    }
  });
});

it('the start of an occurrence has one key, whoever starts it', () => {
  expect(occurrenceKey('nightly', Date.UTC(2026, 0, 1))).toBe('schedule/nightly/2026-01-01T00:00:00.000Z');
});

it('errors of a start postpone it, refuse it, or leave it to the next look', () => {
  expect(reactTo('queue_full')).toBe('postpone');
  expect((['shutting_down', 'store_unavailable', 'server_busy'] as const).map(reactTo)).toEqual([
    'later',
    'later',
    'later',
  ]);
  expect((['invalid_input', 'graph_not_found'] as const).map(reactTo)).toEqual(['refuse', 'refuse']);
});

it('an occurrence is counted once: on time, late, or as what became of it', () => {
  const started = { ...LAST, outcome: 'started' } as const;
  expect(countedAs({ ...started, at: 11_000 })).toBe('on_time');
  expect(countedAs({ ...started, at: 11_001 })).toBe('late');
  expect(countedAs({ ...LAST, outcome: 'skipped' })).toBe('skipped');
  expect(countedAs({ ...LAST, tries: 1 })).toBe('postponed');
  expect(countedAs(LAST)).toBeUndefined();
});
