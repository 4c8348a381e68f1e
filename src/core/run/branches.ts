import { definedOnly } from '../base/defined-only.js';
import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import type { BranchRoute } from '../graph/compile.js';
import { chooseByError } from './error-choice.js';
import type { RunError, RunEvent } from './events.js';
import { type ChildResult, describeEnd, detailsOfEnd, mergeBranches } from './join.js';
import { type Accepted, acceptPatch } from './patch.js';
import type { Children } from './state.js';
import { failRun, findEnding, goOn, placeOf, type Visit } from './visit.js';

/** How many parents a run can have above it. */
export const MAX_DEPTH = 8;

/** Starts branches; none at all join at once. */
export function startBranches(visit: Visit, route: BranchRoute, items: readonly Json[] = []): RunEvent[] {
  const { step, node } = placeOf(visit);
  const isParallel = route.kind === 'parallel';
  const to_nodes = isParallel ? route.starts : [route.start];
  const count = isParallel ? to_nodes.length : items.length;
  const started: RunEvent = {
    type: 'branches.started',
    step,
    node,
    kind: route.kind,
    to_nodes,
    join_node: route.join,
    count,
  };
  return isParallel || count > 0
    ? [started]
    : [started, ...goOnFromJoin(visit, 0, { [route.collectAs]: [] }, route.join)];
}

/** Why a run cannot have branches, if it is too far down. */
export function findDepthLimit({ state, cursor }: Visit): RunEvent | undefined {
  if ((state.parent?.depth ?? 0) < MAX_DEPTH) return undefined;
  return failRun(cursor, 'depth_exceeded', `Runs inside runs go ${MAX_DEPTH} levels deep at most.`);
}

/** Merges what branches set. One that failed, or a conflict, takes the edge's own way for errors, or fails the run. */
export function joinBranches(
  visit: Visit,
  route: BranchRoute,
  children: Children,
  results: readonly ChildResult[],
): RunEvent[] {
  const { state, now, cursor } = visit;
  const { count } = children;
  const accepted = mergeResults(visit, route, children, results);
  if (accepted.code === undefined) return goOnFromJoin(visit, count, accepted.patch, route.join);
  const { code, message, details } = accepted;
  const ending = findEnding(state, cursor, now);
  // The run keeps its children, so that a retry goes on in those that have not completed.
  if (ending !== undefined) return [ending];
  const { node, step } = cursor;
  const more = definedOnly({ details });
  const error: RunError = { code, message, node, step, ...more };
  const { entry } = chooseByError(route.onError, error, visit, 'on_error');
  if (entry === undefined) return [{ type: 'run.failed', error }];
  const patch = freezeJson<JsonObject>({ error: { node, code, message, ...more } });
  return goOnFromJoin(visit, count, patch, entry.to, error);
}

function goOnFromJoin(visit: Visit, count: number, patch: JsonObject, to: string, error?: RunError): RunEvent[] {
  const { step, node } = visit.cursor;
  const event = { type: 'branches.joined', step, node, count, patch, to_node: to, next: null } as const;
  return goOn(visit, error === undefined ? event : { ...event, error }, to);
}

function mergeResults(
  { state, graph }: Visit,
  route: BranchRoute,
  { toNodes }: Children,
  results: readonly ChildResult[],
): Accepted {
  // Those that were cancelled for the sake of one that failed explain nothing.
  const lost =
    results.find(({ status }) => status === 'FAILED') ?? results.find(({ status }) => status !== 'COMPLETED');
  if (lost !== undefined) {
    const start = toNodes[lost.index] ?? toNodes[0];
    const details = { index: lost.index, ...detailsOfEnd(lost) };
    return { code: 'branch_failed', message: `Branch ${lost.index} (${start}) ${describeEnd(lost)}`, details };
  }
  const patches = results.map(({ data }) => data);
  if (route.kind === 'for_each') return acceptPatch(state, { [route.collectAs]: patches }, Number.POSITIVE_INFINITY);
  const merged = mergeBranches(state.data, patches, graph.merge, toNodes);
  if (merged.conflict !== undefined) return { code: 'join_failed', message: merged.conflict };
  return acceptPatch(state, merged.patch, Number.POSITIVE_INFINITY);
}
