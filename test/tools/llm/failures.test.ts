import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { failing, keep, llmChat } from '../../helpers/llm-calls.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';

describe('a status of the provider', () => {
  it.each<[unknown, string]>([
    [{ error: { message: 'Not today.', type: 'x' } }, 'Not today.'],
    [{ error: 'Not today.' }, 'Not today.'],
    [[{ error: { code: 400, message: 'Not today.' } }], 'Not today.'],
    [{ detail: 'Not today.' }, 'Not today.'],
    [{ detail: [{ loc: ['body', 'n'], msg: 'Field required' }, { msg: 'Not today.' }] }, 'Field required; Not today.'],
    [{ message: 'Not today.', request_id: 'r' }, 'Not today.'],
    [{ message: { detail: [{ msg: 'Not today.' }] } }, 'Not today.'],
    [{ errors: [{ code: 7, message: 'Not today.' }], success: false }, 'Not today.'],
    [{ error: null, message: 'Not today.' }, 'Not today.'],
    [{ error: {}, title: 'Not today.' }, 'Not today.'],
    ['Not\n  today.', 'Not today.'],
    [{ code: 7 }, '{"code":7}'],
    [
      { error: { error: { error: { error: { error: 'x' } } } } },
      '{"error":{"error":{"error":{"error":{"error":"x"}}}}}',
    ],
  ])('has the words of its body: %j', async (body, words) => {
    const error = await failing({ status: 400, body });
    expect(error.message).toBe(`The model answered 400 ${words}`);
    expect(error).toMatchObject({ code: 'llm_status', details: { status: 400, body } });
  });

  it('can be all there is', async () => {
    expect(await failing({ status: 503, body: '' })).toMatchObject({
      message: 'The model answered 503.',
      code: 'llm_status',
      details: { status: 503 },
    });
    const cut = await failing((response) => {
      response.writeHead(400, { 'content-length': '10' });
      response.write('abc', () => response.destroy());
    });
    expect(cut).toMatchObject({ message: 'The model answered 400.', code: 'llm_status', details: { body: null } });
    expect(cut).toBeInstanceOf(FatalError);
  });

  it('has headers and as much of its body as there is room for, and no cookies', async () => {
    const headers = { 'x-request-id': 'r-1', 'set-cookie': 'a=b' };
    const error = await failing({ status: 429, headers, body: { detail: 'x'.repeat(200_000) } });
    const details = error.details as { headers: object; body: string };
    expect(details.headers).toMatchObject({ 'x-request-id': 'r-1' });
    expect(details.headers).not.toHaveProperty('set-cookie');
    expect(details.body.slice(0, 12)).toBe('{"detail":"x');
    expect(details.body.length).toBeGreaterThan(50_000);
    expect(Buffer.byteLength(JSON.stringify(details))).toBeLessThanOrEqual(65_536);
    expect(error.message.length).toBeLessThan(400);
  });
});

/** JSON text of an error whose body is deeper than what writes JSON can take. */
const DEEP_ERROR = `{"error":{"message":"Bad","code":400,"in":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;

it.each([400, 200])('an error that is nested deep keeps the beginning of its text, with status %i', async (status) => {
  const body = status === 200 ? DEEP_ERROR : DEEP_ERROR.replaceAll(/(?<=[[\]]{20000})[[\]]/g, '');
  const error = await failing({ status, body });
  expect(error).toBeInstanceOf(FatalError);
  expect(error).toMatchObject({
    code: 'llm_status',
    message: expect.stringMatching(/^The model answered .*Bad/),
    details: { status: 400, body: expect.stringContaining('{"error":{"message":"Bad","code":400,"in":[[[') },
  });
});

describe('an error in an answer that says 200', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 0 };

  it.each<[object, string, number, boolean]>([
    [{ error: { message: 'Provider returned error', code: 502 } }, ' 502: Provider returned error', 502, false],
    [{ error: { message: 'Too many', code: '429' } }, ' 429: Too many', 429, false],
    [{ error: { message: 'No such model', status: 404 } }, ' 404: No such model', 404, true],
    [{ error: { message: 'Bad', code: 'bad_request' } }, ': Bad', 200, false],
    [{ error: 'Bad' }, ': Bad', 200, false],
    [{ choices: [{ error: { message: 'Cut', code: 502 }, message: { content: 'So' } }] }, ' 502: Cut', 502, false],
    [{ choices: [{ message: { content: '' } }], error: { message: 'Late', code: 20 } }, ': Late', 200, false],
  ])('is that error: %j', async (body, words, status, isFinal) => {
    const error = await failing({ status: 200, body: { ...body, usage } });
    expect(error.message).toBe(`The model answered with the error${words}`);
    expect(error).toBeInstanceOf(isFinal ? FatalError : RetryableError);
    expect(error).toMatchObject({ code: 'llm_status', details: { status, body: { ...body, usage } } });
    expect(error.tokens).toEqual([{ input_tokens: 3, output_tokens: 0 }]);
  });

  it('keeps the beginning of its text if it is long', async () => {
    const error = await failing({ status: 200, body: { error: { message: 'y'.repeat(100_000) } } });
    const { body } = error.details as { body: string };
    expect(body.startsWith('{"error":{"message":"yyy')).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(error.details))).toBeLessThanOrEqual(65_536);
  });

  it.each<[object, object]>([
    [{ error: null }, { error: null }],
    [{ error: '' }, {}],
    [{ error: {} }, { error: '' }],
  ])('is none if it says nothing: %j', async (more, moreOfChoice) => {
    const body = { choices: [{ ...moreOfChoice, message: { content: 'ok' } }], ...more };
    expect((await keep({ status: 200, body })).result).toMatchObject({ content: 'ok' });
  });
});

describe('a failure of the network', () => {
  it('has a code, and the code of the system', async () => {
    const tool = llmChat({ baseUrl: 'http://127.0.0.1:1/v1' });
    const error = await failureOf(callTool(tool, { model: 'm', prompt: 'x' }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'llm_network', details: { code: 'ECONNREFUSED' } });
    expect(error.message).toMatch(/^The model could not be reached: .*ECONNREFUSED/);
  });

  it('is told from one after the answer has begun', async () => {
    const error = await failing((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'llm_network', details: { status: 200 } });
    expect(error.message).toContain('The answer of the model broke off: ');
  });

  it('can be a timeout of the connection', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' });
    };
    const tool = llmChat({ baseUrl: 'http://127.0.0.1:1/v1', resolve });
    const error = await failureOf(callTool(tool, { model: 'm', prompt: 'x', base_url: 'http://models.example/v1' }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'llm_timeout', details: { code: 'ETIMEDOUT' } });
  });

  it('is none if the answer is in an unknown encoding', async () => {
    const error = await failing({ status: 200, headers: { 'content-encoding': 'zstd-x' }, body: {} });
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'llm_invalid_answer', message: expect.stringContaining('zstd-x') });
  });
});
