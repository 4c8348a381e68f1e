import { describe, expect, it } from 'vitest';
import { EngineError, messageOf, RUN_ERRORS } from '../../../src/core/base/errors.js';

describe('error codes of runs', () => {
  it('are snake_case, and each has a meaning', () => {
    for (const [code, words] of Object.entries(RUN_ERRORS)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(words).toMatch(/\.$/);
    }
  });
});

describe('EngineError', () => {
  it('carries its code, and more where there is more', () => {
    const plain = new EngineError('run_not_found', 'Run ID not found');
    expect(plain).toMatchObject({ name: 'EngineError', code: 'run_not_found', message: 'Run ID not found' });
    expect(plain.errors).toBeUndefined();
    expect(plain.retryAfterSeconds).toBeUndefined();
    expect(plain).not.toHaveProperty('cause');
    const errors = [{ pointer: '/nodes', code: 'x', message: 'y' }];
    const cause = new Error('why');
    const full = new EngineError('queue_full', 'Full', { errors, retryAfterSeconds: 3, cause });
    expect(full).toMatchObject({ errors, retryAfterSeconds: 3, cause });
  });
});

describe('messageOf', () => {
  it.each([
    [new Error('boom'), 'boom'],
    [new TypeError(''), 'TypeError'],
    ['text', 'text'],
    ['', 'unknown error'],
    [null, 'null'],
    [undefined, 'undefined'],
    [42, '42'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), 'an error that has no text'],
    [Object.assign(new Error('x'), { message: 5 }), 'an error that has no text'],
  ])('finds words for %o', (thrown, words) => {
    expect(messageOf(thrown)).toBe(words);
  });

  it('cuts long messages', () => {
    expect(messageOf('x'.repeat(10_000))).toHaveLength(8192);
  });
});
