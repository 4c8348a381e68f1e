import { describe, expect, it } from 'vitest';
import { didYouMean, didYouMeanKey, nearestName } from '../../../src/core/base/nearest-name.js';

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

describe('didYouMeanKey', () => {
  it.each([
    ['from', ['from_node', 'to_node'], 'from_node'],
    ['to', ['from_node', 'to_nodes', 'join_node'], 'to_nodes'],
    ['Tool', ['name', 'tool_name', 'params'], 'tool_name'],
    ['error', ['name', 'on_error'], 'on_error'],
    // More than one has the word: only the spelling tells.
    ['node', ['from_node', 'to_node', 'nodes'], 'nodes'],
    ['fromNode', ['from_node', 'to_node'], 'from_node'],
  ])('takes %s among %j for %s', (key, known, meant) => {
    expect(didYouMeanKey(key, known)).toEqual({ hint: `Did you mean "${meant}"?` });
  });

  it('says nothing of what is like no key', () => {
    expect(didYouMeanKey('target', ['from_node', 'to_node'])).toEqual({});
  });
});
