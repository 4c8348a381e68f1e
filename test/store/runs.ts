import { v7 as uuidv7 } from 'uuid';
import { definedOnly } from '../../src/core/base/defined-only.js';
import type { Json, JsonObject } from '../../src/core/base/json.js';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { blankRun } from '../../src/core/run/blank-run.js';
import type { GivenConcurrency, ParentLink, RunEvent, Starter } from '../../src/core/run/events.js';
import { append, fold, openRun } from '../../src/core/run/journal.js';
import { isRowChanged } from '../../src/core/run/row-change.js';
import type { RunState } from '../../src/core/run/state.js';
import type { GraphVersion, Idempotency, RunAppend, Store, StoredRun, Unit } from '../../src/store/store.js';
import { readSnapshot } from '../helpers/all-steps.js';

/** A moment in 2026, in milliseconds since 1970. */
export const NOON = Date.UTC(2026, 5, 1, 12);

/** A graph to save. */
export function graph(graphId: string, name = `Graph ${graphId}`): Omit<GraphVersion, 'version'> {
  const document = { name, entry_point: 'a', nodes: [{ name: 'a', tool_name: 'noop' }] };
  return { graphId, name, definition: graphDefinitionSchema.parse(document), createdAt: NOON };
}

/** A graph of which so many runs with the same key can be under way. */
export function limitedGraph(graphId: string, limit: number): Omit<GraphVersion, 'version'> {
  const saved = graph(graphId);
  return { ...saved, definition: { ...saved.definition, concurrency: { limit } } };
}

export interface RunOptions {
  readonly runId?: string;
  readonly graphId?: string;
  readonly graphVersion?: number;
  readonly inputData?: Json;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
  readonly startedBy?: Starter;
  readonly by?: string;
  readonly concurrency?: GivenConcurrency;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** The append that makes a run. */
export function newRun(options: RunOptions = {}): RunAppend {
  const { graphId = 'g', graphVersion = 1, inputData = null, metadata = {}, idempotency, at = NOON } = options;
  const { startedBy: started_by, by, concurrency } = options;
  const runId = options.runId ?? uuidv7({ msecs: at });
  const limits = { max_steps: 1000 };
  const event = {
    type: 'run.submitted',
    graph_id: graphId,
    graph_version: graphVersion,
    input_data: inputData,
    limits,
    metadata,
    ...definedOnly({ started_by, by, concurrency }),
  } as const;
  const create = idempotency === undefined ? {} : { idempotency };
  return { ...openRun(runId, event, at), rowChanged: true, create };
}

export interface ChildOptions {
  readonly kind?: ParentLink['kind'];
  readonly runId?: string;
  readonly graphId?: string;
  readonly graphVersion?: number;
  /** What a branch has from its parent. */
  readonly data?: JsonObject;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** The append that makes a child of a run: the one with this index, of those that the run's event `seq` started. */
export function newChild(parent: RunState, seq: number, index: number, options: ChildOptions = {}): RunAppend {
  const { kind = 'branch', graphId = parent.graphId, graphVersion = 1, data = {}, metadata = {}, at = NOON } = options;
  const link = { run_id: parent.runId, seq, index, kind, depth: (parent.parent?.depth ?? 0) + 1 };
  const event = {
    type: 'run.submitted',
    graph_id: graphId,
    graph_version: graphVersion,
    input_data: null,
    limits: { max_steps: 1000 },
    metadata,
    parent: link,
  } as const;
  const inherited = kind === 'branch' ? { inputData: parent.inputData, data, item: null } : undefined;
  const runId = options.runId ?? uuidv7({ msecs: at });
  return { ...openRun(runId, event, at, inherited), rowChanged: true, create: {} };
}

/** The append that follows a state. */
export function follow(state: RunState, events: readonly RunEvent[], at = state.submittedAt + 1): RunAppend {
  const appended = append(state, events, at);
  return { ...appended, rowChanged: isRowChanged(state, appended.state) };
}

/** The state of a stored run that is no branch. */
export function foldStored(runId: string, stored: StoredRun | undefined): RunState | undefined {
  if (stored === undefined) return undefined;
  const { submitted, snapshot, tail } = stored;
  return fold(snapshot === undefined ? blankRun(runId) : readSnapshot(snapshot, submitted.input_data), tail);
}

export const STARTED: RunEvent = { type: 'run.started', next: 'a' };
export const COMPLETED: RunEvent = { type: 'run.completed', reason: 'end' };
export const FAILED: RunEvent = {
  type: 'run.failed',
  error: { code: 'tool_failed', message: 'no\nluck', node: 'a', step: 1 },
};
export const CANCELLED: RunEvent = { type: 'run.cancelled', logs: [] };

/** A wait of step 1 at node `a`. */
export function waits(kind: 'timer' | 'input' | 'graph', until: number | null = null): RunEvent {
  const wait = { kind, until, save_as: 'answer' } as const;
  return { type: 'wait.started', step: 1, node: 'a', attempt: 1, logs: [], wait };
}

/** Branches of step 1. */
export function branches(count: number): RunEvent {
  const to = { to_nodes: ['b'], join_node: 'c' };
  return { type: 'branches.started', step: 1, node: 'a', kind: 'for_each', ...to, count };
}

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
