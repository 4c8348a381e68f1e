import { duration } from '../format.js';
import { FINISHED } from '../types.js';
import type { Children, RunSummary } from '../wire-types.js';

/** Fewer say nothing about the rest. */
const MIN_FOR_ESTIMATE = 5;
/** How far the times of branches may lie apart: their deviation, as a part of their mean. */
const MAX_SPREAD = 0.5;

/** Those that failed come first, then those under way, then the others by their numbers. */
export function orderOf(failed: readonly RunSummary[], runs: readonly RunSummary[]): readonly RunSummary[] {
  const known = new Map([...failed, ...runs].map((run) => [run.run_id, run]));
  const rank = ({ status }: RunSummary): number => (status === 'FAILED' ? 0 : FINISHED.has(status) ? 2 : 1);
  return [...known.values()].sort((a, b) => rank(a) - rank(b) || (a.child_index ?? 0) - (b.child_index ?? 0));
}

/**
 * How long the rest may take, where that can be said: enough branches have ended, they took about the same, and none waits.
 * `undefined` otherwise.
 */
export function remainingOf(
  children: Children | null,
  runs: readonly Pick<RunSummary, 'started_at' | 'finished_at' | 'status'>[],
): string | undefined {
  if (children === null || children.waiting > 0 || children.running === 0) return undefined;
  const times = runs.flatMap(({ started_at: from, finished_at: to, status }) =>
    status === 'COMPLETED' && from !== null && to !== null ? [Date.parse(to) - Date.parse(from)] : [],
  );
  if (times.length < MIN_FOR_ESTIMATE) return undefined;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length);
  if (deviation > MAX_SPREAD * mean) return undefined;
  const open = children.total - children.completed - children.failed;
  const rounds = Math.ceil(open / children.running);
  return `About ${duration(Math.max(1000, rounds * mean))} left, if the rest takes as long as the ${times.length} that have ended.`;
}
