import type { JsonObject } from '../base/json.js';
import { countAnew } from './retry.js';
import type { Cursor, PhaseOf, RetryPoint, RunState } from './state.js';

/** What a retry of a run goes on with, if it ends now. What it waited for is over; children stay known. */
export function retryPoint({ phase }: Pick<RunState, 'phase'>): RetryPoint {
  switch (phase.kind) {
    case 'submitted':
      return { kind: 'starting', cursor: phase.cursor };
    case 'waiting':
      return calling(phase.cursor, true);
    case 'paused':
    case 'limited':
      return retryPoint({ phase: phase.at });
    case 'queued':
      return phase.next;
    case 'completed':
      return phase.cursor === null ? { kind: 'starting', cursor: null } : { kind: 'routing', cursor: phase.cursor };
    case 'failed':
    case 'cancelled':
      return phase.at;
    case 'starting':
    case 'calling':
    case 'answered':
    case 'resolved':
    case 'routing':
    case 'joining':
      return phase;
  }
}

/** The phase after a retry that brings the result of the visit. */
export function takeResult(at: RetryPoint, patch: JsonObject): RetryPoint {
  return at.cursor === null ? at : { kind: 'resolved', cursor: at.cursor, patch };
}

/** The phase after a retry by the event `seq`: tries count anew, and children that have not completed run again. */
export function goOnAgain(at: RetryPoint, seq: number): RetryPoint {
  switch (at.kind) {
    case 'starting':
      return at.cursor === null ? at : { ...at, cursor: countAnew(at.cursor) };
    case 'calling':
      return calling(countAnew(at.cursor), true);
    case 'answered':
    case 'resolved':
    case 'routing':
      return { ...at, cursor: countAnew(at.cursor) };
    case 'joining': {
      // The limit can be higher by now, so that those which are missing can be made.
      const { refused: _, endedBefore: __, ...children } = at.children;
      return { ...at, cursor: countAnew(at.cursor), children: { ...children, retriedSeq: seq } };
    }
  }
}

/** A visit whose tool is called next. An event whose `next` is null says that the visit is not in the log yet. */
export function calling(cursor: Cursor, announced: boolean): PhaseOf<'calling'> {
  return { kind: 'calling', cursor, announced };
}
