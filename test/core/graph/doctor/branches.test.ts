import { describe, expect, it } from 'vitest';

import { linkNodes } from '../../../../src/core/graph/doctor/links.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { findBranchErrors } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([
  { name: 'free', choose: () => 'END' },
  { name: 'back_or_on', outcomes: ['back', 'on'], choose: () => 'on' },
]);

/** `edges` are pairs of names, as in `ab`. */
function errorsOf(edges: string, document: object = {}) {
  const nodes = [...'abcdefgj'].map((name) => ({ name, tool_name: 'work' }));
  const definition = definitionOf({
    entry_point: 'a',
    nodes,
    edges: edges
      .split(' ')
      .filter(Boolean)
      .map((pair) => ({ from_node: pair[0], to_node: pair[1] })),
    ...document,
  });
  return findBranchErrors(definition, linkNodes(definition, registry));
}

const parallel = (from_node: string, to_nodes: string, join_node = 'j', more: object = {}) => ({
  from_node,
  to_nodes: [...to_nodes],
  join_node,
  ...more,
});
const forEach = (from_node: string, to_node: string, join_node = 'j') => ({
  ...{ from_node, to_node, join_node },
  items: '${ [] }',
  collect_as: 'all',
});
const fork = (edges: string, more: object = {}) => errorsOf(edges, { parallel_edges: [parallel('a', 'bc')], ...more });
const places = (errors: readonly { pointer: string; code: string }[]) =>
  errors.map(({ pointer, code }) => [pointer, code]);

describe('branches', () => {
  it('are accepted that lead to their join, to END or to a dead end, on ways of their own', () => {
    expect(fork('bd dj cj')).toEqual([]);
    expect(fork('bd')).toEqual([]);
    expect(errorsOf('bd', { parallel_edges: [parallel('a', 'bc', 'END')] })).toEqual([]);
    expect(errorsOf('bd dj', { for_each_edges: [forEach('a', 'b')] })).toEqual([]);
  });

  it('may be in a loop, and inside one another', () => {
    expect(fork('bj cj ja')).toEqual([]);
    expect(fork('bj dj ej', { parallel_edges: [parallel('a', 'bc'), parallel('c', 'de')] })).toEqual([]);
    expect(fork('bj df ef fj', { parallel_edges: [parallel('a', 'bc'), parallel('c', 'de', 'f')] })).toEqual([]);
    expect(fork('bj df fj', { for_each_edges: [forEach('c', 'd', 'f')] })).toEqual([]);
  });

  it('may go where a condition says that does not tell', () => {
    const conditional_edges = [{ from_node: 'b', condition_function: 'free' }];
    expect(fork('cj', { conditional_edges })).toEqual([]);
  });

  it('are left alone where a name is unknown', () => {
    for (const edge of [parallel('x', 'b'), parallel('a', 'bx'), parallel('a', 'b', 'x')]) {
      expect(errorsOf('ba', { parallel_edges: [edge] })).toEqual([]);
    }
  });
});

describe('an empty branch', () => {
  it('begins at its join', () => {
    expect(errorsOf('bj', { parallel_edges: [parallel('a', 'bj')], for_each_edges: [forEach('d', 'e', 'e')] })).toEqual(
      [
        {
          pointer: '/parallel_edges/0/to_nodes/1',
          code: 'empty_branch',
          message: 'A branch that begins at its join_node "j" has nothing to run. Remove it, or join later.',
        },
        expect.objectContaining({ pointer: '/for_each_edges/0/to_node', code: 'empty_branch' }),
      ],
    );
  });
});

describe('overlapping branches', () => {
  it('run into one another', () => {
    expect(fork('bd cd dj')).toEqual([
      {
        pointer: '/parallel_edges/0/to_nodes/1',
        code: 'overlapping_branches',
        message:
          'The branches from "b" and "c" both run into "d". Only the join_node "j" can be shared: give each branch nodes of its own.',
      },
    ]);
    expect(places(fork('bc cj'))).toEqual([['/parallel_edges/0/to_nodes/1', 'overlapping_branches']]);
    expect(places(fork('cb bj'))).toEqual([['/parallel_edges/0/to_nodes/1', 'overlapping_branches']]);
  });

  it('do so by branches inside them too, and by ways for errors', () => {
    const nested = { parallel_edges: [parallel('a', 'bc'), parallel('b', 'de')] };
    expect(places(fork('dj ef fj cf', nested))).toEqual([['/parallel_edges/0/to_nodes/1', 'overlapping_branches']]);
    const onError = { parallel_edges: [parallel('a', 'bc'), parallel('b', 'd', 'j', { on_error: 'c' })] };
    expect(places(fork('cj', onError))).toEqual([['/parallel_edges/0/to_nodes/1', 'overlapping_branches']]);
  });

  it('begin at the same node', () => {
    expect(errorsOf('bj', { parallel_edges: [parallel('a', 'bb')] })).toEqual([
      {
        pointer: '/parallel_edges/0/to_nodes/1',
        code: 'overlapping_branches',
        message: 'Two branches begin at "b". Name each node once.',
      },
    ]);
  });

  it('run back to where they came from', () => {
    expect(fork('ba cj')).toEqual([
      {
        pointer: '/parallel_edges/0/to_nodes/0',
        code: 'overlapping_branches',
        message: 'The branch from "b" runs back into "a", where it came from. Lead it to "j", or to "END".',
      },
    ]);
    const back = { from_node: 'b', condition_function: 'back_or_on', routes: { back: 'a', on: 'j' } };
    expect(places(errorsOf('', { for_each_edges: [forEach('a', 'b')], conditional_edges: [back] }))).toEqual([
      ['/for_each_edges/0/to_node', 'overlapping_branches'],
    ]);
    expect(places(errorsOf('', { for_each_edges: [forEach('a', 'a')] }))).toEqual([
      ['/for_each_edges/0/to_node', 'overlapping_branches'],
    ]);
  });

  it('are told once for each edge', () => {
    expect(errorsOf('be ce de', { parallel_edges: [parallel('a', 'bcd')] })).toHaveLength(1);
  });
});

describe('crossing joins', () => {
  it('let a branch inside a branch run beyond the outer join', () => {
    const nested = { parallel_edges: [parallel('a', 'bc'), parallel('b', 'de', 'f')] };
    expect(fork('dj ef fj cj', nested)).toEqual([
      {
        pointer: '/parallel_edges/1/join_node',
        code: 'crossing_joins',
        message:
          'These branches can run into "j", the join_node of /parallel_edges/0 that they are part of, before they are joined at "f". Join them first.',
      },
    ]);
    expect(
      places(errorsOf('bc dj', { parallel_edges: [parallel('a', 'b')], for_each_edges: [forEach('c', 'd', 'END')] })),
    ).toEqual([['/for_each_edges/0/join_node', 'crossing_joins']]);
  });

  it('cannot be where the outer join is the end', () => {
    const nested = { parallel_edges: [parallel('a', 'bc', 'END'), parallel('b', 'de', 'f')] };
    expect(fork('df ef', nested)).toEqual([]);
  });
});

describe('an unreachable join', () => {
  it('is one that a branch never comes to', () => {
    expect(fork('bd db cj')).toEqual([
      {
        pointer: '/parallel_edges/0/to_nodes/0',
        code: 'unreachable_join',
        message: 'The branch from "b" never comes to its join_node "j", nor to an end. Give it a way there.',
      },
    ]);
    expect(places(errorsOf('bb', { for_each_edges: [forEach('a', 'b')] }))).toEqual([
      ['/for_each_edges/0/to_node', 'unreachable_join'],
    ]);
  });

  it('is not one that leads nowhere itself', () => {
    expect(fork('bj cj jj')).toEqual([]);
  });

  it('is not saved by branches inside the branch, which end themselves', () => {
    const nested = { parallel_edges: [parallel('a', 'bc'), parallel('b', 'd', 'e')] };
    expect(places(fork('ee cj', nested))).toEqual([['/parallel_edges/0/to_nodes/0', 'unreachable_join']]);
  });
});

describe('hostile documents', () => {
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const nodes = names.map((name) => ({ name, tool_name: 'work' }));

  it('are cheap where every node starts many branches', () => {
    const all = names.map((from_node, index) => {
      const to_nodes = Array.from({ length: 100 }, (_, at) => `n${(index + 1 + at) % 200}`);
      return { from_node, to_nodes, join_node: 'n199' };
    });
    expect(errorsOf('', { nodes, entry_point: 'n0', parallel_edges: all }).length).toBeGreaterThan(180);
  });

  it('are cheap where branches are nested two hundred deep', () => {
    const nested = names.slice(0, -1).map((from_node, index) => ({
      ...forEach(from_node, `n${index + 1}`, 'END'),
    }));
    expect(errorsOf('', { nodes, entry_point: 'n0', for_each_edges: nested })).toEqual([]);
  });
});
