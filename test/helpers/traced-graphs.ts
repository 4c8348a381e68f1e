import { expect } from 'vitest';

/** A loop of steps. */
export const TRACED = {
  graph_id: 'traced',
  name: 'Traced',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'begin' },
    { name: 'work', tool_name: 'work' },
  ],
  edges: [{ from_node: 'begin', to_node: 'work' }],
  conditional_edges: [{ from_node: 'work', condition_function: 'again' }],
};

/**
 * Every kind of wait, with a retry, branches within branches, joins of all and of the first two, a graph as a step, and one
 * that is only started.
 */
export const MIXED = {
  graph_id: 'mixed',
  name: 'Mixed',
  entry_point: 'flaky',
  nodes: [
    { name: 'flaky', tool_name: 'flaky', retry: { max_attempts: 3, interval_seconds: 0.03, backoff_rate: 1 } },
    { name: 'pause', tool_name: 'delay', params: { seconds: 0.05 } },
    { name: 'leaf', tool_name: 'leaf' },
    { name: 'rest', tool_name: 'delay', params: { seconds: 0.02 } },
    { name: 'sum', tool_name: 'sum' },
    { name: 'left', tool_name: 'run_graph', params: { graph_id: 'traced', input: { rounds: 2 } } },
    { name: 'right', tool_name: 'wait_for_input', params: { message: 'Go on?', schema: { type: 'integer' } } },
    { name: 'end', tool_name: 'delay', params: { seconds: 0.01 } },
    { name: 'think', tool_name: 'delay', params: { seconds: 0.02 } },
    { name: 'vote', tool_name: 'transform', params: { values: { vote: '${ run.item }' } } },
    {
      name: 'aside',
      tool_name: 'run_graph',
      params: { graph_id: 'traced', input: { rounds: 1 }, wait: false, metadata: { from: '${ run.run_id }' } },
    },
  ],
  edges: [
    { from_node: 'flaky', to_node: 'pause' },
    { from_node: 'leaf', to_node: 'rest' },
    { from_node: 'rest', to_node: 'sum' },
    { from_node: 'left', to_node: 'end' },
    { from_node: 'right', to_node: 'end' },
    { from_node: 'think', to_node: 'vote' },
    { from_node: 'vote', to_node: 'aside' },
  ],
  for_each_edges: [
    {
      from_node: 'pause',
      items: '${ [1, 2, 3] }',
      to_node: 'leaf',
      join_node: 'sum',
      collect_as: 'leaves',
      max_parallel: 2,
    },
    {
      from_node: 'end',
      items: '${ ["a", "b", "c"] }',
      to_node: 'think',
      join_node: 'aside',
      collect_as: 'votes',
      join: 2,
    },
  ],
  parallel_edges: [{ from_node: 'sum', to_nodes: ['left', 'right'], join_node: 'end' }],
};

/** A step that ends when it is told to. */
const HELD = { graph_id: 'held', name: 'Held', entry_point: 'held', nodes: [{ name: 'held', tool_name: 'held' }] };

export const GRAPHS = [TRACED, MIXED, HELD];

/** What a run of the graph `mixed` ends with. */
export const MIXED_DATA = {
  tries: 3,
  leaves: [1, 2, 3].map((item, index) => ({ item, index })),
  total: 6,
  left: { rounds: 2, seen: [expect.any(String), expect.any(String)] },
  right: 7,
  aside: { run_id: expect.any(String) },
  votes: expect.any(Array),
};

/** The indexes of the branches of `mixed` that won, by what its data says. */
export function winnersIn({ votes }: { readonly votes: readonly unknown[] }): number[] {
  expect(votes).toHaveLength(3);
  const won = votes.flatMap((vote, index) => (vote === null ? [] : [index]));
  for (const index of won) expect(votes[index]).toEqual({ vote: 'abc'[index] });
  return won;
}
