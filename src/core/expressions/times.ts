import { type Call, type ExpressionFunction, NUMBER, TEXT } from './function.js';
import { ExpressionError } from './values.js';

/** A time in RFC 3339 (section 5.6), without leap seconds, which computers do not count. */
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;
const LONGEST_TIME = 64;
/** The years 0 to 9999, which have four digits: milliseconds since 1970. */
const FIRST = -62_167_219_200_000;
const LAST = 253_402_300_799_999;
/** Reading and writing a time takes some microseconds. */
const WORK = 50;

/** Functions of times, which are strings in RFC 3339. */
export const TIME_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  addSeconds: { params: [TEXT, NUMBER], result: 'string', run: addSeconds },
};

/** A time some seconds later, or earlier, in UTC and to the millisecond. */
function addSeconds([time, seconds]: [string, number], { meter, at }: Call): string {
  meter.spend(WORK, at);
  const [, year, month, day] = (time.length <= LONGEST_TIME && TIME.exec(time)) || [];
  // `Date` takes February 30 for March 2.
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (midnight.getUTCDate() !== Number(day)) {
    throw new ExpressionError('addSeconds() takes a time in RFC 3339, such as "2026-01-31T08:30:00Z".', at);
  }
  const later = Date.parse(time.toUpperCase()) + Math.round(seconds * 1000);
  if (later >= FIRST && later <= LAST) return new Date(later).toISOString();
  throw new ExpressionError('The time is outside the years 0 to 9999.', at);
}
