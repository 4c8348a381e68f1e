import { describe, expect, it } from 'vitest';
import { MAX_RETRY_AFTER_SECONDS, parseRetryAfter } from '../../../src/tools/http/retry-after.js';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120],
    [' 7 ', 7],
    ['99999999999999999999', MAX_RETRY_AFTER_SECONDS],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30],
    ['Sun Nov  6 08:49:37 1994', 30],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['Sun, 06 Nov 2094 08:49:37 GMT', MAX_RETRY_AFTER_SECONDS],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Sun, soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%j is %s', (value, seconds) => {
    expect(parseRetryAfter(value, NOW)).toBe(seconds);
  });
});
