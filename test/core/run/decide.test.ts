import { describe, expect, it } from 'vitest';
import type { CompiledNode } from '../../../src/core/graph/compile.js';
import { decide } from '../../../src/core/run/decide.js';
import { takeSnapshot } from '../../../src/core/run/journal.js';
import { MAX_DATA_BYTES, MAX_PATCH_BYTES } from '../../../src/core/run/patch.js';
import { settle } from '../../../src/core/run/settle.js';
import type { RunState } from '../../../src/core/run/state.js';
import { MAX_RECOVERIES } from '../../../src/core/run/visit.js';
import { createRegistry, type Registrable } from '../../../src/core/tool/registry.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, definitionOf, RunDriver, START } from '../../helpers/run-driver.js';

const returning = (value: unknown): Registrable => ({ name: 'work', run: () => value });
const oneNode = { entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] };
const loop = { ...oneNode, edges: [{ from_node: 'a', to_node: 'a' }] };
const gated = { ...oneNode, conditional_edges: [{ from_node: 'a', condition_function: 'gate' }] };

function driver(document: object, functions: Registrable[], options: DriverOptions = {}): RunDriver {
  return new RunDriver(compiled(document, functions), options);
}

/** A run at its first call. */
function started(document: object, functions: Registrable[], options: DriverOptions = {}): RunDriver {
  const run = driver(document, functions, options);
  run.append({ type: 'run.started', next: 'a' });
  return run;
}

const lastEvents = (run: RunDriver, count: number) => run.records.slice(-count).map((record) => record.event);

describe('a run', () => {
  it('starts at the entry point and ends where no edge leads on', () => {
    const run = driver(oneNode, [returning({ n: 1 })]);
    expect(run.decide()).toEqual({ type: 'append', events: [{ type: 'run.started', next: 'a' }] });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { n: 1 }, stepCount: 1, finishedAt: START });
    expect(lastEvents(run, 2)).toEqual([
      {
        type: 'step.completed',
        step: 1,
        node: 'a',
        attempt: 1,
        patch: { n: 1 },
        logs: [],
        decision: null,
        next: null,
      },
      { type: 'run.completed', reason: 'no_edge' },
    ]);
    expect(run.decide()).toEqual({ type: 'stop' });
  });

  it('ends at END, whether an edge leads there or a condition', () => {
    const edges = [{ from_node: 'a', to_node: 'END' }];
    const byEdge = driver({ ...oneNode, edges }, [returning(null)]);
    byEdge.finish();
    expect(lastEvents(byEdge, 2)).toMatchObject([
      { decision: { kind: 'edge', to_node: 'END' }, next: null },
      { type: 'run.completed', reason: 'end' },
    ]);
    const conditional_edges = [{ from_node: 'a', condition_function: 'gate', routes: { done: 'END' } }];
    const gate = { name: 'gate', choose: () => 'done' };
    const byRoute = driver({ ...oneNode, conditional_edges }, [returning(undefined), gate]);
    byRoute.finish();
    expect(lastEvents(byRoute, 2)).toMatchObject([
      { decision: { kind: 'condition', condition: 'gate', outcome: 'done', to_node: 'END', read: [] } },
      { type: 'run.completed', reason: 'end' },
    ]);
  });

  it('goes where its condition says, which sees the patch of its step', () => {
    const choose = ({ data }: { data: Record<string, unknown> }) => (data.n === 1 ? 'b' : 'END');
    const document = { ...gated, nodes: [...oneNode.nodes, { name: 'b', tool_name: 'work' }] };
    const run = driver(document, [returning({ n: 1 }), { name: 'gate', choose }]);
    run.finish();
    expect(run.records[2]?.event).toMatchObject({
      decision: { outcome: 'b', to_node: 'b', read: [{ path: 'data.n', value: 1 }] },
      next: 'b',
    });
  });

  it('whose cursor is at no node of its graph fails', () => {
    const run = started(oneNode, [returning({})]);
    const cursor = { node: 'gone', step: 2, attempt: 1, tries: 1 };
    const elsewhere: RunState = { ...run.state, phase: { kind: 'calling', cursor, announced: true } };
    expect(decide(run.graph, elsewhere, run.at)).toMatchObject({
      events: [{ type: 'run.failed', error: { code: 'tool_missing', node: 'gone', step: 2 } }],
    });
    const outcome = { kind: 'returned', value: {}, logs: [] } as const;
    expect(settle(run.graph, elsewhere, outcome, run.at)).toEqual([]);
    expect(settle(run.graph, new RunDriver(run.graph).state, outcome, run.at)).toEqual([]);
  });
});

describe('limits', () => {
  it('let a run take exactly as many steps as it may', () => {
    const run = driver(loop, [returning({})], { maxSteps: 3 });
    const state = run.finish();
    expect(state).toMatchObject({ status: 'FAILED', stepCount: 3, error: { code: 'max_steps_exceeded', step: 4 } });
    expect(run.types().slice(-2)).toEqual(['step.completed', 'run.failed']);
    expect(run.records.at(-2)?.event).toMatchObject({ decision: { to_node: 'a' }, next: null });
    const exact = driver({ ...oneNode, edges: [{ from_node: 'a', to_node: 'END' }] }, [returning({})], { maxSteps: 1 });
    expect(exact.finish().status).toBe('COMPLETED');
  });

  it('end a run at its deadline, before or after a call', () => {
    const before = driver(loop, [returning({})], { deadlineSeconds: 2 });
    before.now += 1999;
    expect(before.advance()).toBe(true);
    before.now += 1;
    expect(before.finish().error).toEqual({
      code: 'deadline_exceeded',
      message: 'The run reached its deadline of 2 s.',
      node: 'a',
      step: 1,
    });
    const during = started(loop, [returning({ kept: true })], { deadlineSeconds: 2 });
    during.now += 2000;
    during.settle({ kind: 'returned', value: { kept: true }, logs: [] });
    expect(during.view).toMatchObject({
      status: 'FAILED',
      data: { kept: true },
      error: { code: 'deadline_exceeded' },
    });
    const failing = started(loop, [returning({})], { deadlineSeconds: 2 });
    failing.now += 2000;
    failing.settle({ kind: 'threw', code: 'deadline_exceeded', message: 'stopped', logs: [] });
    expect(failing.types().slice(-2)).toEqual(['step.failed', 'run.failed']);
    expect(failing.view.error?.message).toBe('The run reached its deadline of 2 s.');
  });

  it('do not fail a run that has reached its end', () => {
    const run = started(oneNode, [returning({})], { deadlineSeconds: 1 });
    run.now += 5000;
    run.settle({ kind: 'returned', value: {}, logs: [] });
    expect(run.view.status).toBe('COMPLETED');
  });

  it('give a run up that crashes the server again and again', () => {
    const run = started(loop, [returning({})]);
    for (let crash = 1; crash < MAX_RECOVERIES; crash++) run.append({ type: 'run.recovered' });
    expect(run.decide().type).toBe('call');
    run.advance();
    expect(run.view).toMatchObject({ recoveries: 0, stepCount: 1 });
    for (let crash = 1; crash <= MAX_RECOVERIES; crash++) run.append({ type: 'run.recovered' });
    expect(run.finish().error).toMatchObject({ code: 'recovery_exhausted', node: 'a', step: 2 });
  });
});

describe('cancel', () => {
  it('ends a run that has not started', () => {
    const run = driver(oneNode, [returning({})]);
    run.append({ type: 'cancel.requested' });
    expect(run.finish()).toMatchObject({ status: 'CANCELLED', cursor: null, cancelRequested: false });
  });

  it('keeps the patch of a tool that returned all the same', () => {
    for (const document of [loop, oneNode]) {
      const run = started(document, [returning({ n: 1 })]);
      run.advance(() => run.append({ type: 'cancel.requested' }));
      expect(run.types().slice(-3)).toEqual(['cancel.requested', 'step.completed', 'run.cancelled']);
      expect(run.view).toMatchObject({ status: 'CANCELLED', data: { n: 1 }, error: null });
    }
  });

  it('does not call it a failure when the tool throws because of it', () => {
    const run = started(oneNode, [returning({})]);
    run.append({ type: 'cancel.requested' });
    run.settle({ kind: 'threw', code: 'tool_failed', message: 'aborted', logs: ['said'] });
    expect(run.records.at(-1)?.event).toEqual({ type: 'run.cancelled', logs: ['said'] });
  });

  it('goes before a condition that fails', () => {
    const run = started(gated, [returning({}), { name: 'gate', choose: () => 'nowhere' }]);
    run.advance(() => run.append({ type: 'cancel.requested' }));
    expect(run.view).toMatchObject({ status: 'CANCELLED', error: null });
  });
});

describe('a tool that throws', () => {
  it('fails its step and its run', () => {
    const run = started(oneNode, [returning({})]);
    run.settle({ kind: 'threw', code: 'timeout', message: 'too slow', logs: ['said'] });
    const error = { code: 'timeout', message: 'too slow', node: 'a', step: 1 };
    expect(lastEvents(run, 2)).toEqual([
      { type: 'step.failed', step: 1, node: 'a', attempt: 1, logs: ['said'], error },
      { type: 'run.failed', error },
    ]);
    expect(run.view).toMatchObject({ status: 'FAILED', error, cursor: { node: 'a', step: 1, attempt: 2 } });
  });
});

describe('a condition that fails', () => {
  const failing = (choose: unknown) => {
    const run = driver(gated, [returning({ n: 1 }), { name: 'gate', choose } as Registrable]);
    return { run, state: run.finish() };
  };

  it.each([
    [() => 'nowhere', 'returned "nowhere", which is no node.', 'nowhere'],
    [() => 'x'.repeat(300), `returned "${'x'.repeat(200)}", which is no node.`, 'x'.repeat(200)],
    [() => undefined, 'returned undefined, not the name of a node.', null],
    [() => null, 'returned null, not the name of a node.', null],
    [() => 5, 'returned a number, not the name of a node.', null],
    [() => ['a'], 'returned a list, not the name of a node.', null],
    [() => ({ to: 'a' }), 'returned an object, not the name of a node.', null],
    [
      () => Promise.reject(new Error('late')),
      'returned a promise, but conditions are synchronous: let a tool do the waiting.',
      null,
    ],
    [
      () => {
        throw new Error('boom');
      },
      'threw: boom',
      null,
    ],
    [({ data }: { data: { n: number } }) => (data.n += 1), "threw: 'set' on proxy", null],
  ])('keeps the patch and fails the run: %o', (choose, words, outcome) => {
    const { run, state } = failing(choose);
    expect(state).toMatchObject({ status: 'FAILED', data: { n: 1 }, stepCount: 1 });
    expect(state.error).toMatchObject({ code: 'condition_failed', node: 'a', step: 1 });
    expect(state.error?.message).toContain(`The condition "gate" ${words}`);
    expect(run.records.at(-2)?.event).toMatchObject({
      type: 'step.completed',
      decision: { kind: 'condition', condition: 'gate', outcome, to_node: null },
      next: null,
    });
  });

  it('may be one that is not registered any more', () => {
    const definition = definitionOf(gated);
    const graph = compileGraph(definition, createRegistry([returning({})]), { graphId: 'g', version: 1 });
    expect(new RunDriver(graph).finish().error).toEqual({
      code: 'tool_missing',
      message: 'The condition "gate" is not registered.',
      node: 'a',
      step: 1,
    });
  });
});

describe('a patch', () => {
  const settled = (value: unknown) => driver(oneNode, [returning(value)]).finish();

  it('is a frozen copy of what the tool returned', () => {
    const value = { list: [{ n: 1 }] };
    const { data } = settled(value) as unknown as { data: typeof value };
    value.list[0]!.n = 2;
    expect(data).toEqual({ list: [{ n: 1 }] });
    expect(() => data.list.push({ n: 3 })).toThrow(TypeError);
    expect(Object.isFrozen(data)).toBe(true);
  });

  it('may have a key named __proto__, which is data', () => {
    const { data } = settled(JSON.parse('{"__proto__": {"admin": true}}'));
    expect(Object.keys(data)).toEqual(['__proto__']);
    expect(data.admin).toBeUndefined();
    expect(JSON.stringify(data)).toBe('{"__proto__":{"admin":true}}');
  });

  it.each([
    ['text', 'a string, not a plain object'],
    [5, 'a number, not a plain object'],
    [[1], 'a list, not a plain object'],
    [new Date(0), 'an object, not a plain object'],
    [{ a: { f: () => 1 } }, 'a patch that is not JSON: a function is not JSON at /a/f'],
    [
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get: () => {
          throw new Error('boom');
        },
      }),
      'a patch that threw: boom',
    ],
    [{ text: 'x'.repeat(MAX_PATCH_BYTES) }, `a patch of ${MAX_PATCH_BYTES + 11} bytes; ${MAX_PATCH_BYTES} are allowed`],
  ])('is refused unless it is a JSON object of at most 1 MiB (%#)', (value, words) => {
    const state = settled(value);
    expect(state).toMatchObject({ status: 'FAILED', data: {}, error: { code: 'invalid_patch' } });
    expect(state.error?.message).toBe(`The tool returned ${words}.`);
  });

  it('is refused when data would grow too large, however often data was rewritten before', () => {
    const text = 'x'.repeat(MAX_PATCH_BYTES - 100);
    const run = started(loop, [returning({})]);
    const settle = (key: string) => run.settle({ kind: 'returned', value: { [key]: text }, logs: [] });
    for (let step = 0; step < 20; step++) settle('same');
    expect(run.view).toMatchObject({ status: 'RUNNING', stepCount: 20 });
    for (let step = 0; step < 15; step++) settle(`key${step}`);
    expect(run.view.status).toBe('RUNNING');
    run.state = takeSnapshot(run.state).state;
    settle('one too many');
    expect(run.view.error).toMatchObject({
      code: 'data_too_large',
      message: `The patch would make data larger than ${MAX_DATA_BYTES} bytes.`,
    });
  });
});

describe('a call', () => {
  it('names the node and the visit', () => {
    const run = started(loop, [returning({})]);
    run.advance();
    const command = run.decide() as { type: 'call'; node: CompiledNode };
    expect(command).toMatchObject({ type: 'call', cursor: { node: 'a', step: 2, attempt: 1 } });
    expect(command.node).toBe(run.graph.nodes.get('a'));
  });
});
