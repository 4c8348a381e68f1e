import { describe, expect, it } from 'vitest';
import { MAX_NODES } from '../../../../src/core/graph/definition.js';
import { findStrongComponents } from '../../../../src/core/graph/doctor/strong-components.js';
import { linked } from '../../../helpers/linked-nodes.js';

const componentsOf = (arrows: Record<string, string[]>) =>
  findStrongComponents(linked(arrows))
    .map((component) =>
      component
        .map((node) => node.name)
        .sort()
        .join(''),
    )
    .sort();

describe('findStrongComponents', () => {
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

  it('takes names that objects have as keys', () => {
    expect(componentsOf({ constructor: ['toString'], toString: ['constructor'], hasOwnProperty: [] })).toEqual([
      'constructortoString',
      'hasOwnProperty',
    ]);
  });

  it('leaves out links to other nodes', () => {
    const [a, b] = linked({ a: ['b'], b: ['a'] });
    expect(findStrongComponents([a!])).toEqual([[a]]);
    expect(findStrongComponents([a!, b!])).toHaveLength(1);
  });

  it.each([MAX_NODES, 1.5 * MAX_NODES])('goes as deep as a chain of %i nodes is long', (length) => {
    const nodes = linked(Object.fromEntries(Array.from({ length }, (_, index) => [`n${index}`, []])));
    for (const [index, node] of nodes.entries()) node.to.add(nodes[(index + 1) % length]!);
    expect(findStrongComponents(nodes)).toHaveLength(1);
  });
});
