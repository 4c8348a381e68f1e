import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';

const VALUE = 'sk-very secret/value+42';
const seen: unknown[] = [];
/** Says what it was given in every way that a tool can. */
const leaky = defineTool({
  name: 'leaky',
  secrets: true,
  run: (_state, { params, log }) => {
    const { token, how } = params as { token: string; how: string };
    seen.push(token);
    log(`token is ${token}`);
    if (how === 'throw')
      throw new Error(`no luck with ${token} at https://example.org/?t=${encodeURIComponent(token)}`);
    if (how === 'junk') return { token, junk: () => token };
    return { plain: token, [token]: { nested: [`Bearer ${token}`] }, url: encodeURIComponent(token) };
  },
});

function graph(how: string, tool = 'leaky', token = '${ secrets.TOKEN }') {
  const nodes = [{ name: 'leak', tool_name: tool, params: { token, how } }];
  return { graph_id: how, name: how, entry_point: 'leak', nodes, edges: [] };
}

describe('secrets', () => {
  it.each(['return', 'throw', 'junk'])('reach the tool, and nothing else: %s', async (how) => {
    const { engine, store, path, logged } = await startEngineForTest({
      secrets: { TOKEN: VALUE },
      definitions: [leaky],
    });
    seen.length = 0;
    await engine.createGraph(graph(how));
    const { runId } = await engine.startRun({ graphId: how, inputData: null });
    const view = await engine.getState(runId, { waitSeconds: 10 });
    expect(seen).toEqual([VALUE]);
    expect(view.logs).toContain('token is [secret TOKEN]');
    if (how === 'return') {
      const masked = '[secret TOKEN]';
      expect(view.state.data).toEqual({ plain: masked, [masked]: { nested: [`Bearer ${masked}`] }, url: masked });
    } else expect(flatten(view.state).status).toBe('FAILED');
    const answers = [view, await engine.listSteps(runId, { limit: 10 }), await engine.listRuns({ limit: 10 }), logged];
    await store.close();
    const stored = readFileSync(path, 'latin1');
    expect(stored).toContain('token is [secret TOKEN]');
    for (const form of [VALUE, encodeURIComponent(VALUE), JSON.stringify(VALUE).slice(1, -1)]) {
      expect(JSON.stringify(answers)).not.toContain(form);
      expect(stored).not.toContain(form);
    }
  });

  it('are refused where the tool does not take them, warned of where they are not set, and fatal at the call', async () => {
    const plain = defineTool({ name: 'plain', run: () => ({}) });
    const { engine } = await startEngineForTest({ secrets: { TOKEN: VALUE }, definitions: [leaky, plain] });
    expect((await engine.validateGraph(graph('no', 'plain'))).errors).toMatchObject([
      { pointer: '/nodes/0/params/token', code: 'invalid_expression' },
    ]);
    const unset = graph('unset', 'leaky', '${ secrets.OTHER }');
    const { warnings } = await engine.createGraph(unset);
    expect(warnings).toMatchObject([{ pointer: '/nodes/0/params', code: 'unset_secret' }]);
    const { runId } = await engine.startRun({ graphId: 'unset', inputData: null });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state).error).toMatchObject({
      code: 'invalid_params',
      message: 'The secret "OTHER" is not set. Set SECRET_OTHER on the server.',
    });
  });
});

describe('usage', () => {
  it('is kept with each step, also of failed attempts, and summed for the run', async () => {
    let calls = 0;
    const model = defineTool({
      name: 'model',
      run: (_state, { usage }) => {
        usage({ input_tokens: 10, output_tokens: 1 });
        usage({ input_tokens: 5, output_tokens: 2 });
        calls += 1;
        if (calls === 1) throw new Error('try again');
        return {};
      },
    });
    const wrong = defineTool({
      name: 'wrong',
      run: (_state, { usage }) => usage({ input_tokens: -1, output_tokens: 0 }),
    });
    const { engine } = await startEngineForTest({ secrets: { TOKEN: VALUE }, definitions: [model, wrong] });
    const retry = { max_attempts: 2, interval_seconds: 0, backoff_rate: 1, jitter: 'none' as const };
    await engine.createGraph({
      graph_id: 'tokens',
      name: 'tokens',
      entry_point: 'one',
      nodes: [
        { name: 'one', tool_name: 'model', retry },
        { name: 'two', tool_name: 'model' },
        { name: 'three', tool_name: 'wrong' },
      ],
      edges: [
        { from_node: 'one', to_node: 'two' },
        { from_node: 'two', to_node: 'three' },
      ],
    });
    const { runId } = await engine.startRun({ graphId: 'tokens', inputData: null });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', usage: { input_tokens: 45, output_tokens: 9 } });
    const { steps } = await engine.listSteps(runId, { limit: 10 });
    expect(steps.map(({ usage }) => usage)).toEqual([
      { input_tokens: 30, output_tokens: 6 },
      { input_tokens: 15, output_tokens: 3 },
      { input_tokens: 0, output_tokens: 0 },
    ]);
  });
});
