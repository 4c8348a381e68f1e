import type { ExampleGraph } from '../../core/graph/example.js';

const DESCRIPTION = `A report is written, checked and published: about twenty seconds of work, and a question to you.

What to look at:
1. "plan" starts three branches. They run side by side, and take different times.
2. "draw_pictures" fails at its first attempt, on purpose. Two seconds later it is tried again, and succeeds.
3. "find_sources" waits for a time. Nothing is held meanwhile: the server can be stopped and started.
4. "assemble" begins when all three branches are there.
5. "proofread" and "correct" are a loop: it is left after two corrections.
6. "ask" waits for your decision, for an hour. Approve, reject, or let the hour pass: each leads to another end.`;

/** Answers that the run continues by. */
const DECISION = {
  type: 'object',
  properties: {
    decision: { enum: ['approve', 'reject'], description: 'approve publishes the report; reject puts it aside.' },
    comment: { type: 'string', maxLength: 1000 },
  },
  required: ['decision'],
  additionalProperties: false,
};

/** The first run to watch: branches, a retry, a wait for a time, a loop, and a question to a person. */
export const tour: ExampleGraph = {
  definition: {
    graph_id: 'demo-tour',
    name: 'Demo: a tour',
    description: DESCRIPTION,
    entry_point: 'plan',
    input_schema: {
      type: 'object',
      properties: { title: { type: 'string', minLength: 1, maxLength: 100, default: 'How runs survive crashes' } },
      additionalProperties: false,
    },
    nodes: [
      {
        name: 'plan',
        tool_name: 'demo_work',
        params: { seconds: 2, says: 'Planning "${ input_data.title }". Three branches come next.' },
      },
      {
        name: 'write_text',
        tool_name: 'demo_work',
        params: { seconds: 7, says: 'The longest branch: the others wait for it at the join.' },
      },
      {
        name: 'draw_pictures',
        tool_name: 'demo_work',
        params: { seconds: 2, fail_attempts: 1, says: 'This is attempt ${ run.attempt }. The first one fails.' },
        retry: { max_attempts: 3, interval_seconds: 2, backoff_rate: 2, jitter: 'none' },
      },
      { name: 'find_sources', tool_name: 'delay', params: { seconds: 3 } },
      {
        name: 'cite_sources',
        tool_name: 'demo_work',
        params: { seconds: 2, says: 'A branch can have several steps.' },
      },
      {
        name: 'assemble',
        tool_name: 'demo_work',
        params: { seconds: 2, says: 'All branches are here, with what they have set.' },
      },
      {
        name: 'proofread',
        tool_name: 'demo_work',
        params: { seconds: 1.5, says: 'Found ${ 2 - data.?corrections.orValue(0) } mistakes' },
      },
      {
        name: 'correct',
        tool_name: 'set_data',
        params: { values: { corrections: '${ data.?corrections.orValue(0) + 1 }' } },
      },
      {
        name: 'ask',
        tool_name: 'wait_for_input',
        params: {
          message: 'Shall "${ input_data.title }" be published?',
          schema: DECISION,
          expires_in_seconds: 3600,
          save_as: 'answer',
        },
        on_error: [{ on: ['wait_expired'], to_node: 'not_answered' }],
      },
      { name: 'publish', tool_name: 'demo_work', params: { seconds: 3, says: 'Approved: publishing it' } },
      { name: 'published', tool_name: 'set_data', params: { values: { result: 'Published.' } } },
      { name: 'put_aside', tool_name: 'set_data', params: { values: { result: 'Rejected, and put aside.' } } },
      { name: 'not_answered', tool_name: 'set_data', params: { values: { result: 'Nobody answered in an hour.' } } },
    ],
    edges: [
      { from_node: 'find_sources', to_node: 'cite_sources' },
      { from_node: 'assemble', to_node: 'proofread' },
      { from_node: 'correct', to_node: 'proofread' },
      { from_node: 'publish', to_node: 'published' },
    ],
    parallel_edges: [
      { from_node: 'plan', to_nodes: ['write_text', 'draw_pictures', 'find_sources'], join_node: 'assemble' },
    ],
    conditional_edges: [
      {
        from_node: 'proofread',
        cases: [{ when: 'data.?corrections.orValue(0) < 2', to_node: 'correct' }],
        otherwise: 'ask',
      },
      {
        from_node: 'ask',
        cases: [{ when: 'data.answer.decision == "approve"', to_node: 'publish' }],
        otherwise: 'put_aside',
      },
    ],
  },
  start: { inputData: { title: 'How runs survive crashes' }, metadata: { demo: 'tour' } },
  answer: { decision: 'approve' },
};
