import { isFinished, RUN_STATUSES, type RunStatus } from '../core/run/state.js';
import type { UnfinishedStatus } from './store.js';

/** The statuses of runs that have not finished. */
export const UNFINISHED: readonly RunStatus[] = RUN_STATUSES.filter((status) => !isFinished(status));

/** False for what no release so far has stored in the row of a run that has not finished, too. */
export function isUnfinished(status: RunStatus): status is UnfinishedStatus {
  return UNFINISHED.includes(status);
}

/** A run's id is made at most this long before its submission is noted, in milliseconds. */
const ID_SLACK_MS = 60_000;
const MAX_UUID_MS = 2 ** 48 - 1;

/**
 * The first part of an id before which no run has one that was submitted at a time (milliseconds since 1970) or later:
 * UUIDv7 has the time in its first 48 bits (RFC 9562, section 5.7).
 */
export function firstIdSince(time: number): string {
  const hex = Math.floor(Math.min(Math.max(time - ID_SLACK_MS, 0), MAX_UUID_MS))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
