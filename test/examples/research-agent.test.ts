import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';

import { createRegistry } from '../../src/core/tool/registry.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { diagnose } from '../helpers/all-steps.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { startHttpServer } from '../helpers/http-server.js';
import { type LlmServer, startLlmServer } from '../helpers/llm-server.js';

const graph = graphDefinitionSchema.parse(
  JSON.parse(readFileSync(new URL('../../examples/research-agent/graph.json', import.meta.url), 'utf8')),
);

let model: LlmServer;
let test: TestEngine;
beforeEach(async () => {
  model = await startLlmServer((_request, index) => ({ content: JSON.stringify({ answer: `Answer ${index + 1}.` }) }));
  test = await startEngine({ llmBaseUrl: model.baseUrl, secrets: { OPENAI_API_KEY: 'sk-stand-in' } });
  await test.engine.createGraph(graph);
});
afterEach(async () => {
  await test.stop(0);
  await model.close();
});

async function ask(url: string) {
  const inputData = { url, question: 'How old is it?', model: 'small' };
  const { runId } = await test.engine.startRun({ graphId: graph.graph_id!, inputData });
  return { runId, rested: () => test.engine.getState(runId, { waitSeconds: 20 }) };
}

it('the doctor finds nothing in it, but that the secret is not set', () => {
  const options = { now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' };
  const registry = createRegistry(builtInTools(options));
  expect(diagnose(graph, registry)).toEqual({ errors: [], warnings: [] });
  expect(diagnose(graph, registry, { isSecretSet: () => false }).warnings).toMatchObject([
    { pointer: '/nodes/2/params', code: 'unset_secret' },
  ]);
});

it('thinks again with the note of the person who sent it back, and reports what was approved', async () => {
  const web = await startHttpServer((_request, response) => response.end('It was built in 1822.'));
  const { runId, rested } = await ask(web.url);
  const first = await rested();
  expect(flatten(first.state)).toMatchObject({ status: 'WAITING', waiting: { message: 'Answer 1. Good enough?' } });
  await test.engine.resumeRun(runId, { payload: { approved: false, comment: 'In years, please.' } });
  expect(flatten((await rested()).state).waiting?.message).toBe('Answer 2. Good enough?');
  await test.engine.resumeRun(runId, { payload: { approved: false } });
  await rested();
  await test.engine.resumeRun(runId, { payload: { approved: true } });
  const { state } = await rested();
  expect(flatten(state)).toMatchObject({
    status: 'COMPLETED',
    data: { report: 'Answer 3.', rounds: 3, notes: '- In years, please.\n- That is not it.\n' },
  });
  expect(state.usage.output_tokens).toBe(6);
  expect(web.received).toHaveLength(1);
  expect(model.requests.map(({ authorization }) => authorization)).toEqual(Array(3).fill('Bearer sk-stand-in'));
  const told = model.requests.map(({ body }) => String(body.messages.at(-1)?.content));
  expect(told[0]).toBe('Question: How old is it?\nNotes:\n\nPage:\nIt was built in 1822.');
  expect(told[1]).toContain('Notes:\n- In years, please.\n');
});

it('says why the page could not be read', async () => {
  const web = await startHttpServer((_request, response) => response.writeHead(404).end('not here'));
  const { rested } = await ask(web.url);
  const { state } = await rested();
  expect(flatten(state).error?.message).toBe(`The page could not be read: GET ${web.url} answered 404: not here`);
});
