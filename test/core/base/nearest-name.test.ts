import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName } from '../../../src/core/base/nearest-name.js';

describe('nearestName', () => {
  it('is the nearest by edit distance, whatever the case', () => {
    expect(nearestName('analyse', ['extract', 'analyze', 'analyses!'])).toBe('analyze');
    expect(nearestName('end', ['END'])).toBe('END');
  });

  it('is nothing where nothing is near', () => {
    expect(nearestName('abc', ['xyz', 'improve'])).toBeUndefined();
    expect(nearestName('abc', [])).toBeUndefined();
  });

  it('looks at no more than 64 letters', () => {
    expect(nearestName('x'.repeat(200), [`${'x'.repeat(64)}y`])).toBe(`${'x'.repeat(64)}y`);
  });
});

describe('didYouMean', () => {
  it('asks where there is something to ask', () => {
    expect(didYouMean('wrok', ['work'])).toEqual({ hint: 'Did you mean "work"?' });
    expect(didYouMean('nothing like it', ['work'])).toEqual({});
  });
});
