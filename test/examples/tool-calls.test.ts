import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { diagnose } from '../helpers/all-steps.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { startHttpServer } from '../helpers/http-server.js';
import { type ChatAnswer, type LlmServer, startLlmServer } from '../helpers/llm-server.js';
import { until } from '../helpers/until.js';

const graph = graphDefinitionSchema.parse(
  JSON.parse(readFileSync(new URL('../../examples/tool-calls/graph.json', import.meta.url), 'utf8')),
);

/** What the model answers, one after the other. */
let script: ChatAnswer[];
let model: LlmServer;
let test: TestEngine;
beforeEach(async () => {
  model = await startLlmServer((_request, index) => script[index]!);
  test = await startEngine({ llmBaseUrl: model.baseUrl, secrets: { OPENAI_API_KEY: 'sk-stand-in' } });
  await test.engine.createGraph(graph);
});
afterEach(async () => {
  await test.stop(0);
  await model.close();
});

function call(id: string, name: string, text: string) {
  return { id, type: 'function', function: { name, arguments: text } };
}

function calls(...tool_calls: ReturnType<typeof call>[]): ChatAnswer {
  return {
    status: 200,
    body: {
      choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls } }],
      usage: { prompt_tokens: 10, completion_tokens: 2 },
    },
  };
}

async function start() {
  const inputData = { question: 'How old is my mill?', model: 'small' };
  const { runId } = await test.engine.startRun({ graphId: graph.graph_id!, inputData });
  const rested = async () => flatten((await test.engine.getState(runId, { waitSeconds: 20 })).state);
  return { runId, rested };
}

/** The messages of a request after those of the graph. */
function messagesAfterQuestion(index: number) {
  return model.requests[index]!.body.messages.slice(2);
}

it('the doctor finds nothing in it', () => {
  const registry = createRegistry(builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }));
  expect(diagnose(graph, registry)).toEqual({ errors: [], warnings: [] });
});

it('gives the model what it asks for, side by side and in rounds, until it answers', async () => {
  const web = await startHttpServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end('Built in 1822.'),
  );
  const page = call('call-1', 'read_page', JSON.stringify({ url: `${web.url}/mill` }));
  const person = call('call-2', 'ask_person', '{"question":"Which mill?"}');
  const again = call('call-3', 'read_page', JSON.stringify({ url: `${web.url}/other` }));
  script = [calls(page, person), calls(again), { content: 'It was built in 1822.' }];
  const { runId, rested } = await start();
  const child = await until(async () => (await test.engine.getState(runId)).waitingChildren[0]);
  await test.engine.resumeRun(child.runId, { payload: 'That of Ada.' });
  const state = await rested();
  expect(state).toMatchObject({ status: 'COMPLETED', data: { answer: 'It was built in 1822.' } });
  expect(messagesAfterQuestion(1)).toEqual([
    { role: 'assistant', content: null, tool_calls: [page, person] },
    { role: 'tool', tool_call_id: 'call-1', content: '"Built in 1822."' },
    { role: 'tool', tool_call_id: 'call-2', content: '"That of Ada."' },
  ]);
  expect(messagesAfterQuestion(2).slice(3)).toEqual([
    { role: 'assistant', content: null, tool_calls: [again] },
    { role: 'tool', tool_call_id: 'call-3', content: '"Built in 1822."' },
  ]);
  expect(web.received.map(({ url }) => url)).toEqual(['/mill', '/other']);
});

it('tells the model what was wrong with a call, and goes on', async () => {
  script = [
    calls(
      call('a', 'read_page', '{"url":'),
      call('b', 'read_page', '{"url":"http://10.0.0.1/"}'),
      call('c', 'dig', '{}'),
    ),
    { content: 'I do not know.' },
  ];
  const { rested } = await start();
  expect(await rested()).toMatchObject({ status: 'COMPLETED', data: { answer: 'I do not know.' } });
  expect(messagesAfterQuestion(1).slice(1)).toEqual([
    { role: 'tool', tool_call_id: 'a', content: expect.stringContaining('"error":') },
    { role: 'tool', tool_call_id: 'b', content: expect.stringContaining('is not on the public internet') },
    { role: 'tool', tool_call_id: 'c', content: '{"error":"There is no tool of this name."}' },
  ]);
});

it('answers at once if the model needs nothing', async () => {
  script = [{ content: 'As old as you think.' }];
  const { rested } = await start();
  expect(await rested()).toMatchObject({
    status: 'COMPLETED',
    stepCount: 3,
    data: { answer: 'As old as you think.' },
  });
});

it('ends a model that never stops asking', async () => {
  script = Array.from({ length: 100 }, () => calls(call('a', 'dig', '{}')));
  const { rested } = await start();
  expect(await rested()).toMatchObject({ status: 'FAILED', error: { code: 'max_steps_exceeded' } });
  expect(model.requests.length).toBeLessThan(30);
});
