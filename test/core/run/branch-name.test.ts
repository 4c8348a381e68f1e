import { expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { nameItem } from '../../../src/core/run/branch-name.js';

it.each<[string, Json, string]>([
  ['text as it is, on one line', 'a\n  b', 'a b'],
  ['a number', 7, '7'],
  ['nothing', null, 'null'],
  ['a small object', { id: 1, tags: ['x'] }, '{"id":1,"tags":["x"]}'],
  ['a large list', Array.from({ length: 2000 }, () => 1), 'list of 2000'],
  ['a large object', { text: 'x'.repeat(2000) }, 'object of 1'],
  ['long text, cut', 'x'.repeat(300), `${'x'.repeat(199)}…`],
  ['long text, not cut inside a character', `${'x'.repeat(198)}😀${'x'.repeat(100)}`, `${'x'.repeat(198)}…`],
  ['text that is long for its spaces, not cut inside a character', `a${' '.repeat(998)}😀`, 'a …'],
])('the name of the branch of an item: %s', (_, item, name) => {
  expect(nameItem(item)).toBe(name);
});
