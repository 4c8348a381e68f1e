import type { GraphDefinition } from '../core/graph/definition.js';

/** The demo, loaded into a new database: extract, then analyze and improve in turn until the gate ends it. */
export const codeReviewGraph: GraphDefinition = {
  graph_id: 'demo-review',
  name: 'Code Review Agent Demo',
  description: 'Reviews Python code in rounds until its complexity is low enough.',
  entry_point: 'extract',
  nodes: [
    { name: 'extract', tool_name: 'extract_code' },
    { name: 'analyze', tool_name: 'check_complexity' },
    { name: 'improve', tool_name: 'generate_improvements' },
  ],
  edges: [
    { from_node: 'extract', to_node: 'analyze' },
    { from_node: 'improve', to_node: 'analyze' },
  ],
  conditional_edges: [{ from_node: 'analyze', condition_function: 'quality_gate' }],
};
