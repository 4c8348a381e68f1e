import type { EngineErrorCode } from '../base/errors.js';
import type { Calendar, Timing } from './calendar.js';

/*
 * A schedule has one occurrence to look at: the one at `nextAt`. What is done about it moves the schedule on, in the
 * transaction that starts the run:
 *
 *   due --started, skipped, refused--> the next instant
 *   due --postponed--> the same instant, looked at again a little later
 *   due --missed (`catch_up_seconds` are over)--> the next instant
 *
 * If more follows from a start, the schedule is looked at once more before the next instant, unless that was done by then.
 * If several instants have passed, the latest of them is looked at, and the others are passed over. Times are milliseconds
 * since 1970.
 */

/** What became of an occurrence, with what each is. */
export const OUTCOMES = {
  started: 'it started the run `run_id`',
  skipped: 'a run that the schedule had started before was not over',
  postponed: 'it could not be started yet, because the queue is full, and is tried again',
  missed: 'it could not be started before `catch_up_seconds` were over',
  refused: 'no run can be started like this: `message` says why',
} as const;

export type Outcome = keyof typeof OUTCOMES;

/** The occurrence that a schedule looked at last. A document: it is stored. */
export interface LastOccurrence {
  readonly instant: number;
  readonly outcome: Outcome;
  /** When that was decided. */
  readonly at: number;
  readonly run_id: string | null;
  readonly message: string | null;
  /** How many occurrences before it were passed over; counted as far as {@link MAX_PASSED}. */
  readonly passed: number;
  /** How often it was tried. */
  readonly tries: number;
}

/** Where a schedule is. */
export interface SchedulePosition {
  /** The instant to look at; null if there is none any more. */
  readonly nextAt: number | null;
  /** When to look at it; null if it is not to be looked at. */
  readonly wakeAt: number | null;
}

/** How a schedule moves on. */
export interface Move extends SchedulePosition {
  readonly last: LastOccurrence;
}

/** Occurrences that were passed over are counted up to this. */
export const MAX_PASSED = 100;

/** An occurrence that has come. */
export interface DueOccurrence {
  readonly instant: number;
  readonly passed: number;
  /** `catch_up_seconds` are over. */
  readonly isMissed: boolean;
  /** The instant after it. */
  readonly nextAt: number | null;
  /** The same occurrence, if it was tried before. */
  readonly before: LastOccurrence | null;
}

/**
 * Finds the occurrence to look at.
 * @returns undefined if none has come
 */
export function findDue(
  calendar: Calendar,
  {
    nextAt,
    last,
    catchUpMs,
  }: { readonly nextAt: number | null; readonly last: LastOccurrence | null; readonly catchUpMs: number },
  now: number,
): DueOccurrence | undefined {
  if (nextAt === null || nextAt > now) return undefined;
  const instant = Math.max(nextAt, calendar.latest(now) ?? nextAt);
  return {
    instant,
    passed: countPassed(calendar, nextAt, instant),
    isMissed: now - instant > catchUpMs,
    nextAt: calendar.next(instant),
    before: last !== null && last.instant === instant ? last : null,
  };
}

/** How many instants there are from one up to another. */
function countPassed(calendar: Calendar, from: number, to: number): number {
  let count = 0;
  for (let at: number | null = from; at !== null && at < to && count < MAX_PASSED; at = calendar.next(at)) count += 1;
  return count;
}

/**
 * Where a schedule is after somebody has changed it: where it was, if it is due at the same times as before, else where it
 * would be if it were new.
 */
export function keepPosition(
  before: SchedulePosition & { readonly settings: Timing },
  after: Timing & { readonly enabled: boolean },
  fresh: SchedulePosition,
): SchedulePosition {
  const { settings, nextAt } = before;
  const isSame =
    settings.cron === after.cron &&
    settings.every_seconds === after.every_seconds &&
    settings.time_zone === after.time_zone;
  return isSame ? { nextAt, wakeAt: after.enabled ? nextAt : null } : fresh;
}

/** What is decided about an occurrence. */
export type Verdict =
  | { readonly outcome: 'started'; readonly runId: string }
  | { readonly outcome: 'skipped'; readonly runId: string }
  | { readonly outcome: 'postponed' | 'missed' | 'refused'; readonly message: string };

/** How long a postponed occurrence rests: half as long again as it has been late, within these bounds. */
const FIRST_REST_MS = 1000;
const LAST_REST_MS = 10_000;

/** How long whoever started a run has to do what follows, before the schedule is looked at again for that. */
const FOLLOW_UP_MS = 5000;

/**
 * How a schedule moves on from an occurrence.
 * @param hasFollowUp something is to be done once the run is there: until then, a crash must not lose it
 */
export function moveOn(due: DueOccurrence, verdict: Verdict, now: number, hasFollowUp = false): Move {
  const { instant, before } = due;
  const last: LastOccurrence = {
    instant,
    outcome: verdict.outcome,
    at: now,
    run_id: verdict.outcome === 'started' ? verdict.runId : null,
    message: describe(verdict),
    passed: before?.passed ?? due.passed,
    tries: (before?.tries ?? 0) + 1,
  };
  if (verdict.outcome !== 'postponed') {
    const { nextAt } = due;
    const isLookedAtFirst = hasFollowUp && verdict.outcome === 'started';
    const wakeAt = isLookedAtFirst ? Math.min(nextAt ?? Number.POSITIVE_INFINITY, now + FOLLOW_UP_MS) : nextAt;
    return { nextAt, wakeAt, last };
  }
  const restMs = Math.min(Math.max((now - instant) / 2, FIRST_REST_MS), LAST_REST_MS);
  return { nextAt: instant, wakeAt: Math.ceil(now + restMs), last };
}

function describe(verdict: Verdict): string | null {
  switch (verdict.outcome) {
    case 'started':
      return null;
    case 'skipped':
      return `Run ${verdict.runId} was not over.`;
    case 'postponed':
    case 'missed':
    case 'refused':
      return verdict.message;
  }
}

/** Why an occurrence was missed: what kept it from starting, if it was tried. */
export function describeMiss({ before }: DueOccurrence): string {
  return before?.message ?? 'No server looked at it in time.';
}

/**
 * What follows from the error of a start. `later`: nothing is decided, and the schedule is looked at again.
 */
export function reactTo(code: EngineErrorCode): 'postpone' | 'refuse' | 'later' {
  switch (code) {
    case 'queue_full':
      return 'postpone';
    case 'shutting_down':
    case 'store_unavailable':
    case 'server_busy':
      return 'later';
    default:
      return 'refuse';
  }
}

/** The idempotency key of the run that an occurrence starts: it starts one, whatever happens to servers and clocks. */
export function occurrenceKey(scheduleId: string, instant: number): string {
  return `schedule/${scheduleId}/${new Date(instant).toISOString()}`;
}

/** What the observers of commits are told: an occurrence is late if it started so long after its instant. */
const LATE_MS = 1000;

/** The outcome of an occurrence as metrics count it; undefined for one that was counted before. */
export function countedAs({
  outcome,
  at,
  instant,
  tries,
}: LastOccurrence): Exclude<Outcome, 'started'> | 'on_time' | 'late' | undefined {
  if (outcome === 'postponed') return tries === 1 ? outcome : undefined;
  if (outcome !== 'started') return outcome;
  return at - instant > LATE_MS ? 'late' : 'on_time';
}
