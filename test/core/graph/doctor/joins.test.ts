import { describe, expect, it } from 'vitest';
import { findJoinErrors, warnOfErrorLists } from '../../../../src/core/graph/doctor/joins.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const nodes = ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'work' }));
const parallel = (edge: object) =>
  definitionOf({
    entry_point: 'a',
    nodes,
    parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'END', ...edge }],
  });
const forEach = (edge: object) => {
  const every = { from_node: 'a', items: '${ [1] }', to_node: 'b', join_node: 'END', collect_as: 'all' };
  return definitionOf({ entry_point: 'a', nodes, for_each_edges: [{ ...every, ...edge }] });
};

describe('a join', () => {
  it('cannot need more branches than there are', () => {
    expect(findJoinErrors(parallel({ join: 3 }))).toEqual([
      {
        pointer: '/parallel_edges/0/join',
        code: 'impossible_join',
        message: 'The join needs 3 branches to complete, and there are 2 branches. Name a smaller number.',
      },
    ]);
    expect(findJoinErrors(parallel({ to_nodes: ['b'], join: 2 }))[0]?.message).toContain('there is 1 branch.');
    for (const join of [1, 2, 'any', 'all']) expect(findJoinErrors(parallel({ join }))).toEqual([]);
    expect(findJoinErrors(forEach({ join: 10_000 }))).toEqual([]);
  });

  it('of the first branches has no use for max_failures', () => {
    for (const edge of [
      { join: 'any', max_failures: 1 },
      { join: 1, max_failures: 0 },
    ]) {
      expect(findJoinErrors(parallel(edge))).toMatchObject([{ pointer: '/parallel_edges/0/max_failures' }]);
      expect(findJoinErrors(forEach(edge))).toMatchObject([{ pointer: '/for_each_edges/0/max_failures' }]);
    }
    expect(findJoinErrors(parallel({ join: 'all', max_failures: 1 }))).toEqual([]);
  });

  it('cannot have results and errors under one key', () => {
    const edge = { max_failures: 1, collect_errors_as: 'all' };
    expect(findJoinErrors(forEach(edge))).toMatchObject([{ pointer: '/for_each_edges/0/collect_errors_as' }]);
    expect(findJoinErrors(forEach({ ...edge, collect_errors_as: 'errors' }))).toEqual([]);
  });

  it('of all branches has no errors to list, unless it tolerates some', () => {
    for (const graph of [parallel, forEach]) {
      const warnings = warnOfErrorLists(graph({ collect_errors_as: 'errors', max_failures: 0 }));
      expect(warnings).toMatchObject([
        { code: 'unused_setting', pointer: expect.stringMatching(/collect_errors_as$/) },
      ]);
      for (const edge of [{}, { join: 'any' }, { max_failures: 1 }]) {
        const errors = 'join' in edge || 'max_failures' in edge ? { collect_errors_as: 'errors' } : {};
        expect(warnOfErrorLists(graph({ ...edge, ...errors }))).toEqual([]);
      }
    }
  });

  it.each([0, 10_001, 1.5, 'some', null])('is no %j', (join) => {
    expect(() => parallel({ join })).toThrow();
  });
});
