import { describe, expect, it } from 'vitest';
import { RUN_ERRORS } from '../../../src/core/base/errors.js';
import { NO_USAGE } from '../../../src/core/base/usage.js';
import { adviceFor } from '../../../src/core/run/advice.js';
import type { Decision, ParentLink } from '../../../src/core/run/events.js';
import { type Explained, explain } from '../../../src/core/run/explain.js';
import type { Phase, RunState, Waiting } from '../../../src/core/run/state.js';
import type { StepView } from '../../../src/core/run/steps.js';
import type { WaitKind } from '../../../src/core/run/waits.js';

const cursor = { node: 'b', step: 2, attempt: 1, tries: 1 };

function explained(phase: Partial<Phase>, more: { parent?: ParentLink; children?: Explained['waitingChildren'] } = {}) {
  const state = { runId: 'r', graphId: 'g', phase, parent: more.parent ?? null, migratedFrom: null } as RunState;
  return explain({ state, steps: [], waitingChildren: more.children ?? [] });
}

function waiting(kind: WaitKind, more: Partial<Waiting> = {}) {
  const wait = { id: 'w3', kind, node: 'b', since: 0, until: null, message: null, schema: null, saveAs: null, ...more };
  const at = { kind: 'calling', cursor, announced: true } as const;
  if (kind === 'paused') return explained({ kind: 'paused', at, wait: wait as Waiting<'paused'> });
  if (kind === 'limit') return explained({ kind: 'limited', at, wait: wait as Waiting<'limit'> });
  return explained({ kind: 'waiting', cursor, wait: wait as Waiting<'input'> });
}

const failed = (code: string, node: string | null = 'b') => {
  const error = { code, message: 'No.', node, step: node === null ? null : 2 };
  return { kind: 'failed', at: { kind: 'calling', cursor, announced: true }, finishedAt: 0, error } as const;
};

const step = (number: number, node: string, decision: Decision | null, more: Partial<StepView> = {}): StepView => ({
  ...{ step: number, node, status: 'COMPLETED', attempts: 1, startedAt: 0, finishedAt: 1, patch: null, logs: [] },
  ...{ error: null, decision, usage: NO_USAGE, answeredBy: null, ...more },
});

/** Why a run came to the step after one with this decision. */
function because(decision: Decision | null, more: Partial<StepView> = {}): string | undefined {
  const state = {
    runId: 'r',
    graphId: 'g',
    phase: { kind: 'completed', cursor: null, finishedAt: 0 },
    migratedFrom: null,
  } as RunState;
  const steps = [step(1, 'a', decision, more), step(2, 'b', null)];
  return explain({ state, steps, waitingChildren: [] }).path[1]?.because;
}

const tools = ({ next }: ReturnType<typeof explain>) => next.map(({ tool }) => tool);

describe('the path', () => {
  it.each<[Decision | null, string]>([
    [null, 'It follows "a".'],
    [{ kind: 'edge', to_node: 'b' }, 'An edge leads here from "a".'],
    [
      { kind: 'condition', condition: 'gate', outcome: 'high', to_node: 'b', read: [{ path: 'data.n', value: 7 }] },
      'The condition "gate" after "a" answered "high" (data.n = 7).',
    ],
    [
      {
        ...{ kind: 'case', condition: 'data.n > 3', outcome: 'true', to_node: 'b' },
        read: [{ path: 'data.list', type: 'list', size: 9 }],
      },
      'The case "data.n > 3" after "a" was true (data.list = a list of size 9).',
    ],
    [{ kind: 'case', outcome: 'otherwise', to_node: 'b' }, 'No case after "a" was true, so "otherwise" leads here.'],
    [{ kind: 'parallel', to_node: 'b' }, 'The branches that "a" started were joined.'],
    [
      { kind: 'for_each', outcome: '3', to_node: 'b' },
      'The 3 branches that "a" started, one for each item, were joined.',
    ],
    [{ kind: 'error', to_node: 'b' }, '"a" failed, and its on_error leads here.'],
  ])('says why %j led on', (decision, text) => {
    expect(because(decision)).toBe(text);
  });

  it('names the error that on_error was for', () => {
    const error = { code: 'timeout', message: 'Too slow.', node: 'a', step: 1 };
    expect(because({ kind: 'error', to_node: 'b' }, { error })).toBe(
      '"a" failed with timeout, and its on_error leads here.',
    );
  });

  it('says how many steps came before', () => {
    const state = { phase: { kind: 'completed', cursor: null, finishedAt: 0 }, migratedFrom: null } as RunState;
    const { path, earlier_steps } = explain({ state, steps: [step(41, 'x', null)], waitingChildren: [] });
    expect([path[0]?.because, earlier_steps]).toEqual(['An earlier step led here.', 40]);
    const whole = explain({ state, steps: [step(1, 'x', null)], waitingChildren: [] });
    expect([whole.path[0]?.because, whole.earlier_steps]).toEqual(['The run begins here.', 0]);
  });
});

describe('a run that failed', () => {
  it('is explained with advice and what can be done', () => {
    const result = explained(failed('expression_failed'));
    expect(result.summary).toBe('The run failed at "b" (step 2) with expression_failed: No.');
    expect(result.failed?.advice).toContain('A key that the expression reads is missing');
    expect(result.next[0]).toMatchObject({ tool: 'retry_run', arguments: { run_id: 'r' } });
    expect(result.next[2]).toMatchObject({ tool: 'fork_run', arguments: { run_id: 'r', from_step: 2 } });
    expect(tools(result)).toEqual(['retry_run', 'update_graph', 'fork_run', 'list_steps']);
  });

  it('can have failed between steps', () => {
    const { summary, next } = explained(failed('deadline_exceeded', null));
    expect(summary).toBe('The run failed with deadline_exceeded: No.');
    expect(next[0]?.arguments).toEqual({ run_id: 'r', limits: { '<limit>': '<higher>' } });
    expect(explained(failed('join_failed', null)).next[1]?.arguments).toMatchObject({ from_step: 1 });
  });

  it('is left to the run that it is a part of', () => {
    const parent: ParentLink = { run_id: 'top', seq: 1, index: 0, kind: 'branch', depth: 0 };
    const { next } = explained(failed('timeout'), { parent });
    expect(next.map(({ tool, arguments: args }) => [tool, args.run_id])).toEqual([
      ['list_steps', 'r'],
      ['explain_run', 'top'],
    ]);
  });

  it.each(Object.keys(RUN_ERRORS))('has advice about %s', (code) => {
    expect(adviceFor(code).advice).toMatch(/^[A-Z].*\.$/);
  });

  it('has the advice of any tool about an error of its own', () => {
    expect(adviceFor('no_such_page')).toBe(adviceFor('tool_failed'));
  });
});

describe('a run that waits', () => {
  it.each<[WaitKind, Partial<Waiting>, string, string[]]>([
    ['input', { message: 'Well?' }, 'It asks a person: Well?', ['answer_run', 'cancel_run']],
    [
      'input',
      { message: 'Well?', until: 1000 },
      'It asks a person until 1970-01-01T00:00:01.000Z: Well?',
      ['answer_run', 'cancel_run'],
    ],
    ['signal', { signal: 'paid' }, 'It waits for the signal "paid".', ['send_signal', 'cancel_run']],
    ['timer', { until: 1000 }, 'It waits until 1970-01-01T00:00:01.000Z.', ['wait_for_run', 'cancel_run']],
    [
      'retry',
      { until: 1000 },
      'The last attempt failed; the next one is due at 1970-01-01T00:00:01.000Z.',
      ['wait_for_run', 'cancel_run'],
    ],
    ['paused', {}, 'Somebody has paused it.', ['unpause_run', 'cancel_run']],
    [
      'limit',
      { limit: 'max_steps', message: 'It has taken 5 steps.' },
      'It has come to its limit max_steps: It has taken 5 steps.',
      ['answer_run', 'cancel_run'],
    ],
  ])('for %s %j says so, and what ends it', (kind, more, why, next) => {
    const result = waiting(kind, more);
    expect(result.summary).toBe(`The run waits at "b". ${why}`);
    expect(result.waiting).toEqual({ kind, node: 'b', why });
    expect(tools(result)).toEqual(next);
  });

  it.each([
    ['branches', null, 'Its branches are under way.'],
    ['graph', { id: 'other' }, 'Another graph runs as this step.'],
  ])('for %s leads to the children that ask', (kind, graph, why) => {
    const children = { seq: 3, node: 'b', since: 0, graph };
    const phase = { kind: 'joining', cursor, children } as unknown as Phase;
    const result = explained(phase, { children: [{ runId: 'child' }] });
    expect(result.waiting).toEqual({ kind, node: 'b', why });
    expect(result.next[0]).toMatchObject({ tool: 'explain_run', arguments: { run_id: 'child' } });
    expect(tools(result)).toEqual(['explain_run', 'wait_for_run', 'cancel_run']);
  });
});

it.each<[Partial<Phase>, string, string[]]>([
  [{ kind: 'submitted', cursor: null }, 'The run has not begun yet.', ['wait_for_run', 'cancel_run']],
  [{ kind: 'calling', cursor, announced: true }, 'The run is under way.', ['wait_for_run', 'cancel_run']],
  [{ kind: 'completed', cursor: null, finishedAt: 0 }, 'The run has completed.', ['get_run']],
  [
    { kind: 'cancelled', at: { kind: 'calling', cursor, announced: true }, finishedAt: 0 },
    'The run was cancelled. It can be retried from where it stopped.',
    ['retry_run'],
  ],
])('a run in the phase %j has its summary', (phase, summary, next) => {
  const result = explained(phase);
  expect(result.summary).toBe(summary);
  expect(tools(result)).toEqual(next);
});

it('a run that was moved to another version says so', () => {
  const phase = { kind: 'submitted', cursor: null } as const;
  const moved = (by?: string) => {
    const migratedFrom = { version: 3, at: Date.UTC(2026, 0, 1), ...(by !== undefined && { by }) };
    const state = { runId: 'r', graphId: 'g', graphVersion: 4, phase, parent: null, migratedFrom } as RunState;
    return explain({ state, steps: [], waitingChildren: [] }).summary;
  };
  const begun = 'The run has not begun yet. It was moved from version 3 of its graph to 4';
  expect(moved('alice')).toBe(`${begun} by alice, at 2026-01-01T00:00:00.000Z.`);
  expect(moved()).toBe(`${begun}, at 2026-01-01T00:00:00.000Z.`);
});
