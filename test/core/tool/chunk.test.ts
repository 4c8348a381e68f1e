import { expect, it } from 'vitest';
import { maskFor, NO_MASK } from '../../../src/core/base/mask.js';
import { chunksOf, MAX_CHUNK_BYTES, MAX_CHUNK_LENGTH, readChunk } from '../../../src/core/tool/chunk.js';

it('a chunk is JSON, copied, with secrets hidden', () => {
  const given = { done: 3, of: [1, undefined], at: new Date(0), none: undefined };
  expect(readChunk(given, NO_MASK)).toEqual({ json: '{"done":3,"of":[1,null],"at":"1970-01-01T00:00:00.000Z"}' });
  expect(readChunk(null, NO_MASK)).toEqual({ json: 'null' });
  const mask = maskFor(['KEY'], { KEY: 'sk-1' });
  expect(readChunk({ 'sk-1': ['a sk-1 b'] }, mask)).toEqual({ json: '{"[secret KEY]":["a [secret KEY] b"]}' });
});

it('what is no JSON is refused, with the reason and without secrets', () => {
  const mask = maskFor(['KEY'], { KEY: 'sk-1' });
  expect(readChunk({ 'sk-1': () => 1 }, mask)).toEqual({
    refused: 'A chunk is not JSON, and was not sent: a function is not JSON at /[secret KEY].',
  });
  const trap = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('no');
    },
  });
  expect(readChunk(trap, NO_MASK)).toEqual({ refused: 'A chunk is not JSON, and was not sent.' });
  expect(readChunk(undefined, NO_MASK)).toHaveProperty('refused');
});

it('what is too large is refused before it is copied', () => {
  const refused = { refused: `A chunk takes more than ${MAX_CHUNK_BYTES} bytes as JSON, and was not sent.` };
  expect(readChunk(['x'.repeat(MAX_CHUNK_BYTES - 4)], NO_MASK)).toHaveProperty('json');
  expect(readChunk(['x'.repeat(MAX_CHUNK_BYTES - 3)], NO_MASK)).toEqual(refused);
  expect(readChunk(['é'.repeat(MAX_CHUNK_BYTES / 2)], NO_MASK)).toEqual(refused);
  const huge = { toJSON: () => expect.unreachable(), text: 'x'.repeat(1_000_000) };
  expect(readChunk(huge, NO_MASK)).toEqual(refused);
});

it('text becomes chunks of which each fits, and no character is divided', () => {
  expect([...chunksOf('')]).toEqual([]);
  expect([...chunksOf('short')]).toEqual(['short']);
  const text = `${'x'.repeat(MAX_CHUNK_LENGTH - 1)}😀${'\u0001'.repeat(2 * MAX_CHUNK_LENGTH)}`;
  const chunks = [...chunksOf(text)];
  expect(chunks.join('')).toBe(text);
  expect(chunks.map(({ length }) => length)).toEqual([MAX_CHUNK_LENGTH - 1, MAX_CHUNK_LENGTH, MAX_CHUNK_LENGTH, 2]);
  for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
});
