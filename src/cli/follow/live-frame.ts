import type { RunState } from '../../client/client.js';
import type { StepView } from '../../core/run/steps.js';
import { cutTo, inOneLine, type Paint, type Style } from '../output.js';
import { answerCommand, describeWait, type WaitInfo } from './answer-words.js';
import { describeDecision } from './decision-words.js';
import { describeDuration } from './duration.js';
import type { RunProgress } from './run-progress.js';

/** What a frame shows. */
export interface FrameInput {
  readonly runId: string;
  readonly progress: RunProgress;
  /** The latest state that was read; undefined before that. */
  readonly state: RunState | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly columns: number;
  /** How many steps there is room for. */
  readonly maxSteps: number;
  /** What Ctrl+C does. */
  readonly hint: string;
  readonly paint: Paint;
}

type Status = StepView['status'];

const SIGNS: Readonly<Record<Status, { readonly sign: string; readonly style: Style }>> = {
  RUNNING: { sign: '▶', style: 'cyan' },
  WAITING: { sign: '‖', style: 'yellow' },
  COMPLETED: { sign: '✓', style: 'green' },
  FAILED: { sign: '✕', style: 'red' },
  CANCELLED: { sign: '⊘', style: 'dim' },
};

const STATUS_STYLES: Readonly<Record<RunState['status'], Style>> = {
  SUBMITTED: 'dim',
  RUNNING: 'cyan',
  WAITING: 'yellow',
  COMPLETED: 'green',
  FAILED: 'red',
  CANCELLED: 'dim',
};

/** The widest that a name of a node makes its column. */
const MAX_NODE = 28;

/** The lines that show a run on a terminal: a line for each step, what it waits for, and how to answer it. */
export function frameOf(input: FrameInput): string[] {
  const { progress, state, maxSteps, paint, hint, columns } = input;
  const { steps } = progress;
  const shown = steps.slice(-maxSteps);
  const hidden = progress.dropped + steps.length - shown.length;
  const width = Math.min(MAX_NODE, Math.max(4, ...shown.map(({ node }) => node.length)));
  const status = progress.end ?? state?.status ?? 'RUNNING';
  const graph = state === undefined ? '' : ` ${state.graph_id} version ${state.graph_version}`;
  return [
    `${paint(STATUS_STYLES[status], status)}${graph} ${paint('dim', input.runId)}`,
    ...(hidden > 0 ? [paint('dim', `    … ${hidden} earlier steps`)] : []),
    ...shown.map((step, index) => stepLine(step, input, { width, isLast: index === shown.length - 1 })),
    ...(progress.error === undefined ? [] : [paint('red', cutTo(inOneLine(progress.error), columns))]),
    ...waitLines(input),
    ...(progress.end === undefined ? [paint('dim', cutTo(hint, columns))] : []),
  ];
}

function stepLine(
  step: StepView,
  input: FrameInput,
  { width, isLast }: { readonly width: number; readonly isLast: boolean },
): string {
  const { now, columns, paint, progress } = input;
  const hasBranches = isLast && progress.hasChildren && step.status === 'COMPLETED';
  const { sign, style } = SIGNS[hasBranches ? 'WAITING' : step.status];
  const attempt = step.attempts > 1 ? `attempt ${step.attempts} ` : '';
  const took = describeDuration((step.finishedAt ?? now) - step.startedAt);
  const left = `${String(step.step).padStart(3)} `;
  const node = cutTo(step.node, width).padEnd(width);
  const rest = `${took.padStart(10)}  ${attempt}${inOneLine(noteOf(step, input, isLast))}`;
  const room = columns - left.length - 2 - width - 1;
  return `${left}${paint(style, sign)} ${node} ${paint('dim', cutTo(rest, room).trimEnd())}`;
}

function noteOf(step: StepView, { progress, state }: FrameInput, isLast: boolean): string {
  const { error, decision, status } = step;
  if (isLast && progress.hasChildren && state?.children != null) return childrenNote(state.children);
  if (decision?.branches !== undefined) {
    const { joined, count, failed } = decision.branches;
    return `${joined} of ${count} branches joined${failed > 0 ? `, ${failed} failed` : ''}`;
  }
  const way = describeDecision(decision, null);
  if (error === null) return way;
  return `${error.code}: ${error.message} ${status === 'FAILED' ? way : ''}`;
}

function childrenNote({ total, completed, failed, running, waiting }: NonNullable<RunState['children']>): string {
  const counts = [
    `${completed} of ${total} done`,
    ...(running > 0 ? [`${running} running`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return counts.join(', ');
}

/** What the run waits for, and how to answer it. Commands are not cut: they are there to be copied. */
function waitLines({ runId, progress, state, paint, columns }: FrameInput): string[] {
  const waiting = state?.waiting ?? null;
  if (waiting === null || progress.end !== undefined || !progress.isAtRest) return [];
  // How far its children are is in the line of the step.
  const lines = progress.hasChildren ? [] : linesOfWait(waiting, runId);
  const inside = waiting.children.flatMap((child) => {
    const name = child.branch ?? `${child.graph_id} ${child.index}`;
    return linesOfWait({ kind: child.waiting_for ?? 'input' }, child.run_id, `${name}: `);
  });
  return [...lines, ...inside].map((line) =>
    line.startsWith('  ') ? paint('bold', line) : paint('yellow', cutTo(line, columns)),
  );
}

function linesOfWait(wait: WaitInfo, runId: string, of = ''): string[] {
  const command = answerCommand(wait, runId);
  return [`${of}waits ${describeWait(wait)}`, ...(command === undefined ? [] : [`  ${command}`])];
}
