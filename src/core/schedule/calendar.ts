import { Cron } from 'croner';
import { messageOf } from '../base/errors.js';

/**
 * When a schedule is due. Instants are milliseconds since 1970, whole seconds each.
 *
 * Times that a clock shows twice, or not at all, because summer time ends or begins: a time of day (`30 2 * * *`) comes once
 * on both days, at the first moment after the gap if there is one; what repeats within the hour (`0,30 * * * *`) follows
 * real time. croner decides so, from whatever moment it is asked.
 */
export interface Calendar {
  /** The first instant after a moment; null if there is none. */
  next(after: number): number | null;
  /** The last instant at or before a moment; null if there is none. */
  latest(at: number): number | null;
}

/** When a schedule is due, as documents have it: `cron` or `every_seconds`. */
export interface Timing {
  readonly cron?: string | undefined;
  readonly every_seconds?: number | undefined;
  readonly time_zone: string;
}

/** The longest pattern that is read. */
export const MAX_PATTERN_LENGTH = 200;

/** The calendar of a timing in which {@link findTimingProblem} finds nothing. */
export function calendarOf({ cron, every_seconds: seconds = 1, time_zone: timezone }: Timing): Calendar {
  return cron === undefined ? everySeconds(seconds) : cronCalendar(cron, timezone);
}

/** What is wrong with a timing, and which of its fields is. */
export interface TimingProblem {
  readonly field: keyof Timing;
  readonly message: string;
}

/** Finds what is wrong with a timing; a pattern that is never due is. */
export function findTimingProblem(timing: Timing): TimingProblem | undefined {
  const { cron, every_seconds: seconds, time_zone } = timing;
  if ((cron === undefined) === (seconds === undefined)) {
    return { field: 'cron', message: 'must be there, or `every_seconds`, and not both' };
  }
  if (!isTimeZone(time_zone)) {
    return { field: 'time_zone', message: 'must be a time zone of the IANA database, such as "Europe/Berlin"' };
  }
  if (cron === undefined) return undefined;
  const message = findPatternProblem(cron, time_zone);
  return message === undefined ? undefined : { field: 'cron', message };
}

/** The first instants after a moment, at most so many. */
export function listInstants(calendar: Calendar, after: number, count: number): number[] {
  const instants: number[] = [];
  for (let at = calendar.next(after); at !== null && instants.length < count; at = calendar.next(at)) instants.push(at);
  return instants;
}

/** The end of the year 9999: later ones cannot be written as RFC 3339 has it, and croner knows none. */
const LAST_INSTANT = 253_402_300_799_999;

/** Anchored at 1970-01-01T00:00:00Z, so that the same number of seconds means the same instants, whoever asks. */
function everySeconds(seconds: number): Calendar {
  const ms = seconds * 1000;
  return {
    next(after) {
      const at = (Math.floor(after / ms) + 1) * ms;
      return at > LAST_INSTANT ? null : at;
    },
    latest: (at) => Math.floor(at / ms) * ms,
  };
}

function cronCalendar(pattern: string, timezone: string): Calendar {
  const cron = new Cron(pattern, { timezone, mode: '5-or-6-parts' });
  return {
    next: (after) => cron.nextRun(new Date(after))?.getTime() ?? null,
    latest: (at) => cron.previousRuns(1, new Date(at + 1))[0]?.getTime() ?? null,
  };
}

/** Intl knows offsets too, on some releases of Node: those have no summer time, and other servers may not know them. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** Time zones that are known, since it takes half a millisecond to find out. Bounded: upper and lower case are the same. */
const knownZones = new Set<string>();
const MAX_KNOWN_ZONES = 1000;

/** True if there is such a time zone, as far as this server knows: it has the database of its Node.js. */
export function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true;
  if (!ZONE_NAME.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  if (knownZones.size >= MAX_KNOWN_ZONES) knownZones.clear();
  knownZones.add(name);
  return true;
}

/** 2000-01-01. From any day on, a pattern without a year is due within 400 years, after which dates and weekdays repeat. */
const SOME_DAY = 946_684_800_000;

/** A pattern that is never due is looked for in all years that croner knows: some 80 ms, which nothing makes longer. */
function findPatternProblem(pattern: string, timezone: string): string | undefined {
  const fields = pattern.trim().split(/\s+/).length;
  if (pattern.length > MAX_PATTERN_LENGTH) return `must have at most ${MAX_PATTERN_LENGTH} characters`;
  if (fields < 5 || fields > 6) {
    return 'must have 5 fields (minute, hour, day, month, weekday), or 6 with seconds first';
  }
  // croner puts the moment at which it reads the pattern in its place.
  if (pattern.includes('?')) return 'must not have a "?"; write "*"';
  try {
    return cronCalendar(pattern, timezone).next(SOME_DAY) === null
      ? 'must be due at some time: there is no such day'
      : undefined;
  } catch (thrown) {
    return `is no pattern: ${messageOf(thrown).replace(/^\w+: /, '')}`;
  }
}
