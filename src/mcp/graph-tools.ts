import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import { type GraphDefinition, graphDefinitionSchema } from '../core/graph/definition.js';
import type { Engine } from '../engine/engine.js';
import { EXAMPLE_GRAPH } from './help.js';
import { defineMcpTool, type McpTool } from './tool.js';

const graphIdShape = { graph_id: z.string().describe('The id of the graph, as list_graphs tells it.') };

const graphShape = {
  graph: z
    .looseObject({})
    .describe(
      'The graph document: { name, entry_point, nodes: [{ name, tool_name, params }], edges: [{ from_node, to_node }], conditional_edges, parallel_edges, for_each_edges, ... }. graph_help tells all fields.',
    ),
};

const verdictOutput = z.looseObject({
  valid: z.boolean(),
  errors: z.array(z.looseObject({ pointer: z.string(), code: z.string(), message: z.string() })),
  warnings: z.array(z.looseObject({ pointer: z.string(), code: z.string(), message: z.string() })),
});

const savedOutput = z.looseObject({ graph_id: z.string(), version: z.int(), changed: z.boolean() });

const FINDINGS =
  'Each finding has `pointer` (a JSON Pointer to the place in the graph), `code`, `message` (what is wrong and what to do), perhaps `hint` (what was probably meant), and where it is certain `fix`: a JSON Patch (RFC 6902) of the graph that corrects it. Apply the fixes from the last finding to the first, correct the rest by hand, and validate again.';

export const validateGraph = defineMcpTool({
  name: 'validate_graph',
  title: 'Validate a graph',
  description: `Says everything that is wrong with a graph document, and saves nothing. ${FINDINGS} When \`valid\` is true, call create_graph or update_graph. Example of a graph: ${JSON.stringify(EXAMPLE_GRAPH)}`,
  input: z.strictObject(graphShape),
  output: verdictOutput,
  isReadOnly: true,
  call: ({ graph }, { engine }) => engine.validateGraph(graph),
});

export const createGraph = defineMcpTool({
  name: 'create_graph',
  title: 'Create a graph',
  description: `Validates a graph document and saves it as version 1. If it has errors, nothing is saved, and the error lists them. ${FINDINGS} Answers graph_id, version and warnings. Then call start_run with the graph_id. The name must be unique; graph_id is made from it if it is omitted. Call list_tools first to learn what nodes can do. Example: ${JSON.stringify(EXAMPLE_GRAPH)}`,
  input: z.strictObject(graphShape),
  output: savedOutput,
  isReadOnly: false,
  async call({ graph }, { engine }) {
    return toSaved(await engine.createGraph(await readGraph(engine, graph)));
  },
});

export const updateGraph = defineMcpTool({
  name: 'update_graph',
  title: 'Save a new version of a graph',
  description: `Validates a whole graph document and saves it as the next version of a graph; runs under way keep theirs. An identical document makes no version. Read the present one with get_graph, and send all of it back with your changes. ${FINDINGS} To have a failed run go on with the new version, call fork_run with its version.`,
  input: z.strictObject({ ...graphIdShape, ...graphShape }),
  output: savedOutput,
  isReadOnly: false,
  isIdempotent: true,
  async call({ graph_id, graph: document }, { engine }) {
    const { graph_id: id = graph_id, ...graph } = await readGraph(engine, document);
    if (id === graph_id) return toSaved(await engine.updateGraph(graph_id, graph));
    const errors = [{ pointer: '/graph/graph_id', code: 'invalid_value', message: `Not the graph_id "${graph_id}".` }];
    throw new EngineError('invalid_request', 'The document names another graph.', { errors });
  },
});

/** The document as a definition. @throws EngineError `invalid_graph`, with findings that have fixes */
async function readGraph(engine: Engine, document: unknown): Promise<GraphDefinition> {
  const parsed = graphDefinitionSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const { errors } = await engine.validateGraph(document);
  throw new EngineError('invalid_graph', 'The graph has the wrong form; nothing was saved.', { errors });
}

function toSaved({ graphId, version, changed, warnings }: Awaited<ReturnType<Engine['createGraph']>>): object {
  return { graph_id: graphId, version, changed, warnings };
}

const pageShape = {
  limit: z.int().min(1).max(200).default(50).describe('The largest number of items in the answer.'),
  cursor: z.string().optional().describe('next_cursor of the answer before, for the next page.'),
};

const listGraphs = defineMcpTool({
  name: 'list_graphs',
  title: 'List graphs',
  description:
    'The graphs of this server with graph_id, name, description and latest version, by id. Then get_graph reads one, and start_run runs one.',
  input: z.strictObject(pageShape),
  output: z.looseObject({ graphs: z.array(z.looseObject({ graph_id: z.string(), version: z.int() })) }),
  isReadOnly: true,
  async call({ limit, cursor }, { engine, wire }) {
    return wire.graphList(await engine.listGraphs({ limit, ...definedOnly({ cursor }) }));
  },
});

const getGraph = defineMcpTool({
  name: 'get_graph',
  title: 'Read a graph',
  description:
    'The definition of a graph: the latest version, or the given one. input_schema in it says what input_data start_run needs.',
  input: z.strictObject({ ...graphIdShape, version: z.int().min(1).optional().describe('The latest if omitted.') }),
  output: z.looseObject({ graph_id: z.string(), version: z.int(), definition: z.looseObject({}) }),
  isReadOnly: true,
  async call({ graph_id, version }, { engine, wire }) {
    return wire.graph(await engine.getGraph(graph_id, version));
  },
});

const listTools = defineMcpTool({
  name: 'list_tools',
  title: 'List the tools of nodes',
  description:
    'The tools that nodes of graphs can call (tool_name), each with a description and the JSON Schema of its params. They are not tools of this MCP server: put them into a graph.',
  input: z.strictObject({}),
  output: z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) }),
  isReadOnly: true,
  call: async (_args, { engine, wire }) => wire.toolList(engine.listTools()),
});

const listConditions = defineMcpTool({
  name: 'list_conditions',
  title: 'List conditions',
  description:
    'The conditions that a conditional edge can name (condition_function), each with its outcomes. Most graphs need none: cases with expressions choose as well.',
  input: z.strictObject({}),
  output: z.looseObject({ conditions: z.array(z.looseObject({ name: z.string() })) }),
  isReadOnly: true,
  call: async (_args, { engine, wire }) => wire.conditionList(engine.listConditions()),
});

/** Tools about graphs, in the order in which they are listed. */
export const GRAPH_TOOLS: readonly McpTool[] = [
  listTools,
  listConditions,
  listGraphs,
  getGraph,
  validateGraph,
  createGraph,
  updateGraph,
];
