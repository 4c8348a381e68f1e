import type { Json } from '../../../src/core/base/json.js';
import type { FindingCode } from '../../../src/core/explore/codes.js';
import type { Registrable } from '../../../src/core/tool/registry.js';
import { defineCondition, defineTool } from '../../../src/core/tool/tool.js';

/** A small graph, with what is wrong with it. */
export interface SeededGraph {
  readonly name: string;
  readonly graph: Readonly<Record<string, unknown>>;
  readonly functions?: readonly Registrable[];
  readonly inputs?: readonly Json[];
  /** Undefined for a graph that is sound. */
  readonly defect?: { readonly code: FindingCode; readonly pointer: string };
}

/** A tool whose outcomes are declared, and whose errors are. */
export function declared(name: string, outcomes: readonly Readonly<Record<string, Json>>[], errors: string[] = []) {
  return defineTool({ name, outcomes, errors, run: () => ({}) });
}

const unknown = defineTool({ name: 'work', run: () => ({}) });
const set = (name: string, values: Json) => ({ name, tool_name: 'set_data', params: { values } });
const call = (name: string, tool: string, more: object = {}) => ({ name, tool_name: tool, ...more });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const cases = (from_node: string, when: string, to_node: string, otherwise: string) => ({
  from_node,
  cases: [{ when, to_node }],
  otherwise,
});

const scored = declared('score', [{ score: 3 }, { score: 8 }]);
const scoreless = declared('score', [{ score: 3 }, { score: 8 }, {}]);
const approval = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, note: { type: 'string' } },
  required: ['approved'],
};
const ask = (name: string, params: object = {}) =>
  call(name, 'wait_for_input', { params: { message: 'Go on?', schema: approval, expires_in_seconds: 60, ...params } });

/** Forty graphs with one planted defect each. */
export const DEFECTS: readonly SeededGraph[] = [
  {
    name: 'two nodes that lead to each other',
    graph: { entry_point: 'a', nodes: [set('a', { x: 1 }), set('b', { y: 1 })], edges: [edge('a', 'b'), edge('b', 'a')] },
    defect: { code: 'endless_loop', pointer: '/nodes/0' },
  },
  {
    name: 'a loop whose condition no outcome makes true',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score')],
      conditional_edges: [cases('check', 'data.score > 10', 'END', 'check')],
    },
    functions: [scored],
    defect: { code: 'endless_loop', pointer: '/nodes/0' },
  },
  {
    name: 'a loop that counts the wrong way',
    graph: {
      entry_point: 'init',
      nodes: [set('init', { n: 0 }), set('count', { n: '${ data.n - 1 }' })],
      edges: [edge('init', 'count')],
      conditional_edges: [cases('count', 'data.n >= 3', 'END', 'count')],
    },
    defect: { code: 'endless_loop', pointer: '/nodes/1' },
  },
  {
    name: 'an error that leads back for ever, after another way that ends',
    graph: {
      entry_point: 'fetch',
      nodes: [call('fetch', 'fetch', { on_error: 'wait' }), set('wait', { again: true })],
      edges: [edge('fetch', 'END')],
      conditional_edges: [cases('wait', 'data.again', 'wait', 'END')],
    },
    functions: [declared('fetch', [{ ok: true }], ['fetch_failed'])],
    defect: { code: 'endless_loop', pointer: '/nodes/1' },
  },
  {
    name: 'a loop in a condition function that never answers its end',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { n: 1 })],
      conditional_edges: [{ from_node: 'a', condition_function: 'stuck', routes: { again: 'a' } }],
    },
    functions: [defineCondition({ name: 'stuck', outcomes: ['again', 'END'], choose: () => 'again' })],
    defect: { code: 'endless_loop', pointer: '/nodes/0' },
  },
  {
    name: 'a case that reads a key that one outcome does not set',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score')],
      conditional_edges: [cases('check', 'data.score > 5', 'END', 'END')],
    },
    functions: [scoreless],
    defect: { code: 'expression_fails', pointer: '/conditional_edges/0/cases/0/when' },
  },
  {
    name: 'a param that reads a key that only one way sets',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score'), set('high', { level: 'high' }), set('tell', { text: 'It is ${ data.level }.' })],
      edges: [edge('high', 'tell')],
      conditional_edges: [cases('check', 'data.score > 5', 'high', 'tell')],
    },
    functions: [scored],
    defect: { code: 'expression_fails', pointer: '/nodes/2/params/values/text' },
  },
  {
    name: 'a misspelt key',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { total: 1 }), set('b', { double: '${ data.totl * 2 }' })],
      edges: [edge('a', 'b')],
    },
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/double' },
  },
  {
    name: 'a number that is text after one outcome',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score')],
      conditional_edges: [cases('check', 'data.score > 5', 'END', 'END')],
    },
    functions: [declared('score', [{ score: 3 }, { score: 'high' }])],
    defect: { code: 'expression_fails', pointer: '/conditional_edges/0/cases/0/when' },
  },
  {
    name: 'an optional part of an answer that is read',
    graph: {
      entry_point: 'ask',
      nodes: [ask('ask'), set('keep', { note: '${ data.ask.note }' })],
      edges: [edge('ask', 'keep')],
    },
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/note' },
  },
  {
    name: 'an optional part of the input that is read',
    graph: {
      entry_point: 'a',
      input_schema: { type: 'object', properties: { who: { type: 'string' } } },
      nodes: [set('a', { text: 'Hello ${ input_data.who }' })],
      edges: [],
    },
    defect: { code: 'expression_fails', pointer: '/nodes/0/params/values/text' },
  },
  {
    name: 'an optional part of what a model answers that is read',
    graph: {
      entry_point: 'ask',
      nodes: [
        call('ask', 'llm_chat', {
          params: {
            model: 'm',
            prompt: 'Rate it.',
            schema: { type: 'object', properties: { grade: { type: 'integer', minimum: 1, maximum: 5 } } },
          },
        }),
      ],
      conditional_edges: [cases('ask', 'data.ask.content.grade >= 4', 'END', 'END')],
    },
    defect: { code: 'expression_fails', pointer: '/conditional_edges/0/cases/0/when' },
  },
  {
    name: 'the first item of a list that can be empty',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('take', { first: '${ data.found[0] }' })],
      edges: [edge('find', 'take')],
    },
    functions: [declared('find', [{ found: ['x'] }, { found: [] }])],
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/first' },
  },
  {
    name: 'a key that is missing after an error was handled',
    graph: {
      entry_point: 'fetch',
      nodes: [call('fetch', 'fetch', { on_error: 'tell' }), set('tell', { text: 'Got ${ data.page }' })],
      edges: [edge('fetch', 'tell')],
    },
    functions: [declared('fetch', [{ page: 'text' }], ['fetch_failed'])],
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/text' },
  },
  {
    name: 'details that errors of a code do not have',
    graph: {
      entry_point: 'fetch',
      nodes: [call('fetch', 'fetch', { on_error: 'tell' }), set('tell', { text: '${ data.error.detail.status }' })],
      edges: [edge('fetch', 'END')],
    },
    functions: [declared('fetch', [{ page: 'text' }], ['fetch_failed'])],
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/text' },
  },
  {
    name: 'items that are no list after one outcome',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('each', { x: 1 }), set('done', { y: 1 })],
      for_each_edges: [
        { from_node: 'find', items: '${ data.found }', to_node: 'each', join_node: 'done', collect_as: 'all' },
      ],
    },
    functions: [declared('find', [{ found: ['x'] }, { found: 'none' }])],
    defect: { code: 'items_no_list', pointer: '/for_each_edges/0/items' },
  },
  {
    name: 'items that are missing after one outcome',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('each', { x: 1 }), set('done', { y: 1 })],
      for_each_edges: [
        { from_node: 'find', items: '${ data.found }', to_node: 'each', join_node: 'done', collect_as: 'all' },
      ],
    },
    functions: [declared('find', [{ found: ['x'] }, {}])],
    defect: { code: 'expression_fails', pointer: '/for_each_edges/0/items' },
  },
  {
    name: 'an item of a for_each without the field that its branch reads',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('each', { x: '${ run.item.id }' }), set('done', { y: 1 })],
      for_each_edges: [
        { from_node: 'find', items: '${ data.found }', to_node: 'each', join_node: 'done', collect_as: 'all' },
      ],
    },
    functions: [declared('find', [{ found: [{ id: 1 }] }, { found: [{ id: 1 }, {}] }])],
    defect: { code: 'expression_fails', pointer: '/nodes/1/params/values/x' },
  },
  {
    name: 'params that do not fit after one outcome',
    graph: {
      entry_point: 'a',
      nodes: [call('a', 'name'), call('b', 'delay', { params: { seconds: '${ data.pause }' } })],
      edges: [edge('a', 'b')],
    },
    functions: [declared('name', [{ pause: 1 }, { pause: -1 }])],
    defect: { code: 'invalid_params', pointer: '/nodes/1/params' },
  },
  {
    name: 'a URL that is none after one outcome',
    graph: {
      entry_point: 'a',
      nodes: [
        call('a', 'link'),
        call('b', 'http_request', { params: { url: '${ data.link }' }, on_error: [{ on: ['http_status'], to_node: 'a' }] }),
      ],
      edges: [edge('a', 'b')],
    },
    functions: [declared('link', [{ link: 'https://example.com/' }, { link: 'unknown' }])],
    defect: { code: 'invalid_params', pointer: '/nodes/1/params' },
  },
  {
    name: 'a condition that answers a name that is no node',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score'), set('good', { x: 1 })],
      conditional_edges: [{ from_node: 'check', condition_function: 'grade' }],
    },
    functions: [scored, defineCondition({ name: 'grade', choose: ({ data }) => (data.score > 5 ? 'good' : 'bad') })],
    defect: { code: 'invalid_outcome', pointer: '/conditional_edges/0/condition_function' },
  },
  {
    name: 'a condition that throws after one outcome',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score'), set('good', { x: 1 })],
      conditional_edges: [{ from_node: 'check', condition_function: 'grade', routes: { yes: 'good', no: 'END' } }],
    },
    functions: [
      declared('score', [{ score: { value: 3 } }, {}]),
      defineCondition({ name: 'grade', choose: ({ data }) => (data.score.value > 5 ? 'yes' : 'no') }),
    ],
    defect: { code: 'condition_fails', pointer: '/conditional_edges/0/condition_function' },
  },
  {
    name: 'branches that set a key to different values',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: 0 }), set('b', { who: 'b' }), set('c', { who: 'c' }), set('d', { y: 1 })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
    },
    defect: { code: 'join_conflict', pointer: '/parallel_edges/0' },
  },
  {
    name: 'branches that conflict after one outcome only',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: 0 }), call('b', 'vote'), set('c', { vote: 'yes' }), set('d', { y: 1 })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
    },
    functions: [declared('vote', [{ vote: 'yes' }, { vote: 'no' }])],
    defect: { code: 'join_conflict', pointer: '/parallel_edges/0' },
  },
  {
    name: 'a sum of what is no number',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { n: 0 }), set('b', { n: 1 }), set('c', { n: 'two' }), set('d', { y: 1 })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
      merge: { n: 'sum' },
    },
    defect: { code: 'join_conflict', pointer: '/parallel_edges/0' },
  },
  {
    name: 'a branch that can fail, and no on_error of its edge',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: 0 }), call('b', 'fetch'), set('c', { z: 1 }), set('d', { y: 1 })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
    },
    functions: [declared('fetch', [{ page: 1 }], ['fetch_failed'])],
    defect: { code: 'branch_failed', pointer: '/parallel_edges/0' },
  },
  {
    name: 'a join that needs more items than there can be',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('each', { x: 1 }), set('done', { y: 1 })],
      for_each_edges: [
        { from_node: 'find', items: '${ data.found }', to_node: 'each', join_node: 'done', collect_as: 'all', join: 2 },
      ],
    },
    functions: [declared('find', [{ found: ['x', 'y'] }, { found: ['x'] }])],
    defect: { code: 'branch_failed', pointer: '/for_each_edges/0' },
  },
  {
    name: 'a call that can fail, and nothing for it',
    graph: { entry_point: 'a', nodes: [call('a', 'fetch')] },
    functions: [declared('fetch', [{ page: 1 }], ['fetch_failed'])],
    defect: { code: 'unhandled_failure', pointer: '/nodes/0' },
  },
  {
    name: 'a code that on_error does not name',
    graph: {
      entry_point: 'a',
      nodes: [
        call('a', 'http_request', {
          params: { url: 'https://example.com/' },
          on_error: [{ on: ['http_status', 'http_timeout', 'http_refused', 'tool_failed', 'timeout'], to_node: 'b' }],
        }),
        set('b', { x: 1 }),
      ],
      edges: [edge('a', 'END')],
    },
    defect: { code: 'unhandled_failure', pointer: '/nodes/0' },
  },
  {
    name: 'a status that the when of on_error does not name',
    graph: {
      entry_point: 'a',
      nodes: [
        call('a', 'http_request', {
          params: { url: 'https://example.com/' },
          on_error: [
            { on: ['http_status'], when: 'error.details.status == 404', to_node: 'b' },
            { on: ['http_network', 'http_timeout', 'http_refused', 'tool_failed', 'timeout'], to_node: 'b' },
          ],
        }),
        set('b', { x: 1 }),
      ],
      edges: [edge('a', 'END')],
    },
    defect: { code: 'unhandled_failure', pointer: '/nodes/0' },
  },
  {
    name: 'tries that are used up, and nothing for it',
    graph: { entry_point: 'a', nodes: [call('a', 'fetch', { retry: { max_attempts: 5 } })] },
    functions: [declared('fetch', [{ page: 1 }], ['fetch_failed'])],
    defect: { code: 'unhandled_failure', pointer: '/nodes/0' },
  },
  {
    name: 'an answer that does not come in time, and nothing for it',
    graph: { entry_point: 'a', nodes: [ask('a')] },
    defect: { code: 'unhandled_failure', pointer: '/nodes/0' },
  },
  {
    name: 'an answer that nobody has to give',
    graph: { entry_point: 'a', nodes: [call('a', 'wait_for_input', { params: { message: 'Go on?', schema: approval } })] },
    defect: { code: 'wait_unended', pointer: '/nodes/0' },
  },
  {
    name: 'a signal that nobody has to send',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score'), call('b', 'wait_for_signal', { params: { name: 'paid', schema: approval } })],
      conditional_edges: [cases('check', 'data.score > 5', 'b', 'END')],
    },
    functions: [scored],
    defect: { code: 'wait_unended', pointer: '/nodes/1' },
  },
  {
    name: 'rounds without a limit',
    graph: {
      entry_point: 'improve',
      nodes: [call('improve', 'score')],
      conditional_edges: [cases('improve', 'data.score > 5', 'END', 'improve')],
    },
    functions: [scored],
    defect: { code: 'limit_reached', pointer: '/nodes/0' },
  },
  {
    name: 'a limit of visits that rounds come to',
    graph: {
      entry_point: 'improve',
      nodes: [call('improve', 'score')],
      conditional_edges: [cases('improve', 'data.score > 5', 'END', 'improve')],
      limits: { max_visits: 3 },
    },
    functions: [scored],
    defect: { code: 'limit_reached', pointer: '/nodes/0' },
  },
  {
    name: 'fewer steps than the way has',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: 1 }), set('b', { x: 2 }), set('c', { x: 3 })],
      edges: [edge('a', 'b'), edge('b', 'c')],
      limits: { max_steps: 2 },
    },
    defect: { code: 'limit_reached', pointer: '/nodes/2' },
  },
  {
    name: 'a case that no outcome makes true',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score'), set('best', { x: 1 })],
      conditional_edges: [cases('check', 'data.score > 10', 'best', 'END')],
    },
    functions: [scored],
    defect: { code: 'unreached_node', pointer: '/nodes/1' },
  },
  {
    name: 'an on_error for an error that never comes',
    graph: {
      entry_point: 'a',
      nodes: [{ ...set('a', { x: 1 }), on_error: 'b' }, set('b', { y: 1 })],
      edges: [edge('a', 'END')],
    },
    defect: { code: 'unreached_node', pointer: '/nodes/1' },
  },
  {
    name: 'a tool of which nothing is known decides by a key',
    graph: {
      entry_point: 'a',
      nodes: [call('a', 'work'), set('b', { x: 1 })],
      conditional_edges: [cases('a', 'data.state == "ready"', 'b', 'END')],
    },
    functions: [unknown],
    defect: { code: 'expression_fails', pointer: '/conditional_edges/0/cases/0/when' },
  },
];

/** Graphs with nothing wrong: warnings are told, and no errors. */
export const SOUND: readonly SeededGraph[] = [
  { name: 'one step', graph: { entry_point: 'a', nodes: [set('a', { x: 1 })] } },
  {
    name: 'a counted loop',
    graph: {
      entry_point: 'init',
      nodes: [set('init', { n: 0 }), set('count', { n: '${ data.n + 1 }' })],
      edges: [edge('init', 'count')],
      conditional_edges: [cases('count', 'data.n >= 5', 'END', 'count')],
    },
  },
  {
    name: 'every score has a way',
    graph: {
      entry_point: 'check',
      nodes: [call('check', 'score', { on_error: 'low' }), set('high', { x: 1 }), set('low', { x: 0 })],
      conditional_edges: [cases('check', 'data.score > 5', 'high', 'low')],
    },
    functions: [scored],
  },
  {
    name: 'a question with a way for silence',
    graph: {
      entry_point: 'ask',
      nodes: [{ ...ask('ask'), on_error: 'remind' }, set('remind', { x: 1 }), set('go', { y: 1 })],
      conditional_edges: [cases('ask', 'data.ask.approved', 'go', 'END')],
    },
  },
  {
    name: 'optional parts that are asked for',
    graph: {
      entry_point: 'ask',
      nodes: [{ ...ask('ask'), on_error: 'end' }, set('keep', { note: "${ data.ask.?note.orValue('') }" }), set('end', {})],
      conditional_edges: [cases('ask', 'has(data.ask.note)', 'keep', 'end')],
    },
  },
  {
    name: 'branches that append',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: [] }), set('b', { x: ['b'] }), set('c', { x: ['c'] }), set('d', { y: 1 })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
      merge: { x: 'append' },
    },
  },
  {
    name: 'a for_each over what can be empty',
    graph: {
      entry_point: 'find',
      nodes: [call('find', 'find'), set('each', { x: '${ run.item }' }), set('done', { count: '${ size(data.all) }' })],
      for_each_edges: [
        { from_node: 'find', items: '${ data.found }', to_node: 'each', join_node: 'done', collect_as: 'all' },
      ],
    },
    functions: [declared('find', [{ found: [] }, { found: ['x'] }, { found: ['x', 'y'] }])],
  },
  {
    name: 'a request with every error handled',
    graph: {
      entry_point: 'get',
      nodes: [
        call('get', 'http_request', {
          params: { url: 'https://example.com/', accept: [404] },
          retry: { max_attempts: 3 },
          on_error: 'failed',
        }),
        set('missing', { x: 1 }),
        call('failed', 'fail', { params: { message: 'It failed: ${ data.error.code }' } }),
      ],
      conditional_edges: [cases('get', 'data.get.status == 404', 'missing', 'END')],
    },
  },
  {
    name: 'the first of two branches',
    graph: {
      entry_point: 'a',
      nodes: [set('a', { x: 0 }), set('b', { who: 'b' }), set('c', { who: 'c' }), set('d', { text: '${ data.who }' })],
      edges: [edge('b', 'd'), edge('c', 'd')],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd', join: 'any' }],
    },
  },
  {
    name: 'a model that is asked again, a limited number of times',
    graph: {
      entry_point: 'init',
      nodes: [
        set('init', { n: 0 }),
        call('ask', 'llm_chat', {
          params: {
            model: 'm',
            prompt: 'Rate it.',
            schema: {
              type: 'object',
              properties: { grade: { type: 'integer', minimum: 1, maximum: 5 } },
              required: ['grade'],
            },
          },
          on_error: 'count',
        }),
        set('count', { n: '${ data.n + 1 }' }),
      ],
      edges: [edge('init', 'ask')],
      conditional_edges: [
        cases('ask', 'data.ask.content.grade >= 4', 'END', 'count'),
        cases('count', 'data.n < 3', 'ask', 'END'),
      ],
    },
  },
];
