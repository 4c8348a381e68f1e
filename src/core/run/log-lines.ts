import { END } from '../graph/definition.js';
import type { EventOf, RunEvent } from './events.js';

/** Longest line that a tool can log, in characters, and most lines in a step. */
export const MAX_LINE_LENGTH = 8192;
export const MAX_LINES_PER_STEP = 1000;

/**
 * The lines that an event adds to the logs of its run. The view `run_logs` says the same in SQL; a test compares.
 */
export function linesOf(event: RunEvent): readonly string[] {
  switch (event.type) {
    case 'run.started':
      return [executing(event.next)];
    case 'run.retried':
      return event.next === undefined ? [] : [executing(event.next)];
    case 'step.completed':
    case 'step.failed':
      return stepLines(event);
    case 'wait.started':
      return event.logs;
    case 'branches.started':
      return [`Started ${event.count} ${branches(event.count)}.`];
    case 'branches.joined':
      return joinLines(event);
    case 'run.completed':
      return [ENDS[event.reason]];
    case 'run.failed':
      return [`Run failed: ${oneLine(event.error.message)}`];
    case 'run.cancelled':
      return [...event.logs, 'Run cancelled.'];
    default:
      return [];
  }
}

const ENDS = {
  end: `Workflow reached ${END}.`,
  no_edge: 'No outgoing edge found. Stopping.',
  join: 'Branch reached its join.',
} as const;

function stepLines(event: EventOf<'step.completed' | 'step.failed'>): string[] {
  const lines = [...event.logs];
  const { decision, next } = event;
  if (event.type === 'step.failed') lines.push(`Error in node ${event.node}: ${oneLine(event.error.message)}`);
  else if ((decision?.kind === 'condition' || decision?.kind === 'case') && decision.to_node !== null) {
    lines.push(`Condition met. Routing to: ${decision.to_node}`);
  }
  if (typeof next === 'string') lines.push(executing(next));
  return lines;
}

function joinLines({ count, error, next }: EventOf<'branches.joined'>): string[] {
  const lines =
    error === undefined ? [`Joined ${count} ${branches(count)}.`] : [`Join failed: ${oneLine(error.message)}`];
  if (next !== null) lines.push(executing(next));
  return lines;
}

function branches(count: number): string {
  return count === 1 ? 'branch' : 'branches';
}

function executing(node: string): string {
  return `Executing Node: ${node}`;
}

function oneLine(message: string): string {
  return message.replaceAll('\r', '').replaceAll('\n', ' ');
}

/** Takes the lines that a tool logs in one attempt, within the limits, and says so where it had to cut. */
export class StepLog {
  readonly #lines: string[] = [];
  #dropped = 0;

  /** Adds a message; a message of several lines becomes several. */
  add(message: string): void {
    for (const line of message.split(/\r?\n/)) {
      if (this.#lines.length >= MAX_LINES_PER_STEP) this.#dropped += 1;
      else if (line.length <= MAX_LINE_LENGTH) this.#lines.push(line);
      else this.#lines.push(`${line.slice(0, MAX_LINE_LENGTH)} [cut: ${line.length} characters]`);
    }
  }

  /** The lines so far. */
  lines(): readonly string[] {
    return this.#dropped === 0 ? this.#lines : [...this.#lines, `[cut: ${this.#dropped} more lines]`];
  }
}
