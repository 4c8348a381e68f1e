import { expect, it } from 'vitest';
import { plainOf, styledOf } from '../../src/web/run/ansi.js';

it('splits a line at its colours and weights', () => {
  expect(styledOf('a \u001b[1;31mred\u001b[0m b \u001b[94;4mblue\u001b[39;24m c')).toEqual([
    { text: 'a ', look: '' },
    { text: 'red', look: 'ansi-red ansi-bold' },
    { text: ' b ', look: '' },
    { text: 'blue', look: 'ansi-blue ansi-underline' },
    { text: ' c', look: '' },
  ]);
});

it('leaves out what is no colour of the eight, and other escapes', () => {
  const line = '\u001b[2K\u001b[38;5;31mx\u001b[48;2;1;31;4my\u001b]0;title\u0007z';
  expect(styledOf(line).map(({ look }) => look)).toEqual(['', '', '']);
  expect(plainOf(line)).toBe('xyz');
});
