import { describe, expect, it } from 'vitest';
import {
  causesOf,
  describeBacktest,
  describeBound,
  describeEnd,
  describeEnds,
  describeExploration,
  describePlace,
} from '../../src/web/evidence/words.js';
import type { Backtest, ReplayEnd } from '../../src/web/wire-types.js';

function reportOf(same: number, diverged: number, unknown = 0): Backtest {
  const usage = { input_tokens: 0, output_tokens: 0 };
  return {
    runs: same + diverged + unknown,
    same,
    diverged,
    unknown,
    groups: [],
    unknown_groups: [],
    ends: [],
    complete: same + diverged,
    steps: { was: 0, would_be: 0 },
    usage: { was: usage, would_be: usage },
  };
}

function endAt(node: string | null, status: ReplayEnd['status'] = 'COMPLETED', code: string | null = null): ReplayEnd {
  return { status, error_code: code, node };
}

describe('what a backtest says', () => {
  it.each([
    [reportOf(412, 18), '412 of 430 past runs would have gone the same way.'],
    [reportOf(412, 18, 5), '412 of 430 past runs would have gone the same way. Nothing is known of 5 more.'],
    [reportOf(3, 0), 'All 3 past runs would have gone the same way.'],
    [reportOf(1, 0), '1 of 1 past run would have gone the same way.'],
    [reportOf(0, 0), 'This graph has no past runs to try it on.'],
    [reportOf(0, 0, 2), 'Nothing is known of 2 past runs.'],
  ])('%#', (report, sentence) => {
    expect(describeBacktest(report)).toBe(sentence);
  });

  it('names the ends that change, and no others', () => {
    const ends = [
      { was: endAt('publish'), would_be: endAt('publish'), count: 412 },
      { was: endAt('publish'), would_be: endAt('escalate'), count: 18 },
      { was: endAt('publish'), would_be: endAt('call', 'FAILED', 'tool_timeout'), count: 1 },
      { was: endAt(null, 'CANCELLED'), would_be: endAt('ask', 'CANCELLED'), count: 2 },
    ];
    expect(describeEnds({ ends })).toEqual([
      '18 now end at escalate, not at publish.',
      '1 now ends as failed at call with tool_timeout, not as completed at publish.',
      '2 now end at ask, not before any node.',
    ]);
  });
});

it.each([
  [0, true, 'Nothing was found in 12 runs: 3 of 3 nodes, 1 of 1 edge.'],
  [1, true, '1 finding in 12 runs: 3 of 3 nodes, 1 of 1 edge.'],
  [2, false, '2 findings in 12 runs: 3 of 3 nodes, 1 of 1 edge. Not every way was walked: there are too many.'],
])('an exploration with %i findings says what it covered', (count, complete, sentence) => {
  const finding = {
    code: 'endless_loop' as const,
    severity: 'error' as const,
    message: 'm',
    pointer: '',
    node: null,
    trace: [],
    capsule: null,
  };
  const bound = { at_most: 3, reason: 'r' };
  const explored = {
    findings: Array(count).fill(finding),
    coverage: { nodes: { visited: 3, total: 3, missed: [] }, edges: { visited: 1, total: 1, missed: [] } },
    bounds: { steps: bound, tokens: bound, cost_usd: bound },
    runs: 12,
    seed: 1,
    complete,
  };
  expect(describeExploration(explored)).toBe(sentence);
  expect(describeBound(bound)).toBe('at most 3');
  expect(describeBound({ ...bound, at_most: 'unbounded' })).toBe('unbounded');
});

it('an end has its status, its node and its error', () => {
  expect(describeEnd(endAt('call', 'FAILED', 'tool_timeout'))).toBe('failed at call with tool_timeout');
  expect(describeEnd(endAt(null, 'CANCELLED'))).toBe('cancelled');
});

it('a place has its visit and its branch if there can be several', () => {
  expect(describePlace({ node: 'check', visit: 1 })).toBe('check');
  expect(describePlace({ node: 'check', visit: 2, branch: [0, 2] })).toBe('check, visit 2, in branch 1.3');
});

it('the values that decided are told by their paths', () => {
  const reads = [
    { path: 'data.score', value: 0.41 },
    { path: 'data.round', value: 2 },
    { path: 'data.score', value: 0.44 },
    { path: 'data.text', type: 'string' as const, size: 9000 },
  ];
  expect(causesOf(reads)).toEqual([
    { path: 'data.score', values: ['0.41', '0.44'] },
    { path: 'data.round', values: ['2'] },
    { path: 'data.text', values: ['string of size 9000'] },
  ]);
});
