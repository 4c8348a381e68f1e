import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { type NotifyTarget, resolveNotify } from '../core/base/notify.js';
import type { TraceContext } from '../core/base/trace-context.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { type LimitsDefinition, resolveLimits } from '../core/graph/definition.js';
import type { Actor } from '../core/run/actor.js';
import { limitsDocument } from '../core/run/children.js';
import { placeInLine } from '../core/run/concurrency.js';
import type { Starter } from '../core/run/events.js';
import { openRun } from '../core/run/journal.js';
import { creationOf, newUnitOf } from '../runs/units.js';
import { GraphGoneError, GraphStaleError, ReplayError } from '../store/errors.js';
import type { ScheduleAdvance } from '../store/schedules.js';
import type { Idempotency } from '../store/store.js';
import { graphNotFound } from './graphs.js';
import { type Commit, jsonOf, type RunDeps, replay } from './shared.js';

export interface StartRun extends Actor {
  readonly graphId: string;
  /** The latest if it is omitted. */
  readonly version?: number;
  readonly inputData: Json;
  readonly limits?: LimitsDefinition;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told besides those that the graph names. */
  readonly notify?: readonly NotifyTarget[];
  readonly idempotency?: Idempotency;
  /** What the client does that in; if it is omitted, the active span of OpenTelemetry. */
  readonly trace?: TraceContext;
  /** What starts the run, if it is not a client. */
  readonly startedBy?: Starter;
  /** How the schedule that starts the run moves on with it. If it has moved on, nothing is started. */
  readonly schedule?: (runId: string) => ScheduleAdvance;
}

export interface StartedRun {
  readonly runId: string;
  /** True when the idempotency key had started this run before. */
  readonly replayed: boolean;
}

/**
 * Starts a run. It is durable when this resolves.
 * @throws EngineError `graph_not_found`, `invalid_request`, `invalid_input`, `concurrency_full`, `queue_full`, `shutting_down`, `idempotency_mismatch`,
 * `store_unavailable`.
 * @param commit how the unit is stored, if not as it is
 * @throws ScheduleMovedError
 */
export async function startRun(
  deps: RunDeps,
  request: StartRun,
  commit: Commit = (unit) => deps.store.commit(unit),
): Promise<StartedRun> {
  const { idempotency } = request;
  // A repeated request is answered with its run, even if the graph has gone or the queue is full.
  const earlier = idempotency && (await deps.store.findByIdempotencyKey(idempotency.key));
  if (earlier !== undefined) return replay(earlier, idempotency);
  try {
    return { runId: await startOnLatest(deps, request, commit), replayed: false };
  } catch (error) {
    if (error instanceof ReplayError) return replay(error, idempotency);
    throw error;
  }
}

/** Starts the run; again on a newer version, if one was saved meanwhile, be it by another process. */
async function startOnLatest(deps: RunDeps, request: StartRun, commit: Commit): Promise<string> {
  const { graphId, version } = request;
  for (;;) {
    const graph = await deps.graphs.find(graphId, version);
    if (graph === undefined) throw graphNotFound(graphId, version);
    try {
      return await commitRun(deps, request, graph, commit);
    } catch (error) {
      if (!(error instanceof GraphGoneError || error instanceof GraphStaleError)) throw error;
      deps.graphs.forgetLatest(graphId);
      if (error instanceof GraphGoneError) throw graphNotFound(graphId, version);
    }
  }
}

async function commitRun(deps: RunDeps, request: StartRun, graph: CompiledGraph, commit: Commit): Promise<string> {
  const { version, idempotency, metadata = {}, notify, by, startedBy } = request;
  const event = {
    type: 'run.submitted',
    graph_id: graph.graphId,
    graph_version: graph.version,
    input_data: await checkInput(deps, graph, request.inputData),
    limits: limitsDocument(resolveLimits(graph.limits, request.limits)),
    metadata,
    ...definedOnly({
      by,
      notify: resolveNotify(graph.notify, notify),
      started_by: startedBy,
      trace: traceOf(deps, request),
    }),
  } as const;
  const [newId, now] = [deps.newId(), deps.now()];
  const plain = openRun(newId, event, now);
  const { concurrency, problem } = placeInLine(graph, plain.state);
  if (problem !== undefined) throw keyMissing(problem);
  const opened = concurrency === undefined ? plain : openRun(newId, { ...event, concurrency }, now);
  const create = definedOnly({ idempotency, isLatest: version === undefined });
  const { runId } = opened.state;
  // At hand before the commit makes it due: whoever drives it need not load it.
  deps.runs.keep(opened.state);
  try {
    const unit = { ...newUnitOf(creationOf(opened, create)), ...definedOnly({ schedule: request.schedule?.(runId) }) };
    await deps.admission.admit(() => commit(unit));
    return runId;
  } catch (error) {
    deps.runs.forget(runId);
    throw error;
  }
}

/** A server that traces its requests has a span for this one, which is nearer than what the client has said. */
function traceOf({ currentTrace }: RunDeps, { startedBy, trace }: StartRun): TraceContext | undefined {
  // What is active while a schedule or a hook starts a run can be what its timer was set in.
  return startedBy === undefined ? (currentTrace?.() ?? trace) : trace;
}

function keyMissing(problem: string): EngineError {
  const errors = [{ pointer: '/input_data', code: 'invalid_value', message: problem }];
  return new EngineError('invalid_input', 'The input gives no key for the concurrency of the graph.', { errors });
}

/** The input as runs have it. @throws EngineError `invalid_request`, `invalid_input` */
export async function checkInput(deps: Pick<RunDeps, 'turns'>, graph: CompiledGraph, given: Json): Promise<Json> {
  const inputData = await jsonOf(deps, given, '/input_data');
  if (graph.inputSchema === undefined) return inputData;
  const { value, problems } = graph.inputSchema.accept(inputData);
  if (problems.length === 0) return value;
  const inBody = problems.map((problem) => ({ ...problem, pointer: `/input_data${problem.pointer}` }));
  throw new EngineError('invalid_input', 'The input does not fit the input_schema of the graph.', { errors: inBody });
}
