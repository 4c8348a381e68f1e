import { describe, expect, it } from 'vitest';
import type { LinkedNode } from '../../../../src/core/graph/doctor/links.js';
import { endingSearch, findEndless, findUnreachable } from '../../../../src/core/graph/doctor/reachability.js';
import { linked } from '../../../helpers/linked-nodes.js';

const namesOf = (nodes: readonly LinkedNode[]) => nodes.map((node) => node.name);
const stray = () => linked({ stray: [] })[0]!;

describe('findUnreachable', () => {
  it('finds what no path leads to', () => {
    const nodes = linked({ a: ['b'], b: ['a'], c: ['d'], d: [] });
    expect(namesOf(findUnreachable({ nodes, entry: nodes[0], stray: stray() }))).toEqual(['c', 'd']);
  });

  it('finds no fault with where branches begin', () => {
    const nodes = linked({ a: ['d'], b: ['c'], c: [], d: [] });
    nodes[0]!.starts.add(nodes[1]!);
    expect(findUnreachable({ nodes, entry: nodes[0], stray: stray() })).toEqual([]);
  });

  it('finds nothing where it cannot know', () => {
    const nodes = linked({ a: [], b: [] });
    expect(findUnreachable({ nodes, entry: undefined, stray: stray() })).toEqual([]);
    expect(findUnreachable({ nodes, entry: nodes[0], stray: { ...stray(), open: true } })).toEqual([]);
    expect(findUnreachable({ nodes, entry: nodes[0], stray: { ...stray(), to: new Set([nodes[1]!]) } })).toEqual([]);
  });
});

describe('findEndless', () => {
  it('finds cycles with no way to an end, and what only leads into them', () => {
    const nodes = linked({ a: ['d'], b: ['c'], c: ['b', 'end'], d: ['e', 'd'], e: ['d'], end: [] }, ['end']);
    const { cycles, leadIns } = findEndless({ nodes, entry: nodes[0], stray: stray() });
    expect(cycles.map(namesOf)).toEqual([['d', 'e']]);
    expect(namesOf(leadIns)).toEqual(['a']);
  });
});

describe('endingSearch', () => {
  it('finds what leads to an end, or to one more goal', () => {
    const nodes = linked({ a: ['end'], b: ['c'], c: ['b'], d: ['c'], end: [] }, ['end']);
    const [a, b, c, d, end] = nodes as [LinkedNode, LinkedNode, LinkedNode, LinkedNode, LinkedNode];
    const search = endingSearch(nodes);
    expect(search()).toEqual(new Set([a, end]));
    expect(search(end)).toBe(search());
    expect(search(b)).toEqual(new Set([a, end, b, c, d]));
    expect(search(d)).toEqual(new Set([a, end, d]));
  });
});
