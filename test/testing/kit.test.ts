import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCondition, defineTool } from '../../src/core/tool/tool.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import {
  createTestKit,
  FatalError,
  HANGS,
  RetryableError,
  type TestKit,
  type TestKitOptions,
  wait,
} from '../../src/testing/kit.js';
import { MESSY_CODE } from '../helpers/demo.js';

let kit: TestKit;
async function open(options: TestKitOptions = {}): Promise<TestKit> {
  kit = await createTestKit(options);
  return kit;
}
afterEach(() => kit.close());

/** A graph of one node after another; a word is a tool, and the name of its node. */
function graphOf(...nodes: (string | { name: string; tool_name: string })[]) {
  const all = nodes.map((node) => (typeof node === 'string' ? { name: node, tool_name: node } : node));
  const edges = all.slice(1).map(({ name }, index) => ({ from_node: all[index]!.name, to_node: name }));
  return { name: 'test', entry_point: all[0]!.name, nodes: all, edges };
}

describe('a run of a test kit', () => {
  it('tells its path, data, logs and decisions', async () => {
    await open({ definitions: codeReviewDefinitions });
    const run = await kit.run(codeReviewGraph, { input: MESSY_CODE });
    expect(run.status).toBe('COMPLETED');
    expect(run.path.slice(0, 3)).toEqual(['extract', 'analyze', 'improve']);
    expect(run.logs).toContain('Workflow reached END.');
    expect(run.decisions.at(-1)).toMatchObject({ node: 'analyze', because: 'quality_gate', to: 'END' });
    expect(run.error).toBeNull();
  });

  it('calls what stands for tools and conditions, with checked params and with secrets', async () => {
    const real = defineTool({
      name: 'charge',
      params: z.strictObject({ amount: z.number(), currency: z.string().default('EUR'), key: z.string() }),
      secrets: true,
      run: () => {
        throw new Error('not in a test');
      },
    });
    await open({
      definitions: [real, defineCondition({ name: 'gate', outcomes: ['END', 'charge'], choose: () => 'charge' })],
      tools: { charge: (state, { params }) => ({ charged: params.amount + state.input_data.tip }) },
      conditions: { gate: 'END' },
      secrets: { KEY: 's3cret' },
    });
    const params = { amount: 3, key: '${ secrets.KEY }' };
    const graph = {
      ...graphOf({ name: 'pay', tool_name: 'charge', params } as never),
      conditional_edges: [{ from_node: 'pay', condition_function: 'gate', routes: { END: 'END', charge: 'pay' } }],
    };
    const run = await kit.run(graph, { input: { tip: 1 } });
    expect(run.data).toEqual({ charged: 4 });
    const call = { tool: 'charge', node: 'pay', step: 1, attempt: 1, runId: run.runId };
    expect(run.calls).toEqual([{ ...call, params: { amount: 3, currency: 'EUR', key: 's3cret' } }]);
    await expect(
      kit.run(graphOf({ name: 'pay', tool_name: 'charge', params: { amount: '3' } } as never)),
    ).rejects.toThrow('/nodes/0/params/amount');
  });

  it('takes answers, and tells what it waits for', async () => {
    await open();
    const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?', save_as: 'said' } };
    const run = await kit.run(graphOf(ask));
    expect([run.status, run.path]).toEqual(['WAITING', ['ask']]);
    expect(run.waiting).toMatchObject({ kind: 'input', node: 'ask', message: 'Well?', until: null });
    await run.answer({ yes: true });
    expect([run.status, run.waiting, run.data]).toEqual(['COMPLETED', null, { said: { yes: true } }]);
    await expect(run.answer(true)).rejects.toMatchObject({ code: 'run_not_waiting' });
  });

  it('takes signals, also before it waits for them', async () => {
    await open();
    const pay = { name: 'pay', tool_name: 'wait_for_signal', params: { name: 'paid' } };
    const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?' } };
    const run = await kit.run(graphOf(ask, pay));
    await run.signal('paid', { sum: 3 });
    expect(run.waiting?.kind).toBe('input');
    await run.answer(true);
    expect(run.data).toMatchObject({ pay: { sum: 3 } });
  });

  it('is cancelled and retried', async () => {
    await open({ tools: { shaky: [new FatalError('no'), { done: true }] } });
    const run = await kit.run(graphOf('shaky'));
    expect(run.error).toMatchObject({ code: 'tool_failed', message: 'no' });
    await run.retry();
    expect(run.data).toEqual({ done: true });
    const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?' } };
    const asking = await kit.run(graphOf(ask));
    await asking.cancel();
    expect(asking.status).toBe('CANCELLED');
  });

  it('tells of its branches and of the graphs that run as its steps', async () => {
    await open({ tools: { work: (_state, { item }) => ({ worked: item }), last: {} } });
    await kit.addGraph({ ...graphOf('work'), name: 'inner', graph_id: 'inner' });
    const nodes = [
      { name: 'split', tool_name: 'last' },
      { name: 'sub', tool_name: 'run_graph', params: { graph_id: 'inner' } },
      { name: 'join', tool_name: 'last' },
    ];
    const for_each = [
      { from_node: 'split', to_node: 'sub', items: '${ input_data }', join_node: 'join', collect_as: 'all' },
    ];
    const graph = { name: 'outer', entry_point: 'split', nodes, for_each_edges: for_each };
    const run = await kit.run(graph, { input: [1, 2] });
    expect(run.status).toBe('COMPLETED');
    expect(run.children.map(({ path }) => path)).toEqual([['sub'], ['sub']]);
    expect(run.children.map(({ children }) => children.map(({ path }) => path))).toEqual([[['work']], [['work']]]);
    expect(run.calls.map(({ tool }) => tool)).toEqual(['last', 'work', 'work', 'last']);
  });
});

describe('the clock of a test kit', () => {
  it('stands still until the test moves it', async () => {
    await open({ now: '2027-03-01T12:00:00Z' });
    const run = await kit.run(graphOf({ name: 'rest', tool_name: 'delay', params: { seconds: 3600 } } as never));
    expect(run.waiting).toMatchObject({ kind: 'timer', until: new Date('2027-03-01T13:00:00Z') });
    await kit.advance('59 minutes');
    expect(run.status).toBe('WAITING');
    await kit.advance('1 minute');
    expect(run.status).toBe('COMPLETED');
    expect(kit.now()).toEqual(new Date('2027-03-01T13:00:00Z'));
    for (const text of ['1 fortnight', '2 days ago', '']) {
      await expect(kit.advance(text as never)).rejects.toThrow('is no duration');
    }
  });

  it('goes from one moment to the next: each retry is at its time', async () => {
    const times: string[] = [];
    await open({
      tools: {
        shaky: () => {
          times.push(kit.now().toISOString().slice(11, 19));
          throw new RetryableError('busy');
        },
      },
    });
    const retry = { max_attempts: 4, interval_seconds: 60, backoff_rate: 2, jitter: 'none' };
    const run = await kit.run(graphOf({ name: 'shaky', tool_name: 'shaky', retry } as never));
    expect(run.waiting?.kind).toBe('retry');
    await kit.advance('2 days');
    expect(run.status).toBe('FAILED');
    expect(times).toEqual(['00:00:00', '00:01:00', '00:03:00', '00:07:00']);
  });

  it('ends waits that expire, deadlines, and calls that hang', async () => {
    await open({ tools: { slow: HANGS } });
    const expiring = { message: 'Well?', expires_in_seconds: 86_400 };
    const asking = await kit.run(graphOf({ name: 'ask', tool_name: 'wait_for_input', params: expiring } as never));
    const slow = await kit.run(graphOf({ name: 'slow', tool_name: 'slow', timeout_seconds: 30 } as never));
    const late = await kit.run(
      graphOf({ name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } } as never),
      {
        limits: { deadline_seconds: 7200 },
      },
    );
    expect(slow.status).toBe('RUNNING');
    await kit.advance('30 seconds');
    expect(slow.error).toMatchObject({ code: 'timeout' });
    await kit.advance('2 hours');
    expect(late.error).toMatchObject({ code: 'deadline_exceeded' });
    await kit.advance('1 day');
    expect(asking.error).toMatchObject({ code: 'wait_expired' });
  });

  it('starts what schedules start', async () => {
    await open({ tools: { work: { worked: true } } });
    const graphId = await kit.addGraph({ ...graphOf('work'), graph_id: 'nightly' });
    await kit.addSchedule({ graph_id: graphId, cron: '30 2 * * *' });
    await kit.advance('3 days');
    const { runs } = await kit.engine.listRuns({ limit: 10 });
    expect(runs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect((await kit.find(runs[0]!.runId)).data).toEqual({ worked: true });
  });
});

describe('what stands for a tool', () => {
  it('answers from a list, a call each, and says when it is used up', async () => {
    await open({ tools: { next: [{ a: 1 }, () => ({ b: 2 })] } });
    const twice = graphOf({ name: 'one', tool_name: 'next' }, { name: 'two', tool_name: 'next' });
    expect((await kit.run(twice)).data).toEqual({ a: 1, b: 2 });
    expect((await kit.run(twice)).error?.message).toBe('The list of "next" has 2 answers, and this is call 3.');
  });

  it('can ask for a wait', async () => {
    await open({ tools: { approve: () => wait({ kind: 'input', message: 'Well?', saveAs: 'said' }) } });
    const run = await kit.run(graphOf('approve'));
    await run.answer('yes');
    expect(run.data).toEqual({ said: 'yes' });
  });

  it('is kept as the tool keeps its answers, and fails on statuses as http_request does', async () => {
    await open({
      tools: {
        http_request: [
          { status: 200, body: { id: 1 } },
          { status: 503 },
          { body: 'ok' },
          { status: 404, body: 'none' },
        ],
        'mcp.files.read': { text: 'x' },
      },
    });
    const retry = { max_attempts: 2, interval_seconds: 5 };
    const get = (name: string, more = {}) =>
      ({ name, tool_name: 'http_request', params: { url: 'https://example.com/x', ...more }, retry }) as never;
    const run = await kit.run(graphOf(get('first', { keep: 'body', save_as: 'got' }), get('second'), 'mcp.files.read'));
    expect(run.waiting?.kind).toBe('retry');
    await kit.advance('1 minute');
    expect(run.data).toEqual({
      got: { id: 1 },
      second: { status: 200, headers: {}, body: 'ok' },
      'mcp.files.read': { text: 'x' },
    });
    const failed = await kit.run(graphOf(get('third')));
    expect(failed.error).toMatchObject({ code: 'http_status', details: { status: 404, body: 'none' } });
  });

  it('is asked for where a tool would leave the test, or is not there', async () => {
    await open();
    const call = { name: 'call', tool_name: 'http_request', params: { url: 'https://example.com' } };
    await expect(kit.run(graphOf(call))).rejects.toThrow(
      'The graph cannot be run:\n/nodes/0/tool_name: "http_request" would leave the test. Say what stands for it: createTestKit({ tools: { http_request: ... } }).',
    );
    await expect(kit.run(graphOf('charge'))).rejects.toThrow(
      /"charge".*createTestKit\(\{ tools: \{ charge: \.\.\. \} \}\)/,
    );
  });
});

it('graphs come from files too, and one that has changed is another version', async () => {
  await open({ tools: { work: {} } });
  const run = await kit.run(new URL('../../examples/approval/graph.json', import.meta.url)).catch((error) => error);
  expect(run).toBeDefined();
  const graph = { ...graphOf('work'), graph_id: 'g' };
  await kit.run(graph);
  await kit.run({ ...graph, description: 'other' });
  expect(await kit.engine.getGraph('g')).toMatchObject({ version: 2 });
});

it('two kits share nothing', async () => {
  await open({ tools: { work: { a: 1 } } });
  const other = await createTestKit({ tools: { work: { b: 2 } } });
  const runs = await Promise.all([kit.run(graphOf('work')), other.run(graphOf('work'))]);
  await other.close();
  expect(runs.map(({ data }) => data)).toEqual([{ a: 1 }, { b: 2 }]);
  await expect(other.run(graphOf('work'))).rejects.toThrow('The test kit is closed.');
});
