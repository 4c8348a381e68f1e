import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { boundsOf } from '../../../src/core/explore/bounds.js';
import { FindingList } from '../../../src/core/explore/findings.js';
import { Places } from '../../../src/core/explore/places.js';
import type { World } from '../../../src/core/explore/world.js';
import type { CompiledGraph } from '../../../src/core/graph/compile.js';
import { resolveLimits } from '../../../src/core/graph/definition.js';
import { edgesOf } from '../../../src/core/graph/edges.js';
import { replay } from '../../../src/core/replay/replay.js';
import { createRegistry, type Registrable } from '../../../src/core/tool/registry.js';
import { defineCondition, defineTool, FOLLOWS_FROM_PARAMS } from '../../../src/core/tool/tool.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { definitionOf, RunDriver } from '../../helpers/run-driver.js';
import { BUILT_IN, exploreGraph } from './explore-graph.js';
import { declared } from './seeded.js';

type Document = Readonly<Record<string, unknown>>;

/** Explores, and walks every run that was found once more. */
function explored(
  graph: Document,
  functions: readonly Registrable[] = [],
  more: Parameters<typeof exploreGraph>[1] = {},
) {
  const { explored: result, graph: compiled } = exploreGraph({ name: 'one', graph, functions }, more);
  const graphs = {
    get: (id: string, version: number) => (id === 'explored' ? compiled : more.findGraph?.(id, version)),
  };
  const verdicts = result.findings.flatMap(({ recording }) =>
    recording === null ? [] : [finishSteps(replay(recording, graphs)).verdict],
  );
  expect(new Set(verdicts).size).toBeLessThanOrEqual(1);
  expect(verdicts[0] ?? 'same').toBe('same');
  return { ...result, found: result.findings.map(({ code, pointer, severity }) => `${severity} ${code} ${pointer}`) };
}

const set = (name: string, values: unknown = { [name]: 1 }) => ({ name, tool_name: 'set_data', params: { values } });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const parallel = (more: Document = {}) => ({
  entry_point: 'a',
  nodes: [set('a'), { name: 'b', tool_name: 'vote' }, set('c', { who: 'c' }), set('d', { text: '${ data.who }' })],
  edges: [edge('b', 'd'), edge('c', 'd')],
  parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd', ...more }],
});
const vote = declared('vote', [{ who: 'b' }], ['no_vote']);
const inner = (document: Document, graphId = 'inner'): CompiledGraph =>
  compileGraph(definitionOf(document), createRegistry(BUILT_IN), { graphId, version: 3 });
const calling = (params: Document, more: Document = {}) => ({
  entry_point: 'call',
  nodes: [{ name: 'call', tool_name: 'run_graph', params: { graph_id: 'inner', ...params }, ...more }, set('sad')],
  edges: [edge('call', 'END')],
});

describe('branches', () => {
  it('of which the first counts end first by turns', () => {
    const { found, coverage } = explored(parallel({ join: 'any' }), [vote]);
    expect(found).toEqual([]);
    expect(coverage).toMatchObject({ nodes: { missed: [] }, edges: { missed: [] } });
  });

  it('that fail are handled by the edge, or too many of them fail', () => {
    expect(explored(parallel({ on_error: 'd', max_failures: 1, collect_errors_as: 'lost' }), [vote]).found).toEqual([
      'error expression_fails /nodes/3/params/values/text',
    ]);
    expect(explored(parallel({ on_error: [{ on: ['join_failed'], to_node: 'd' }] }), [vote]).found).toContain(
      'warning branch_failed /parallel_edges/0',
    );
  });

  it('have the limits of their parent for tokens', () => {
    const { found } = explored({ ...parallel({ join: 'any' }), limits: { max_tokens: 10, no_progress: 3 } }, [vote]);
    expect(found).toEqual([]);
  });
});

describe('graphs that run as steps', () => {
  it('are walked too, and fail their step', () => {
    const graph = inner({ entry_point: 'x', nodes: [set('x', { y: '${ input_data.y }' })] });
    const findGraph = (id: string) => (id === 'inner' ? graph : undefined);
    expect(explored(calling({ input: { y: 1 }, limits: { max_steps: 5 } }), [], { findGraph }).found).toEqual([
      'warning unreached_node /nodes/1',
    ]);
    expect(explored(calling({ input: {} }), [], { findGraph }).found).toContain('warning unhandled_failure /nodes/0');
    expect(explored(calling({ input: {} }, { on_error: 'sad' }), [], { findGraph }).found).toEqual([]);
  });

  it('refuse an input that does not fit, and are not waited for if nobody asks', () => {
    const graph = inner({ entry_point: 'x', nodes: [set('x')], input_schema: { type: 'object', required: ['y'] } });
    const findGraph = () => graph;
    expect(explored(calling({ input: {} }), [], { findGraph }).found).toContain('error invalid_params /nodes/0/params');
    expect(explored(calling({ input: { y: 1 }, wait: false }), [], { findGraph }).found).toEqual([
      'warning unreached_node /nodes/1',
    ]);
  });

  it('go no deeper than a run can', () => {
    const document = { ...calling({ graph_id: 'explored' }), conditional_edges: [] };
    expect(explored(document).found).toContain('warning limit_reached /nodes/0');
  });

  it('that are not known, and of which nothing is read, end or fail', () => {
    expect(explored(calling({ save_as: 'kept' }, { on_error: 'sad' })).found).toEqual([]);
  });

  it('that are not known are taken for tools of which nothing is known', () => {
    const { found } = explored({
      ...calling({}, { on_error: 'sad' }),
      conditional_edges: [{ from_node: 'sad', cases: [{ when: 'data.call.ok', to_node: 'END' }], otherwise: 'END' }],
    });
    expect(found).toEqual(['warning expression_fails /conditional_edges/0/cases/0/when']);
  });

  it('wait for what only their own exploration tells of', () => {
    const graph = inner({
      entry_point: 'w',
      nodes: [{ name: 'w', tool_name: 'wait_for_input', params: { message: 'Go?' } }],
    });
    expect(explored(calling({}), [], { findGraph: () => graph }).found).toEqual(['warning unreached_node /nodes/1']);
  });

  it('can go round for ever inside', () => {
    const graph = inner({ entry_point: 'x', nodes: [set('x')], edges: [edge('x', 'x')] });
    expect(explored(calling({}), [], { findGraph: () => graph }).found).toEqual(['warning unreached_node /nodes/1']);
  });
});

describe('limits of tokens', () => {
  it('are those of a run and of all inside it', () => {
    const wide = compileGraph(definitionOf(parallel({ join: 'any' })), createRegistry([...BUILT_IN, vote]), {
      graphId: 'inner',
      version: 3,
    });
    const { found } = explored({ ...calling({}), limits: { max_tokens: 10 } }, [vote], { findGraph: () => wide });
    expect(found).toEqual(['warning unreached_node /nodes/1']);
  });
});

describe('waits', () => {
  const waiting = (tool_name: string, params: Document, more: Document = {}) => ({
    entry_point: 'w',
    nodes: [{ name: 'w', tool_name, params }],
    ...more,
  });

  it('end at the deadline of the run', () => {
    const limits = { deadline_seconds: 60 };
    expect(explored(waiting('wait_for_input', { message: 'Go?' }, { limits })).found).toEqual([
      'warning limit_reached /nodes/0',
    ]);
    expect(explored(waiting('delay', { seconds: 100 }, { limits })).found).toEqual(['warning limit_reached /nodes/0']);
    expect(explored(waiting('delay', { until: '2030-01-01T00:00:00Z' })).found).toEqual([]);
  });

  it('for a signal take what is sent', () => {
    const { found, runs } = explored(waiting('wait_for_signal', { name: 'paid', expires_in_seconds: 5 }));
    expect(found).toEqual(['warning unhandled_failure /nodes/0']);
    expect(runs).toBeGreaterThan(2);
  });

  it('whose schema nothing fits end without an answer', () => {
    const schema = { type: 'string', pattern: '^never$' };
    expect(explored(waiting('wait_for_input', { message: 'Go?', schema })).found).toEqual([
      'warning wait_unended /nodes/0',
    ]);
  });

  it('for people do not count as rounds without a limit', () => {
    const params = {
      message: 'Go?',
      schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
    };
    const conditional_edges = [{ from_node: 'w', cases: [{ when: 'data.w.ok', to_node: 'END' }], otherwise: 'w' }];
    expect(explored(waiting('wait_for_input', params, { conditional_edges })).found).toEqual([
      'warning wait_unended /nodes/0',
    ]);
  });

  it('that a limit asks for end a run', () => {
    const more = { edges: [edge('w', 'w')], limits: { max_visits: 2, on_limit: 'wait' } };
    expect(explored(waiting('set_data', { values: { x: 1 } }, more)).found).toEqual(['error endless_loop /nodes/0']);
  });
});

describe('calls', () => {
  const call = (tool_name: string, more: Document = {}, rest: Document = {}) => ({
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name, ...more }],
    ...rest,
  });

  it('come to what they came to in past runs', () => {
    const work = defineTool({ name: 'work', errors: [], run: () => ({}) });
    const when = 'data.score > 5';
    const rest = { conditional_edges: [{ from_node: 'a', cases: [{ when, to_node: 'END' }], otherwise: 'END' }] };
    const examples = new Map([['a', [{ score: 'none' }]]]);
    expect(explored(call('work', {}, rest), [work], { examples }).found).toContain(
      'error expression_fails /conditional_edges/0/cases/0/when',
    );
  });

  it('fail with each code that is told apart, and are tried again', () => {
    const work = defineTool({ name: 'work', run: () => ({}) });
    const graph = {
      entry_point: 'a',
      nodes: [
        {
          name: 'a',
          tool_name: 'work',
          retry: [{ on: ['busy'], max_attempts: 2, interval_seconds: 5 }],
          on_error: [{ on: ['gone', 'wait_expired'], when: 'error.details.why == "x"', to_node: 'b' }],
        },
        { name: 'b', tool_name: 'fail', params: { message: 'Gone.', code: 'gone' } },
      ],
      edges: [edge('a', 'END')],
    };
    const { found, coverage } = explored(graph, [work]);
    expect(found).toEqual(['warning unhandled_failure /nodes/0', 'warning unknown_outcomes /nodes/0']);
    expect(coverage.nodes.missed).toEqual([]);
  });

  it('of a tool whose params cannot be checked, or that is gone, fail', () => {
    const broken = defineTool({
      name: 'broken',
      params: {
        safeParse: () => {
          throw new Error('no check');
        },
      },
      run: () => ({}),
    });
    expect(explored(call('broken'), [broken]).found).toContain('error invalid_params /nodes/0/params');
    expect(explored(call('nowhere')).found).toEqual(['warning unhandled_failure /nodes/0']);
  });

  it('know secrets by their names alone', () => {
    const params = { url: 'https://example.com/', auth: { bearer: '${ secrets.TOKEN }' } };
    const { findings } = explored(call('http_request', { params }));
    expect(JSON.stringify(findings)).not.toContain('TOKEN');
  });

  it('have text that fits in place of secrets', () => {
    const params = { url: 'https://example.com/', auth: { bearer: '${ secrets.TOKEN }' } };
    expect(explored(call('http_request', { params })).found).toEqual(['warning unhandled_failure /nodes/0']);
  });

  it('go to addresses: what a request is sent to is one', () => {
    const params = { url: '${ input_data.service }/x', save_as: 'x' };
    const { found, coverage } = explored({
      ...call('http_request', { params }, { edges: [edge('a', 'b')] }),
      nodes: [{ name: 'a', tool_name: 'http_request', params }, set('b')],
    });
    expect(found).toContain('warning unhandled_failure /nodes/0');
    expect(coverage.nodes.missed).toEqual([]);
  });

  it('of tools that touch nothing are made, whatever they do besides', () => {
    const pure = defineTool({
      name: 'pure',
      [FOLLOWS_FROM_PARAMS]: true,
      run(_state, { log, emit, usage }) {
        log('x');
        emit('x');
        usage({ input_tokens: 1 });
      },
    });
    expect(explored(call('pure'), [pure]).found).toEqual([]);
    expect(explored(call('set_data', { params: { values: { long: 'x'.repeat(100) } } })).found).toEqual([]);
  });

  it('whose every error is handled fail no run', () => {
    const work = declared('work', [{}]);
    const more = { on_error: [{ on: ['tool_failed', 'timeout'], to_node: 'b' }] };
    const graph = {
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'work', ...more }, set('b')],
      edges: [edge('a', 'END')],
    };
    expect(explored(graph, [work]).found).toEqual([]);
  });

  it('of models are not bounded, and those of tools that touch nothing use no tokens', () => {
    const params = { model: 'm', prompt: 'Hello', tools: [{ type: 'function', function: { name: 'f' } }] };
    const { bounds } = explored(call('llm_chat', { params }, { limits: { max_tokens: 5 } }));
    expect(bounds.tokens).toMatchObject({ atMost: 'unbounded', reason: expect.stringContaining('max_tokens, 5,') });
    expect(bounds.costUsd).toMatchObject({ atMost: 'unbounded', reason: expect.stringContaining('no max_cost_usd') });
    expect(explored(call('set_data', { params: { values: {} } })).bounds.tokens.atMost).toBe(0);
    expect(explored(parallel({ on_error: 'c' }), [vote]).bounds.tokens.reason).toContain('"vote"');
    const two = { entry_point: 'a', nodes: ['vote', 'veto'].map((name) => ({ name, tool_name: name })) };
    expect(explored({ ...two, entry_point: 'vote' }, [vote, declared('veto', [{}])]).bounds.tokens.reason).toContain(
      '1 more',
    );
  });
});

it('an address that is no template is found when it is rendered', () => {
  const nodes = [{ name: 'a', tool_name: 'http_request', params: { url: '${ data.x' } }];
  expect(explored({ entry_point: 'a', nodes }).found).toEqual([expect.stringMatching(/^error .* \/nodes\/0/)]);
});

describe('conditions', () => {
  it('answer all that they declare where values are assumed', () => {
    const work = defineTool({ name: 'work', run: () => ({}) });
    const choose = defineCondition({
      name: 'choose',
      outcomes: ['b', 'c'],
      choose: ({ data }) => data.deep.value,
    });
    const graph = {
      entry_point: 'a',
      nodes: [
        { name: 'a', tool_name: 'work' },
        set('b', { x: '${ data.nothing }' }),
        { name: 'c', tool_name: 'other' },
      ],
      conditional_edges: [{ from_node: 'a', condition_function: 'choose' }],
    };
    const { coverage, findings, bounds } = explored(graph, [work, choose, declared('other', [{ x: 1 }])]);
    expect(coverage.nodes.missed).toEqual([]);
    expect(bounds.steps.atMost).toBe(2);
    const fails = findings.find(({ code }) => code === 'expression_fails');
    expect(fails).toMatchObject({ severity: 'warning', recording: null });
  });

  it('that are not registered fail', () => {
    const graph = {
      entry_point: 'a',
      nodes: [set('a')],
      conditional_edges: [{ from_node: 'a', condition_function: 'x' }],
    };
    const { findings } = exploreGraph({ name: 'one', graph }).explored;
    expect(findings).toMatchObject([{ code: 'unhandled_failure', pointer: '/nodes/0' }]);
  });

  it('that can read what is assumed answer that, and all else besides', () => {
    const work = defineTool({ name: 'work', run: () => ({}) });
    const choose = defineCondition({ name: 'choose', outcomes: ['b', 'c'], choose: () => 'b' });
    const graph = {
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'work' }, set('b', { x: '${ data.k }' }), set('c')],
      conditional_edges: [{ from_node: 'a', condition_function: 'choose' }],
    };
    expect(explored(graph, [work, choose]).coverage.nodes.missed).toEqual([]);
    const later = {
      entry_point: 'first',
      nodes: [{ name: 'first', tool_name: 'work' }, { name: 'a', tool_name: 'pick' }, ...graph.nodes.slice(1)],
      edges: [edge('first', 'a')],
      conditional_edges: graph.conditional_edges,
    };
    const pick = declared('pick', [{ x: 1 }, { x: 2 }]);
    expect(explored(later, [work, choose, pick]).coverage.nodes.missed).toEqual([]);
  });
});

describe('the search', () => {
  const when = 'data.score > 5';
  const wide = {
    entry_point: 'a',
    nodes: ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'score' })),
    edges: [edge('a', 'b'), edge('b', 'c')],
    conditional_edges: [{ from_node: 'c', cases: [{ when, to_node: 'a' }], otherwise: 'END' }],
  };
  const score = declared(
    'score',
    [1, 2, 3, 7].map((each) => ({ score: each })),
  );
  const budget = { runs: 1000, steps: 20, isTimeOver: () => false };

  it('goes on at random once the ways are too many, the same for the same seed', () => {
    const one = explored(wide, [score], { budget });
    expect(one.complete).toBe(false);
    expect(explored(wide, [score], { budget }).findings).toEqual(one.findings);
    expect(explored(wide, [score], { budget: { ...budget, steps: 5000 } }).complete).toBe(true);
  });

  it('ends with its runs, with its time, and without any start', () => {
    expect(explored(wide, [score], { budget: { ...budget, runs: 2 } })).toMatchObject({ runs: 2, complete: false });
    expect(explored(wide, [score], { budget: { ...budget, isTimeOver: () => true } })).toMatchObject({ runs: 0 });
    expect(explored(wide, [score], { inputs: [] })).toMatchObject({ runs: 0, complete: true });
    expect(explored(wide, [score], { inputs: [], budget: { ...budget, isTimeOver: () => true } }).runs).toBe(0);
  });

  it('starts runs with what is given, with what the schema says, or with what expressions look for', () => {
    const graph = { entry_point: 'a', nodes: [set('a', { x: '${ input_data.who }' })] };
    expect(explored(graph, [], { inputs: [{ who: 'x' }] }).found).toEqual([]);
    expect(explored(graph).found).toEqual(['warning expression_fails /nodes/0/params/values/x']);
    const nothing = { ...graph, input_schema: { type: 'string', pattern: '^never$' } };
    expect(explored(nothing).found).toEqual(['warning expression_fails /nodes/0/params/values/x']);
  });

  it('tells errors before warnings, and errors in place of warnings if there are too many', () => {
    const nodes = Array.from({ length: 210 }, (_, index) => ({ name: `n${index}`, tool_name: 'score' }));
    const edges = nodes.map(({ name }, index) => edge(name, index === 209 ? 'last' : `n${index + 1}`));
    const graph = { entry_point: 'n0', nodes: [...nodes, set('last', { x: '${ data.nothing }' })], edges };
    const { found } = explored(graph, [declared('score', [{ x: 1 }])]);
    expect(found).toHaveLength(200);
    expect(found[0]).toBe('error expression_fails /nodes/210/params/values/x');
  });
});

describe('findings', () => {
  const definition = definitionOf({ entry_point: 'a', nodes: [set('a')] });
  const world = (length: number, isAssumed: boolean) => {
    let trace: World['trace'] = null;
    for (let step = 1; step <= length; step += 1) {
      trace = { value: { step, node: 'a', outcome: '', toNode: null }, before: trace };
    }
    return { trace, isAssumed, isScripted: true } as World;
  };

  it('are told once: what is certain before what is assumed, and then the shortest', () => {
    const list = new FindingList(new Places(definition, []));
    const found = { code: 'expression_fails', pointer: '/nodes/0', node: 'a', message: '', isWarning: false } as const;
    for (const [length, isAssumed] of [
      [2, true],
      [4, false],
      [1, true],
      [3, false],
      [5, false],
    ] as const) {
      list.add(found, world(length, isAssumed));
    }
    list.add({ ...found, code: 'join_conflict' }, world(1, true));
    expect(list.list()).toMatchObject([{ severity: 'error', trace: { length: 3 } }]);
    list.drop('expression_fails', '/nodes/0');
    expect(list.list()).toEqual([]);
  });

  it('are at most 200, warnings make room for errors', () => {
    const list = new FindingList(new Places(definition, []));
    const add = (index: number, isWarning: boolean) =>
      list.add({ code: 'limit_reached', pointer: `/nodes/${index}`, node: 'a', message: '', isWarning }, undefined);
    for (let index = 0; index < 201; index += 1) add(index, index === 0);
    for (let index = 201; index < 203; index += 1) add(index, false);
    add(203, true);
    expect(list.list()).toHaveLength(200);
    expect(list.list().filter(({ severity }) => severity === 'warning')).toEqual([]);
  });
});

it('a loop of many nodes is told by the first of them', () => {
  const nodes = Array.from({ length: 12 }, (_, index) => set(`n${index}`));
  const edges = nodes.map(({ name }, index) => edge(name, `n${(index + 1) % 12}`));
  expect(explored({ entry_point: 'n0', nodes, edges }).findings[0]?.message).toContain('and 2 more'.slice(4));
});

describe('bounds', () => {
  const graphs = fc.record({
    targets: fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { minLength: 1, maxLength: 6 }),
    max_steps: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    max_visits: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    turn: fc.integer({ min: 1, max: 5 }),
  });

  it('are never less than what a run takes', () => {
    fc.assert(
      fc.property(graphs, ({ targets, max_steps, max_visits, turn }) => {
        const nameOf = (index: number) => (index < targets.length ? `n${index}` : 'END');
        const limits = { ...(max_steps && { max_steps }), ...(max_visits && { max_visits }) };
        const definition = definitionOf({
          entry_point: 'n0',
          nodes: targets.map((_, index) => set(nameOf(index))),
          conditional_edges: targets.map(([one, other], index) => ({
            from_node: nameOf(index),
            cases: [{ when: `run.step % ${turn} == 0`, to_node: nameOf(one) }],
            otherwise: nameOf(other),
          })),
          limits,
        });
        const registry = createRegistry(BUILT_IN);
        const { steps } = boundsOf(definition, edgesOf(definition), registry);
        const compiled = compileGraph(definition, registry, { graphId: 'g', version: 1 });
        const { maxSteps, guards } = resolveLimits(definition.limits, undefined);
        const run = new RunDriver(compiled, { maxSteps, ...(guards && { guards }) });
        run.finish();
        expect(run.state.stepCount).toBeLessThanOrEqual(Number(steps.atMost));
      }),
      { numRuns: 60 },
    );
  });

  it('of a condition that can lead anywhere are those of its limits', () => {
    const anywhere = defineCondition({ name: 'anywhere', choose: () => 'END' });
    const graph = {
      entry_point: 'a',
      nodes: [set('a')],
      conditional_edges: [{ from_node: 'a', condition_function: 'anywhere' }],
    };
    expect(explored(graph, [anywhere]).bounds.steps.atMost).toBe(1000);
  });
});
