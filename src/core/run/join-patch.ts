import { definedOnly } from '../base/defined-only.js';
import type { Json, JsonObject } from '../base/json.js';
import type { BranchRoute } from '../graph/compile.js';
import type { JoinRule } from '../graph/edges.js';
import type { RunError } from './events.js';
import { type ChildResult, describeEnd, detailsOfEnd, mergeBranches } from './join.js';
import { type JoinResult, neededBranches } from './join-rule.js';
import { type Accepted, acceptPatch } from './patch.js';
import type { RunState } from './state.js';
import type { Visit } from './visit.js';

/** Why branches cannot be joined. */
export type JoinFailure = Exclude<Accepted, { code?: undefined }>;

/** The branches that are joined as one patch, or why there is none. `count`: how many there are in all. */
export function patchOfJoin(
  { state, graph }: Visit,
  route: BranchRoute,
  count: number,
  toNodes: readonly string[],
  { joined, lost }: Pick<JoinResult, 'joined' | 'lost'>,
): Accepted {
  const inOrder = [...joined].sort((one, other) => one.index - other.index);
  const { collectErrorsAs: key } = route;
  const errors: JsonObject = key === undefined ? {} : { [key]: lost.map(errorEntry) };
  if (route.kind === 'for_each') {
    return accept(state, { [route.collectAs]: listByIndex(inOrder, count), ...errors });
  }
  const names = inOrder.map(({ index }) => nameOf(index, toNodes));
  const setter = inOrder.findIndex(({ data }) => key !== undefined && Object.hasOwn(data, key));
  if (setter !== -1) {
    return { code: 'join_failed', message: `Branch ${names[setter]} sets "${key}", which is for errors of branches.` };
  }
  const merged = mergeBranches(
    state.data,
    inOrder.map(({ data }) => data),
    graph.merge,
    names,
  );
  if (merged.conflict !== undefined) return { code: 'join_failed', message: merged.conflict };
  return accept(state, { ...merged.patch, ...errors });
}

function accept(state: RunState, patch: JsonObject): Accepted {
  return acceptPatch(state, patch, Number.POSITIVE_INFINITY);
}

/** What each branch has set, in their order; null for those that have not completed, or are not joined. */
export function listByIndex(completed: readonly ChildResult[], count: number): readonly Json[] {
  const list: Json[] = Array.from({ length: count }, () => null);
  for (const { index, data } of completed) list[index] = data;
  return list;
}

function errorEntry({ index, error }: ChildResult): Json {
  const { code = 'cancelled', message = 'The branch was cancelled.', node = null } = error ?? {};
  return { index, node, code, message };
}

/** Why an edge fails that has lost too many branches. */
export function describeLoss(
  route: BranchRoute,
  toNodes: readonly string[],
  lost: readonly ChildResult[],
): JoinFailure {
  // Those that were cancelled for the sake of others explain nothing.
  const first = lost.find(({ status }) => status === 'FAILED') ?? lost[0];
  const reason = describeRule(route);
  if (first === undefined) return { code: 'branch_failed', message: reason };
  const message = `Branch ${nameOf(first.index, toNodes)} ${describeEnd(first)}`;
  const details = { index: first.index, ...detailsOfEnd(first) };
  return { code: 'branch_failed', message: toleratesLoss(route.joinRule) ? `${reason} ${message}` : message, details };
}

/** What the rule of the join asked for. */
function describeRule({ joinRule: rule }: BranchRoute): string {
  if (rule.kind === 'first') {
    return rule.needed === 1 ? 'No branch completed.' : `Fewer than ${rule.needed} branches completed.`;
  }
  return toleratesLoss(rule)
    ? `More than ${rule.maxFailures} of the branches did not complete.`
    : 'Not all branches completed.';
}

/** False for a join that the first branch that is lost fails, which says enough. */
function toleratesLoss(rule: JoinRule): boolean {
  return rule.kind === 'first' || rule.maxFailures > 0;
}

/** Why branches do not begin: there are fewer than the join needs. */
export function describeShortage({ joinRule }: BranchRoute, count: number): JoinFailure {
  const there = count === 0 ? 'there is none' : `there ${count === 1 ? 'is' : 'are'} only ${count}`;
  const needed = neededBranches(joinRule, count);
  return {
    code: 'branch_failed',
    message: `The join needs ${needed === 1 ? 'a branch' : `${needed} branches`}, and ${there}.`,
  };
}

function nameOf(index: number, toNodes: readonly string[]): string {
  return `${index} (${toNodes[toNodes.length === 1 ? 0 : index]})`;
}

/**
 * What `data.error` is after a join that failed: with what the branches that completed have set, unless that is too much
 * for `data`.
 */
export function patchOfFailure(
  state: RunState,
  { code, message, node, details }: RunError,
  completed: readonly Json[],
): JsonObject {
  const error = { node, code, message };
  const kept = accept(state, { error: { ...error, details: { ...(details as JsonObject | undefined), completed } } });
  return kept.code === undefined ? kept.patch : { error: { ...error, ...definedOnly({ details }) } };
}
