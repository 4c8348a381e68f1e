import { describe, expect, it } from 'vitest';
import { MAX_PATCH_BYTES } from '../../src/core/run/patch.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { FatalError } from '../../src/core/tool/tool-errors.js';
import { compileAnswerSchema, inWords } from '../../src/tools/answer-schema.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { fail } from '../../src/tools/fail.js';
import { MAX_RESULT_BYTES } from '../../src/tools/result.js';
import { setData, transform } from '../../src/tools/set-data.js';
import { waitForInput } from '../../src/tools/wait-for-input.js';
import { callTool, failureOf, findingsOf } from '../helpers/tool-call.js';

describe.each([setData, transform])('$name', (tool) => {
  it('sets the keys that it is given', async () => {
    const values = { a: 1, b: [null], c: { d: 'x' } };
    expect((await callTool(tool, { values })).patch).toEqual(values);
  });

  it('needs values, and nothing else', () => {
    expect(findingsOf(tool, {})[0]).toContain('values: ');
    expect(findingsOf(tool, { values: [] })[0]).toContain('values: ');
    expect(findingsOf(tool, { values: {}, value: 1 })).toHaveLength(1);
  });

  it('takes no secrets', () => {
    expect(tool.secrets).toBeUndefined();
  });
});

it('fail has a code and details, if it is given them', async () => {
  const error = await failureOf(callTool(fail, { message: 'no', code: 'no_stock', details: { left: 0 } }));
  expect(error).toMatchObject({ name: 'FatalError', code: 'no_stock', details: { left: 0 } });
  expect(findingsOf(fail, { message: 'no', code: 'No Stock' })[0]).toContain('code: A code has the characters a-z');
  expect(findingsOf(fail, { message: 'no', code: 'timeout' })).toEqual(['code: This code is one of the server itself']);
});

it('fail fails for good, with its message', async () => {
  const error = await failureOf(callTool(fail, { message: 'Not today.' }));
  expect(error).toBeInstanceOf(FatalError);
  expect(error.message).toBe('Not today.');
  expect(findingsOf(fail, {})).toHaveLength(1);
});

it('wait_for_input refuses a schema that no answer could be checked by', () => {
  const ask = waitForInput(Date.now);
  expect(findingsOf(ask, { message: 'Well?', schema: { type: 'boolean' } })).toEqual([]);
  expect(findingsOf(ask, { message: 'Well?', schema: { type: 'bool' } })[0]).toMatch(/^schema\.type: /);
  expect(findingsOf(ask, { message: 'Well?', schema: { type: 'string', pattern: '^a+$' } })).toEqual([]);
  expect(findingsOf(ask, { message: 'Well?', schema: { type: 'string', pattern: '^(' } })[0]).toMatch(
    /^schema\.pattern: /,
  );
});

describe('the built-in tools', () => {
  const tools = builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:1' });

  it('can be registered, and each says what it does', () => {
    expect(createRegistry(tools).tools.size).toBe(tools.length);
    for (const { description } of tools) expect(description).toMatch(/^[A-Z].*\.$/);
  });
});

it('a result leaves room in a patch', () => {
  expect(MAX_RESULT_BYTES + 10_000).toBeLessThan(MAX_PATCH_BYTES);
});

describe('problems in words', () => {
  it('are the first five', () => {
    const { validate } = compileAnswerSchema({ required: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] });
    const words = inWords(validate?.({}) ?? []);
    expect(words).toBe('/a: Required. /b: Required. /c: Required. /d: Required. /e: Required. And 2 more.');
  });

  it('name the whole where there is no pointer', () => {
    expect(inWords(compileAnswerSchema({ type: 'object' }).validate?.(1) ?? [])).toBe('the whole: Must be object.');
  });
});
