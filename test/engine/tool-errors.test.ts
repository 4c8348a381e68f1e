import { describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';

const VALUE = 'sk-a secret value';

/** An error of a module that imports nothing. */
const refuses = defineTool({
  name: 'refuses',
  secrets: true,
  run: (_state, { params }) => {
    const { token, details } = params as { token: string; details?: unknown };
    throw Object.assign(new Error('refused'), { code: 'not_today', details: details ?? { why: `no ${token}` } });
  },
});

const nodes = [
  { name: 'ask', tool_name: 'refuses', params: { token: '${ secrets.TOKEN }' }, on_error: 'read' },
  { name: 'read', tool_name: 'set_data', params: { values: { why: '${ data.error.details.why }' } } },
  { name: 'stop', tool_name: 'fail', params: { message: 'no', code: 'no_luck', details: '${ data.error }' } },
];
const graph = {
  graph_id: 'told',
  name: 'told',
  entry_point: 'ask',
  nodes,
  edges: [{ from_node: 'read', to_node: 'stop' }],
};

async function engineForTest() {
  return startEngineForTest({ secrets: { TOKEN: VALUE }, definitions: [refuses] });
}

describe('an error with a code and details', () => {
  it('reaches data, steps, the state and the journal, with secrets hidden', async () => {
    const { engine, store } = await engineForTest();
    await engine.createGraph(graph);
    const { runId } = await engine.startRun({ graphId: 'told', inputData: null });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    const first = { code: 'not_today', message: 'refused', node: 'ask', details: { why: 'no [secret TOKEN]' } };
    expect(state.data).toEqual({ error: first, why: 'no [secret TOKEN]' });
    const last = { code: 'no_luck', message: 'no', node: 'stop', step: 3, details: first };
    expect(flatten(state).error).toEqual(last);
    const { steps } = await engine.listSteps(runId, { limit: 10 });
    expect(steps.map(({ error }) => error)).toEqual([{ ...first, step: 1 }, null, last]);
    const stored = await store.readEvents(runId, 0, 100);
    expect(JSON.stringify(stored)).toContain('"why":"no [secret TOKEN]"');
    expect(JSON.stringify(stored)).not.toContain(VALUE);
  });

  it('is in lists without its details', async () => {
    const { engine } = await engineForTest();
    await engine.createGraph(graph);
    const { runId } = await engine.startRun({ graphId: 'told', inputData: null });
    await engine.getState(runId, { waitSeconds: 10 });
    const { runs } = await engine.listRuns({ limit: 10 });
    expect(runs[0]?.error).toEqual({ code: 'no_luck', message: 'no', node: 'stop', step: 3 });
  });

  it('says in the log if its details were omitted', async () => {
    const { engine } = await engineForTest();
    const params = { token: '', details: 'x'.repeat(70_000) };
    await engine.createGraph({ ...graph, nodes: [{ name: 'ask', tool_name: 'refuses', params }], edges: [] });
    const { runId } = await engine.startRun({ graphId: 'told', inputData: null });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state).error).toEqual({ code: 'not_today', message: 'refused', node: 'ask', step: 1 });
    expect(logs).toEqual([
      'Executing Node: ask',
      'The details of the error take more than 65536 bytes as JSON, and were omitted.',
      'Error in node ask: refused',
      'Run failed: refused',
    ]);
  });
});
