import type { RunEvent } from '../../client/client.js';
import { inOneLine } from '../output.js';
import { describeAnswer } from './answer-words.js';
import { describeDecision } from './decision-words.js';
import { storedEventOf } from './run-progress.js';

/**
 * What an event says, in one line: for logs of CI and other places that are no terminal.
 * @example '09:30:00.120 step 2 approve: completed'
 */
export function lineOfEvent(event: RunEvent, runId: string): string {
  const words = wordsOf(event, runId);
  return `${event.time.slice(11, 23)} ${inOneLine(words)}`;
}

function wordsOf(event: RunEvent, runId: string): string {
  switch (event.type) {
    case 'run.submitted':
      return `submitted: ${event.graph_id} version ${event.graph_version}`;
    case 'run.started':
      return `started at ${event.next}`;
    case 'step.completed':
    case 'step.failed':
    case 'wait.started':
      return `step ${event.step} ${event.node}: ${wordsOfStep(event, runId)}`;
    case 'wait.ended':
      return `the wait is over: ${event.outcome}${event.answered_by === undefined ? '' : ` by ${event.answered_by}`}`;
    case 'branches.started':
      return `step ${event.step} ${event.node}: ${event.count} branches started`;
    case 'branches.joined':
      return `step ${event.step} ${event.node}: ${event.joined ?? event.count} of ${event.count} branches joined → ${event.to_node}`;
    case 'limit.reached':
      return `step ${event.step} ${event.node}: ${event.message} ${describeAnswer({ kind: 'limit' }, runId)}`;
    case 'signal.received':
      return `the signal ${event.name} came`;
    case 'run.migrated':
      return `moved from version ${event.from_version} to ${event.to_version}${event.by === undefined ? '' : ` by ${event.by}`}`;
    case 'run.paused':
      return `paused before ${event.node}`;
    case 'run.failed':
      return `failed: ${event.error.code}: ${event.error.message}`;
    case 'run.completed':
      return 'completed';
    case 'run.cancelled':
      return 'cancelled';
    default:
      // What requests and servers did, whose types say it all.
      return event.type.replace('.', ' ').replaceAll('_', ' ');
  }
}

type StepEvent = Extract<RunEvent, { type: 'step.completed' | 'step.failed' | 'wait.started' }>;

function wordsOfStep(event: StepEvent, runId: string): string {
  if (event.type === 'wait.started') return `waits ${describeAnswer(event.wait, runId)}`;
  const stored = storedEventOf(event);
  if (stored.type === 'step.completed') return `completed ${describeDecision(stored.decision, stored.next)}`.trimEnd();
  if (stored.type !== 'step.failed') return '';
  const { attempt, error, retry_at: retryAt, decision } = stored;
  const then = retryAt === undefined ? describeDecision(decision, undefined) : `again at ${timeOf(retryAt)}`;
  return `attempt ${attempt} failed: ${error.code}: ${error.message} ${then}`.trimEnd();
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
