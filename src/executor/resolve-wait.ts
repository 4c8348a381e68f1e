import { definedOnly } from '../core/base/defined-only.js';
import { messageOf, type RunErrorCode } from '../core/base/errors.js';
import { copyJson } from '../core/base/json.js';
import { resolveNotify } from '../core/base/notify.js';
import { MAX_METADATA } from '../core/base/run-options.js';
import type { TraceContext } from '../core/base/trace-context.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { resolveLimits } from '../core/graph/definition.js';
import { compileInSteps } from '../core/json-schema/json-schema.js';
import { MAX_DEPTH } from '../core/run/branches.js';
import { inheritMetadata, startDetachedRun } from '../core/run/children.js';
import { placeInLine } from '../core/run/concurrency.js';
import type { WaitStart } from '../core/run/events.js';
import { openRun } from '../core/run/journal.js';
import type { DetachedRun } from '../core/run/settle.js';
import { cursorOf, type RunState } from '../core/run/state.js';
import { type OwnWait, startOfWait } from '../core/run/wait-start.js';
import type { GraphWait, WaitRequest } from '../core/tool/wait.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { Turns } from '../runs/turns.js';
import { UnreadableGraphError } from '../store/errors.js';

/** A wait that can start, or a run that can, or why neither can. */
export type ResolvedWait =
  | { readonly kind: 'waits'; readonly wait: WaitStart }
  | { readonly kind: 'starts'; readonly run: DetachedRun; readonly saveAs: string }
  | { readonly kind: 'threw'; readonly code: RunErrorCode; readonly message: string; readonly fatal: true };

interface ResolveDeps {
  readonly graphs: GraphCache;
  readonly turns: Pick<Turns, 'inSlices'>;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What the step is done in. */
  readonly trace: TraceContext | undefined;
}

/** Makes what a tool asked for into facts: the schema is checked, and of a graph the version is fixed. */
export async function resolveWait(request: WaitRequest, state: RunState, deps: ResolveDeps): Promise<ResolvedWait> {
  const node = cursorOf(state)?.node ?? '';
  if (request.kind === 'graph') return resolveGraph(request, state, deps, node);
  const unusable = await findSchemaProblem(request, deps.turns.inSlices);
  return unusable ?? { kind: 'waits', wait: startOfWait(request, node) };
}

/** Compiles a schema, so that what is checked with it later finds it compiled. */
async function findSchemaProblem(request: OwnWait, inSlices: Turns['inSlices']): Promise<ResolvedWait | undefined> {
  const schema = 'schema' in request ? request.schema : undefined;
  const { problems } = schema === undefined ? {} : await inSlices(compileInSteps(schema));
  if (problems === undefined) return undefined;
  const of = request.kind === 'signal' ? 'payload' : 'answer';
  return invalid(`The schema of the ${of} cannot be used: ${problems.map((problem) => problem.message).join('; ')}`);
}

async function resolveGraph(
  request: GraphWait,
  state: RunState,
  { graphs, newId, now, trace }: ResolveDeps,
  node: string,
): Promise<ResolvedWait> {
  const { graphId, version, input = null, isDetached = false, saveAs = node } = request;
  const limits = request.limits && definedOnly(request.limits);
  const graph = await findGraph(graphs, graphId, version);
  if (graph instanceof UnreadableGraphError) return invalid(graph.message);
  if (graph === undefined) {
    return invalid(
      version === undefined ? `No graph has the id "${graphId}".` : `Graph "${graphId}" has no version ${version}.`,
    );
  }
  if (!isDetached && (state.parent?.depth ?? 0) >= MAX_DEPTH) {
    return refuse('depth_exceeded', `Runs inside runs go ${MAX_DEPTH} levels deep at most.`);
  }
  if (Object.keys(inheritMetadata(state, request.metadata)).length > MAX_METADATA) {
    return invalid(`With the metadata of this run, the other one would have more than ${MAX_METADATA} entries.`);
  }
  try {
    const copy = copyJson(input);
    const { value: inputData, problems } = graph.inputSchema?.accept(copy) ?? { value: copy, problems: [] };
    if (problems.length > 0) {
      const why = problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
      return invalid(`The input does not fit the input_schema of graph "${graphId}": ${why}`);
    }
    const metadata = definedOnly({ metadata: request.metadata });
    if (isDetached) {
      const notify = definedOnly({ notify: resolveNotify(graph.notify) });
      const called = { id: graph.graphId, version: graph.version, input: inputData, ...metadata, ...notify };
      const submitted = startDetachedRun(state, called, resolveLimits(graph.limits, limits), trace);
      const runId = newId();
      const { concurrency, problem } = placeInLine(graph, openRun(runId, submitted, now()).state);
      if (problem !== undefined) return invalid(problem);
      return { kind: 'starts', run: { runId, submitted: { ...submitted, ...definedOnly({ concurrency }) } }, saveAs };
    }
    return {
      kind: 'waits',
      wait: {
        kind: 'graph',
        until: null,
        save_as: saveAs,
        graph_id: graph.graphId,
        graph_version: graph.version,
        input_data: inputData,
        ...definedOnly({ limits }),
        ...metadata,
      },
    };
  } catch (thrown) {
    return invalid(`The input is not JSON: ${messageOf(thrown)}`);
  }
}

/** The graph to run, or why it cannot be read: that is no fault of the run that asks for it. */
async function findGraph(
  graphs: GraphCache,
  graphId: string,
  version: number | undefined,
): Promise<CompiledGraph | UnreadableGraphError | undefined> {
  try {
    return await graphs.find(graphId, version);
  } catch (error) {
    if (error instanceof UnreadableGraphError) return error;
    throw error;
  }
}

function invalid(message: string): ResolvedWait {
  return refuse('invalid_params', message);
}

function refuse(code: RunErrorCode, message: string): ResolvedWait {
  return { kind: 'threw', code, message, fatal: true };
}
