import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { failing, keep } from '../../helpers/llm-calls.js';
import type { ChatAnswer } from '../../helpers/llm-server.js';

const TOPIC = {
  type: 'object',
  properties: { topic: { type: 'string' } },
  required: ['topic'],
  additionalProperties: false,
};

/** An answer whose message has this content. */
function answerWith(content: unknown, more: object = {}): ChatAnswer {
  return { status: 200, body: { choices: [{ finish_reason: 'stop', message: { content, ...more } }] } };
}

describe('with a schema, JSON is found', () => {
  it.each(['json_schema', 'json_object', 'prompt'])(
    'in a fence and after reasoning, with schema_mode %s',
    async (schema_mode) => {
      const text = '<think>Maybe {"topic":"y"}?</think>Here:\n```json\n{"topic":"x"}\n```';
      const { result, logs } = await keep(answerWith(text), { schema: TOPIC, schema_mode });
      expect(result).toMatchObject({ content: { topic: 'x' } });
      expect(logs).toEqual([]);
    },
  );

  it('that fits, among what does not', async () => {
    const text = 'For {"input":"7"} [1] I say {"topic":"x"}, as in [2].';
    expect((await keep(answerWith(text), { schema: TOPIC })).result).toMatchObject({ content: { topic: 'x' } });
  });

  it('and the log says only what was done to the one that is kept', async () => {
    const text = '{"topic":"x","id":1234567890123456789}';
    const schema = { type: 'object', required: ['id'] };
    const { result, logs } = await keep(answerWith(`${text} or [9234567890123456789]`), { schema });
    expect(result).toMatchObject({ content: { topic: 'x', id: '1234567890123456789' } });
    expect(logs).toEqual(['Kept as text, because it has more than 53 bits: the number at /id']);
  });

  it('in parts', async () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: '{"topic":"y"}' }] },
      { type: 'text', text: '{"topic":"x"}' },
    ];
    expect((await keep(answerWith(parts), { schema: TOPIC })).result).toMatchObject({ content: { topic: 'x' } });
  });
});

it('without a schema, text is kept as it came', async () => {
  const text = '<think>Hm.</think>```json\n{}\n```';
  expect((await keep(answerWith(text))).result).toMatchObject({ content: text });
});

describe('content as parts', () => {
  it('is the text of them, without what the model thought', async () => {
    const parts = [
      { type: 'thinking', thinking: 'two and two' },
      { type: 'redacted_thinking', data: 'x' },
      { type: 'reasoning', text: 'four?' },
      { type: 'text', text: 'fo' },
      'ur',
      { text: '!' },
    ];
    const { result, logs } = await keep(answerWith(parts));
    expect(result).toMatchObject({ content: 'four!' });
    expect(logs).toEqual([]);
  });

  it('says in the log what it leaves out', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:' } };
    const { result, logs } = await keep(answerWith([image, { type: 'text', text: 'Look' }, image, {}]));
    expect(result).toMatchObject({ content: 'Look' });
    expect(logs).toEqual(['Omitted parts of the answer that are not text: image_url, unknown']);
  });

  it.each([[[]], [[{ type: 'thinking', thinking: 'x' }]]])('that has no text is no content: %j', async (parts) => {
    const error = await failing(answerWith(parts));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'llm_invalid_answer', message: expect.stringContaining('has no content') });
  });

  it('can be a refusal', async () => {
    expect(await failing(answerWith([{ type: 'refusal', refusal: 'I will not.' }]))).toMatchObject({
      code: 'llm_refusal',
      message: 'The model refused: I will not.',
    });
  });
});

describe('the details of an answer that cannot be used', () => {
  it.each([
    ['is no JSON', 'Sure! {', 'length'],
    ['does not fit', '{"topic":3}', 'stop'],
    ['holds a number that cannot be kept', '{"topic":1e400}', null],
  ])('have its text and its reason to end if it %s', async (_what, content, finish_reason) => {
    const body = {
      choices: [{ finish_reason, message: { content } }],
      usage: { prompt_tokens: 2, completion_tokens: 3 },
    };
    const error = await failing({ status: 200, body }, { schema: TOPIC });
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ code: 'llm_invalid_answer', details: { text: content, finish_reason } });
    expect(error.tokens).toEqual([{ input_tokens: 2, output_tokens: 3 }]);
  });

  it.each(['x', '"', '\u0001', 'é', '😀'])(
    'have as much of a long text as there is room for: %j',
    async (character) => {
      const error = await failing(answerWith(character.repeat(100_000)), { schema: TOPIC });
      const { text } = error.details as { text: string };
      expect(Buffer.byteLength(JSON.stringify(error.details))).toBeLessThanOrEqual(65_536);
      expect(text.length).toBeGreaterThan(9000);
      expect(text.slice(0, 100)).toBe(character.repeat(100).slice(0, 100));
      expect(text.endsWith('…')).toBe(true);
    },
  );

  it('have the words of a refusal', async () => {
    const error = await failing(answerWith(null, { refusal: 'I will not.' }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'llm_refusal', details: { text: 'I will not.', finish_reason: 'stop' } });
  });

  it('have the whole answer if it has no content', async () => {
    const body = { choices: [{ finish_reason: 'content_filter', message: { content: null } }], filter: 'x' };
    const error = await failing({ status: 200, body });
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({
      code: 'llm_invalid_answer',
      details: { text: JSON.stringify(body), finish_reason: 'content_filter' },
    });
  });

  it.each<[unknown, string]>([
    [{ choices: [] }, 'is no chat completion: {"choices":[]}'],
    [{ detail: 'The model is loading.' }, 'is no chat completion: The model is loading.'],
    [{ message: 'Unknown model.' }, 'is no chat completion: Unknown model.'],
    ['upstream  connect\nerror', 'is no chat completion: upstream connect error'],
    ['', 'is no chat completion.'],
  ])('have what came in place of a completion: %j', async (body, words) => {
    const error = await failing({ status: 200, body });
    expect(error).toBeInstanceOf(RetryableError);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(error).toMatchObject({ code: 'llm_invalid_answer', details: { text, finish_reason: null } });
    expect(error.message).toMatch(new RegExp(`${words.replaceAll(/[[\]{}.]/g, '\\$&')}$`));
  });

  it('are none, but a code, for what is too large', async () => {
    expect(await failing({ content: 'x'.repeat(1_100_000) })).toMatchObject({ code: 'llm_invalid_answer' });
    expect(await failing({ content: 'x'.repeat(5_000_000) })).toMatchObject({
      code: 'llm_invalid_answer',
      message: expect.stringContaining('larger than 4194304 bytes'),
    });
  });
});

it('numbers beside the content that cannot be kept cost their tokens, and others do not matter', async () => {
  const body = '{"choices":[{"seed":18294822569102705664,"message":{"content":"ok"}}]}';
  expect(await keep({ status: 200, body })).toMatchObject({ result: { content: 'ok' }, logs: [] });
  const huge = '{"x":1e400,"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":2,"completion_tokens":3}}';
  const error = await failing({ status: 200, body: huge });
  expect(error).toMatchObject({
    code: 'llm_invalid_answer',
    message: 'The answer of the model holds a number at /x that is too large: numbers go up to 1.7e308.',
    tokens: [{ input_tokens: 2, output_tokens: 3 }],
  });
});

describe('an answer that was made to cost much is refused soon', () => {
  it.each([
    ['half a million parts of a content', `{"choices":[{"message":{"content":[${'1,'.repeat(500_000)}1]}}]}`],
    ['half a million calls', `{"choices":[{"message":{"content":"","tool_calls":[${'1,'.repeat(500_000)}1]}}]}`],
    ['a million choices', `{"choices":[${'1,'.repeat(1_000_000)}1]}`],
    ['a million lists', `{"choices":[${'[],'.repeat(1_000_000)}1]}`],
  ])('%s', async (_what, body) => {
    const before = process.cpuUsage();
    const error = await failing({ status: 200, body });
    const { user, system } = process.cpuUsage(before);
    expect(error).toMatchObject({
      code: 'llm_invalid_answer',
      message: expect.stringContaining('The answer of the model'),
    });
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
