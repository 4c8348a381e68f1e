import { describe, expect, it } from 'vitest';
import { calendarOf, listInstants } from '../../src/core/schedule/calendar.js';
import { describeCron } from '../../src/web/cron-words.js';

describe('a cron pattern in words', () => {
  it.each([
    ['0 9 * * MON-FRI', 'At 09:00, Monday through Friday'],
    ['*/10 * * * *', 'Every 10 minutes'],
    ['*/5 * * * * *', 'Every 5 seconds'],
    ['0 0 1 * FRI', 'At 00:00, on day 1 of the month, and on Friday'],
    ['0 0 * * MON#2', 'At 00:00, on the second Monday of the month'],
    ['0 0 * * 5L', 'At 00:00, on the last Friday of the month'],
    ['0 0 L * *', 'At 00:00, on the last day of the month'],
  ])('says %s as "%s"', (pattern, words) => expect(describeCron(pattern)).toBe(words));

  // Croner, which schedules are due by, counts weekdays as the words do.
  it.each(['0', '1', '5', '7'])('names the weekday %s as it is due', (weekday) => {
    const pattern = `0 12 * * ${weekday}`;
    const [first = 0] = listInstants(calendarOf({ cron: pattern, time_zone: 'UTC' }), Date.UTC(2026, 0, 1), 1);
    const name = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(first);
    expect(describeCron(pattern)).toBe(`At 12:00, only on ${name}`);
  });

  it.each(['*/45 * * * *', '0 */7 * * *', '*/7 * * * * *'])(
    'has no words for %s, since they would be wrong',
    (pattern) => {
      expect(describeCron(pattern)).toBeUndefined();
    },
  );

  it.each(['0 0 * * FRI#L', '0 0 15 * +FRI', '', 'nonsense'])(
    'has no words for %j, which it does not know',
    (pattern) => {
      expect(describeCron(pattern)).toBeUndefined();
    },
  );
});
