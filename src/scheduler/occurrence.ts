import { definedOnly } from '../core/base/defined-only.js';
import { EngineError, messageOf } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { parseLargeJson } from '../core/base/json-parse.js';
import type { Starter } from '../core/run/events.js';
import { isFinished, RUN_STATUSES } from '../core/run/state.js';
import { calendarOf } from '../core/schedule/calendar.js';
import type { ScheduleSettings } from '../core/schedule/definition.js';
import {
  type DueOccurrence,
  describeMiss,
  findDue,
  moveOn,
  occurrenceKey,
  reactTo,
  type Verdict,
} from '../core/schedule/occurrence.js';
import { type CancelDeps, cancelRun } from '../runs/cancel.js';
import type { Turns } from '../runs/turns.js';
import type { RunFilter } from '../store/run-filter.js';
import type { ScheduleAdvance, StoredSchedule } from '../store/schedules.js';
import type { Idempotency, RunSummary } from '../store/store.js';

/** A run to start, as the use-case of the engine takes it. */
export interface ScheduledStart extends Pick<ScheduleSettings, 'version' | 'limits' | 'metadata'> {
  readonly graphId: string;
  readonly inputData: Json;
  readonly idempotency: Idempotency;
  readonly startedBy: Starter;
  readonly schedule: (runId: string) => ScheduleAdvance;
}

export interface OccurrenceDeps extends CancelDeps {
  readonly turns: Turns;
  /** Starts a run, in the same commit in which the schedule moves on. @throws EngineError | ScheduleMovedError */
  readonly startRun: (request: ScheduledStart) => Promise<{ readonly runId: string; readonly replayed: boolean }>;
}

const UNFINISHED = RUN_STATUSES.filter((status) => !isFinished(status));
/** Runs that are cancelled at a time, and how often for one occurrence. What is left is for the next one. */
const CANCELLED_AT_A_TIME = 100;
export const MAX_CANCEL_ROUNDS = 20;

/** Nobody else has this fingerprint: those of requests are digests. */
const FINGERPRINT = 'schedule';

/**
 * Does what is due of a schedule, and moves it on: one occurrence, or what an earlier one has left to do.
 * @returns false if nothing could be decided, so that it is to be looked at again
 * @throws ScheduleMovedError if somebody else has moved the schedule on
 * @throws StoreUnavailableError
 */
export async function doOccurrence(deps: OccurrenceDeps, schedule: StoredSchedule): Promise<boolean> {
  const { scheduleId, settings, nextAt, last, seq } = schedule;
  const now = deps.now();
  const due = findDue(calendarOf(settings), { nextAt, last, catchUpMs: settings.catch_up_seconds * 1000 }, now);
  if (due === undefined) {
    await followUp(deps, schedule, last?.run_id ?? null);
    await deps.store.schedules.setAside(scheduleId, nextAt, seq);
    return true;
  }
  const decision = due.isMissed
    ? ({ verdict: { outcome: 'missed', message: describeMiss(due) }, isStored: false } as const)
    : await decide(deps, schedule, due);
  if (decision === 'later') return false;
  const { verdict, isStored } = decision;
  if (!isStored) await deps.store.commit({ appends: [], schedule: advance(deps, schedule, due, verdict) });
  if (verdict.outcome !== 'started' || !hasFollowUp(schedule)) return true;
  await followUp(deps, schedule, verdict.runId);
  await deps.store.schedules.setAside(scheduleId, due.nextAt, seq + 1);
  return true;
}

interface Decision {
  readonly verdict: Verdict;
  /** A run was started, and the schedule has moved on with it. */
  readonly isStored: boolean;
}

async function decide(deps: OccurrenceDeps, schedule: StoredSchedule, due: DueOccurrence): Promise<Decision | 'later'> {
  if (schedule.settings.overlap === 'skip') {
    const [running] = await listUnfinished(deps, schedule.scheduleId, { limit: 1 });
    if (running !== undefined) return { verdict: { outcome: 'skipped', runId: running.runId }, isStored: false };
  }
  try {
    const { runId, replayed } = await start(deps, schedule, due);
    // If the run is there already, the clock, or a backup, has brought the occurrence back.
    return { verdict: { outcome: 'started', runId }, isStored: !replayed };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const reaction = reactTo(error.code);
    if (reaction === 'later') return reaction;
    const outcome = reaction === 'postpone' ? 'postponed' : 'refused';
    return { verdict: { outcome, message: explain(error) }, isStored: false };
  }
}

async function start(deps: OccurrenceDeps, schedule: StoredSchedule, due: DueOccurrence) {
  const { scheduleId, graphId, settings, input } = schedule;
  const { version, limits, metadata } = settings;
  return deps.startRun({
    graphId,
    inputData: await deps.turns.inSlices(parseLargeJson(input)),
    idempotency: { key: occurrenceKey(scheduleId, due.instant), fingerprint: FINGERPRINT },
    startedBy: { kind: 'schedule', id: scheduleId },
    schedule: (runId) => advance(deps, schedule, due, { outcome: 'started', runId }),
    ...definedOnly({ version, limits, metadata }),
  });
}

function advance(
  { now }: Pick<OccurrenceDeps, 'now'>,
  schedule: StoredSchedule,
  due: DueOccurrence,
  verdict: Verdict,
): ScheduleAdvance {
  const { scheduleId, seq } = schedule;
  return { scheduleId, seq, ...moveOn(due, verdict, now(), hasFollowUp(schedule)) };
}

/** True if a start is to be followed by more. */
function hasFollowUp({ settings }: StoredSchedule): boolean {
  return settings.overlap === 'cancel_previous';
}

/** What follows from the start of a run; again if nobody knows whether it was done. */
async function followUp(deps: OccurrenceDeps, schedule: StoredSchedule, runId: string | null): Promise<void> {
  if (runId !== null && hasFollowUp(schedule)) await cancelPrevious(deps, schedule.scheduleId, runId);
}

/**
 * Cancels the runs of a schedule before one: after that was started, so that no run is given up for one that cannot start.
 * Those that are being cancelled already take their time, so each run is asked once.
 */
async function cancelPrevious(deps: OccurrenceDeps, scheduleId: string, before: string): Promise<void> {
  let after = before;
  for (let round = 0; round < MAX_CANCEL_ROUNDS; round++) {
    const runs = await listUnfinished(deps, scheduleId, { limit: CANCELLED_AT_A_TIME, after });
    await Promise.all(runs.map(({ runId }) => cancelRun(deps, runId)));
    const last = runs.at(-1);
    if (last === undefined || runs.length < CANCELLED_AT_A_TIME) return;
    after = last.runId;
  }
}

function listUnfinished(
  { store }: Pick<OccurrenceDeps, 'store'>,
  scheduleId: string,
  page: Pick<RunFilter, 'limit' | 'after'>,
): Promise<RunSummary[]> {
  return store.listRuns({ startedBy: { kind: 'schedule', id: scheduleId }, statuses: UNFINISHED, ...page });
}

/** The message of an error, with the first thing that is wrong. */
function explain(error: EngineError): string {
  const [first] = error.errors ?? [];
  const where = first === undefined ? '' : ` ${first.pointer}: ${first.message}`;
  return `${error.code}: ${messageOf(error)}${where}`.slice(0, 1000);
}
