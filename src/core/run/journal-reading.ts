import { assertNever } from '../base/assert-never.js';
import type { Decision, EventOf, RunEvent } from './events.js';

/**
 * Told what the events of a journal say happened, in their order. The list of steps, the log lines and the walk on a
 * diagram are listeners, so that all of them read a journal alike. An event with several parts is several calls.
 */
export interface JournalListener {
  /** The run exists; it has not begun. */
  onRunSubmitted(event: EventOf<'run.submitted'>): void;
  /** A visit to a node begins. No event says only this: it is the `next` of the event before the visit. */
  onVisitBegun(step: number, node: string): void;
  /** The visit is over, and its way on is chosen. */
  onStepCompleted(event: EventOf<'step.completed'>): void;
  /** A try failed. The visit goes on, unless the run ends or {@link onErrorEdgeTaken} follows. */
  onAttemptFailed(event: EventOf<'step.failed'>): void;
  /** The visit whose try has just failed is over, and the way for errors is taken. */
  onErrorEdgeTaken(event: EventOf<'step.failed'>, decision: Decision): void;
  onWaitStarted(event: EventOf<'wait.started'>): void;
  onWaitEnded(event: EventOf<'wait.ended'>): void;
  /** The run rests before its next step, or before it chooses its way. */
  onRunPaused(event: EventOf<'run.paused'>): void;
  /** It goes on, if it rested. */
  onRunUnpaused(): void;
  /** The run waits at a limit before its next step, or before it starts branches; {@link onWaitEnded} follows. */
  onLimitReached(event: EventOf<'limit.reached'>): void;
  onBranchesStarted(event: EventOf<'branches.started'>): void;
  onBranchesJoined(event: EventOf<'branches.joined'>): void;
  /** The run goes on from where it had ended. */
  onRunRetried(event: EventOf<'run.retried'>): void;
  /** The events so far are another run's, and this run begins after them. */
  onRunForked(event: EventOf<'run.forked'>): void;
  onRunCompleted(event: EventOf<'run.completed'>): void;
  onRunFailed(event: EventOf<'run.failed'>): void;
  onRunCancelled(event: EventOf<'run.cancelled'>): void;
}

/**
 * Tells a listener what an event says. It makes no objects, because it is called for every event that is appended, to
 * count the log lines.
 */
export function readEvent(event: RunEvent, listener: JournalListener): void {
  switch (event.type) {
    case 'run.submitted':
      listener.onRunSubmitted(event);
      break;
    case 'run.started':
      listener.onVisitBegun(event.step ?? 1, event.next);
      break;
    case 'step.completed':
      listener.onStepCompleted(event);
      goOn(event.step, event.next, listener);
      break;
    case 'step.failed':
      listener.onAttemptFailed(event);
      if (event.decision !== undefined) listener.onErrorEdgeTaken(event, event.decision);
      goOn(event.step, event.next, listener);
      break;
    case 'wait.started':
      listener.onWaitStarted(event);
      break;
    case 'wait.ended':
      listener.onWaitEnded(event);
      break;
    case 'run.paused':
    case 'run.unpaused':
    case 'limit.reached':
      readRest(event, listener);
      break;
    case 'branches.started':
      listener.onBranchesStarted(event);
      break;
    case 'branches.joined':
      listener.onBranchesJoined(event);
      goOn(event.step, event.next, listener);
      break;
    case 'run.retried':
      listener.onRunRetried(event);
      break;
    case 'run.forked':
      listener.onRunForked(event);
      break;
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      readEnd(event, listener);
      break;
    case 'children.refused':
    case 'signal.received':
    case 'cancel.requested':
    case 'pause.requested':
    case 'limits.lifted':
    case 'run.recovered':
    case 'run.drained':
    case 'slot.taken':
    case 'run.migrated':
      break; // What comes of it is in other events. How a run is driven is no part of what happens in it.
    default:
      assertNever(event);
  }
}

/** A run rests between two calls, or goes on after that. */
function readRest(event: EventOf<'run.paused' | 'run.unpaused' | 'limit.reached'>, listener: JournalListener): void {
  if (event.type === 'run.paused') listener.onRunPaused(event);
  else if (event.type === 'run.unpaused') listener.onRunUnpaused();
  else listener.onLimitReached(event);
}

function readEnd(event: EventOf<'run.completed' | 'run.failed' | 'run.cancelled'>, listener: JournalListener): void {
  if (event.type === 'run.completed') listener.onRunCompleted(event);
  else if (event.type === 'run.failed') listener.onRunFailed(event);
  else listener.onRunCancelled(event);
}

/** After the event that ended a visit comes the next one, unless the run ends or starts branches. */
function goOn(step: number, next: string | null | undefined, listener: JournalListener): void {
  if (typeof next === 'string') listener.onVisitBegun(step + 1, next);
}
