import { describe, expect, it } from 'vitest';
import { bodyFor, keep, llmChat, serveModel } from '../../helpers/llm-calls.js';
import { callTool, findingsOf } from '../../helpers/tool-call.js';

const SCHEMA = { type: 'object', properties: { topic: { type: 'string' } } };
const ASKED = { role: 'user', content: 'Hi' };
const INSTRUCTION = `Answer with JSON and nothing else. It must fit this JSON Schema:\n${JSON.stringify(SCHEMA)}`;
const TOOL = {
  type: 'function',
  function: { name: 'add', description: 'Adds.', parameters: { type: 'object', properties: {} }, strict: true },
};
const CALL = { id: 'call-1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } };

const tool = llmChat({ baseUrl: 'http://127.0.0.1:1/v1' });
const findings = (params: object) => findingsOf(tool, { model: 'm', prompt: 'x', ...params });

describe('the body of a request', () => {
  it('has every setting that is given, and no other', async () => {
    const settings = {
      tools: [TOOL],
      tool_choice: 'required',
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 7,
      max_completion_tokens: 100,
      stop: ['END', '\n'],
      seed: -3,
      reasoning_effort: 'low',
    };
    expect(await bodyFor({ prompt: 'Hi', ...settings })).toEqual({ model: 'm', messages: [ASKED], ...settings });
    const choice = { type: 'function', function: { name: 'add' } };
    expect(await bodyFor({ prompt: 'Hi', tools: [TOOL], tool_choice: choice, stop: 'x' })).toEqual({
      model: 'm',
      messages: [ASKED],
      tools: [TOOL],
      tool_choice: choice,
      stop: 'x',
    });
  });

  it('has what extra adds', async () => {
    const extra = { enable_thinking: false, chat_template_kwargs: { a: [1, null] }, response_format: { type: 'text' } };
    expect(await bodyFor({ prompt: 'Hi', extra })).toEqual({ model: 'm', messages: [ASKED], ...extra });
  });

  it('has calls of tools and their answers as they came', async () => {
    const messages = [
      ASKED,
      { role: 'assistant', content: null, tool_calls: [{ ...CALL, extra_content: { signature: 'x' } }] },
      { role: 'tool', tool_call_id: 'call-1', content: '2' },
      { role: 'assistant', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call-1', content: [{ type: 'text', text: '2' }] },
    ];
    expect(await bodyFor({ messages })).toEqual({ model: 'm', messages });
  });

  it.each([true, false])('says whether the server is to be strict: %j', async (strict) => {
    expect(await bodyFor({ prompt: 'Hi', schema: SCHEMA, strict })).toEqual({
      model: 'm',
      messages: [ASKED],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict, schema: SCHEMA } },
    });
  });

  it('has the schema in the prompt if the server does not know schemas', async () => {
    const messages = [{ role: 'system', content: INSTRUCTION }, ASKED];
    expect(await bodyFor({ prompt: 'Hi', schema: SCHEMA, schema_mode: 'json_object' })).toEqual({
      model: 'm',
      messages,
      response_format: { type: 'json_object' },
    });
    expect(await bodyFor({ prompt: 'Hi', schema: SCHEMA, schema_mode: 'prompt' })).toEqual({ model: 'm', messages });
    const extra = { response_format: { type: 'json_object', schema: SCHEMA } };
    expect(await bodyFor({ prompt: 'Hi', schema: SCHEMA, schema_mode: 'prompt', extra })).toMatchObject(extra);
    expect(await bodyFor({ prompt: 'Hi', schema: SCHEMA, schema_mode: 'json_schema' })).toMatchObject({
      messages: [ASKED],
      response_format: { type: 'json_schema', json_schema: { schema: SCHEMA } },
    });
  });

  it.each([
    ['system', 'Be brief.', `Be brief.\n\n${INSTRUCTION}`],
    [
      'developer',
      [{ type: 'text', text: 'Be brief.' }],
      [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: INSTRUCTION },
      ],
    ],
  ])('makes no second message of the %s', async (role, content, expected) => {
    const params = { messages: [{ role, content }, ASKED], schema: SCHEMA, schema_mode: 'prompt' };
    expect(await bodyFor(params)).toEqual({ model: 'm', messages: [{ role, content: expected }, ASKED] });
  });
});

describe('the headers of a request', () => {
  it('are those of the params, beside our own', async () => {
    const server = await serveModel();
    const headers = { 'Api-Key': 'k', 'X-Title': 'graph', 'User-Agent': 'mine', 'x-number': 3 };
    await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', headers, api_key: 'sk' });
    expect(server.requests[0]?.headers).toMatchObject({
      'api-key': 'k',
      'x-title': 'graph',
      'user-agent': 'mine',
      'x-number': '3',
      'content-type': 'application/json',
      authorization: 'Bearer sk',
    });
    await callTool(llmChat({ baseUrl: server.baseUrl }), {
      model: 'm',
      prompt: 'Hi',
      headers: { Authorization: 'Basic x' },
    });
    expect(server.requests[1]?.authorization).toBe('Basic x');
  });
});

describe('params', () => {
  it.each<[object, string]>([
    [{ extra: { stream: true } }, 'extra.stream: stream is a param of llm_chat'],
    [{ extra: { stream_options: {} } }, 'extra.stream_options: stream makes this field'],
    [{ extra: { n: 2 } }, 'extra.n: One answer is read'],
    [{ extra: { model: 'other' } }, 'extra.model: model is a param of llm_chat'],
    [{ extra: { messages: [] } }, 'extra.messages: messages is a param of llm_chat'],
    [{ extra: { temperature: 1 } }, 'extra.temperature: temperature is a param of llm_chat'],
    [{ extra: { tools: [] } }, 'extra.tools: tools is a param of llm_chat'],
    [{ schema: {}, extra: { response_format: {} } }, 'extra.response_format: schema makes this field'],
    [
      { schema: {}, schema_mode: 'json_object', extra: { response_format: {} } },
      'extra.response_format: schema makes this field',
    ],
    [{ schema_mode: 'prompt' }, 'schema_mode: There is no schema'],
    [{ schema: {}, schema_mode: 'xml' }, 'schema_mode: '],
    [{ strict: true }, 'strict: This goes with a schema'],
    [{ schema: {}, schema_mode: 'prompt', strict: true }, 'strict: This goes with a schema'],
    [{ tool_choice: 'auto' }, 'tool_choice: There are no tools'],
    [{ tools: [] }, 'tools: '],
    [{ tools: [{ type: 'function' }] }, 'tools.0.function: A tool of the type function has a function'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools.0.function.name: '],
    [{ top_p: 2 }, 'top_p: '],
    [{ max_completion_tokens: 0 }, 'max_completion_tokens: '],
    [{ stop: [] }, 'stop: '],
    [{ seed: 1.5 }, 'seed: '],
    [{ reasoning_effort: '' }, 'reasoning_effort: '],
    [{ headers: { 'a b': 'c' } }, 'headers.a b: This is no name of a header'],
    [{ headers: { Host: 'c' } }, 'headers.Host: This header cannot be set'],
    [{ headers: { a: 'x\ny' } }, 'headers.a: '],
    [{ headers: { a: '1', A: '2' } }, 'headers.A: This header is there twice'],
    [{ headers: { 'Content-Type': 'text/plain' } }, 'headers.Content-Type: The request is JSON'],
    [{ headers: { Authorization: 'x' }, api_key: 'sk' }, 'headers.Authorization: api_key makes this header'],
    [{ base_url: 'ftp://host/' }, 'base_url: The URL must begin with http:// or https://'],
    [{ base_url: 'https://me:pass@host/' }, 'base_url: The URL must not hold a user or password'],
    [{ base_url: 'host/v1' }, 'base_url: This is no URL'],
    [{ stream: 'yes' }, 'stream: '],
    [{ prices: {} }, ': '],
    [{ price: { input_per_million: 1 } }, 'price.output_per_million: '],
  ])('%j are refused', (params, finding) => {
    expect(findings(params)).toEqual([expect.stringContaining(finding)]);
  });

  it.each<[object, string]>([
    [{ role: 'user' }, 'messages.0.content: There must be content'],
    [{ role: 'user', content: null, tool_calls: [CALL] }, 'messages.0.content: There must be content'],
    [{ role: 'assistant', content: null }, 'messages.0.content: There must be content'],
    [{ role: 'assistant', tool_calls: [] }, 'messages.0.content: There must be content'],
    [{ role: 'tool', content: 'x' }, 'messages.0.tool_call_id: A message of a tool has the id'],
    [{ role: 'user', content: 3 }, 'messages.0.content: '],
  ])('with the message %j are refused', (message, finding) => {
    expect(findingsOf(tool, { model: 'm', messages: [message] })).toEqual([expect.stringContaining(finding)]);
  });

  it('can be all there is', () => {
    expect(
      findings({ extra: { response_format: {}, functions: [] }, base_url: 'https://host/v1?api-version=1' }),
    ).toEqual([]);
    expect(findings({ tools: [{ type: 'web_search' }, TOOL], tool_choice: { type: 'web_search' } })).toEqual([]);
  });
});

it('the result has the calls of tools as they came, and what was said beside them, whatever the schema', async () => {
  const calls = [CALL, { ...CALL, id: 'call-2', extra_content: { signature: 'x' } }];
  const answer = (content: unknown) => ({
    status: 200,
    body: { choices: [{ finish_reason: 'tool_calls', message: { content, tool_calls: calls } }] },
  });
  const params = { tools: [TOOL], schema: SCHEMA };
  expect((await keep(answer(null), params)).result).toEqual({
    content: null,
    finish_reason: 'tool_calls',
    model: 'm',
    tool_calls: calls,
  });
  expect((await keep(answer('Let me add.'), params)).result).toMatchObject({
    content: 'Let me add.',
    tool_calls: calls,
  });
  const none = { status: 200, body: { choices: [{ message: { content: 'Done.', tool_calls: [] } }] } };
  expect((await keep(none, { tools: [TOOL] })).result).toEqual({ content: 'Done.', finish_reason: null, model: 'm' });
});
