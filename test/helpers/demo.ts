/** The code that the demo is promised for. */
export const MESSY_CODE =
  'def messy_function():\n    if x:\n        for i in list:\n            while True:\n                nested=True';

/** The demo's graph as the documentation posts it: without an id. */
export const CODE_REVIEW = {
  name: 'Code Review',
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

/** The lines that a run of the demo on `MESSY_CODE` has logged at its end, in every release. */
export const DEMO_LOGS = [
  'Executing Node: extract',
  'Executing Node: analyze',
  'Calculated complexity score: 20 (Round 0)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 15 (Round 1)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 10 (Round 2)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 5 (Round 3)',
  'Condition met. Routing to: END',
  'Workflow reached END.',
];

/** What that run has in `data` at its end. */
export const DEMO_DATA = { functions: ['messy_function'], review_round: 3, complexity_score: 5 };
