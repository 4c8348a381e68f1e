import { describe, expect, it } from 'vitest';
import { RUN_ERRORS } from '../../../../src/core/base/errors.js';
import { catchableBy } from '../../../../src/core/graph/catchable.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const run = () => ({});
const registry = createRegistry([
  { name: 'any', run },
  { name: 'declared', errors: ['no_stock', 'refused'], run },
  { name: 'asks', errors: ['wait_expired'], run },
]);

function findings(node: object, more: object = {}) {
  const nodes = [{ name: 'a', tool_name: 'any', ...node }, ...['b', 'c'].map((name) => ({ name, tool_name: 'any' }))];
  const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, ...more }), registry);
  return [...errors, ...warnings].filter(({ code }) => code !== 'unreachable_node');
}

const to = { to_node: 'END' };
const retried = { max_attempts: 2 };

describe('entries that no error comes to', () => {
  it.each<[object, string[]]>([
    [[{ ...to }, { on: ['x'], ...to }], ['/1']],
    [
      [{ ...to }, { when: 'true', ...to }, { ...to }],
      ['/1', '/2'],
    ],
    [
      [
        { on: ['x', 'y'], ...to },
        { on: ['y'], when: 'data.a', ...to },
        { on: ['y', 'z'], ...to },
      ],
      ['/1', '/2/on/0'],
    ],
    [
      [
        { on: ['x'], ...to },
        { on: ['y'], ...to },
        { on: ['x', 'y'], ...to },
      ],
      ['/2'],
    ],
    [[{ on: ['x', 'x', 'y'], ...to }], ['/0/on/1']],
    [
      [
        { when: 'data.a', ...to },
        { when: 'data.b', ...to },
        { when: 'data.a', to_node: 'b' },
      ],
      ['/2'],
    ],
    [
      [
        { when: 'data.a', ...to },
        { on: ['x'], when: 'data.a', ...to },
      ],
      ['/1'],
    ],
    [[{ on: ['x'], when: 'data.a', ...to }, { on: ['x'], when: 'data.b', ...to }, { on: ['x'], ...to }, { ...to }], []],
  ])('%j', (list, places) => {
    const found = findings({ on_error: list });
    expect(found.map(({ code, pointer }) => [code, pointer])).toEqual(
      places.map((place) => ['unreachable_entry', `/nodes/0/on_error${place}`]),
    );
  });

  it('are found in retry and in edges too, and name those before', () => {
    const retry = [
      { on: ['x'], ...retried },
      { on: ['y'], ...retried },
      { on: ['x', 'y'], ...retried },
    ];
    const fork = { from_node: 'a', to_nodes: ['b'], join_node: 'c', on_error: [{ ...to }, { ...to }] };
    expect(findings({ retry }, { parallel_edges: [fork] })).toEqual([
      {
        pointer: '/nodes/0/retry/2',
        code: 'unreachable_entry',
        message:
          '/nodes/0/retry/0 and /nodes/0/retry/1 take all errors that this is for. Remove this one, or place it before.',
      },
      expect.objectContaining({ pointer: '/parallel_edges/0/on_error/1', code: 'unreachable_entry' }),
    ]);
  });
});

describe('codes that nothing there fails with', () => {
  const warned = (node: object, more?: object) =>
    findings(node, more).map(({ code, pointer, message, hint }) => [code, pointer, hint ?? message]);

  it('are those that a tool does not declare', () => {
    const declared = { tool_name: 'declared' };
    expect(warned({ ...declared, retry: [{ on: ['no_stok', 'refused', 'timeout'], ...retried }] })).toEqual([
      ['unthrown_code', '/nodes/0/retry/0/on/0', 'Did you mean "no_stock"?'],
    ]);
    const on_error = [{ on: ['wait_expired'], ...to }];
    expect(warned({ ...declared, on_error })).toEqual([
      ['unthrown_code', '/nodes/0/on_error/0/on/0', 'The tool "declared" never fails with "wait_expired".'],
    ]);
    expect(warned({ on_error })).toEqual([]);
    expect(warned({ tool_name: 'asks', on_error })).toEqual([]);
  });

  it('are those that end the run, and those of edges', () => {
    const why = 'is not the error of a step, so neither retry nor on_error of a node is asked.';
    expect(warned({ on_error: [{ on: ['deadline_exceeded', 'any_other', 'branch_failed'], ...to }] })).toEqual([
      ['unthrown_code', '/nodes/0/on_error/0/on/0', `"deadline_exceeded" ${why}`],
      ['unthrown_code', '/nodes/0/on_error/0/on/2', `"branch_failed" ${why}`],
    ]);
  });

  it('are for an edge all but its own', () => {
    const on_error = [{ on: ['branch_failed', 'xyzzy', 'join_failed'], ...to }];
    const fork = { from_node: 'a', to_nodes: ['b'], join_node: 'c', on_error };
    const listed = '"invalid_patch", "data_too_large", "branch_failed", "join_failed"';
    expect(warned({}, { parallel_edges: [fork] })).toEqual([
      [
        'unthrown_code',
        '/parallel_edges/0/on_error/0/on/1',
        `Branches never fail with "xyzzy". They fail with ${listed}.`,
      ],
    ]);
  });

  it('get a hint for the first only: a document full of them stays cheap', () => {
    const on = Array.from({ length: 40 }, (_, index) => `no_stock${index}`);
    const hints = findings({ tool_name: 'declared', retry: [{ on, ...retried }] }).filter(({ hint }) => hint);
    expect(hints).toHaveLength(20);
  });

  it('are told of a tool and of a node that are not there without a word too many', () => {
    const edge = { from_node: 'a', to_nodes: ['b'], join_node: 'c', on_error: [{ on: ['branch_failed'], ...to }] };
    const found = findings({ tool_name: 'gone', on_error: [{ on: ['any_other'], ...to }] }, { parallel_edges: [edge] });
    expect(found.map(({ code }) => code)).toEqual(['unknown_tool']);
  });
});

describe('lists of entries', () => {
  it('have their targets and expressions checked, in the order of the document', () => {
    const retry = [{ when: 'error.cod == 1', ...retried }];
    const on_error = [
      { when: 'error.', to_node: 'b' },
      { on: ['x'], to_node: 'gone' },
    ];
    const fork = { from_node: 'a', to_nodes: ['b'], join_node: 'c', on_error: [{ when: '1', to_node: 'd' }] };
    const each = { from_node: 'b', items: '${ [1] }', to_node: 'b', join_node: 'c', collect_as: 'all' };
    const found = findings(
      { retry, on_error },
      { parallel_edges: [fork], for_each_edges: [{ ...each, on_error: [{ when: 'errors.code', to_node: 'c' }] }] },
    );
    expect(found.map(({ code, pointer }) => [code, pointer]).slice(0, 6)).toEqual([
      ['invalid_expression', '/nodes/0/retry/0/when'],
      ['unknown_node', '/nodes/0/on_error/1/to_node'],
      ['invalid_expression', '/nodes/0/on_error/0/when'],
      ['unknown_node', '/parallel_edges/0/on_error/0/to_node'],
      ['invalid_expression', '/parallel_edges/0/on_error/0/when'],
      ['invalid_expression', '/for_each_edges/0/on_error/0/when'],
    ]);
    expect(found[0]).toMatchObject({
      message: 'error has no "cod". It has code, message, details, attempt. (at character 7)',
      hint: 'Did you mean "code"?',
    });
  });
});

it('each code of the server is caught by a node, a wait, or an edge, or ends the run', () => {
  const caught = [...catchableBy('node'), ...catchableBy('wait'), ...catchableBy('edge')];
  expect(Object.keys(RUN_ERRORS).filter((code) => !caught.some((one) => one === code))).toEqual([
    'condition_failed',
    'max_steps_exceeded',
    'max_tokens_exceeded',
    'max_cost_exceeded',
    'max_visits_exceeded',
    'no_progress',
    'deadline_exceeded',
    'too_many_descendants',
    'recovery_exhausted',
    'run_unreadable',
  ]);
});
