import type { CompiledGraph } from '../core/graph/compile.js';
import type { RunEvent } from '../core/run/events.js';
import { takeSnapshot } from '../core/run/journal.js';
import type { TracedSession } from '../core/run/run-tracer.js';
import { type Children, type ChildrenRefusal, type Cursor, childrenOf, type RunState } from '../core/run/state.js';
import type { Turns } from '../runs/turns.js';
import type { SessionDeps } from './session-deps.js';

/** False if the run has moved on from a call: somebody else drove it meanwhile, and a late result is dropped. */
export function isAt({ phase }: RunState, { step, attempt }: Cursor): boolean {
  return phase.kind === 'calling' && phase.cursor.step === step && phase.cursor.attempt === attempt;
}

/** Says that no more children can be made; nothing if the run is to be cancelled meanwhile. */
export function refuseAt(state: RunState, { seq }: Children, { code, message }: ChildrenRefusal): readonly RunEvent[] {
  const isJoining = childrenOf(state)?.seq === seq && !state.cancelRequested;
  return isJoining ? [{ type: 'children.refused', code, message }] : [];
}

/** Notes the span in which a run begins: later sessions, in whichever process, are linked to it. */
export function noteTrace(events: readonly RunEvent[], session: TracedSession | undefined): readonly RunEvent[] {
  const trace = session?.context();
  if (trace === undefined) return events;
  return events.map((event) => (event.type === 'run.started' ? { ...event, trace } : event));
}

/** A snapshot of 1 MiB takes as long as a turn. */
export async function snapshotInTurn(
  turns: Pick<Turns, 'isOver' | 'next'>,
  state: RunState,
): Promise<ReturnType<typeof takeSnapshot>> {
  if (turns.isOver()) await turns.next();
  return takeSnapshot(state);
}

/**
 * True if somebody has moved a run to another version of its graph than the one that a session has: whoever claims it next
 * goes on with that. What is kept of it, if it had not begun, can have the version before.
 */
export function isMoved(
  { runId, graphVersion }: RunState,
  { version }: CompiledGraph,
  { runs }: Pick<SessionDeps, 'runs'>,
): boolean {
  if (graphVersion === version) return false;
  runs.forget(runId);
  return true;
}
