import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import type { NotifyTarget } from '../base/notify.js';
import type { Metadata } from '../base/run-options.js';
import type { TraceContext } from '../base/trace-context.js';
import { type LimitsDefinition, type RunLimits, resolveLimits } from '../graph/definition.js';
import type { JoinRule } from '../graph/edges.js';
import { nameItem } from './branch-name.js';
import { deadlineFrom } from './deadline.js';
import type { EventOf } from './events.js';
import { isJoinDecided } from './join-rule.js';
import { budgetsOfChildren, guardsOfBranch } from './limits.js';
import type { Children, ChildrenRefusal, RunState } from './state.js';

/**
 * What is known of the child runs that an event of a parent started. A child runs once it has a slot, which belongs to a
 * generation: that of the event which started the children, or of the last retry of the parent (see
 * {@link generationOf}).
 */
export interface ChildrenView {
  /** The children with the indexes 0 up to this exist. */
  readonly created: number;
  /** How many have a slot of this generation, and have not ended. */
  readonly active: number;
  /** How many have failed or were cancelled in this generation: counted as far as it was asked. */
  readonly lost: number;
  /** How many have not ended, with a slot or without. */
  readonly unfinished: number;
  /** Those without a slot of this generation that have not completed, by index; as many as can have a slot will do. */
  readonly next: readonly {
    readonly runId: string;
    readonly index: number;
    /** It failed or was cancelled before the parent was retried, and is restarted. */
    readonly ended: boolean;
  }[];
}

/** What to do next for the children of a run. After `create` and `start` there can be more to do. */
export type ChildrenPlan =
  /** Make the children with the indexes `from` up to `to` (exclusive); the first `slots` of them get a slot at once. */
  | { readonly kind: 'create'; readonly from: number; readonly to: number; readonly slots: number }
  /** Give these runs a slot. Those in `restart` have ended, and go on as their parent does. */
  | { readonly kind: 'start'; readonly start: readonly string[]; readonly restart: readonly string[] }
  /** Make none: they alone are more than can be made. */
  | { readonly kind: 'refuse'; readonly refusal: ChildrenRefusal }
  /** Cancel all that have not ended. */
  | { readonly kind: 'cancel' }
  /** Nothing to do until a child ends. */
  | { readonly kind: 'wait' }
  /** All have ended: read their results, and settle. */
  | { readonly kind: 'join' };

/** Children made in one commit, which keeps everything else waiting for some 10 ms. */
const MAX_CREATED_AT_ONCE = 100;

/** The seq of the event whose slots count: the one that started the children, or the last retry of their parent. */
export function generationOf({ seq, retriedSeq }: Children): number {
  return retriedSeq ?? seq;
}

export interface ChildrenLimits {
  /** Children that run at a time. */
  readonly maxParallel: number;
  /** Runs that the top run can have inside it, at any depth. */
  readonly maxDescendants: number;
  /** Which of them have to complete. */
  readonly joinRule: JoinRule;
}

/** What is known of children, for a join that is decided when so many have completed: how many have, in any generation. */
export type CountedChildren = ChildrenView & { readonly completed: number };

/**
 * Plans what to do for the children of a run: make them, run at most `maxParallel` of them at a time, end all when their
 * join is decided, when no more can be made or when their parent ends, and join them when all have ended.
 * @param cancel their parent ends
 */
export function planChildren(
  { count, refused }: Children,
  view: CountedChildren,
  { cancel, maxParallel, maxDescendants, joinRule }: ChildrenLimits & { readonly cancel: boolean },
): ChildrenPlan {
  const { created, active, unfinished, next } = view;
  const isOver = cancel || refused !== undefined || isJoinDecided(joinRule, count, view);
  if (isOver) return { kind: unfinished > 0 ? 'cancel' : 'join' };
  const free = Math.max(0, maxParallel - active);
  if (created < count) {
    if (count > maxDescendants) return { kind: 'refuse', refusal: refuseChildren(maxDescendants) };
    const to = Math.min(count, created + MAX_CREATED_AT_ONCE);
    // Children that are there already go first.
    const slots = Math.min(Math.max(0, free - next.length), to - created);
    return { kind: 'create', from: created, to, slots };
  }
  const chosen = next.slice(0, free);
  if (chosen.length === 0) return { kind: unfinished > 0 ? 'wait' : 'join' };
  return {
    kind: 'start',
    start: chosen.filter(({ ended }) => !ended).map(({ runId }) => runId),
    restart: chosen.filter(({ ended }) => ended).map(({ runId }) => runId),
  };
}

/** Why children are not made that would be more than the top run can have inside it. */
export function refuseChildren(maxDescendants: number): ChildrenRefusal {
  const message =
    `The top run would have more than ${maxDescendants} runs inside it. Have fewer items or branches, ` +
    'or raise MAX_DESCENDANTS of the server and retry the run.';
  return { code: 'too_many_descendants', message };
}

/**
 * The first event of a branch, which runs a part of its parent's graph on its parent's state.
 * @param item what a for_each has the branch for
 * @param trace what the parent does that in
 */
export function startBranch(
  parent: RunState,
  children: Children,
  index: number,
  item: Json,
  trace?: TraceContext,
): EventOf<'run.submitted'> {
  const { toNodes, joinNode, kind } = children;
  return {
    type: 'run.submitted',
    graph_id: parent.graphId,
    graph_version: parent.graphVersion,
    input_data: null,
    limits: { max_steps: parent.maxSteps, ...guardsOfBranch(parent) },
    metadata: parent.metadata,
    parent: linkTo(parent, children, index, 'branch'),
    // The branches of a for_each all begin at the same node.
    entry_node: toNodes[toNodes.length === 1 ? 0 : index] ?? '',
    join_node: joinNode ?? '',
    ...definedOnly({
      name: kind === 'for_each' ? nameItem(item) : undefined,
      deadline_at: parent.deadlineAt ?? undefined,
      budgets_of: budgetsOfChildren(parent),
      trace,
    }),
  };
}

/**
 * The first event of a graph that runs as a step. It ends at its parent's deadline, or at its own if that is earlier.
 * @param limits the limits of the graph
 * @param now milliseconds since 1970
 * @param trace what the parent does that in
 */
export function startGraphRun(
  parent: RunState,
  children: Children,
  index: number,
  limits: LimitsDefinition | undefined,
  now: number,
  trace?: TraceContext,
): EventOf<'run.submitted'> {
  const { graph } = children;
  const resolved = resolveLimits(limits, graph?.limits);
  return {
    type: 'run.submitted',
    graph_id: graph?.id ?? '',
    graph_version: graph?.version ?? 0,
    input_data: graph?.input ?? null,
    limits: limitsDocument(resolved),
    metadata: inheritMetadata(parent, graph?.metadata),
    parent: linkTo(parent, children, index, 'graph'),
    ...definedOnly({
      deadline_at: deadlineFrom(now, resolved.deadlineSeconds, parent.deadlineAt) ?? undefined,
      budgets_of: budgetsOfChildren(parent),
      trace,
    }),
  };
}

/**
 * The first event of a run that a step starts and does not wait for: a top-level run, which has nothing of the run that
 * started it but its metadata.
 * @param limits resolved from those of the graph and of the step
 * @param trace what the step does that in
 */
export function startDetachedRun(
  starter: RunState,
  graph: {
    readonly id: string;
    readonly version: number;
    readonly input: Json;
    readonly metadata?: Metadata;
    readonly notify?: readonly NotifyTarget[];
  },
  limits: RunLimits,
  trace?: TraceContext,
): EventOf<'run.submitted'> {
  return {
    type: 'run.submitted',
    graph_id: graph.id,
    graph_version: graph.version,
    input_data: graph.input,
    limits: limitsDocument(limits),
    metadata: inheritMetadata(starter, graph.metadata),
    started_by: { kind: 'run', id: starter.runId },
    ...definedOnly({ notify: graph.notify, trace }),
  };
}

/** The metadata of a run that a step starts: what the step says goes before what the run of the step has. */
export function inheritMetadata({ metadata }: Pick<RunState, 'metadata'>, given: Metadata | undefined): Metadata {
  return given === undefined ? metadata : { ...metadata, ...given };
}

/** Limits as `run.submitted` has them. */
export function limitsDocument({ maxSteps, deadlineSeconds, guards }: RunLimits): EventOf<'run.submitted'>['limits'] {
  return { max_steps: maxSteps, ...definedOnly({ deadline_seconds: deadlineSeconds }), ...guards };
}

function linkTo({ runId, parent }: RunState, { seq }: Children, index: number, kind: 'branch' | 'graph') {
  return { run_id: runId, seq, index, depth: (parent?.depth ?? 0) + 1, kind };
}
