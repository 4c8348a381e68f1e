import type { JoinRule } from '../graph/edges.js';
import type { ChildResult } from './join.js';

/*
 * When the branches of an edge are joined, and which of them.
 *
 *   all, but for some    the join waits for every branch, and fails with the first one that is lost too many
 *   the first so many    the join is decided when so many have completed, or when so many can complete no more
 *
 * Once it is decided, the branches that have not ended are cancelled, and the run goes on when they have let go. What is
 * decided follows from the rows of the branches alone: which of them have completed, and when. A branch that has completed
 * stays so, so every look at them, after a crash or at another server, comes to the same.
 */

/** How many branches have to complete. */
export function neededBranches(rule: JoinRule, count: number): number {
  return rule.kind === 'first' ? rule.needed : Math.max(0, count - rule.maxFailures);
}

/** How many branches can be lost before the edge fails; below 0 if there are fewer branches than it needs. */
export function tolerableLosses(rule: JoinRule, count: number): number {
  return rule.kind === 'first' ? count - rule.needed : rule.maxFailures;
}

/**
 * True if no branch has to go on: enough have completed, or too many are lost.
 * @param lost how many have failed or were cancelled
 */
export function isJoinDecided(
  rule: JoinRule,
  count: number,
  { completed, lost }: { readonly completed: number; readonly lost: number },
): boolean {
  return lost > tolerableLosses(rule, count) || (rule.kind === 'first' && completed >= rule.needed);
}

/** Which branches are joined, and which are lost. */
export interface JoinResult {
  /** Enough have completed. */
  readonly isMet: boolean;
  /** Those that are joined: by their index, or in the order in which they ended if only the first are. */
  readonly joined: readonly ChildResult[];
  /** Those that have failed, by index; and those that were cancelled, unless only the first are joined. */
  readonly lost: readonly ChildResult[];
}

/**
 * Says which branches are joined. All that were made have ended.
 * @param results by index
 */
export function judgeBranches(rule: JoinRule, count: number, results: readonly ChildResult[]): JoinResult {
  const completed = results.filter(isCompleted);
  const isMet = completed.length >= neededBranches(rule, count);
  const lost = results.filter((result) => !isCompleted(result));
  if (rule.kind === 'all' || !isMet) return { isMet, joined: completed, lost };
  const joined = [...completed].sort(byEnd).slice(0, rule.needed);
  // Those that were cancelled have lost the race, which is no failure.
  return { isMet, joined, lost: lost.filter(({ status }) => status === 'FAILED') };
}

function isCompleted({ status }: ChildResult): boolean {
  return status === 'COMPLETED';
}

/** The order in which branches ended. What is stored of it is in milliseconds; of the same one the lower index is first. */
function byEnd(one: ChildResult, other: ChildResult): number {
  return one.finishedAt - other.finishedAt || one.index - other.index;
}
