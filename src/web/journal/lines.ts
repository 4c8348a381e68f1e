import type { CapsuleEvent } from '../evidence/capsule-document.js';

/** The log lines of a run, as its events say: the same ones that the API lists (a test compares the two). */
export function linesOf(events: readonly CapsuleEvent[]): readonly string[] {
  return events.flatMap(linesOfEvent);
}

/** A line of the log, with when and where it came. */
export interface TimedLine {
  readonly time: string;
  /** 0 for what belongs to no step. */
  readonly step: number;
  readonly text: string;
}

/** The lines of {@link linesOf}. Those of a tool come all at once, when its call has ended. */
export function timedLinesOf(events: readonly CapsuleEvent[]): readonly TimedLine[] {
  return events.flatMap((event) =>
    linesOfEvent(event).map((text) => ({ time: event.time, step: stepOf(event, text), text })),
  );
}

/** An event that ends a step can have the first line of the next one. */
function stepOf({ type, step = 0, next }: CapsuleEvent, text: string): number {
  const isNext = typeof next === 'string' && text === begin(next)[0];
  if (type === 'run.started') return step || 1;
  return isNext && type !== 'run.retried' ? step + 1 : step;
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
