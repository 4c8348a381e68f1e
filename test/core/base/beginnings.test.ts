import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Beginnings } from '../../../src/core/base/beginnings.js';

it('finds the longest beginning of a form that a text ends with, but not all of the form', () => {
  expect(new Beginnings('abab!').lengthsBefore('xababab', [0, 1, 2, 3, 5, 7])).toEqual([0, 0, 1, 2, 4, 4]);
  expect(new Beginnings('abab').lengthsBefore('abab', [4])).toEqual([2]);
  expect(new Beginnings('a').lengthsBefore('aa', [1, 2])).toEqual([0, 0]);
});

it('finds what comparing with each beginning finds', () => {
  const text = (length: { minLength?: number; maxLength: number }) =>
    fc.string({ unit: fc.constantFrom('a', 'b', '…'), ...length });
  fc.assert(
    fc.property(
      text({ minLength: 1, maxLength: 8 }),
      text({ maxLength: 40 }),
      fc.array(fc.nat(40)),
      (form, whole, all) => {
        const ends = all.filter((end) => end <= whole.length).sort((a, b) => a - b);
        const expected = ends.map((end) => {
          const lengths = Array.from({ length: form.length }, (_, length) => length);
          return Math.max(...lengths.filter((length) => whole.slice(0, end).endsWith(form.slice(0, length))));
        });
        expect(new Beginnings(form).lengthsBefore(whole, ends)).toEqual(expected);
      },
    ),
    { numRuns: 2000 },
  );
});
