import { END } from '../graph/definition.js';
import type { EventOf, RunEvent } from './events.js';
import { type JournalListener, readEvent } from './journal-reading.js';

/** Longest line that a tool can log, in characters, and most lines in a step. */
export const MAX_LINE_LENGTH = 8192;
export const MAX_LINES_PER_STEP = 1000;

/**
 * The lines that an event adds to the logs of its run. The view `run_logs` says the same in SQL; tests compare the two.
 */
export function linesOf(event: RunEvent): readonly string[] {
  const lines: string[] = [];
  readEvent(event, new LineWriter(lines));
  return lines;
}

/** How many lines an event adds. Called for every event that is appended, so it makes no list: some 80 ns, not 110. */
export function countLines(event: RunEvent): number {
  const writer = new LineWriter(undefined);
  readEvent(event, writer);
  return writer.count;
}

const ENDS = {
  end: `Workflow reached ${END}.`,
  no_edge: 'No outgoing edge found. Stopping.',
  join: 'Branch reached its join.',
} as const;

/** Writes what happens as lines, or only counts them. */
class LineWriter implements JournalListener {
  count = 0;

  constructor(private readonly lines: string[] | undefined) {}

  onVisitBegun(_step: number, node: string): void {
    this.add(executing(node));
  }

  onStepCompleted({ logs, decision }: EventOf<'step.completed'>): void {
    this.addAll(logs);
    if ((decision?.kind === 'condition' || decision?.kind === 'case') && decision.to_node !== null) {
      this.add(`Condition met. Routing to: ${decision.to_node}`);
    }
  }

  onAttemptFailed({ logs, node, error }: EventOf<'step.failed'>): void {
    this.addAll(logs);
    this.add(`Error in node ${node}: ${oneLine(error.message)}`);
  }

  onWaitStarted({ logs }: EventOf<'wait.started'>): void {
    this.addAll(logs);
  }

  onBranchesStarted({ count }: EventOf<'branches.started'>): void {
    this.add(`Started ${count} ${branches(count)}.`);
  }

  onBranchesJoined(event: EventOf<'branches.joined'>): void {
    const { error } = event;
    this.add(error === undefined ? joining(event) : `Join failed: ${oneLine(error.message)}`);
  }

  onRunRetried({ next }: EventOf<'run.retried'>): void {
    if (next !== undefined) this.add(executing(next));
  }

  onRunCompleted({ reason }: EventOf<'run.completed'>): void {
    this.add(ENDS[reason]);
  }

  onRunFailed({ error }: EventOf<'run.failed'>): void {
    this.add(`Run failed: ${oneLine(error.message)}`);
  }

  onRunCancelled({ logs }: EventOf<'run.cancelled'>): void {
    this.addAll(logs);
    this.add('Run cancelled.');
  }

  // These have no lines.
  onRunSubmitted(): void {}
  onErrorEdgeTaken(): void {}
  onWaitEnded(): void {}
  onRunPaused(): void {}
  onRunUnpaused(): void {}
  onLimitReached(): void {}
  onRunForked(): void {}

  private add(line: string): void {
    this.count += 1;
    this.lines?.push(line);
  }

  private addAll(lines: readonly string[]): void {
    this.count += lines.length;
    this.lines?.push(...lines);
  }
}

function executing(node: string): string {
  return `Executing Node: ${node}`;
}

function joining({ count, joined = count, failed = 0, cancelled = 0 }: EventOf<'branches.joined'>): string {
  if (joined === count) return `Joined ${count} ${branches(count)}.`;
  const ends = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} ${cancelled === 1 ? 'was' : 'were'} cancelled`] : []),
  ];
  const others = ends.length === 0 ? '' : `; ${ends.join(', ')}`;
  return `Joined ${joined} of ${count} branches${others}.`;
}

function branches(count: number): string {
  return count === 1 ? 'branch' : 'branches';
}

/** A message as one line of a log. */
export function oneLine(message: string): string {
  return message.replaceAll('\r', '').replaceAll('\n', ' ');
}

/** Takes the lines that a tool logs in one attempt, within the limits, and says so if it had to cut. */
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
