import isDeepEqual from 'fast-deep-equal';
import type { Decision, EventOf, EventType, RunEvent } from '../run/events.js';

/*
 * What of an event says which way a run went. Left out are what only tells how it was told or driven: log lines, usage,
 * messages, what a decision read, the moment of a next try, and whether the next visit was in the log by then.
 */

type Gist<T extends EventType> = (event: EventOf<T>) => readonly unknown[];

const nothing = (): readonly unknown[] => [];

const GISTS: { readonly [T in EventType]: Gist<T> } = {
  'run.submitted': nothing,
  'run.started': ({ next, step }) => [next, step ?? 1],
  'step.completed': ({ step, node, attempt, patch, decision }) => [step, node, attempt, patch, ...wayOf(decision)],
  'step.failed': ({ step, node, attempt, error, decision, patch }) => [
    step,
    node,
    attempt,
    error.code,
    decision === undefined ? null : wayOf(decision),
    patch === undefined,
  ],
  'wait.started': ({ step, node, attempt, wait: { kind, schema, signal, save_as, graph_id } }) => [
    ...[step, node, attempt, kind, schema ?? null, signal ?? null, save_as, graph_id ?? null],
  ],
  'wait.ended': ({ outcome, answer }) => [outcome, answer ?? null],
  'signal.received': ({ name, payload }) => [name, payload],
  'branches.started': ({ step, node, kind, to_nodes, join_node, count }) => [
    ...[step, node, kind, to_nodes, join_node, count],
  ],
  'branches.joined': ({ step, node, count, joined, winners, patch, error, to_node }) => [
    ...[step, node, count, joined ?? null, winners ?? null, error?.code ?? null, to_node],
    // What is kept of an error has words in it, which say the same in other ways.
    error === undefined ? patch : null,
  ],
  'children.refused': ({ code }) => [code],
  'cancel.requested': nothing,
  'pause.requested': nothing,
  'run.paused': ({ node }) => [node],
  'run.unpaused': nothing,
  'limit.reached': ({ limit, step, node, limit_of }) => [limit, step, node, limit_of ?? null],
  'limits.lifted': ({ limits }) => [limits],
  'run.recovered': nothing,
  'run.drained': nothing,
  'run.retried': ({ data, result, limits }) => [data ?? null, result ?? null, limits ?? null],
  'slot.taken': nothing,
  'run.forked': ({ node, step, patch }) => [node, step, patch],
  'run.completed': nothing,
  'run.failed': ({ error: { code, node, step } }) => [code, node, step],
  'run.cancelled': nothing,
};

/** Where a decision leads, and whether it does so by branches. */
function wayOf(decision: Decision | null): readonly unknown[] {
  if (decision === null) return [null, null];
  const isBranching = decision.kind === 'parallel' || decision.kind === 'for_each';
  return [decision.to_node, isBranching ? decision.kind : decision.kind === 'error'];
}

/** True if two events say that a run went the same way. */
export function isSameEvent(one: RunEvent, other: RunEvent | undefined): boolean {
  if (one.type !== other?.type) return false;
  const gist = GISTS[one.type] as (event: RunEvent) => readonly unknown[];
  return isDeepEqual(gist(one), gist(other));
}
