/** Bodies for the documentation. Each works unchanged on a new server. */

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

const VERDICT_SCHEMA = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, comment: { type: 'string' } },
  required: ['approved'],
};

/** A graph that waits for a person; depending on the answer, another graph runs as the next step, or none. */
export const APPROVAL_GRAPH = {
  name: 'Approval',
  graph_id: 'approval',
  description: 'Asks whether to review the code, for a day at most.',
  entry_point: 'ask',
  nodes: [
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: {
        message: 'Shall this code be reviewed?',
        schema: VERDICT_SCHEMA,
        expires_in_seconds: 86_400,
        save_as: 'verdict',
      },
    },
    {
      name: 'review',
      tool_name: 'run_graph',
      params: { graph_id: DEMO_GRAPH_ID, input: '${ input_data }' },
      retry: { max_attempts: 3, interval_seconds: 1 },
    },
  ],
  conditional_edges: [
    { from_node: 'ask', cases: [{ when: 'data.verdict.approved', to_node: 'review' }], otherwise: 'END' },
  ],
};

/** A graph whose branches run side by side, one of them waiting for a person. */
export const PARALLEL_GRAPH = {
  name: 'Second Opinion',
  graph_id: 'second-opinion',
  entry_point: 'extract',
  nodes: [
    ...NODES,
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: { message: 'What do you think of it?', schema: VERDICT_SCHEMA, save_as: 'opinion' },
    },
  ],
  parallel_edges: [{ from_node: 'extract', to_nodes: ['analyze', 'ask'], join_node: 'improve' }],
};

/** A run of {@link APPROVAL_GRAPH}, and the answer to its wait. */
export const APPROVAL_RUN = { graph_id: 'approval', input_data: 'def tidy():\n    pass', metadata: { team: 'press' } };
export const APPROVAL = { wait_id: 'w3', payload: { approved: true, comment: 'Looks good.' } };

/** A hook that reviews what it is sent: on a new server nothing is signed, because there is no secret yet. */
export const HOOK_ID = 'reviews';
export const HOOK = {
  hook_id: HOOK_ID,
  action: 'start',
  graph_id: DEMO_GRAPH_ID,
  input: '${ body.code }',
  dedupe: "${ headers[?'x-request-id'].orValue(null) }",
  verify: { scheme: 'none' },
};
export const DELIVERY = { code: 'def tidy():\n    pass' };

/** What a payment service tells a run that waits for it. */
export const SIGNAL = { payload: { paid: true, amount: 49.9 } };

/** Goes on with a run that ran out of steps or of time. */
export const RETRY = { limits: { max_steps: 2000, deadline_seconds: 3600 } };

/** Which of the failed runs of a team would be retried. */
export const BULK = { action: 'retry', filter: { status: ['FAILED'], metadata: { team: 'press' } }, dry_run: true };

/** A run as it would go with the first version of its graph. */
export const REPLAY = { run_id: '019ab0f4-5c00-7000-8000-000000000000', version: 1 };

/** Past runs of the demo, with fewer steps allowed. */
export const BACKTEST = { graph: { ...UPDATED_DEMO, limits: { max_steps: 5 } }, limit: 100 };

export const SCHEDULE_ID = 'nightly-review';
/** Every night, on both days on which the clock is changed too. */
export const SCHEDULE_TIMES = { cron: '30 2 * * *', time_zone: 'Europe/Berlin' };
/** The demo each night. */
export const SCHEDULE = {
  schedule_id: SCHEDULE_ID,
  graph_id: DEMO_GRAPH_ID,
  ...SCHEDULE_TIMES,
  input_data: 'def tidy():\n    pass',
  metadata: { team: 'press' },
};

/** The demo again from its second review, as if that were the last one. */
export const FORK = { from_step: 4, data: { review_round: 3 } };
