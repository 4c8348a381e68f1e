import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { bodyFor, failing, keep, llmChat, serveModel } from '../../helpers/llm-calls.js';
import type { ChatAnswer } from '../../helpers/llm-server.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';
import { gate } from '../../helpers/tools.js';

const TYPE = { 'content-type': 'text/event-stream; charset=utf-8' };
const STREAM = { stream: true };

/** A stream of these chunks, and nothing after them. */
function streamOf(...chunks: (object | string)[]): ChatAnswer {
  const events = chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`);
  return { status: 200, headers: TYPE, body: events.join('') };
}

function delta(fields: object, finish_reason: string | null = null): object {
  return { id: 'c', model: 'm-1', choices: [{ index: 0, delta: fields, finish_reason }] };
}

const USAGE = { id: 'c', model: 'm-1', choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } };
const END = [delta({}, 'stop'), USAGE, '[DONE]'] as const;

describe('with stream', () => {
  it('tokens are sent as they come, and what is kept is the same as without', async () => {
    const chunks = [delta({ role: 'assistant', content: '' }), delta({ content: 'Hel' }), delta({ content: 'lo ☃' })];
    const streamed = await keep(streamOf(...chunks, ...END), STREAM);
    const message = { role: 'assistant', content: 'Hello ☃' };
    const whole = await keep({
      status: 200,
      body: { model: 'm-1', choices: [{ message, finish_reason: 'stop' }], usage: USAGE.usage },
    });
    expect(streamed.emitted).toEqual(['Hel', 'lo ☃']);
    expect([streamed.result, streamed.tokens]).toEqual([whole.result, whole.tokens]);
    expect(whole.emitted).toEqual([]);
    expect(streamed.result).toEqual({
      content: 'Hello ☃',
      finish_reason: 'stop',
      model: 'm-1',
      usage: { input_tokens: 7, output_tokens: 3 },
    });
  });

  it('they are asked for, with their usage, in a form that nothing holds up', async () => {
    expect(await bodyFor({ prompt: 'Hi', stream: true })).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(Object.keys(await bodyFor({ prompt: 'Hi', stream: false }))).not.toContain('stream');
    const server = await serveModel(() => streamOf(delta({ content: 'x' }), ...END));
    await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', ...STREAM });
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'text/event-stream, application/json',
      'accept-encoding': 'identity',
    });
  });

  it('a token is sent before the next one comes', async () => {
    const next = gate();
    const server = await serveModel(() => (response: ServerResponse) => {
      response.writeHead(200, TYPE);
      // Divided within a character, and within a line.
      const event = Buffer.from(`: hello\r\n\r\ndata: ${JSON.stringify(delta({ content: 'é1' }))}\r\n\r\nda`);
      const half = event.indexOf('é') + 1;
      response.write(event.subarray(0, half));
      setTimeout(() => response.write(event.subarray(half)), 5);
      void next.promise.then(() => {
        response.end(`ta: ${JSON.stringify(delta({ content: '2' }, 'stop'))}\r\rdata:[DONE]`);
      });
    });
    const all: string[] = [];
    const push = (text: string): void => {
      all.push(text);
      next.open();
    };
    const { patch } = await callTool(
      llmChat({ baseUrl: server.baseUrl }),
      { model: 'm', prompt: 'Hi', ...STREAM },
      { emitted: { push } as never },
    );
    expect(all).toEqual(['é1', '2']);
    expect(patch).toMatchObject({ the_node: { content: 'é12' } });
  });

  it('calls of tools are put together, by their index or their id', async () => {
    const byIndex = [
      delta({
        content: null,
        tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] }),
      delta({ tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }] }),
      delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: ':1}' }, extra: { sig: 's' } }] }),
      delta({}, 'tool_calls'),
    ];
    expect((await keep(streamOf(...byIndex, USAGE, '[DONE]'), STREAM)).result).toEqual({
      content: null,
      finish_reason: 'tool_calls',
      model: 'm-1',
      usage: { input_tokens: 7, output_tokens: 3 },
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' }, extra: { sig: 's' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    });
    const byId = [
      delta({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{' } }] }),
      delta({ tool_calls: [{ function: { arguments: '}' } }] }),
      delta({ tool_calls: [{ id: 'b', function: { name: 'f', arguments: '[]' } }] }, 'tool_calls'),
    ];
    expect((await keep(streamOf(...byId), STREAM)).result.tool_calls).toEqual([
      { id: 'a', function: { name: 'f', arguments: '{}' } },
      { id: 'b', function: { name: 'f', arguments: '[]' } },
    ]);
  });

  it('JSON is found in the whole, and what the model thinks in parts is not sent', async () => {
    const schema = { type: 'object', required: ['topic'] };
    const chunks = [
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
      delta({ content: '{"topic":' }),
      delta({ content: [{ type: 'text', text: '"x"}' }] }),
    ];
    const { result, emitted } = await keep(streamOf(...chunks, ...END), { ...STREAM, schema });
    expect([result.content, emitted]).toEqual([{ topic: 'x' }, ['{"topic":', '"x"}']]);
  });

  it('an answer that is none of it is read as a whole', async () => {
    const { result, emitted } = await keep({ content: 'Hello' }, STREAM);
    expect([result.content, emitted]).toEqual(['Hello', ['Hello']]);
  });

  it('one that is compressed all the same is read', async () => {
    const { body } = streamOf(delta({ content: 'x' }), ...END) as { body: string };
    const { emitted } = await keep((response) => {
      response.writeHead(200, { ...TYPE, 'content-encoding': 'gzip' }).end(gzipSync(body));
    }, STREAM);
    expect(emitted).toEqual(['x']);
  });

  it('a stream ends with its last word, though the connection stays open', async () => {
    const { body } = streamOf(delta({ content: 'x' }), ...END) as { body: string };
    const { result } = await keep((response) => void response.writeHead(200, TYPE).write(body), STREAM);
    expect(result.content).toBe('x');
  });

  it('a refusal is one', async () => {
    const error = await failing(streamOf(delta({ refusal: 'No' }), delta({ refusal: ', never.' }), ...END), STREAM);
    expect(error).toMatchObject({ code: 'llm_refusal', message: 'The model refused: No, never.' });
    expect(error.tokens).toHaveLength(1);
  });
});

describe('a stream that fails', () => {
  const reset = (response: ServerResponse): void => {
    response.writeHead(200, TYPE);
    response.write(`data: ${JSON.stringify(delta({ content: 'x' }))}\n\n`, () => response.destroy());
  };

  it.each<[string, ChatAnswer, object]>([
    ['ends early', streamOf(delta({ content: 'x' })), { code: 'llm_network', details: { status: 200 } }],
    ['is cut off', reset, { code: 'llm_network', details: { status: 200 } }],
    ['is empty', streamOf(), { code: 'llm_network' }],
    [
      'holds what is no JSON',
      streamOf(delta({ content: 'x' }), '{'),
      { code: 'llm_invalid_answer', details: { text: '{' } },
    ],
    ['is of something else', streamOf({ hello: 1 }, '[DONE]'), { code: 'llm_invalid_answer' }],
    [
      'reports an error',
      streamOf(delta({ content: 'x' }), { error: { message: 'Overloaded', code: 503 } }),
      { code: 'llm_status', message: 'The model answered with the error 503: Overloaded', details: { status: 503 } },
    ],
    [
      'reports one as an event of that name',
      (response) => void response.writeHead(200, TYPE).end('event: error\ndata: {"message":\ndata: "Overloaded"}\n\n'),
      { code: 'llm_status', message: 'The model answered with the error: Overloaded' },
    ],
  ])('because it %s, can be tried again', async (_, answer, expected) => {
    const error = await failing(answer, STREAM);
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject(expected);
  });

  it.each<[string, ChatAnswer, object]>([
    ['reports what cannot help', streamOf({ error: { message: 'Bad', code: 400 } }), { code: 'llm_status' }],
    ['has no content', streamOf(...END), { code: 'llm_invalid_answer' }],
    [
      'is too large',
      streamOf(...Array.from({ length: 45 }, () => delta({ content: 'x'.repeat(100_000) })), ...END),
      { code: 'llm_invalid_answer', message: 'The answer of the model is larger than 4194304 bytes.' },
    ],
    ['has too large an event', streamOf(`"${'x'.repeat(4_200_000)}"`), { code: 'llm_invalid_answer' }],
    [
      'has too long a line',
      (response) => void response.writeHead(200, TYPE).write('x'.repeat(4_300_000)),
      { code: 'llm_invalid_answer' },
    ],
  ])('because it %s, cannot be', async (_, answer, expected) => {
    const error = await failing(answer, STREAM);
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject(expected);
  });

  it('because the step is stopped, says so', async () => {
    const stop = new AbortController();
    const server = await serveModel(() => (response: ServerResponse) => {
      response.writeHead(200, TYPE).write(`data: ${JSON.stringify(delta({ content: 'x' }))}\n\n`);
    });
    const emitted = { push: () => stop.abort(new Error('stopped')) } as never;
    const options = { signal: stop.signal, emitted };
    const call = callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', ...STREAM }, options);
    expect((await failureOf(call)).message).toBe('stopped');
  });
});

describe('a stream that is hostile, or breaks off,', () => {
  const calls = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `c${from + at}`, function: { name: 'f', arguments: '' } }));

  it('can ask for a thousand calls of tools', async () => {
    const most = await keep(
      streamOf(delta({ tool_calls: calls(0, 600) }), delta({ tool_calls: calls(600, 400) }), ...END),
      STREAM,
    );
    expect((most.result as { tool_calls: unknown[] }).tool_calls).toHaveLength(1000);
    const more = streamOf(delta({ tool_calls: calls(0, 10_000) }), ...END);
    expect(await failing(more, STREAM)).toMatchObject({ code: 'llm_invalid_answer' });
  });

  it('costs no more with each piece, whatever came before', async () => {
    const keys = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, 1]));
    const first = delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '', ...keys } }] });
    const rest = Array.from({ length: 2000 }, () =>
      delta({ tool_calls: [{ index: 0, function: { arguments: 'x' } }] }),
    );
    const { result } = await keep(streamOf(first, ...rest, ...END), STREAM);
    const [call] = (result as { tool_calls: { function: { arguments: string } }[] }).tool_calls;
    expect(call?.function.arguments).toBe('x'.repeat(2000));
  });

  it.each([
    ['breaks off', streamOf(delta({ content: 'x' }), USAGE)],
    ['reports an error', streamOf(USAGE, { error: { message: 'overloaded' } })],
    ['is too large', streamOf(USAGE, delta({ content: 'x'.repeat(4_194_305) }))],
  ])('has what it used counted if it %s', async (_, answer) => {
    const { tokens } = await failing(answer, STREAM);
    expect(tokens).toMatchObject([{ input_tokens: 7, output_tokens: 3 }]);
  });
});
