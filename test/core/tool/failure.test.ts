import { describe, expect, it } from 'vitest';
import { RUN_ERRORS } from '../../../src/core/base/errors.js';
import type { Json } from '../../../src/core/base/json.js';
import { maskFor, NO_MASK } from '../../../src/core/base/mask.js';
import { MAX_DETAILS_BYTES, readFailureKind, whyNotErrorCode } from '../../../src/core/tool/failure.js';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';

const mask = maskFor(['KEY'], { KEY: 'hidden_key' });
const read = (more: object) => readFailureKind(Object.assign(new Error('boom'), more), NO_MASK);
const ofDetails = (details: unknown) => read({ details });

function nested(levels: number): Json {
  return levels === 0 ? [] : [nested(levels - 1)];
}

describe('the code of an error', () => {
  it.each([
    ['of an error without one', new Error('boom'), 'tool_failed'],
    ['of what is no error', { code: 'mine' }, 'tool_failed'],
    ['of a fatal error', new FatalError('boom', { code: 'no_stock' }), 'no_stock'],
    ['of a retryable error', new RetryableError('boom', { code: 'busy_7' }), 'busy_7'],
    ['of any error', Object.assign(new Error('boom'), { code: 'own' }), 'own'],
    ['that is a number', Object.assign(new Error('boom'), { code: 20 }), 'tool_failed'],
    ['that is empty', Object.assign(new Error('boom'), { code: '' }), 'tool_failed'],
  ])('%s', (_, thrown, code) => {
    expect(readFailureKind(thrown, NO_MASK)).toEqual({ code });
  });

  it('can be as long as a name, in small letters', () => {
    expect(whyNotErrorCode('a_1'.padEnd(100, 'x'))).toBeUndefined();
    for (const code of ['', 'ENOENT', 'a-b', 'ä', 'x'.repeat(101)]) expect(whyNotErrorCode(code)).toContain('a-z');
    for (const code of Object.keys(RUN_ERRORS)) expect(whyNotErrorCode(code)).toContain('the server itself');
  });

  it('that a tool cannot have is part of the details', () => {
    expect(read({ code: 'ENOENT' })).toEqual({ code: 'tool_failed', details: { code: 'ENOENT' } });
    expect(read({ code: 'timeout', details: { after: 5 } })).toEqual({
      code: 'tool_failed',
      details: { code: 'timeout', details: { after: 5 } },
    });
    expect(read({ code: 'X'.repeat(500) }).details).toEqual({ code: 'X'.repeat(100) });
  });

  it('that is a secret is hidden', () => {
    const thrown = Object.assign(new Error('boom'), { code: 'hidden_key' });
    expect(readFailureKind(thrown, mask)).toEqual({ code: 'tool_failed', details: { code: '[secret KEY]' } });
  });
});

describe('the details of an error', () => {
  it('are any JSON, which nobody can change any more', () => {
    for (const details of [0, '', false, [1, { a: null }]])
      expect(ofDetails(details)).toEqual({ code: 'tool_failed', details });
    for (const details of [undefined, null]) expect(ofDetails(details)).toEqual({ code: 'tool_failed' });
    expect(ofDetails({ at: new Date(0) }).details).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(Object.isFrozen(ofDetails({ a: 1 }).details)).toBe(true);
  });

  it('hide secrets, in keys too', () => {
    const thrown = new FatalError('boom', { details: { a: ['is hidden_key.'], hidden_key: 1 } });
    const { details } = readFailureKind(thrown, mask);
    expect(details).toEqual({ a: ['is [secret KEY].'], '[secret KEY]': 1 });
    expect(Object.isFrozen(details)).toBe(true);
  });

  it('take 64 kB, to the byte', () => {
    const text = 'x'.repeat(MAX_DETAILS_BYTES - 2);
    expect(ofDetails(text).details).toBe(text);
    const numbers = Array.from({ length: (MAX_DETAILS_BYTES - 2) / 2 }, () => 1);
    expect(ofDetails(numbers).details).toHaveLength(numbers.length);
    for (const large of [`${text}x`, [...numbers, 1], 'x'.repeat(10 * MAX_DETAILS_BYTES)]) {
      expect(read({ code: 'own', details: large })).toEqual({
        code: 'own',
        note: 'The details of the error take more than 65536 bytes as JSON, and were omitted.',
      });
    }
    expect(read({ code: 'OWN', details: `${text}x` })).toMatchObject({
      details: { code: 'OWN' },
      note: expect.any(String),
    });
  });

  it('are measured with what hides secrets', () => {
    const thrown = new FatalError('boom', { details: 'hidden_key'.padEnd(MAX_DETAILS_BYTES - 2, 'x') });
    expect(readFailureKind(thrown, mask)).toMatchObject({ note: expect.stringContaining('bytes') });
  });

  it('are not nested deeper than the data that they become part of', () => {
    expect(ofDetails(nested(97))).toHaveProperty('details');
    expect(ofDetails(nested(98)).note).toContain('nested deeper than 98 levels');
  });

  it('that are not JSON are omitted', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const throws = {
      get details(): unknown {
        throw new Error('no');
      },
    };
    const note = 'The details of the error are not JSON, and were omitted.';
    for (const details of [() => 1, 1n, Number.NaN, new Map(), throws])
      expect(ofDetails(details)).toEqual({ code: 'tool_failed', note });
    expect(ofDetails(cycle)).not.toHaveProperty('details');
    expect(
      readFailureKind(Object.defineProperties(new Error('boom'), Object.getOwnPropertyDescriptors(throws)), NO_MASK),
    ).toEqual({
      code: 'tool_failed',
    });
  });
});
