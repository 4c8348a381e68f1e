import { definedOnly } from '../base/defined-only.js';
import { type LimitsDefinition, resolveLimits } from '../graph/definition.js';
import type { EventOf } from './events.js';
import type { Children, RunState } from './state.js';

export interface ChildrenView {
  readonly created: number;
  readonly active: number;
  readonly lost: boolean;
  readonly unfinished: number;
  readonly next: readonly { readonly runId: string; readonly index: number; readonly ended: boolean }[];
}

export type ChildrenPlan =
  | { readonly kind: 'create'; readonly from: number; readonly to: number; readonly slots: number }
  | { readonly kind: 'start'; readonly start: readonly string[]; readonly restart: readonly string[] }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'join' };

const CHUNK = 500;

export function generationOf({ seq, retriedSeq }: Children): number {
  return retriedSeq ?? seq;
}

export function planChildren(
  { count }: Children,
  { created, active, lost, unfinished, next }: ChildrenView,
  { cancel, maxParallel }: { cancel: boolean; maxParallel: number },
): ChildrenPlan {
  if (cancel || lost) return unfinished > 0 ? { kind: 'cancel' } : { kind: 'join' };
  const free = Math.max(0, maxParallel - active);
  if (created < count) {
    const to = Math.min(count, created + CHUNK);
    return { kind: 'create', from: created, to, slots: Math.min(next.length > 0 ? 0 : free, to - created) };
  }
  const chosen = next.slice(0, free);
  if (chosen.length > 0) {
    const idsOf = (ended: boolean) => chosen.filter((one) => one.ended === ended).map(({ runId }) => runId);
    return { kind: 'start', start: idsOf(false), restart: idsOf(true) };
  }
  return unfinished > 0 || next.length > 0 ? { kind: 'wait' } : { kind: 'join' };
}

export function startBranch(parent: RunState, children: Children, index: number): EventOf<'run.submitted'> {
  const { toNodes, joinNode } = children;
  return {
    type: 'run.submitted',
    graph_id: parent.graphId,
    graph_version: parent.graphVersion,
    input_data: null,
    limits: { max_steps: parent.maxSteps },
    metadata: {},
    parent: { ...linkTo(parent, children, index), kind: 'branch' },
    entry_node: toNodes[toNodes.length === 1 ? 0 : index] ?? '',
    join_node: joinNode ?? '',
    ...definedOnly({ deadline_at: parent.deadlineAt ?? undefined }),
  };
}

export function startGraphRun(
  parent: RunState,
  children: Children,
  index: number,
  limits: LimitsDefinition | undefined,
  now: number,
): EventOf<'run.submitted'> {
  const { graph } = children;
  const { maxSteps, deadlineSeconds } = resolveLimits(limits, undefined);
  const own = deadlineSeconds === undefined ? Number.POSITIVE_INFINITY : now + deadlineSeconds * 1000;
  const deadline = Math.min(own, parent.deadlineAt ?? Number.POSITIVE_INFINITY);
  return {
    type: 'run.submitted',
    graph_id: graph?.id ?? '',
    graph_version: graph?.version ?? 0,
    input_data: graph?.input ?? null,
    limits: { max_steps: maxSteps },
    metadata: {},
    parent: { ...linkTo(parent, children, index), kind: 'graph' },
    ...definedOnly({ deadline_at: Number.isFinite(deadline) ? deadline : undefined }),
  };
}

function linkTo({ runId, parent }: RunState, { seq }: Children, index: number) {
  return { run_id: runId, seq, index, depth: (parent?.depth ?? 0) + 1 };
}
