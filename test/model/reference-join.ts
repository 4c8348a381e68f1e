import type { Json, JsonObject } from '../../src/core/base/json.js';
import { merge } from './reference-choice.js';
import { detailsOf, type Failure } from './reference-errors.js';
import { type BranchEdge, edgeOf, endOf, isLost, NEVER, type Run } from './reference-run.js';

/** How many of so many branches have to complete; infinite if the join waits for all, whatever completes. */
function racers({ join = 'all' }: BranchEdge): number {
  if (join === 'all') return NEVER;
  return join === 'any' ? 1 : join;
}

/** How many can be lost. */
function spare(edge: BranchEdge, count: number): number {
  return racers(edge) === NEVER ? (edge.max_failures ?? 0) : count - racers(edge);
}

/** Why branches do not even begin. */
export function shortageOf(edge: BranchEdge, count: number): Failure | undefined {
  if (spare(edge, count) >= 0) return undefined;
  const needed = racers(edge) === 1 ? 'a branch' : `${racers(edge)} branches`;
  const there = ['there is none', 'there is only 1'][count] ?? `there are only ${count}`;
  return { code: 'branch_failed', message: `The join needs ${needed}, and ${there}.` };
}

/** When it is settled how the children come together, and by which of them; null if by none. */
export interface Decided {
  readonly at: number;
  readonly by: number;
  /** Another one ends at that very moment. */
  readonly isTie: boolean;
}

/**
 * @param before the children as they were
 * @param trial as they end if nothing stops them
 * @param edge undefined for a graph that runs as a step
 */
export function decisionOf(
  now: number,
  before: readonly Run[],
  trial: readonly Run[],
  edge?: BranchEdge,
): Decided | null {
  const rule = edge ?? { from_node: '', join_node: '' };
  let completed = before.filter(({ status }) => status === 'COMPLETED').length;
  if (completed >= racers(rule)) return { at: now, by: -1, isTie: false };
  const isOpen = (index: number) => before[index]!.status !== 'COMPLETED';
  const ends = trial
    .map((child, index) => ({ child, index }))
    .filter(({ child, index }) => isOpen(index) && child.now >= now && child.now < NEVER)
    .filter(({ child }) => child.status === 'COMPLETED' || isLost(child))
    .sort((one, other) => one.child.now - other.child.now);
  let lost = 0;
  for (const { child, index } of ends) {
    if (isLost(child)) lost += 1;
    else completed += 1;
    if (lost <= spare(rule, before.length) && completed < racers(rule)) continue;
    const others = before.filter((_, one) => isOpen(one) && one !== index).length;
    const isShared = ends.some((end) => end.index !== index && end.child.now === child.now);
    const isRace = racers(rule) !== NEVER || (rule.max_failures ?? 0) > 0;
    return { at: child.now, by: index, isTie: (child.now === now && others > 0) || (isRace && isShared) };
  }
  return null;
}

/** What a join comes to. */
export type Joined = { readonly patch: JsonObject; readonly line: string } | { readonly failure: Failure };

export function joinOf(run: Run, children: readonly Run[]): Joined {
  const edge = edgeOf(run)!;
  const { collect_as: key, collect_errors_as: errorsKey } = edge;
  const all = children.filter(({ status }) => status === 'COMPLETED');
  if (all.length < children.length - spare(edge, children.length)) return { failure: lossOf(edge, children) };
  const first = [...all].sort((a, b) => a.now - b.now || a.branch!.index - b.branch!.index).slice(0, racers(edge));
  const winners = children.filter((child) => first.includes(child));
  const failed = children.filter(({ status }) => status === 'FAILED');
  const errors = racers(edge) === NEVER ? children.filter(isLost) : failed;
  const more: JsonObject = errorsKey === undefined ? {} : { [errorsKey]: errors.map(entryOf) };
  const line = lineOf(children.length, winners.length, failed.length, children.length - all.length - failed.length);
  if (key !== undefined) return { patch: { [key]: completedOf(children, winners), ...more }, line };
  const setter = winners.find(({ own }) => errorsKey !== undefined && errorsKey in own);
  if (setter !== undefined) {
    const name = `${setter.branch!.index} (${setter.entry})`;
    return {
      failure: { code: 'join_failed', message: `Branch ${name} sets "${errorsKey}", which is for errors of branches.` },
    };
  }
  const merged = merge(run, winners);
  if ('conflict' in merged) return { failure: { code: 'join_failed', message: merged.conflict } };
  return { patch: { ...merged.patch, ...more }, line };
}

/** What the branches set that count, and null for the others. */
export function completedOf(children: readonly Run[], those: readonly Run[]): Json[] {
  return children.map((child) => (those.includes(child) ? child.own : null));
}

function entryOf({ branch, error }: Run): Json {
  const { node, code, message } = error ?? { node: null, code: 'cancelled', message: 'The branch was cancelled.' };
  return { index: branch!.index, node, code, message };
}

function lineOf(count: number, joined: number, failed: number, cancelled: number): string {
  if (joined === count) return `Joined ${count} ${count === 1 ? 'branch' : 'branches'}.`;
  const others = [
    failed > 0 ? `${failed} failed` : '',
    cancelled > 0 ? `${cancelled} ${cancelled === 1 ? 'was' : 'were'} cancelled` : '',
  ].filter(Boolean);
  return `Joined ${joined} of ${count} branches${others.length > 0 ? '; ' : ''}${others.join(', ')}.`;
}

function lossOf(edge: BranchEdge, children: readonly Run[]): Failure {
  const lost = children.find(({ status }) => status === 'FAILED') ?? children.find(isLost)!;
  const { index } = lost.branch!;
  const failures = edge.max_failures ?? 0;
  const tolerated = failures > 0 ? `More than ${failures} of the branches did not complete. ` : '';
  const raced = racers(edge) === 1 ? 'No branch completed. ' : `Fewer than ${racers(edge)} branches completed. `;
  const message = `${racers(edge) === NEVER ? tolerated : raced}Branch ${index} (${lost.entry}) ${endOf(lost)}`;
  return { code: 'branch_failed', message, details: { index, ...detailsOf(lost) } };
}
