import type { TraceContext } from '../base/trace-context.js';
import type { RunState } from './state.js';

/**
 * Where the span of a session belongs:
 *
 * ```
 *   start (traceparent) ◀──child── first session ──run.started keeps its span──┐
 *                                                                              │
 *   waits, crashes, retries, forks:   a new trace for each later session ──link┘
 * ```
 *
 * A run can wait for weeks. One trace over all that time would be held open, sampled and cut off by the tools that take
 * it in, so a session after a wait begins a trace of its own, with a link.
 */
export type SpanOrigin =
  | { readonly kind: 'root' }
  | { readonly kind: 'child'; readonly of: TraceContext }
  | { readonly kind: 'linked'; readonly to: TraceContext };

/** Where the span belongs of the session that drives a run from this state on. */
export function spanOriginOf({ trace, startedAt, forkedFrom }: RunState): SpanOrigin {
  if (trace === null) return { kind: 'root' };
  return startedAt === null && forkedFrom === null ? { kind: 'child', of: trace } : { kind: 'linked', to: trace };
}
