import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError, retryHint } from '../../../src/core/tool/tool-errors.js';

const named = (name: string, more: object = {}) => Object.assign(new Error('boom'), { name, ...more });

describe('what a thrown error asks for', () => {
  it.each([
    ['an error', new Error('boom'), { fatal: false }],
    ['no error', 'boom', { fatal: false }],
    ['a fatal error', new FatalError('boom'), { fatal: true }],
    ['one by name', named('FatalError'), { fatal: true }],
    ['a retryable error', new RetryableError('boom'), { fatal: false }],
    ['a delay', new RetryableError('boom', { retryAfterSeconds: 2 }), { fatal: false, retryAfterSeconds: 2 }],
    ['a delay of any error', named('Throttled', { retryAfterSeconds: 0 }), { fatal: false, retryAfterSeconds: 0 }],
    ['a delay that is none', named('Throttled', { retryAfterSeconds: -1 }), { fatal: false }],
    ['a delay that is no number', named('Throttled', { retryAfterSeconds: '2' }), { fatal: false }],
    ['a delay that is not a number', named('Throttled', { retryAfterSeconds: Number.NaN }), { fatal: false }],
  ])('%s', (_, thrown, asked) => {
    expect(retryHint(thrown)).toEqual(asked);
  });
});

describe('errors of tools', () => {
  it('know their names and causes', () => {
    const cause = new Error('below');
    expect(new FatalError('boom', { cause })).toMatchObject({ name: 'FatalError', message: 'boom', cause });
    expect(new RetryableError('boom', { cause })).toMatchObject({ name: 'RetryableError', message: 'boom', cause });
    expect(new RetryableError('boom')).not.toHaveProperty('cause');
  });
});
