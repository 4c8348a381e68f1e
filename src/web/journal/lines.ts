import type { CapsuleEvent } from '../evidence/capsule-document.js';

/** The log lines of a run, as its events say: the same ones that the API lists (a test compares the two). */
export function linesOf(events: readonly CapsuleEvent[]): readonly string[] {
  return events.flatMap(linesOfEvent);
}

const ENDS: Readonly<Record<string, string>> = {
  end: 'Workflow reached END.',
  no_edge: 'No outgoing edge found. Stopping.',
  join: 'Branch reached its join.',
};

function linesOfEvent(event: CapsuleEvent): readonly string[] {
  const { type, logs = [], error, count = 0, next } = event;
  switch (type) {
    case 'run.started':
    case 'run.retried':
      return begin(next);
    case 'step.completed':
      return [...logs, ...routing(event), ...begin(next)];
    case 'step.failed':
      return [...logs, `Error in node ${event.node}: ${oneLine(error?.message)}`, ...begin(next)];
    case 'wait.started':
      return logs;
    case 'branches.started':
      return [`Started ${branches(count)}.`];
    case 'branches.joined':
      return [error === undefined ? joining(event) : `Join failed: ${oneLine(error.message)}`, ...begin(next)];
    case 'run.completed':
      return [ENDS[event.reason ?? ''] ?? 'The run ended.'];
    case 'run.failed':
      return [`Run failed: ${oneLine(error?.message)}`];
    case 'run.cancelled':
      return [...logs, 'Run cancelled.'];
    default:
      return [];
  }
}

function begin(node: string | null | undefined): readonly string[] {
  return typeof node === 'string' ? [`Executing Node: ${node}`] : [];
}

function routing({ decision }: CapsuleEvent): readonly string[] {
  const isChoice = decision?.kind === 'condition' || decision?.kind === 'case';
  return isChoice && decision.to_node !== null ? [`Condition met. Routing to: ${decision.to_node}`] : [];
}

function joining({ count = 0, joined = count, failed = 0, cancelled = 0 }: CapsuleEvent): string {
  if (joined === count) return `Joined ${branches(count)}.`;
  const ends = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} ${cancelled === 1 ? 'was' : 'were'} cancelled`] : []),
  ];
  return `Joined ${joined} of ${count} branches${ends.length === 0 ? '' : `; ${ends.join(', ')}`}.`;
}

function branches(count: number): string {
  return `${count} ${count === 1 ? 'branch' : 'branches'}`;
}

function oneLine(message = ''): string {
  return message.replaceAll('\r', '').replaceAll('\n', ' ');
}
