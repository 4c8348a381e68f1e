import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calendarOf,
  findTimingProblem,
  isTimeZone,
  listInstants,
  type Timing,
} from '../../../src/core/schedule/calendar.js';

const at = (time: string) => Date.parse(time);
const cron = (pattern: string, time_zone = 'UTC'): Timing => ({ cron: pattern, time_zone });
const every = (every_seconds: number): Timing => ({ every_seconds, time_zone: 'UTC' });

function next(timing: Timing, after: string, count: number): string[] {
  return listInstants(calendarOf(timing), at(after), count).map((instant) => new Date(instant).toISOString());
}

describe('instants of a pattern', () => {
  it('are those of its time zone', () => {
    expect(next(cron('0 9 * * 1-5', 'America/New_York'), '2026-03-06T00:00:00Z', 3)).toEqual([
      '2026-03-06T14:00:00.000Z',
      '2026-03-09T13:00:00.000Z',
      '2026-03-10T13:00:00.000Z',
    ]);
  });

  it('come once on the day on which their time of day is not there, and once on the one on which it is there twice', () => {
    const nightly = cron('30 2 * * *', 'Europe/Berlin');
    expect(next(nightly, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
    const autumn = ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'];
    expect(next(nightly, '2026-10-24T12:00:00Z', 2)).toEqual(autumn);
    // From every minute of the hour that comes twice, too.
    for (let minute = 0; minute < 120; minute++) {
      const moment = at('2026-10-25T00:30:00Z') + minute * 60_000;
      expect(calendarOf(nightly).next(moment)).toBe(at(autumn[1]!));
      expect(calendarOf(nightly).latest(moment)).toBe(at(autumn[0]!));
    }
  });

  it('have seconds if there are six fields', () => {
    expect(next(cron('*/20 59 23 31 12 *'), '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-12-31T23:59:00.000Z',
      '2026-12-31T23:59:20.000Z',
      '2026-12-31T23:59:40.000Z',
    ]);
  });

  it('lie at or before a moment, and after it, with none between', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    const patterns = ['30 2 * * *', '0,30 1-3 * * *', '0 0 L * *', '*/7 * * * *', '15 10 29 2 *'];
    const moment = fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom(...patterns), moment, (zone, pattern, now) => {
        const calendar = calendarOf(cron(pattern, zone));
        const [before, after] = [calendar.latest(now)!, calendar.next(now)!];
        expect(before).toBeLessThanOrEqual(now);
        expect(after).toBeGreaterThan(now);
        expect(calendar.next(before)).toBe(after);
        expect(calendar.latest(before)).toBe(before);
        expect(after).toBe(new Cron(pattern, { timezone: zone }).nextRun(new Date(now))!.getTime());
      }),
      { numRuns: 300 },
    );
  });
});

describe('instants of a number of seconds', () => {
  it('are counted from 1970, whoever asks', () => {
    expect(next(every(3600), '2026-01-01T00:30:00Z', 2)).toEqual([
      '2026-01-01T01:00:00.000Z',
      '2026-01-01T02:00:00.000Z',
    ]);
    expect(next(every(7), '1970-01-01T00:00:00Z', 2)).toEqual(['1970-01-01T00:00:07.000Z', '1970-01-01T00:00:14.000Z']);
    expect(calendarOf(every(7)).latest(13_999)).toBe(7000);
    expect(calendarOf(every(7)).latest(14_000)).toBe(14_000);
  });
});

describe('a timing', () => {
  it.each([
    [cron('0 0 * * *')],
    [cron('0 0 L * 1#2', 'Asia/Kathmandu')],
    [cron('0 0 29 2 *')],
    [cron('*/5 * * JAN-MAR SUN')],
    [every(1)],
  ])('can be %o', (timing) => {
    expect(findTimingProblem(timing)).toBeUndefined();
  });

  it.each([
    [{ time_zone: 'UTC' }, 'cron', 'must be there'],
    [{ ...every(1), cron: '* * * * *' }, 'cron', 'not both'],
    [cron('* * * * *', 'Europe/Atlantis'), 'time_zone', 'time zone'],
    [cron('* * * * *', '+02:00'), 'time_zone', 'time zone'],
    [{ ...every(1), time_zone: '' }, 'time_zone', 'time zone'],
    [cron('* * * *'), 'cron', '5 fields'],
    [cron('0 0 0 1 1 * 2030'), 'cron', '5 fields'],
    [cron('@daily'), 'cron', '5 fields'],
    [cron('? * * * *'), 'cron', '"?"'],
    [cron('61 * * * *'), 'cron', 'Invalid value for minute'],
    [cron('a b c d e'), 'cron', 'is no pattern'],
    [cron(`${'0,'.repeat(100)}0 * * * *`), 'cron', '200 characters'],
  ])('cannot be %o', (timing, field, message) => {
    expect(findTimingProblem(timing)).toEqual({ field, message: expect.stringContaining(message) });
  });

  it.each(['0 0 30 2 *', '0 0 31 2,4,6,9,11 *', '* * * 30 2 *', '0 0 30 2 +MON'])(
    'that is never due is found out soon: %s',
    (pattern) => {
      const begun = performance.now();
      expect(findTimingProblem(cron(pattern, 'Europe/Berlin'))?.message).toContain('some time');
      // Some 80 ms; a search without an end would hang.
      expect(performance.now() - begun).toBeLessThan(5000);
    },
  );

  it('can be in a time zone however it is written, and in more ways than are remembered', () => {
    const letters = [...'europe/berlin'];
    for (let way = 0; way < 2200; way++) {
      const zone = letters.map((letter, index) => ((way >> index) & 1 ? letter.toUpperCase() : letter)).join('');
      expect(isTimeZone(zone)).toBe(true);
    }
    expect(['Europe/Berlin', 'europe/atlantis'].map(isTimeZone)).toEqual([true, false]);
  });

  it('ends with the year 9999, whose instants can be written as all others', () => {
    expect(next(every(20), '9999-12-31T23:59:10Z', 5)).toEqual([
      '9999-12-31T23:59:20.000Z',
      '9999-12-31T23:59:40.000Z',
    ]);
  });

  it('has no instants where its calendar ends', () => {
    expect(listInstants({ next: (after) => (after < 3 ? after + 1 : null), latest: () => null }, 0, 9)).toEqual([
      1, 2, 3,
    ]);
    const never = calendarOf(cron('0 0 30 2 *'));
    expect([never.next(0), never.latest(at('2026-01-01T00:00:00Z'))]).toEqual([null, null]);
  });
});
