import { createHash } from 'node:crypto';
import { EngineError } from '../core/base/errors.js';
import { isPlainObject, type Json, type JsonObject } from '../core/base/json.js';
import type { GraphDefinition } from '../core/graph/definition.js';
import { errorOf, statusOf } from '../core/run/state.js';
import type { Engine } from '../engine/engine.js';
import { answerWith, answerWithError, type ToolAnswer, withoutLargeData } from './answers.js';
import { startFor } from './run-tools.js';
import type { McpSession } from './tool.js';

/** Most graphs that are tools: clients send all of them to their model. */
const MAX_EXPOSED = 100;
const GRAPHS_AT_A_TIME = 200;
/** Longer names are refused by some clients. */
const MAX_NAME = 64;
const HASH_LENGTH = 8;
/** How long a call waits for its run. Clients give up after a minute, and longer runs go on anyway. */
const WAIT_SECONDS = 20;

/** A graph that is a tool of its own. */
export interface ExposedGraph {
  readonly name: string;
  readonly graphId: string;
  readonly definition: GraphDefinition;
}

/**
 * The name of the tool of a graph: its id. No tool of ours has such a name, since they all have a `_`, which ids do not have.
 * Longer ids are cut, with `_` and a hash of the whole at the end.
 */
export function toolNameOf(graphId: string): string {
  if (graphId.length <= MAX_NAME) return graphId;
  const hash = createHash('sha256').update(graphId).digest('hex').slice(0, HASH_LENGTH);
  return `${graphId.slice(0, MAX_NAME - HASH_LENGTH - 1)}_${hash}`;
}

/** The graphs that say that they are tools, by id. */
export async function listExposed(engine: Engine): Promise<ExposedGraph[]> {
  const exposed: ExposedGraph[] = [];
  for (const graphId of await exposedIds(engine)) {
    const graph = await readExposed(engine, graphId);
    if (graph !== undefined) exposed.push(graph);
  }
  return exposed;
}

/** The graph of a tool; undefined if no graph is this tool. */
export async function findExposed(engine: Engine, name: string): Promise<ExposedGraph | undefined> {
  if (!name.includes('_')) return readExposed(engine, name);
  const graphId = (await exposedIds(engine)).find((id) => toolNameOf(id) === name);
  return graphId === undefined ? undefined : readExposed(engine, graphId);
}

async function exposedIds(engine: Engine): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<Engine['listGraphs']>> = await engine.listGraphs({
      limit: GRAPHS_AT_A_TIME,
      ...(cursor !== null && { cursor }),
    });
    ids.push(...page.graphs.filter(({ isTool }) => isTool).map(({ graphId }) => graphId));
    cursor = page.nextCursor;
    if (cursor === null || ids.length >= MAX_EXPOSED) return ids.slice(0, MAX_EXPOSED);
  }
}

/** One that was deleted meanwhile, or cannot be read, is no tool. */
async function readExposed(engine: Engine, graphId: string): Promise<ExposedGraph | undefined> {
  try {
    const { definition } = await engine.getGraph(graphId);
    return definition.expose_as_tool === true ? { name: toolNameOf(graphId), graphId, definition } : undefined;
  } catch (error) {
    if (error instanceof EngineError && (error.code === 'graph_not_found' || error.code === 'graph_unreadable')) return;
    throw error;
  }
}

/** The tool of a graph, as clients see it. */
export function describeExposed({ name, graphId, definition }: ExposedGraph) {
  const about = definition.description ?? `Runs the graph "${definition.name}".`;
  const ends = `Starts a run of the graph ${graphId}. Answers its data if it ends within ${WAIT_SECONDS} seconds; else its run_id and what can be done: usually wait_for_run.`;
  return {
    name,
    title: definition.name,
    description: `${about}\n\n${ends}`,
    inputSchema: inputOf(definition).schema,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  };
}

/** Arguments of tools are an object; the input of a graph that is something else is the argument `input`. */
function inputOf({ input_schema: schema = { type: 'object' } }: GraphDefinition): {
  readonly schema: { type: 'object'; [key: string]: unknown };
  readonly isWrapped: boolean;
} {
  if (isPlainObject(schema) && schema.type === 'object')
    return { schema: { ...schema, type: 'object' }, isWrapped: false };
  // References in the schema begin at the whole, so what they lead to stays there.
  const { $defs, ...input } = isPlainObject(schema) ? schema : { $defs: undefined };
  const properties = { input: isPlainObject(schema) ? input : schema };
  const wrapped = { type: 'object' as const, properties, required: ['input'], additionalProperties: false };
  return { schema: $defs === undefined ? wrapped : { ...wrapped, $defs }, isWrapped: true };
}

/** Starts a run of a graph, and answers what became of it. */
export async function callExposed(
  { graphId, definition }: ExposedGraph,
  args: JsonObject,
  session: McpSession,
): Promise<ToolAnswer> {
  const { engine } = session;
  const inputData = (inputOf(definition).isWrapped ? (args.input ?? null) : args) as Json;
  const { runId } = await startFor(session, { graphId, inputData });
  return engine.useState(runId, { waitSeconds: WAIT_SECONDS }, async ({ state }) => {
    const status = statusOf(state);
    const about = { run_id: runId, graph_id: graphId, status };
    if (status === 'COMPLETED') return answerWith(withoutLargeData({ ...about, data: state.data }));
    const explained = await engine.explainRun(runId);
    const error = errorOf(state);
    if (error === null) return answerWith({ ...about, ...explained });
    return answerWithError(error.code, error.message, undefined, { ...about, ...explained });
  });
}
