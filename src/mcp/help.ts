import { z } from 'zod';
import { graphDefinitionSchema } from '../core/graph/definition.js';
import { defineMcpTool } from './tool.js';

/** A graph with the parts that most graphs have. */
export const EXAMPLE_GRAPH = {
  name: 'Approve an expense',
  description: 'Approves small expenses at once, and asks a person about others.',
  entry_point: 'note',
  nodes: [
    { name: 'note', tool_name: 'set_data', params: { values: { amount: '${ input_data.amount }' } } },
    { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Approve ${ data.amount }?', save_as: 'approval' } },
    { name: 'done', tool_name: 'set_data', params: { values: { approved: true } } },
  ],
  edges: [{ from_node: 'ask', to_node: 'done' }],
  conditional_edges: [{ from_node: 'note', cases: [{ when: 'data.amount > 100', to_node: 'ask' }], otherwise: 'done' }],
  input_schema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
};

export const GUIDE = `A graph is a JSON document. A run begins at entry_point. Each visit to a node is a step: the node calls its tool (tool_name) with params, and the tool sets keys of data. Then an edge leads on. A run ends where no edge leaves a node, or at the reserved target "END".

Fields: name (unique), graph_id (optional slug), description, entry_point, nodes, edges, conditional_edges, parallel_edges, for_each_edges, merge, input_schema (JSON Schema of input_data), limits, expose_as_tool (true: the graph is a tool of this MCP server).

A node: { "name", "tool_name", "params", "timeout_seconds"?, "retry"?: { "max_attempts", "interval_seconds" }, "on_error"?: "node" }. A node has one way on: at most one edge of any kind leaves it.

Edges: edges: [{ "from_node", "to_node" }]. conditional_edges: [{ "from_node", "cases": [{ "when": "data.score > 3", "to_node" }], "otherwise": "node or END" }]; the first case that is true is taken. parallel_edges: [{ "from_node", "to_nodes": [...], "join_node" }]: the branches run side by side, and the run goes on at join_node. for_each_edges: [{ "from_node", "items": "\${ data.list }", "to_node", "join_node", "collect_as": "results" }]: one branch for each item, which is run.item there.

Expressions are CEL, over input_data, data and run. In params they stand in \${ ... }: "\${ data.total }" keeps the type, "Total: \${ data.total }" makes text. In "when" they stand alone. They are not {{ ... }}.

Useful tools of nodes: set_data { values }, http_request, llm_chat, wait_for_input { message, schema, save_as }, wait_for_signal { name, save_as }, delay { seconds }, run_graph { graph_id, input }. list_tools tells all, with their params.`;

/** What agents have to know to write graphs. */
export const graphHelp = defineMcpTool({
  name: 'graph_help',
  title: 'How to write graphs',
  description:
    'A short guide to graph documents with an example, or with topic "schema" the JSON Schema of all fields. Call it before you write or repair a graph.',
  input: z.strictObject({ topic: z.enum(['guide', 'schema']).default('guide') }),
  output: z.looseObject({}),
  isReadOnly: true,
  async call({ topic }) {
    if (topic === 'schema') return { schema: z.toJSONSchema(graphDefinitionSchema, { io: 'input' }) };
    return { guide: GUIDE, example: EXAMPLE_GRAPH };
  },
});
