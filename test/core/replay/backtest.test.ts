import { describe, expect, it } from 'vitest';
import type { Read } from '../../../src/core/expressions/reads.js';
import {
  Backtest,
  type BacktestedRun,
  MAX_EXAMPLES,
  MAX_GROUPS,
  MAX_VALUES,
  MAX_VALUES_OF_PATH,
} from '../../../src/core/replay/backtest.js';
import type { Divergence, End, Missing } from '../../../src/core/replay/replayed.js';

const COMPLETED: End = { status: 'COMPLETED', errorCode: null, node: 'done' };
const ESCALATED: End = { status: 'COMPLETED', errorCode: null, node: 'escalate' };
const tokens = (input_tokens: number) => ({ input_tokens, output_tokens: 0 });

const same: BacktestedRun = {
  verdict: 'same',
  firstDivergence: null,
  missing: [],
  end: { was: COMPLETED, wouldBe: COMPLETED },
  steps: { was: 3, wouldBe: 3 },
  usage: { was: tokens(10), wouldBe: tokens(10) },
};

function divergence(changes: Partial<Divergence> & { score?: number } = {}): Divergence {
  const { score = 5, ...rest } = changes;
  return {
    at: { node: 'gate', step: 2, visit: 1 },
    of: 'way',
    was: { text: 'went to done', toNode: 'done' },
    wouldBe: { text: 'goes to escalate', toNode: 'escalate' },
    read: [{ path: 'data.score', value: score }],
    ...rest,
  };
}

function diverged(firstDivergence: Divergence = divergence(), missing: readonly Missing[] = []): BacktestedRun {
  const end = { was: COMPLETED, wouldBe: ESCALATED };
  const usage = { was: tokens(10), wouldBe: tokens(4) };
  return { verdict: 'diverged', firstDivergence, missing, end, steps: { was: 3, wouldBe: 2 }, usage };
}

function unknown(missing: readonly Missing[]): BacktestedRun {
  return { ...same, verdict: 'unknown', missing };
}

const noCall: Missing = { at: { node: 'ask', step: 2, visit: 1 }, what: 'call', message: 'Nobody called it.' };

function reportOf(runs: readonly BacktestedRun[]) {
  const backtest = new Backtest();
  for (const [index, run] of runs.entries()) backtest.add(`run-${index}`, run);
  return backtest.result();
}

describe('a backtest', () => {
  it('of no runs says nothing', () => {
    expect(reportOf([])).toEqual({
      runs: 0,
      same: 0,
      diverged: 0,
      unknown: 0,
      groups: [],
      unknownGroups: [],
      ends: [],
      complete: 0,
      steps: { was: 0, wouldBe: 0 },
      usage: { was: tokens(0), wouldBe: tokens(0) },
    });
  });

  it('counts verdicts and ends, and sums steps and usage', () => {
    const report = reportOf([same, diverged(), diverged(), unknown([noCall])]);
    expect(report).toMatchObject({ runs: 4, same: 1, diverged: 2, unknown: 1, complete: 3 });
    expect(report.ends).toEqual([
      { was: COMPLETED, wouldBe: ESCALATED, count: 2 },
      { was: COMPLETED, wouldBe: COMPLETED, count: 1 },
    ]);
    expect(report.steps).toEqual({ was: 9, wouldBe: 7 });
    expect(report.usage).toEqual({ was: tokens(30), wouldBe: tokens(18) });
  });

  it('sums nothing of a run that went another way as far as it is known', () => {
    const report = reportOf([diverged(divergence(), [noCall])]);
    expect(report).toMatchObject({ diverged: 1, complete: 0, steps: { was: 0, wouldBe: 0 }, unknownGroups: [] });
    expect(report.ends).toHaveLength(1);
  });

  it('groups runs by where they first went another way, the largest group first', () => {
    const elsewhere = divergence({ at: { node: 'gate', step: 5, visit: 2 } });
    const { groups } = reportOf([diverged(elsewhere), diverged(), diverged(divergence({ score: 6 }))]);
    expect(groups).toEqual([
      {
        at: { node: 'gate', visit: 1 },
        of: 'way',
        was: { text: 'went to done', toNode: 'done' },
        wouldBe: { text: 'goes to escalate', toNode: 'escalate' },
        count: 2,
        read: [
          { path: 'data.score', value: 5 },
          { path: 'data.score', value: 6 },
        ],
        examples: ['run-1', 'run-2'],
      },
      expect.objectContaining({ at: { node: 'gate', visit: 2 }, count: 1, examples: ['run-0'] }),
    ]);
  });

  it('shows a value of an outcome only if all runs of the group have it', () => {
    const withValues = (was: number, wouldBe: number | undefined) =>
      diverged(
        divergence({
          of: 'result',
          was: { text: 'completed', value: { score: was } },
          wouldBe: { text: 'completed otherwise', ...(wouldBe !== undefined && { value: wouldBe }) },
        }),
      );
    expect(reportOf([withValues(1, 2), withValues(1, 2)]).groups).toMatchObject([
      { was: { value: { score: 1 } }, wouldBe: { value: 2 } },
    ]);
    const [group] = reportOf([withValues(1, 2), withValues(3, undefined), withValues(1, 2)]).groups;
    expect(group).toMatchObject({ count: 3, was: { text: 'completed' }, wouldBe: { text: 'completed otherwise' } });
    expect(group?.was).not.toHaveProperty('value');
    expect(group?.wouldBe).not.toHaveProperty('value');
  });

  it('shows some different values of each path, and names some runs', () => {
    const many = Array.from({ length: 30 }, (_, index) => {
      const others: Read[] = Array.from({ length: 6 }, (_, path) => ({ path: `data.p${path}`, value: index }));
      return diverged(divergence({ read: [{ path: 'data.list', type: 'list', size: 3 }, ...others] }));
    });
    const [group] = reportOf(many).groups;
    expect(group).toMatchObject({ count: 30, examples: ['run-0', 'run-1', 'run-2', 'run-3', 'run-4'] });
    expect(group?.examples).toHaveLength(MAX_EXAMPLES);
    expect(group?.read).toHaveLength(MAX_VALUES);
    expect(group?.read.filter(({ path }) => path === 'data.list')).toEqual([
      { path: 'data.list', type: 'list', size: 3 },
    ]);
    const [alone] = reportOf([1, 2, 3, 4, 5, 6, 7].map((score) => diverged(divergence({ score })))).groups;
    expect(alone?.read).toHaveLength(MAX_VALUES_OF_PATH);
  });

  it('says why runs are unknown: what was missing first', () => {
    const later: Missing = { ...noCall, what: 'answer', message: 'Nobody answered.' };
    const backtest = new Backtest();
    backtest.add('a', unknown([noCall, later]));
    backtest.add('b', unknown([{ ...noCall, message: 'Said otherwise.' }]));
    backtest.add('c', unknown([]));
    backtest.addUnknown('d', { what: 'run', node: null, message: 'Its journal is missing.' });
    expect(backtest.result().unknownGroups).toEqual([
      { what: 'call', node: 'ask', message: 'Nobody called it.', count: 2, examples: ['a', 'b'] },
      { what: 'run', node: null, message: 'The replay does not say why.', count: 2, examples: ['c', 'd'] },
    ]);
  });

  it('counts all runs, whatever the number of groups', () => {
    const runs = Array.from({ length: MAX_GROUPS + 20 }, (_, visit) => {
      return diverged(divergence({ at: { node: 'gate', step: visit, visit } }));
    });
    const report = reportOf(runs);
    expect(report.diverged).toBe(runs.length);
    expect(report.groups).toHaveLength(MAX_GROUPS);
  });
});
