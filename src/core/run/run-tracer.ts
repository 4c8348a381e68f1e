import type { TraceContext } from '../base/trace-context.js';
import type { Usage } from '../base/usage.js';
import type { RunState } from './state.js';

/** Follows runs as spans of traces. It never throws, and does nothing if nobody records. */
export interface RunTracer {
  /** What the code that asks is a part of. */
  current(): TraceContext | undefined;
  /** Follows a session, which drives a run from this state on. */
  follow(state: RunState): TracedSession;
}

/** A session as a span. It begins with the first thing that is done: one that finds nothing to do leaves none. */
export interface TracedSession {
  /** Of what the session does; undefined if nobody traces. Begins the span. */
  context(): TraceContext | undefined;
  /** Begins a span for a call of a tool. */
  beginCall(call: TracedCallStart): TracedCall | undefined;
  /** The session is over, and has left the run in this state. */
  end(state: RunState): void;
}

export interface TracedCallStart {
  readonly toolName: string;
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
}

/** A call of a tool as a span. */
export interface TracedCall {
  /** Of what the tool does. */
  readonly context: TraceContext;
  /** From here on the call asks a language model. */
  askModel(model: string): void;
  /** Does work as a part of the span, so that what it calls can add spans of its own. */
  within<T>(work: () => T): T;
  end(end: TracedCallEnd): void;
}

export interface TracedCallEnd {
  readonly outcome: 'completed' | 'failed' | 'waiting' | 'cut_off';
  /** The code of the error. Its message can hold data, so spans do not have it. */
  readonly error?: string;
  readonly usage?: Usage;
}
