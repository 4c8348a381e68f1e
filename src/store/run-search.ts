import type { EventType, Starter } from '../core/run/events.js';
import { isFinished, RUN_STATUSES, type RunStatus } from '../core/run/state.js';
import type { RunFilter } from './run-filter.js';
import type { UnfinishedStatus } from './unfinished-run.js';

/** The statuses of runs that have not finished. */
export const UNFINISHED: readonly RunStatus[] = RUN_STATUSES.filter((status) => !isFinished(status));

/** False for what no release so far has stored in the row of a run that has not finished, too. */
export function isUnfinished(status: RunStatus): status is UnfinishedStatus {
  return UNFINISHED.includes(status);
}

/** The statuses of runs that can fit a filter; undefined if those of all can. */
export function possibleStatuses(filter: RunFilter): readonly RunStatus[] | undefined {
  const { statuses, errorCode, currentNode, paused } = filter;
  const narrowed = [
    errorCode === undefined ? RUN_STATUSES : (['FAILED'] as const),
    currentNode === undefined ? RUN_STATUSES : RUN_STATUSES.filter((status) => status !== 'COMPLETED'),
    paused === true ? UNFINISHED : RUN_STATUSES,
  ];
  const possible = (statuses ?? RUN_STATUSES).filter((status) => narrowed.every((some) => some.includes(status)));
  return statuses === undefined && possible.length === RUN_STATUSES.length ? undefined : possible;
}

/** A text that is searched for, or in, with its ASCII letters small: that is what both databases do alike. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** What has an index of its own: a client, which has started most runs, does not. */
export interface IndexedStarter {
  readonly kind: Starter['kind'];
  readonly id: string;
}

/** What started all runs that can fit a filter, if an index leads to them. */
export function indexedStarter({ startedBy }: RunFilter): IndexedStarter | undefined {
  if (startedBy === undefined || startedBy.kind === 'api' || startedBy.id === undefined) return undefined;
  return { kind: startedBy.kind, id: startedBy.id };
}

const IS_MOVE: Readonly<Record<EventType, boolean>> = {
  'run.submitted': false,
  'run.started': true,
  'step.completed': true,
  'step.failed': true,
  'wait.started': true,
  'wait.ended': false,
  'signal.received': false,
  'branches.started': true,
  'branches.joined': true,
  'children.refused': false,
  'cancel.requested': false,
  'pause.requested': false,
  'run.paused': false,
  'run.unpaused': false,
  'limit.reached': false,
  'limits.lifted': false,
  'run.recovered': false,
  'run.drained': false,
  'run.retried': false,
  'slot.taken': false,
  'run.migrated': false,
  'run.forked': true,
  'run.completed': false,
  'run.failed': false,
  'run.cancelled': false,
};

/** The types of events of which the last one tells at which node a run is. */
export const MOVING_EVENTS = Object.entries(IS_MOVE).flatMap(([type, isMove]) => (isMove ? [type] : []));

/** The code that is shown for an error that cannot be read. */
export const UNREADABLE_ERROR = 'run_unreadable';

/** A run's id is made at most this long before its submission is noted, in milliseconds. */
const ID_SLACK_MS = 60_000;
const MAX_UUID_MS = 2 ** 48 - 1;

/**
 * The first part of an id before which no run has one that was submitted at a time (milliseconds since 1970) or later:
 * UUIDv7 has the time in its first 48 bits (RFC 9562, section 5.7).
 */
export function firstIdSince(time: number): string {
  return firstIdOf(time - ID_SLACK_MS);
}

/** The first part of an id from which on no run has one that was submitted before a time (milliseconds since 1970). */
export function endOfIdsBefore(time: number): string {
  return firstIdOf(time + ID_SLACK_MS);
}

function firstIdOf(time: number): string {
  const hex = Math.floor(Math.min(Math.max(time, 0), MAX_UUID_MS))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
