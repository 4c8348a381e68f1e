import { expect, it, onTestFinished } from 'vitest';
import { graphDefinitionSchema } from '../../../src/core/graph/definition.js';
import { startEngine, type TestEngineOptions } from '../../helpers/engine.js';
import { flatten } from '../../helpers/flat-run.js';
import { serveModel } from '../../helpers/llm-calls.js';

const NEXT = { name: 'next', tool_name: 'set_data', params: { values: { why: '${ data.error.details }' } } };

function graphWith(params: object) {
  const ask = { name: 'ask', tool_name: 'llm_chat', params: { model: 'm', prompt: 'Hi', ...params }, on_error: 'next' };
  return graphDefinitionSchema.parse({ graph_id: 'g', name: 'g', entry_point: 'ask', nodes: [ask, NEXT] });
}

async function start(options: TestEngineOptions) {
  const test = await startEngine(options);
  onTestFinished(() => test.stop(0));
  return test;
}

it('params are checked when a graph is saved, but for those that an expression makes', async () => {
  const { engine } = await start({});
  const wrong = graphWith({
    headers: { 'a b': 'x' },
    extra: { stream: true },
    base_url: 'ftp://host',
    stop: '${ input_data.stop }',
    seed: '${ input_data.seed }',
    messages: '${ input_data.messages }',
    prompt: undefined,
  });
  await expect(engine.createGraph(wrong)).rejects.toMatchObject({
    code: 'invalid_graph',
    errors: [
      { pointer: '/nodes/0/params/extra/stream', message: 'stream is a param of llm_chat' },
      { pointer: '/nodes/0/params/headers/a b', message: 'This is no name of a header' },
      { pointer: '/nodes/0/params/base_url', message: 'The URL must begin with http:// or https://.' },
    ],
  });
});

it('graphs take another way by the code and the details of an error, in which secrets are hidden', async () => {
  const model = await serveModel((request) => ({
    status: 401,
    headers: { 'x-seen': String(request.authorization) },
    body: { error: { message: `Wrong key: ${request.headers['api-key']}` }, seen: request.authorization },
  }));
  const { engine } = await start({ llmBaseUrl: model.baseUrl, secrets: { KEY: 'sk-hidden-1', OTHER: 'hidden-2' } });
  await engine.createGraph(graphWith({ api_key: '${ secrets.KEY }', headers: { 'Api-Key': '${ secrets.OTHER }' } }));
  const { runId } = await engine.startRun({ graphId: 'g', inputData: null });
  const { state } = await engine.getState(runId, { waitSeconds: 10 });
  expect(model.requests[0]).toMatchObject({ authorization: 'Bearer sk-hidden-1', headers: { 'api-key': 'hidden-2' } });
  expect(flatten(state)).toMatchObject({
    status: 'COMPLETED',
    data: {
      error: { node: 'ask', code: 'llm_status', message: 'The model answered 401 Wrong key: [secret OTHER]' },
      why: {
        status: 401,
        headers: { 'x-seen': 'Bearer [secret KEY]' },
        body: { error: { message: 'Wrong key: [secret OTHER]' }, seen: 'Bearer [secret KEY]' },
      },
    },
  });
  const { steps } = await engine.listSteps(runId, { limit: 10 });
  expect(JSON.stringify(steps)).not.toContain('hidden-');
});
