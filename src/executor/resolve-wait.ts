import { definedOnly } from '../core/base/defined-only.js';
import { messageOf, type RunErrorCode } from '../core/base/errors.js';
import { copyJson, type JsonObject } from '../core/base/json.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { compileInSteps } from '../core/json-schema/json-schema.js';
import { MAX_DEPTH } from '../core/run/branches.js';
import type { WaitStart } from '../core/run/events.js';
import { cursorOf, type RunState } from '../core/run/state.js';
import type { GraphWait, WaitRequest } from '../core/tool/wait.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { Turns } from '../runs/turns.js';
import { UnreadableGraphError } from '../store/errors.js';

/** A wait that can start, or why it cannot. */
export type ResolvedWait =
  | { readonly wait: WaitStart; readonly code?: undefined }
  | { readonly code: RunErrorCode; readonly message: string };

/** Makes what a tool asked for into facts: the schema is checked, and of a graph the version is fixed. */
export async function resolveWait(
  request: WaitRequest,
  state: RunState,
  { graphs, turns: { inSlices } }: { graphs: GraphCache; turns: Pick<Turns, 'inSlices'> },
): Promise<ResolvedWait> {
  const node = cursorOf(state)?.node ?? '';
  switch (request.kind) {
    case 'timer':
      return { wait: { kind: 'timer', until: request.until, save_as: node } };
    case 'input': {
      const { message, schema, until = null, saveAs = node } = request;
      const unusable = await findSchemaProblem('answer', schema, inSlices);
      if (unusable !== undefined) return unusable;
      return { wait: { kind: 'input', until, message, ...definedOnly({ schema }), save_as: saveAs } };
    }
    case 'signal': {
      const { name, schema, until = null, saveAs = node } = request;
      const unusable = await findSchemaProblem('payload', schema, inSlices);
      if (unusable !== undefined) return unusable;
      return { wait: { kind: 'signal', until, signal: name, ...definedOnly({ schema }), save_as: saveAs } };
    }
    case 'graph':
      return resolveGraph(request, state, graphs, node);
  }
}

/** Compiles a schema, so that what is checked with it later finds it compiled. */
async function findSchemaProblem(
  of: 'answer' | 'payload',
  schema: JsonObject | undefined,
  inSlices: Turns['inSlices'],
): Promise<ResolvedWait | undefined> {
  const { problems } = schema === undefined ? {} : await inSlices(compileInSteps(schema));
  if (problems === undefined) return undefined;
  return invalid(`The schema of the ${of} cannot be used: ${problems.map((problem) => problem.message).join('; ')}`);
}

async function resolveGraph(
  { graphId, version, input = null, saveAs }: GraphWait,
  state: RunState,
  graphs: GraphCache,
  node: string,
): Promise<ResolvedWait> {
  const graph = await findGraph(graphs, graphId, version);
  if (graph instanceof UnreadableGraphError) return invalid(graph.message);
  if (graph === undefined) {
    return invalid(
      version === undefined ? `No graph has the id "${graphId}".` : `Graph "${graphId}" has no version ${version}.`,
    );
  }
  if ((state.parent?.depth ?? 0) >= MAX_DEPTH) {
    return { code: 'depth_exceeded', message: `Runs inside runs go ${MAX_DEPTH} levels deep at most.` };
  }
  try {
    const copy = copyJson(input);
    const { value: inputData, problems } = graph.inputSchema?.accept(copy) ?? { value: copy, problems: [] };
    if (problems.length > 0) {
      const why = problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
      return invalid(`The input does not fit the input_schema of graph "${graphId}": ${why}`);
    }
    const { graphId: id, version: fixed } = graph;
    return {
      wait: {
        kind: 'graph',
        until: null,
        save_as: saveAs ?? node,
        graph_id: id,
        graph_version: fixed,
        input_data: inputData,
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
  return { code: 'invalid_params', message };
}
