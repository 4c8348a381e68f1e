import { expect, it } from 'vitest';
import { marksOf } from '../../src/diagram/marks.js';
import { diagramOf } from '../../src/diagram/model.js';
import { Walker } from '../../src/diagram/walk.js';
import { definitionOf } from '../helpers/run-driver.js';

const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name, tool_name: 't' }));

function linksInto(target: string, document: object): unknown[] {
  const { links } = diagramOf(definitionOf({ entry_point: 'a', nodes, ...document }), () => undefined);
  return links.filter(({ to }) => to === target).map(({ from, kind, labels }) => [from, kind, ...labels]);
}

const parallel = { from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' };

it.each([
  [{}, []],
  [{ join: 'all' }, []],
  [{ join: 'any' }, ['the first']],
  [{ join: 1 }, ['the first']],
  [{ join: 2 }, ['the first 2']],
  [{ max_failures: 1 }, ['all but 1']],
])('links into a join say which branches it takes: %j', (edge, label) => {
  // One branch has an edge to the join, and the other ends without one.
  const edges = [{ from_node: 'b', to_node: 'd' }];
  expect(linksInto('n3', { edges, parallel_edges: [{ ...parallel, ...edge }] })).toEqual([
    ['n1', 'edge', ...label],
    ['n2', 'join', ...label],
  ]);
});

it('so does the link from where the branches begin, if they have no other', () => {
  const edges = [
    { from_node: 'b', to_node: 'END' },
    { from_node: 'c', to_node: 'END' },
  ];
  expect(linksInto('n3', { edges, parallel_edges: [parallel] })).toEqual([['n0', 'join', 'join']]);
  const any = { ...parallel, join: 'any' };
  expect(linksInto('n3', { edges, parallel_edges: [any] })).toEqual([['n0', 'join', 'join the first']]);
});

it('a branch that others have won against is cancelled, and has not failed', () => {
  const run = new Walker();
  const branch = new Walker();
  const told = { time: 0, payload: '', logEnd: 0 };
  run.read({ ...told, seq: 1, event: { type: 'run.started', next: 'a' } });
  branch.isBranch = true;
  branch.read({ ...told, seq: 1, event: { type: 'run.started', next: 'b' } });
  branch.read({ ...told, seq: 2, event: { type: 'run.cancelled', logs: [] } });
  const definition = definitionOf({ entry_point: 'a', nodes, parallel_edges: [{ ...parallel, join: 'any' }] });
  const { nodes: marks } = marksOf(
    diagramOf(definition, () => undefined),
    [run, branch],
  );
  expect(marks.get('n1')).toEqual({ look: 'visited', note: '– cancelled · ×1' });
});
