import type { Json, JsonObject } from '../../src/core/base/json.js';
import type { GraphDefinition, OnErrorDefinition } from '../../src/core/graph/definition.js';
import type { RunError } from '../../src/core/run/events.js';
import type { Sent, Toggle } from './script.js';

export const NEVER = Number.POSITIVE_INFINITY;

/** A run as the walker has it. Plain data, so that a trial can be made on a copy. Times are milliseconds from the start. */
export interface Run {
  readonly graph: GraphDefinition;
  /** Its place among its siblings, after those of the runs that it is inside of. */
  readonly path: readonly number[];
  /** What is done to it, in order. */
  readonly toggles: readonly Toggle[];
  /** When it was made or last retried. */
  since: number;
  readonly input: Json;
  /** Of a branch. */
  readonly branch: { readonly item: Json; readonly index: number; readonly join: string } | null;
  readonly entry: string;
  /** How far the run has come, and at the end when that was. */
  now: number;
  /** When it is cancelled, by somebody or by a sibling that fails. */
  cancelAt: number;
  deadline: number;
  readonly deadlineSeconds: number | null;
  maxSteps: number;
  status: string;
  error: RunError | null;
  data: JsonObject;
  /** What it set itself. */
  own: JsonObject;
  at: {
    node: string;
    step: number;
    attempt: number;
    tries: number;
    /** The places of the policies by which it was tried again. */
    policies: readonly number[];
  } | null;
  /** The logs have said that the node is executed. */
  isAnnounced: boolean;
  /** The tool of the visit is done, and only the way on is to be chosen. */
  isDone: boolean;
  /** What the step comes to, which is not stored yet: an answer, or what a retry brings. */
  result: JsonObject | null;
  /** The last so many children have not been joined yet. */
  family: { readonly size: number; readonly isGraph: boolean } | null;
  readonly children: Run[];
  stepCount: number;
  readonly nodes: string[];
  readonly logs: string[];
  /** What it is sent and has not taken, in order; what it refuses is dropped. Null for runs inside the run. */
  signals: readonly Sent[] | null;
  /** Every moment at which something happened by itself. */
  readonly moments: number[];
}

export function newRun(graph: GraphDefinition, input: Json, maxSteps: number, more: Partial<Run> = {}): Run {
  const { entry_point: entry } = graph;
  const empty = { branch: null, error: null, at: null, family: null, data: {}, own: {}, signals: null, result: null };
  const lists = { path: [], toggles: [], children: [], nodes: [], logs: [], moments: [] };
  const flags = { isAnnounced: false, isDone: false, stepCount: 0, status: 'SUBMITTED' };
  const times = { since: NEVER, now: NEVER, cancelAt: NEVER, deadline: NEVER, deadlineSeconds: null };
  return { graph, input, entry, maxSteps, ...empty, ...lists, ...flags, ...times, ...more };
}

/** A run that has ended goes on where it stopped. */
export function restart(run: Run, maxSteps: number): void {
  Object.assign(run, { status: 'RUNNING', error: null, maxSteps });
  if (run.at === null) return;
  run.at = { ...run.at, tries: 1, policies: [] };
  if (run.family === null && !run.isDone) announce(run);
}

/** Goes to a node, or ends the run. */
export function goTo(run: Run, to: string): void {
  if (to === run.branch?.join) end(run, 'COMPLETED', 'Branch reached its join.');
  else if (to === 'END') end(run, 'COMPLETED', 'Workflow reached END.');
  else {
    stepTo(run, to);
    if (!isOver(run)) announce(run);
  }
}

/** Stands at the next node, if there is one. */
export function stepTo(run: Run, to: string): void {
  if (to === 'END' || to === run.branch?.join) return;
  run.at = { node: to, step: (run.at?.step ?? 0) + 1, attempt: 1, tries: 1, policies: [] };
  run.isAnnounced = false;
  run.isDone = false;
}

function announce(run: Run): void {
  if (run.isAnnounced) return;
  run.isAnnounced = true;
  run.nodes.push(run.at!.node);
  run.logs.push(`Executing Node: ${run.at!.node}`);
}

/** Ends a run that has used up its limits, and says so. */
export function isOver(run: Run): boolean {
  const { deadlineSeconds: seconds, maxSteps } = run;
  const late = `The run reached its deadline${seconds === null ? '' : ` of ${seconds} s`}.`;
  if (run.now >= run.deadline) fail(run, 'deadline_exceeded', late);
  else if (run.at!.step > maxSteps) fail(run, 'max_steps_exceeded', `The run reached its limit of ${maxSteps} steps.`);
  return run.status !== 'RUNNING';
}

export function fail(run: Run, code: string, message: string, details?: Json): void {
  const { node, step } = run.at!;
  run.error = { code, message, node, step, ...(details !== undefined && { details }) };
  end(run, 'FAILED', `Run failed: ${message}`);
}

export function cancel(run: Run): void {
  end(run, 'CANCELLED', 'Run cancelled.');
}

export function end(run: Run, status: string, line: string): void {
  run.status = status;
  run.logs.push(line);
}

export function set(run: Run, patch: JsonObject): void {
  run.data = { ...run.data, ...patch };
  run.own = { ...run.own, ...patch };
}

export function nodeOf({ graph, at }: Run) {
  return graph.nodes.find(({ name }) => name === at!.node)!;
}

export interface BranchEdge {
  readonly from_node: string;
  readonly join_node: string;
  readonly max_parallel?: number | undefined;
  readonly on_error?: OnErrorDefinition | undefined;
  readonly collect_as?: string;
  readonly join?: 'all' | 'any' | number | undefined;
  readonly max_failures?: number | undefined;
  readonly collect_errors_as?: string | undefined;
}

/** The edge that starts branches at the node. */
export function edgeOf({ graph, at }: Run): BranchEdge | undefined {
  const edges: readonly BranchEdge[] = [...(graph.parallel_edges ?? []), ...(graph.for_each_edges ?? [])];
  return edges.find(({ from_node }) => from_node === at!.node);
}

export function isLost({ status }: Run): boolean {
  return status === 'FAILED' || status === 'CANCELLED';
}

/** How a lost run ended: the end of a sentence. */
export function endOf({ error }: Run): string {
  if (error === null) return 'was cancelled.';
  return `failed: ${error.message}${/[.!?]$/.test(error.message) ? '' : '.'}`;
}

export function momentsOf(run: Run): number[] {
  return [...run.moments, ...run.children.flatMap(momentsOf)];
}
