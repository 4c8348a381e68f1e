import { definedOnly } from '../base/defined-only.js';
import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import type { BranchRoute } from '../graph/compile.js';
import type { JoinRule } from '../graph/edges.js';
import { chooseByError } from './error-choice.js';
import type { EventOf, RunError, RunEvent } from './events.js';
import type { ChildResult } from './join.js';
import {
  describeLoss,
  describeShortage,
  type JoinFailure,
  listByIndex,
  patchOfFailure,
  patchOfJoin,
} from './join-patch.js';
import { type JoinResult, judgeBranches, tolerableLosses } from './join-rule.js';
import type { Children } from './state.js';
import { failRun, findEnding, goOn, placeOf, type Visit } from './visit.js';
import { withPatch } from './with-patch.js';

/** How many parents a run can have above it. */
export const MAX_DEPTH = 8;

/**
 * Starts branches; none at all join at once, and the edge fails at once if there are fewer than its join needs.
 * @param patch of the step before them, which is stored with this
 */
export function startBranches(
  visit: Visit,
  route: BranchRoute,
  patch: JsonObject,
  items: readonly Json[] = [],
): RunEvent[] {
  const { step, node } = placeOf(visit);
  const isParallel = route.kind === 'parallel';
  const to_nodes = isParallel ? route.starts : [route.start];
  const count = isParallel ? to_nodes.length : items.length;
  // What follows at once finds the patch in `data`.
  const onward = (): Visit => ({ ...visit, state: withPatch(visit.state, patch) });
  if (tolerableLosses(route.joinRule, count) < 0) {
    return failJoin(onward(), route, describeShortage(route, count), { count });
  }
  const started: RunEvent = {
    type: 'branches.started',
    step,
    node,
    kind: route.kind,
    to_nodes,
    join_node: route.join,
    count,
  };
  return count > 0 ? [started] : [started, ...joinBranches(onward(), route, { count, toNodes: to_nodes }, [])];
}

/** Why a run cannot have branches, if it is too far down. */
export function findDepthLimit({ state, cursor }: Visit): RunEvent | undefined {
  if ((state.parent?.depth ?? 0) < MAX_DEPTH) return undefined;
  return failRun(cursor, 'depth_exceeded', `Runs inside runs go ${MAX_DEPTH} levels deep at most.`);
}

/** Merges what branches set. Too few of them, or a conflict, takes the edge's own way for errors, or fails the run. */
export function joinBranches(
  visit: Visit,
  route: BranchRoute,
  children: Pick<Children, 'count' | 'toNodes'>,
  results: readonly ChildResult[],
): RunEvent[] {
  const { count, toNodes } = children;
  const judged = judgeBranches(route.joinRule, count, results);
  // The deadline of the run is not one more failure of branches, all of which it ended.
  const ending = judged.isMet && judged.lost.length > 0 && route.joinRule.kind === 'all' ? endingOf(visit) : undefined;
  if (ending !== undefined) return [ending];
  const accepted = judged.isMet
    ? patchOfJoin(visit, route, count, toNodes, judged)
    : describeLoss(route, toNodes, judged.lost);
  if (accepted.code !== undefined) return failJoin(visit, route, accepted, { count, results });
  return goOnFromJoin(
    visit,
    { count, ...countEnds(route.joinRule, judged, results, count) },
    accepted.patch,
    route.join,
  );
}

/** Why a run ends instead of its join. It keeps its children, so that a retry goes on in those that have not completed. */
function endingOf({ state, cursor, now }: Visit): RunEvent | undefined {
  return findEnding(state, cursor, now);
}

function failJoin(
  visit: Visit,
  route: BranchRoute,
  { code, message, details }: JoinFailure,
  { count, results = [] }: { readonly count: number; readonly results?: readonly ChildResult[] },
): RunEvent[] {
  const ending = endingOf(visit);
  if (ending !== undefined) return [ending];
  const { node, step } = visit.cursor;
  const error: RunError = { code, message, node, step, ...definedOnly({ details }) };
  const completed = listByIndex(
    results.filter(({ status }) => status === 'COMPLETED'),
    count,
  );
  // Policies see it too; the run that fails does without, because it keeps the children themselves.
  const seen: RunError = { ...error, details: { ...(details as JsonObject | undefined), completed } };
  const { entry } = chooseByError(route.onError, seen, visit, 'on_error');
  if (entry === undefined) return [{ type: 'run.failed', error }];
  return goOnFromJoin(visit, { count, error }, patchOfFailure(visit.state, error, completed), entry.to);
}

/** What the event tells of branches that need not all complete. */
function countEnds(rule: JoinRule, { joined }: JoinResult, results: readonly ChildResult[], count: number) {
  if (rule.kind === 'all' && rule.maxFailures === 0) return {};
  const failed = results.filter(({ status }) => status === 'FAILED').length;
  const completed = results.filter(({ status }) => status === 'COMPLETED').length;
  const winners = rule.kind === 'first' ? joined.map(({ index }) => index) : undefined;
  return { joined: joined.length, failed, cancelled: count - completed - failed, ...definedOnly({ winners }) };
}

type Joined = Pick<EventOf<'branches.joined'>, 'count' | 'joined' | 'failed' | 'cancelled' | 'winners' | 'error'>;

function goOnFromJoin(visit: Visit, { count, ...told }: Joined, patch: JsonObject, to: string): RunEvent[] {
  const { step, node } = visit.cursor;
  return goOn(
    visit,
    { type: 'branches.joined', step, node, count, ...told, patch: freezeJson(patch), to_node: to, next: null },
    to,
  );
}
