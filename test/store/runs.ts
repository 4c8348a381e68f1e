import { v7 as uuidv7 } from 'uuid';
import type { RunEvent } from '../../src/core/events.js';
import { graphDefinitionSchema } from '../../src/core/graph.js';
import type { Json } from '../../src/core/json.js';
import { append, openRun, type RunState } from '../../src/core/run.js';
import type { GraphVersion, Idempotency, RunAppend, Store, Unit } from '../../src/store/store.js';

/** A moment in 2026, in milliseconds since 1970. */
export const NOON = Date.UTC(2026, 5, 1, 12);

/** A graph to save. */
export function graph(graphId: string, name = `Graph ${graphId}`): Omit<GraphVersion, 'version'> {
  const document = { name, entry_point: 'a', nodes: [{ name: 'a', tool_name: 'noop' }] };
  return { graphId, name, definition: graphDefinitionSchema.parse(document), createdAt: NOON };
}

export interface RunOptions {
  readonly runId?: string;
  readonly graphId?: string;
  readonly graphVersion?: number;
  readonly inputData?: Json;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** The append that makes a run. */
export function newRun(options: RunOptions = {}): RunAppend {
  const { graphId = 'g', graphVersion = 1, inputData = null, metadata = {}, idempotency, at = NOON } = options;
  const runId = options.runId ?? uuidv7({ msecs: at });
  const limits = { max_steps: 1000 };
  const event = {
    type: 'run.submitted',
    graph_id: graphId,
    graph_version: graphVersion,
    input_data: inputData,
    limits,
    metadata,
  } as const;
  const create = idempotency === undefined ? {} : { idempotency };
  return { ...openRun(runId, event, at), statusChanged: true, create };
}

/** The append that follows a state. */
export function follow(state: RunState, events: readonly RunEvent[], at = state.submittedAt + 1): RunAppend {
  const appended = append(state, events, at);
  return { ...appended, statusChanged: appended.state.status !== state.status };
}

export const STARTED: RunEvent = { type: 'run.started', next: 'a' };
export const COMPLETED: RunEvent = { type: 'run.completed', reason: 'end' };
export const FAILED: RunEvent = {
  type: 'run.failed',
  error: { code: 'tool_failed', message: 'no\nluck', node: 'a', step: 1 },
};
export const CANCELLED: RunEvent = { type: 'run.cancelled', logs: [] };

/** A step at node `a` that sets some data and goes on to node `a`. */
export function step(number: number, patch: Record<string, Json> = { count: number }, logs: string[] = []): RunEvent {
  const decision = { kind: 'edge', to_node: 'a' } as const;
  return { type: 'step.completed', step: number, node: 'a', attempt: 1, patch, logs, decision, next: 'a' };
}

/** A unit with these appends. */
export function unit(...appends: RunAppend[]): Unit {
  return { appends };
}

/** Commits appends, one unit each, and gives back the last state. */
export async function commit(store: Store, ...appends: RunAppend[]): Promise<RunState> {
  await Promise.all(appends.map((one) => store.commit(unit(one))));
  return appends.at(-1)!.state;
}
