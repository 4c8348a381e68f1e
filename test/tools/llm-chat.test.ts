import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FatalError, RetryableError } from '../../src/core/tool/tool-errors.js';
import { MAX_RESULT_BYTES } from '../../src/tools/result.js';
import { failing, llmChat, serveModel } from '../helpers/llm-calls.js';
import { startLlmServer } from '../helpers/llm-server.js';
import { callTool, failureOf, findingsOf } from '../helpers/tool-call.js';

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
  required: ['name', 'age'],
  additionalProperties: false,
};

describe('llm_chat', () => {
  it('counts what the tokens cost, if it is told their price', async () => {
    const server = await serveModel();
    const params = { model: 'm', prompt: 'Hello there', price: { input_per_million: 0.15, output_per_million: 2.5 } };
    const { patch, tokens } = await callTool(llmChat({ baseUrl: server.baseUrl }), params);
    const usage = { input_tokens: 2, output_tokens: 4, cost_usd: 0.000_010_3 };
    expect(tokens).toEqual([usage]);
    expect(patch).toMatchObject({ the_node: { usage } });
  });

  it('asks and keeps content, model, reason and tokens, and counts them', async () => {
    const server = await serveModel();
    const { patch, tokens } = await callTool(llmChat({ baseUrl: server.baseUrl }), {
      model: 'm',
      prompt: 'Hello there',
    });
    expect(patch).toEqual({
      the_node: {
        content: 'You said: Hello there',
        finish_reason: 'stop',
        model: 'm-stand-in',
        usage: { input_tokens: 2, output_tokens: 4 },
      },
    });
    expect(tokens).toEqual([{ input_tokens: 2, output_tokens: 4 }]);
    expect(server.requests[0]?.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hello there' }] });
  });

  it('sends messages and settings as they are', async () => {
    const server = await serveModel();
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ];
    const params = { model: 'm', messages, temperature: 0, max_tokens: 5, save_as: 'answer' };
    const { patch } = await callTool(llmChat({ baseUrl: `${server.baseUrl}/` }), params);
    expect(server.requests[0]?.body).toEqual({ model: 'm', messages, temperature: 0, max_tokens: 5 });
    expect(patch).toHaveProperty('answer.content');
  });

  it('with a schema gives JSON that fits it', async () => {
    const server = await serveModel();
    const tool = llmChat({ baseUrl: server.baseUrl });
    const { patch } = await callTool(tool, { model: 'm', prompt: 'Who?', schema: PERSON });
    expect(patch.the_node).toMatchObject({ content: { name: 'About: Who?', age: 0 } });
    expect(server.requests[0]?.body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: PERSON },
    });
  });

  it('sends the key that it is given, and never one of the environment', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'from-environment');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1');
    vi.stubEnv('OPENAI_ORG_ID', 'org');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-custom: from-environment');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await serveModel();
    const tool = llmChat({ baseUrl: server.baseUrl });
    await callTool(tool, { model: 'm', prompt: 'Hi', api_key: 'sk-given' });
    await callTool(tool, { model: 'm', prompt: 'Hi' });
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer sk-given', undefined]);
    expect(JSON.stringify(server.requests)).not.toMatch(/from-environment|org|project|stainless/);
    expect(tool.secrets).toBe(true);
  });

  it('takes answers that leave out what is not needed', async () => {
    const server = await serveModel(() => ({ status: 200, body: { choices: [{ message: { content: 'ok' } }] } }));
    const { patch, tokens } = await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi' });
    expect(patch.the_node).toEqual({ content: 'ok', finish_reason: null, model: 'm' });
    expect(tokens).toEqual([]);
  });

  it('stops when the step is stopped', async () => {
    const server = await serveModel(() => () => undefined);
    const controller = new AbortController();
    const call = callTool(
      llmChat({ baseUrl: server.baseUrl }),
      { model: 'm', prompt: 'Hi' },
      { signal: controller.signal },
    );
    const failed = failureOf(call);
    await server.arrived(1);
    controller.abort(new Error('stopped'));
    expect((await failed).message).toBe('stopped');
  });
});

describe('an answer of the model', () => {
  it.each([
    ['no JSON', { content: 'Sure! {', finish_reason: 'length' }, 'is no JSON (finish_reason: length)'],
    ['JSON that does not fit', { content: '{"name":1,"extra":1}' }, 'does not fit its schema. /age: Required.'],
  ])('with a schema that is %s is worth another try, and costs its tokens', async (_what, answer, message) => {
    const error = await failing(answer, { schema: PERSON });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain(message);
    expect(error.tokens).toHaveLength(1);
  });

  it.each([
    ['<html>', { 'content-type': 'text/html' }],
    ['{"choices":[]}', {}],
    ['{"choices":', {}],
    ['', {}],
  ])('that is no chat completion (%j) is worth another try', async (body, headers) => {
    expect(await failing({ status: 200, headers, body })).toBeInstanceOf(RetryableError);
  });

  it.each<[object | null | undefined, { input_tokens: number; output_tokens: number } | undefined]>([
    [
      { prompt_tokens: null, completion_tokens: 5 },
      { input_tokens: 0, output_tokens: 5 },
    ],
    [{ prompt_tokens: 3 }, { input_tokens: 3, output_tokens: 0 }],
    [
      { prompt_tokens: '7', completion_tokens: -1 },
      { input_tokens: 0, output_tokens: 0 },
    ],
    [null, undefined],
    [undefined, undefined],
  ])('is kept whatever it says of tokens: %j', async (usage, counted) => {
    const body = { choices: [{ message: { content: 'ok' } }], usage };
    const server = await serveModel(() => ({ status: 200, body }));
    const { patch, tokens } = await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi' });
    expect(patch.the_node).toMatchObject({ content: 'ok' });
    expect(tokens).toEqual(counted === undefined ? [] : [counted]);
  });

  it.each<[object]>([
    [{ choices: [] }],
    [{ choices: [{ message: { content: 3 } }] }],
    [{ error: { message: 'Provider returned error', code: 502 } }],
    [{ choices: [{ message: { content: null } }] }],
  ])('costs its tokens, however little it can be used: %j', async (body) => {
    const error = await failing({ status: 200, body: { ...body, usage: { prompt_tokens: 3, completion_tokens: 1 } } });
    expect(error.tokens).toEqual([{ input_tokens: 3, output_tokens: 1 }]);
  });

  it('keeps whole numbers of more than 53 bits as text, and is refused with a number that overflows', async () => {
    const schema = { type: 'object' };
    const server = await serveModel(() => ({
      status: 200,
      body: { choices: [{ message: { content: '{"id":1234567890123456789}' } }] },
    }));
    const { patch, logs } = await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', schema });
    expect(patch.the_node).toMatchObject({ content: { id: '1234567890123456789' } });
    expect(logs).toEqual(['Kept as text, because it has more than 53 bits: the number at /id']);
    const error = await failing(
      { status: 200, body: { choices: [{ message: { content: '{"id":1e400}' } }] } },
      { schema },
    );
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('a number at /id that is too large');
  });

  it.each([
    ['a refusal', { content: null, refusal: 'I will not.' }, 'The model refused: I will not.'],
    ['nothing', { content: null }, 'has no content (finish_reason: content_filter)'],
  ])('that is %s is final', async (_what, message, words) => {
    const body = { choices: [{ finish_reason: 'content_filter', message }] };
    const error = await failing({ status: 200, body });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(words);
  });

  it('that is too large as a result is final', async () => {
    expect(await failing({ content: 'x'.repeat(MAX_RESULT_BYTES + 1) })).toBeInstanceOf(FatalError);
  });

  it('that never ends is cut off', async () => {
    const error = await failing((response) => {
      const chunk = Buffer.alloc(65_536, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {
          // Until the other side reads slower than this writes.
        }
      };
      response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
      more();
    });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('larger than 4194304 bytes');
  });
});

describe('an endpoint', () => {
  const body = { error: { message: 'Not today.', type: 'x', code: 'y' } };

  it.each([400, 401, 403, 404, 422, 302])('that answers %i is not asked again', async (status) => {
    const error = await failing({ status, headers: { location: 'http://127.0.0.1:1/' }, body });
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(`The model answered ${status} Not today.`);
    expect(error.asked).toBe(1);
  });

  it.each([429, 500, 503])('that answers %i may be asked again, but not by the client itself', async (status) => {
    const error = await failing({ status, body });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.retryAfterSeconds).toBeUndefined();
    expect(error.asked).toBe(1);
  });

  it('may say when', async () => {
    const seconds = await failing({ status: 429, headers: { 'retry-after': '20' }, body });
    expect(seconds.retryAfterSeconds).toBe(20);
    const server = await serveModel(() => ({
      status: 503,
      headers: { 'retry-after': new Date(60_000).toUTCString() },
      body,
    }));
    const tool = llmChat({ baseUrl: server.baseUrl, now: () => 0 });
    const date = await failureOf(callTool(tool, { model: 'm', prompt: 'Hi' }));
    expect(date.retryAfterSeconds).toBe(60);
  });

  it('that cannot be reached, or hangs up, may be asked again', async () => {
    const server = await startLlmServer();
    await server.close();
    const error = await failureOf(callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi' }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('ECONNREFUSED');
    expect(await failing((response) => response.destroy())).toBeInstanceOf(RetryableError);
  });
});

describe('the params', () => {
  const tool = llmChat({ baseUrl: 'http://127.0.0.1:1/v1' });

  it.each([
    [{ model: 'm' }, 'prompt: There must be either messages or prompt'],
    [{ model: 'm', prompt: 'x', messages: [{ role: 'user', content: 'x' }] }, 'prompt: There must be either'],
    [{ model: 'm', messages: [] }, 'messages: '],
    [{ model: 'm', messages: [{ role: 'robot', content: 'x' }] }, 'messages.0.role: '],
    [{ prompt: 'x' }, 'model: '],
    [{ model: 'm', prompt: 'x', temperature: 3 }, 'temperature: '],
    [{ model: 'm', prompt: 'x', api_key: 'a\nb' }, 'api_key: This is no key'],
    [
      { model: 'm', prompt: 'x', schema: { properties: { a: { pattern: '(x)\\1' } } } },
      'schema.properties.a.pattern: ',
    ],
    [{ model: 'm', prompt: 'x', other: 1 }, ': '],
  ])('%j are refused', (params, finding) => {
    expect(findingsOf(tool, params)[0]).toContain(finding);
  });

  it('with a schema that only the call shows to be wrong fail for good', async () => {
    const run = tool.run({ input_data: null, data: {} }, {
      params: { model: 'm', prompt: 'x', schema: { type: 'nothing' } },
    } as never);
    expect(await failureOf(run as Promise<unknown>)).toBeInstanceOf(FatalError);
  });
});

it('the stand-in runs by itself', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/helpers/llm-server.ts', '0']);
  onTestFinished(() => void child.kill());
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const [, baseUrl = ''] = /LLM_BASE_URL=(\S+)/.exec(line) ?? [];
  const { patch } = await callTool(llmChat({ baseUrl }), { model: 'm', prompt: 'Hello' });
  expect(patch.the_node).toMatchObject({ content: 'You said: Hello' });
});
