import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import type { Read } from '../expressions/reads.js';
import { END } from '../graph/definition.js';
import type { EventOf, RunEvent } from '../run/events.js';
import type { Divergence, Outcome } from './replayed.js';

/** How long a message is told, so that many runs with one cause say the same. */
const MAX_MESSAGE = 200;

/** What a run does next, as the first of its events tell it. */
export function outcomeOf(events: readonly RunEvent[]): Outcome {
  for (const [index, event] of events.entries()) {
    const told = tell(event, events[index + 1]);
    if (told !== undefined) return told;
  }
  return { text: 'does nothing more' };
}

function tell(event: RunEvent, next: RunEvent | undefined): Outcome | undefined {
  switch (event.type) {
    case 'step.completed':
      return { ...tellCompletion(event, next), value: event.patch };
    case 'step.failed':
      return tellFailure(event, next);
    case 'wait.started':
      return {
        text: event.wait.kind === 'graph' ? `runs the graph "${event.wait.graph_id}"` : `waits (${event.wait.kind})`,
      };
    case 'wait.ended':
      return { text: `its wait ends: ${event.outcome}`, ...definedOnly({ value: event.answer }) };
    case 'branches.started':
      return { text: tellBranches(event) };
    case 'branches.joined':
      return { text: `joins its branches and ${goesTo(event.to_node)}`, toNode: event.to_node, value: event.patch };
    case 'run.started':
      return { text: `begins at "${event.next}"`, toNode: event.next };
    case 'run.paused':
      return { text: 'pauses' };
    case 'limit.reached':
      return { text: `waits at its limit ${event.limit}` };
    case 'run.completed':
      return { text: 'ends', toNode: END };
    case 'run.failed':
      return failsWith(event.error);
    case 'run.cancelled':
      return { text: 'is cancelled' };
    default:
      return undefined;
  }
}

function tellCompletion({ decision }: EventOf<'step.completed'>, next: RunEvent | undefined): Outcome {
  if (next?.type === 'run.failed') return failsWith(next.error);
  if (next?.type === 'limit.reached') return { text: `waits at its limit ${next.limit}` };
  if (next?.type === 'branches.started') return { text: tellBranches(next) };
  if (decision === null || decision.to_node === null) return { text: 'ends', toNode: END };
  return { text: goesTo(decision.to_node), toNode: decision.to_node };
}

function tellFailure({ error, decision }: EventOf<'step.failed'>, next: RunEvent | undefined): Outcome {
  const value = { code: error.code, message: error.message };
  if (decision !== undefined) {
    return { text: `fails with ${error.code} and ${goesTo(decision.to_node)}`, toNode: decision.to_node, value };
  }
  if (next?.type === 'run.failed') return failsWith(next.error);
  return { text: `fails with ${error.code} and is tried again`, value };
}

function failsWith({ code, message }: { readonly code: string; readonly message: string }): Outcome {
  return { text: `fails with ${code}`, toNode: null, value: { code, message: message.slice(0, MAX_MESSAGE) } };
}

function goesTo(node: string | null): string {
  return node === END || node === null ? 'ends' : `goes to "${node}"`;
}

function tellBranches({ count, kind, to_nodes, join_node }: EventOf<'branches.started'>): string {
  const begin = to_nodes.map((name) => `"${name}"`).join(', ');
  const what = kind === 'for_each' ? 'for each of its items' : 'in parallel';
  return `starts ${count} ${count === 1 ? 'branch' : 'branches'} ${what} at ${begin}, joined at "${join_node}"`;
}

/** What kind of difference there is between two outcomes of one visit. */
export function kindOf(was: Outcome, wouldBe: Outcome): Divergence['of'] {
  if (was.toNode != null && wouldBe.toNode != null) return was.toNode === wouldBe.toNode ? 'result' : 'way';
  return 'end';
}

/** The values that decided: those of one side, and those that only the other one has. */
export function readsOf(first: readonly RunEvent[], second: readonly RunEvent[]): readonly Read[] {
  const reads = new Map<string, Read>();
  for (const event of [...first, ...second]) {
    const decision = 'decision' in event ? event.decision : undefined;
    for (const read of decision?.read ?? []) if (!reads.has(read.path)) reads.set(read.path, read);
  }
  return [...reads.values()];
}

/** A value in a sentence. */
export function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}...`;
}
