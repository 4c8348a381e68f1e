import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.js';
import { finishSteps } from '../../../src/core/base/steps.js';
import type { CompiledGraph } from '../../../src/core/graph/compile.js';
import { proveMove, refuseMove } from '../../../src/core/replay/prove-move.js';
import { graphsOf, type Recording } from '../../../src/core/replay/recording.js';
import { replay } from '../../../src/core/replay/replay.js';
import type { Missing, Replayed } from '../../../src/core/replay/replayed.js';
import { createRegistry } from '../../../src/core/tool/registry.js';
import { builtInTools } from '../../../src/tools/built-in-tools.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { wildGraphs } from '../../helpers/graph-arbitrary.js';
import { completedChild, type DriverOptions, definitionOf, RunDriver } from '../../helpers/run-driver.js';

/** Answers another number each time that it is called. */
let calls = 0;
const registry = createRegistry([
  ...builtInTools({ now: () => 0, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
  { name: 'count', run: () => ({ calls: ++calls }) },
  { name: 'other', run: () => ({}) },
  {
    name: 'broken',
    run: () => {
      throw new Error('no');
    },
  },
]);

type Node = { name: string; tool_name: string; params?: JsonObject; retry?: JsonObject };
const set = (name: string, values: JsonObject): Node => ({ name, tool_name: 'set_data', params: { values } });
const ask = (name: string, params: JsonObject = {}): Node => {
  return { name, tool_name: 'wait_for_input', params: { message: '?', ...params } };
};
const count = (name: string, params: JsonObject = {}): Node => ({ name, tool_name: 'count', params });
const fail = (name: string): Node => ({ name, tool_name: 'fail', params: { message: 'no' } });

function line(version: number, nodes: readonly Node[], more: object = {}): CompiledGraph {
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: nodes[index]?.name ?? '', to_node: name }));
  const document = definitionOf({ entry_point: nodes[0]?.name ?? '', nodes, edges, ...more });
  return compileGraph(document, registry, { graphId: 'g', version });
}

/** A run that has gone as far as it does by itself. */
function driven(graph: CompiledGraph, options: DriverOptions = {}): RunDriver {
  const driver = new RunDriver(graph, options);
  driver.finish();
  return driver;
}

type Walk = Parameters<typeof proveMove>[1];

/** Why a run cannot be moved to a version: its code, and what is wrong where. */
function proved(
  { state, records, graph: from }: RunDriver,
  to: CompiledGraph,
  walk?: Walk,
  children: readonly Recording[] = [],
) {
  const recording = { runId: state.runId, records, children };
  const graphs = { get: (_: string, version: number) => [from, to].find((graph) => graph.version === version) };
  const again: Walk = (prefix, as) => replay(prefix, graphs, { as, keepsLimits: true });
  const refusal = finishSteps(proveMove({ state, recording, from, to }, walk ?? again));
  return refusal && { code: refusal.code, pointer: refusal.problems?.[0]?.pointer, message: refusal.message };
}

describe('a run can be moved', () => {
  it('before it has begun, whatever the graph', () => {
    const driver = new RunDriver(line(1, [set('a', {})]));
    expect(proved(driver, line(2, [ask('b')]))).toBeUndefined();
  });

  it('that has failed at a node, whatever that node is by now', () => {
    const driver = driven(line(1, [count('a'), fail('b')]));
    expect(driver.view.status).toBe('FAILED');
    expect(proved(driver, line(2, [count('a'), set('b', { x: '${ data.calls }' })]))).toBeUndefined();
  });

  it('that waits for its next try, or is paused before its step', () => {
    const again = { name: 'b', tool_name: 'broken', retry: { max_attempts: 3, interval_seconds: 60 } };
    const driver = driven(line(1, [count('a'), again]));
    expect(driver.view.waiting?.kind).toBe('retry');
    const mended = line(2, [count('a'), set('b', {})]);
    expect(proved(driver, mended)).toBeUndefined();
    const paused = new RunDriver(line(1, [count('a'), count('b')]));
    while (paused.view.cursor?.node !== 'b') paused.advance();
    paused.append({ type: 'pause.requested' });
    paused.finish();
    expect(paused.view.waiting?.kind).toBe('paused');
    expect(proved(paused, mended)).toBeUndefined();
  });

  it('with an answer that it has not taken yet, and after a result that somebody gave', () => {
    const driver = driven(line(1, [ask('a'), set('b', {})]));
    driver.answer(3);
    expect(proved(driver, line(2, [ask('a', { message: 'How many?' }), set('b', { x: 1 })]))).toBeUndefined();
    expect(proved(driver, line(2, [ask('a', { save_as: 'n' })]))).toMatchObject({ pointer: '/nodes/0/params/save_as' });
    const given = driven(line(1, [fail('a')]));
    given.append({ type: 'run.retried', result: { x: 1 }, step: 1, node: 'a' });
    expect(given.view.status).toBe('RUNNING');
    expect(proved(given, line(2, [count('a')]))).toBeUndefined();
  });

  it('that is in line for a slot after a retry', () => {
    const submitted = { concurrency: { key: null, on_full: 'queue' } } as const;
    const driver = driven(line(1, [fail('a')]), { submitted });
    driver.append({ type: 'run.retried', step: 1, node: 'a' });
    expect(driver.state.phase.kind).toBe('queued');
    expect(proved(driver, line(2, [count('a')]))).toBeUndefined();
  });

  it('that is a fork, with what the fork has set', () => {
    const driver = new RunDriver(line(1, [count('a'), ask('b')]));
    driver.append({ type: 'run.started', next: 'a' });
    const decision = { kind: 'edge', to_node: 'b' } as const;
    const copied = { step: 1, node: 'a', attempt: 1, patch: { calls: 1 }, logs: [], decision, next: null };
    driver.append({ type: 'step.completed', ...copied });
    const forked_from = { run_id: 'run-0', step: 2 };
    driver.append({ type: 'run.forked', forked_from, patch: { forked: true }, node: 'b', step: 2 });
    expect(proved(driver, line(2, [count('a'), ask('b'), count('c')]))).toBeUndefined();
    driver.finish();
    expect(proved(driver, line(2, [count('a'), ask('b', { message: '${ data.forked }' })]))).toBeUndefined();
  });
});

it('what is inside a run is walked if it was started before the step that the run is at', () => {
  const run = (name: string): Node => ({ name, tool_name: 'run_graph', params: { graph_id: 'h' } });
  const driver = driven(line(1, [run('a'), run('b')]));
  const inside = (index: number, seq: number): Recording => {
    const parent = { run_id: 'run-1', seq, index: 0, kind: 'graph', depth: 1 } as const;
    const child = driven(line(1, [set('x', {})]), { submitted: { parent, graph_id: 'h' } });
    return { runId: `child-${index}`, records: child.records, children: [] };
  };
  const first = inside(1, driver.state.seq);
  driver.settleChildren(completedChild({}));
  driver.finish();
  const children = [first, inside(2, driver.state.seq)];
  let walked: readonly Recording[] = [];
  // biome-ignore lint/correctness/useYield: there is nothing to wait for.
  const walk: Walk = function* (prefix) {
    walked = prefix.children;
    return { verdict: 'same' } as Replayed;
  };
  expect(proved(driver, line(2, [run('a'), run('b')]), walk, children)).toBeUndefined();
  expect(walked).toEqual([first]);
});

it('what came after the state that is to be moved does not count', () => {
  const driver = driven(line(1, [ask('a'), set('b', {}), ask('c')]));
  const { state } = driver;
  driver.answer(1);
  driver.finish();
  expect(driver.view.cursor?.node).toBe('c');
  const other = line(2, [ask('a'), set('x', {})]);
  expect(proved(Object.assign(driver, { state }), other)).toBeUndefined();
});

describe('a run cannot be moved', () => {
  const waiting = () => driven(line(1, [count('a'), ask('b')]));

  it.each<[string, readonly Node[], string, string]>([
    ['the node is gone', [count('a'), ask('c')], 'move_impossible', '/nodes'],
    ['another node comes first', [count('a'), set('x', {}), ask('b')], 'move_diverged', '/nodes/0'],
    ['what it called has other params', [count('a', { more: 1 }), ask('b')], 'move_unproven', '/nodes/0'],
    ['another tool waits', [count('a'), { name: 'b', tool_name: 'other' }], 'move_impossible', '/nodes/1/tool_name'],
    [
      'it waits for something else',
      [count('a'), ask('b', { save_as: 'c' })],
      'move_impossible',
      '/nodes/1/params/save_as',
    ],
    ['params have no value', [count('a'), ask('b', { message: '${ data.x }' })], 'move_impossible', '/nodes/1/params'],
  ])('if %s', (_, nodes, code, pointer) => {
    expect(proved(waiting(), line(2, nodes))).toMatchObject({ code, pointer });
  });

  it('if the result that its choice is about was asked for in another way', () => {
    const choice = (version: number, params: JsonObject, when: string) =>
      line(version, [count('a', params)], {
        conditional_edges: [{ from_node: 'a', cases: [{ when, to_node: 'END' }], otherwise: 'a' }],
      });
    const driver = driven(choice(1, {}, 'data.x > 1'));
    expect(driver.view.status).toBe('FAILED');
    expect(proved(driver, choice(2, {}, 'data.calls > 0'))).toBeUndefined();
    const refusal = proved(driver, choice(2, { n: 2 }, 'data.calls > 0'));
    expect(refusal).toMatchObject({ pointer: '/nodes/0/params/n', message: expect.stringContaining('the result of') });
  });

  it('if the version that it is on has no such node, which nothing but damage leads to', () => {
    const from = { ...waiting().graph, nodes: new Map() };
    const refusal = proved(
      Object.assign(waiting(), { graph: from }),
      line(2, [count('a'), ask('b')]),
      unknown(missing('b', 2)),
    );
    expect(refusal).toMatchObject({ code: 'move_impossible', pointer: '/nodes/1/tool_name' });
  });

  it('if params that it was called with have no value by now', () => {
    const driver = waiting();
    const { nodes } = line(1, [count('a'), ask('b', { message: '${ data.x }' })]);
    const from = { ...driver.graph, nodes };
    const refusal = proved(Object.assign(driver, { graph: from }), line(2, [count('a'), ask('b')]));
    expect(refusal?.message).toMatch(/^The params of node "b" have no value/);
  });

  it.each<[Json, object, string]>([
    [3, { type: 'string' }, 'does not fit the input_schema of version 2: '],
    [{ n: 'x' }, { properties: { n: { type: 'number' } } }, 'version 2 at /n: '],
    [{}, { properties: { n: { default: 1 } } }, 'The input_schema of version 2 has defaults'],
  ])('if its input %j is none for the schema %j', (inputData, input_schema, said) => {
    const driver = new RunDriver(line(1, [set('a', {})]), { inputData });
    const refusal = proved(driver, line(2, [set('a', {})], { input_schema }));
    expect(refusal).toMatchObject({ pointer: '/input_schema', message: expect.stringContaining(said) });
  });

  const missing = (node: string, step: number): Missing => {
    return { at: { node, step, visit: 1 }, what: 'call', message: 'nobody recorded it.' };
  };
  const unknown = (...lacks: Missing[]): Walk => {
    const replayed = { verdict: 'unknown', firstDivergence: null, missing: lacks } as unknown as Replayed;
    // biome-ignore lint/correctness/useYield: there is nothing to wait for.
    return function* () {
      return replayed;
    };
  };

  it('if what was recorded does not tell, unless that is of the visit that it is at', () => {
    const same = line(2, [count('a'), ask('b')]);
    expect(proved(waiting(), same, unknown(missing('b', 2)))).toBeUndefined();
    expect(proved(waiting(), same, unknown(missing('a', 1)))).toMatchObject({
      code: 'move_unproven',
      pointer: '/nodes/0',
    });
    expect(proved(waiting(), same, unknown())).toMatchObject({ code: 'move_unproven', pointer: '/nodes' });
  });
});

describe('a run is refused by its state alone', () => {
  const one = line(1, [count('a')]);
  const refused = (driver: RunDriver, to: Pick<CompiledGraph, 'graphId' | 'version'> = { graphId: 'g', version: 2 }) =>
    refuseMove(driver.state, to)?.code;

  it('if it is of another graph, a child, under way or done', () => {
    expect(refused(driven(one), { graphId: 'h', version: 2 })).toBe('move_impossible');
    const parent = { run_id: 'run-0', seq: 7, index: 1, kind: 'graph', depth: 1 } as const;
    expect(refused(new RunDriver(one, { submitted: { parent } }))).toBe('run_is_child');
    expect(refused(driven(one))).toBe('run_finished');
    const running = new RunDriver(one);
    running.advance();
    expect(refused(running)).toBe('run_active');
    expect(refused(new RunDriver(one))).toBeUndefined();
  });

  it('if branches or a cancel are under way, but not if a graph runs as its step', () => {
    const branches = line(1, [count('a'), count('b'), count('c')], {
      edges: [],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b'], join_node: 'c' }],
    });
    const driver = driven(branches);
    expect(driver.view.status).toBe('WAITING');
    expect(refused(driver)).toBe('move_impossible');
    // It is there already.
    expect(refused(driver, { graphId: 'g', version: 1 })).toBeUndefined();
    driver.append({ type: 'cancel.requested' });
    expect(refused(driver)).toBe('run_active');
    const inner = driven(line(1, [{ name: 'a', tool_name: 'run_graph', params: { graph_id: 'h' } }]));
    expect([inner.view.status, refused(inner)]).toEqual(['WAITING', undefined]);
  });
});

describe('a replay of a run that was moved', () => {
  const first = line(1, [count('a'), fail('b'), ask('c')]);
  const second = line(2, [count('a'), count('b'), ask('c')]);

  function moved(): RunDriver {
    const driver = driven(first);
    driver.append({ type: 'run.migrated', from_version: 1, to_version: 2 });
    driver.retry();
    const after = Object.assign(driver, { graph: second });
    after.finish();
    return after;
  }

  function replayed(as?: CompiledGraph, known: readonly CompiledGraph[] = [first, second]) {
    const { records, state } = moved();
    const graphs = { get: (_: string, version: number) => known.find((graph) => graph.version === version) };
    return finishSteps(replay({ runId: state.runId, records, children: [] }, graphs, { as }));
  }

  it('goes through each version as it did, and holds another one against that', () => {
    expect(moved().view).toMatchObject({ status: 'WAITING', graphVersion: 2, cursor: { node: 'c', step: 3 } });
    expect(replayed()).toMatchObject({ verdict: 'same', missing: [] });
    expect(replayed(line(3, [count('a'), fail('b'), ask('c')]))).toMatchObject({ verdict: 'diverged' });
    expect(replayed(first)).toMatchObject({ verdict: 'diverged' });
  });

  it('takes as it was recorded what came after a move to a version that is not there', () => {
    const { verdict, missing } = replayed(undefined, [first]);
    expect([verdict, missing]).toMatchObject(['unknown', [{ what: 'graph' }]]);
  });

  it('names both versions as those that it used', () => {
    const { records } = moved();
    const used = graphsOf({ runId: 'run-1', records, children: [] });
    expect(used.map(({ version }) => version)).toEqual([1, 2]);
  });
});

it('any run at rest can be moved to a version that is the same', () => {
  let moved = 0;
  fc.assert(
    fc.property(wildGraphs, ({ definition, registry: functions }) => {
      const version = (number: number) => compileGraph(definition, functions, { graphId: 'g', version: number });
      const driver = driven(version(1), { maxSteps: 12 });
      // The children of a driven run have no journals.
      if (driver.types().includes('branches.joined')) return;
      if (refuseMove(driver.state, { graphId: 'g', version: 2 }) !== undefined) return;
      moved += 1;
      assert.equal(proved(driver, version(2)), undefined);
    }),
    { numRuns: 200 },
  );
  expect(moved).toBeGreaterThan(20);
});
