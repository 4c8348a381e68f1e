import { describe, expect, it } from 'vitest';
import { maskFor, NO_MASK } from '../../src/core/base/mask.js';
import { Emitter } from '../../src/executor/emitter.js';

/** What is sent if a tool emits this, and then ends. */
function sent(mask: typeof NO_MASK, ...chunks: unknown[]): unknown[] {
  const all: unknown[] = [];
  const emitter = new Emitter(mask, { send: (chunk) => all.push(JSON.parse(chunk)), close: () => {} }, () => {});
  for (const chunk of chunks) emitter.emit(chunk);
  emitter.end(false);
  return all;
}

describe('text with other JSON in between', () => {
  const mask = maskFor(['KEY'], { KEY: 'sk-12345' });

  it('has secrets hidden that are in two parts', () => {
    expect(sent(mask, 'A sk-12', { progress: 1 }, { progress: 2 }, '345 b')).toEqual([
      'A ',
      { progress: 1 },
      { progress: 2 },
      '[secret KEY] b',
    ]);
  });

  it('comes in order, but for what can be the beginning of a secret', () => {
    expect(sent(mask, 'a', 1, 'b', 2, 'c')).toEqual(['a', 1, 'b', 2, 'c']);
    expect(sent(mask, 'as', 1, 'b')).toEqual(['a', 1, 'sb']);
    expect(sent(mask, 'as', 1)).toEqual(['a', 1, 's']);
  });

  it('is cut within no character', () => {
    expect(sent(NO_MASK, 'a\ud83d', 1, '\ude00')).toEqual(['a', 1, '😀']);
  });
});
