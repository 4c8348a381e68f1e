import { describe, expect, it } from 'vitest';
import { strongComponents } from '../../../../src/core/graph/doctor/strong-components.js';
import { linked } from '../../../helpers/linked-nodes.js';

const componentsOf = (arrows: Record<string, string[]>) =>
  strongComponents(linked(arrows))
    .map((component) =>
      component
        .map((node) => node.name)
        .sort()
        .join(''),
    )
    .sort();

describe('strongComponents', () => {
  it('puts nodes together that lead to each other', () => {
    expect(componentsOf({ a: ['b'], b: ['c', 'd'], c: ['a'], d: ['e'], e: ['d', 'f'], f: ['f'] })).toEqual([
      'abc',
      'de',
      'f',
    ]);
  });

  it('keeps nodes apart that lead one way only', () => {
    expect(componentsOf({ a: ['b', 'c'], b: ['d'], c: ['d', 'b'], d: [] })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes as deep as a chain is long', () => {
    const length = 50_000;
    const nodes = linked(Object.fromEntries(Array.from({ length }, (_, index) => [`n${index}`, []])));
    for (const [index, node] of nodes.entries()) node.to.add(nodes[(index + 1) % length]!);
    expect(strongComponents(nodes)).toHaveLength(1);
  });
});
