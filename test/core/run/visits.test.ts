import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countVisit, NO_VISITS, visitsOf } from '../../../src/core/run/visits.js';

it('visits are counted by node, whatever its name', () => {
  const names = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(fc.array(names, { maxLength: 200 }), (nodes) => {
      const visits = nodes.reduce(countVisit, NO_VISITS);
      for (const node of [...nodes, 'other'])
        expect(visitsOf(visits, node)).toBe(nodes.filter((one) => one === node).length);
      expect(Object.values(visits).reduce((sum, each) => sum + each, 0)).toBe(nodes.length);
      expect(new Set(Object.keys(visits))).toEqual(new Set(nodes));
    }),
  );
});

it('counting leaves the counts of before as they were', () => {
  const once = countVisit(NO_VISITS, 'a');
  const twice = countVisit(once, 'a');
  expect([visitsOf(NO_VISITS, 'a'), visitsOf(once, 'a'), visitsOf(twice, 'a')]).toEqual([0, 1, 2]);
});

it('nothing is known of visits before they were counted', () => {
  expect(visitsOf(null, 'a')).toBe(0);
});
