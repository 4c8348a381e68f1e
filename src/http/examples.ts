/** Bodies for the documentation: each works as it is on a new server. */

const NODES = [
  { name: 'extract', tool_name: 'extract_code' },
  { name: 'analyze', tool_name: 'check_complexity' },
  { name: 'improve', tool_name: 'generate_improvements' },
];
const EDGES = [
  { from_node: 'extract', to_node: 'analyze' },
  { from_node: 'improve', to_node: 'analyze' },
];
const CONDITIONAL_EDGES = [{ from_node: 'analyze', condition_function: 'quality_gate' }];
const REVIEW = { entry_point: 'extract', nodes: NODES, edges: EDGES, conditional_edges: CONDITIONAL_EDGES };

export const DEMO_GRAPH_ID = 'demo-review';
export const MY_GRAPH_ID = 'my-code-review';

/** A graph that a new server does not have yet. */
export const MY_GRAPH = { name: 'My Code Review', graph_id: MY_GRAPH_ID, ...REVIEW };

/** A next version of the demo. */
export const UPDATED_DEMO = {
  name: 'Code Review Agent Demo',
  description: 'Reviews Python code in rounds until it is simple enough.',
  ...REVIEW,
  limits: { max_steps: 100 },
};

/** A run of the demo that takes three rounds. */
export const DEMO_RUN = {
  graph_id: DEMO_GRAPH_ID,
  input_data:
    'def messy_function():\n    if x:\n        for i in list:\n            while True:\n                nested=True',
};
