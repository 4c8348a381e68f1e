import { describe, expect, it } from 'vitest';
import { patchFingerprint, ZERO } from '../../../src/core/base/fingerprint.js';
import type { JsonObject } from '../../../src/core/base/json.js';
import { NO_USAGE } from '../../../src/core/base/usage.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import type { GivenLimits } from '../../../src/core/run/events.js';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { hasBudget } from '../../../src/core/run/limits.js';
import { changesAt, unchangedSince } from '../../../src/core/run/progress.js';
import type { RunState } from '../../../src/core/run/state.js';
import { wait } from '../../../src/core/tool/wait.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

let calls = 0;

const TOOLS = [
  { name: 'same', run: () => ({ draft: { text: ['a'] } }) },
  { name: 'counts', run: () => ({ count: ++calls }) },
  // What it sets is there again each second time.
  { name: 'toggles', run: ({ data }: { data: JsonObject }) => ({ on: data.on !== true }) },
  {
    name: 'pays',
    run: (_: unknown, { usage }: { usage: (used: object) => void }) => {
      usage({ input_tokens: 6, output_tokens: 4, cost_usd: 0.1 });
      return { count: ++calls };
    },
  },
  {
    name: 'pays_and_fails',
    run: (_: unknown, { usage }: { usage: (used: object) => void }) => {
      usage({ input_tokens: 10 });
      throw new Error('boom');
    },
  },
  { name: 'asks', run: () => wait({ kind: 'input', message: '?' }) },
];

/** `a` and `b`, in turns, for ever. */
function loop(a: string, limits: GivenLimits, options: DriverOptions = {}, more: object = {}): RunDriver {
  const nodes = [
    { name: 'a', tool_name: a, ...more },
    { name: 'b', tool_name: 'same' },
  ];
  const edges = [
    { from_node: 'a', to_node: 'b' },
    { from_node: 'b', to_node: 'a' },
  ];
  const { submitted = {} } = options;
  const given = { ...options, submitted: { limits: { max_steps: 20, ...limits }, ...submitted } };
  return new RunDriver(compiled({ entry_point: 'a', nodes, edges }, TOOLS), given);
}

function errorOfEnd(run: RunDriver): [string | undefined, number | null | undefined, number] {
  const { error, stepCount } = run.finish();
  return [error?.code, error?.step, stepCount];
}

describe('a limit', () => {
  it.each<[string, GivenLimits, string, number, string]>([
    ['counts', { max_steps: 3 }, 'max_steps_exceeded', 3, 'The run reached its limit of 3 steps.'],
    ['counts', { max_visits: 1 }, 'max_visits_exceeded', 2, 'limit of 1 visit to a node, at node "a".'],
    ['counts', { max_visits: 2 }, 'max_visits_exceeded', 4, 'limit of 2 visits to a node, at node "a".'],
    ['same', { no_progress: 1 }, 'no_progress', 3, 'it came to node "b" 1 time in a row with data unchanged.'],
    ['same', { no_progress: 2 }, 'no_progress', 5, 'it came to node "b" 2 times in a row with data unchanged.'],
    ['counts', { no_progress: 1 }, 'max_steps_exceeded', 20, 'steps'],
    ['toggles', { no_progress: 1 }, 'max_steps_exceeded', 20, 'steps'],
    ['pays', { max_tokens: 20 }, 'max_tokens_exceeded', 3, 'has used 20 of at most 20 tokens.'],
    ['pays', { max_tokens: 21 }, 'max_tokens_exceeded', 5, 'has used 30 of at most 21 tokens.'],
    ['pays', { max_cost_usd: 0.3 }, 'max_cost_exceeded', 5, 'has cost 0.3 of at most 0.3 US dollars.'],
    ['pays', { max_cost_usd: 0.31, max_tokens: 1000 }, 'max_cost_exceeded', 7, 'has cost 0.4 of at most 0.31'],
  ])('fails a run of %s with %j before the step after it', (tool, limits, code, steps, message) => {
    const run = loop(tool, limits);
    expect(errorOfEnd(run)).toEqual([code, steps + 1, steps]);
    expect(run.view.error?.message).toContain(message);
    // The step that does not begin is in no log, and is counted nowhere.
    expect(run.records.at(-2)?.event).toMatchObject({ type: 'step.completed', next: null });
  });

  it('of visits without progress sees that data is as it was, though it changed in between', () => {
    const nodes = [
      { name: 'a', tool_name: 'toggles' },
      { name: 'b', tool_name: 'toggles' },
    ];
    const edges = [
      { from_node: 'a', to_node: 'b' },
      { from_node: 'b', to_node: 'a' },
    ];
    const limits = { max_steps: 50, no_progress: 3 };
    const run = new RunDriver(compiled({ entry_point: 'a', nodes, edges }, TOOLS), { submitted: { limits } });
    // From the second visit of each on, data is as it was then.
    expect(errorOfEnd(run)[0]).toBe('no_progress');
    expect(run.view.stepCount).toBeLessThan(10);
  });

  it('of tokens is looked at before another attempt', () => {
    const run = loop('pays_and_fails', { max_tokens: 20 }, {}, { retry: { max_attempts: 10, interval_seconds: 0 } });
    expect(errorOfEnd(run)).toEqual(['max_tokens_exceeded', 1, 0]);
    expect(run.types().filter((type) => type === 'step.failed')).toHaveLength(2);
    expect(run.view.usage).toEqual({ input_tokens: 20, output_tokens: 0 });
  });

  it('does not take an answer away', () => {
    const run = loop('asks', { max_tokens: 5 });
    run.finish();
    run.family = { below: { input_tokens: 9, output_tokens: 0 }, above: [] };
    run.answer('yes');
    expect(errorOfEnd(run)).toEqual(['max_tokens_exceeded', 2, 1]);
    expect(run.view.data).toEqual({ a: 'yes' });
  });

  it('counts what runs inside the run have used', () => {
    const run = loop('pays', { max_tokens: 1000 });
    run.family = { below: { input_tokens: 980, output_tokens: 0 }, above: [] };
    expect(errorOfEnd(run)).toEqual(['max_tokens_exceeded', 4, 3]);
  });

  it('of a run above holds for the run too, and is that run’s', () => {
    const run = loop('pays', { on_limit: 'wait' }, { submitted: { budgets_of: ['run-0'] } });
    const guards = { max_tokens: 100 } as const;
    run.family = {
      below: NO_USAGE,
      above: [{ runId: 'run-0', guards, elsewhere: { input_tokens: 80, output_tokens: 0 } }],
    };
    // The run above does not ask, so this one fails.
    expect(errorOfEnd(run)).toEqual(['max_tokens_exceeded', 4, 3]);
    expect(run.view.error?.message).toBe(
      'The run run-0, which this one is inside of, has used 100 of at most 100 tokens.',
    );
  });

  it('before branches stops the run, and not each of them', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name, tool_name: name === 'a' ? 'pays' : 'same' }));
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }];
    const graph = compiled({ entry_point: 'a', nodes, edges: [], parallel_edges }, TOOLS);
    const failing = new RunDriver(graph, { submitted: { limits: { max_steps: 9, max_tokens: 10 } } });
    expect(errorOfEnd(failing)).toEqual(['max_tokens_exceeded', 1, 1]);
    const asking = new RunDriver(graph, { submitted: { limits: { max_steps: 9, max_tokens: 10, on_limit: 'wait' } } });
    expect(asking.finish()).toMatchObject({
      status: 'WAITING',
      waiting: { kind: 'limit', limit: 'max_tokens', node: 'a' },
    });
    expect(asking.lift({ max_tokens: 11 })).toBeUndefined();
    expect(asking.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'branches' } });
    expect(asking.view.visits).toEqual(failing.view.visits);
    // It was called once.
    expect(asking.view.usage.input_tokens).toBe(6);
  });
});

describe('a run that asks at a limit', () => {
  const asking = (limits: GivenLimits, tool = 'counts', options: DriverOptions = {}) =>
    loop(tool, { on_limit: 'wait', ...limits }, options);

  it.each<[string, GivenLimits, GivenLimits, number]>([
    ['counts', { max_steps: 3 }, { max_steps: 5 }, 5],
    ['counts', { max_visits: 2 }, { max_visits: 3 }, 6],
    ['same', { no_progress: 2 }, { no_progress: 3 }, 7],
    ['pays', { max_tokens: 20 }, { max_tokens: 21 }, 5],
    ['pays', { max_cost_usd: 0.1 }, { max_cost_usd: 0.15 }, 3],
  ])('waits with %s and %j, and goes on when it has %j', (tool, limits, higher, steps) => {
    const run = asking(limits, tool);
    const [limit] = Object.keys(limits);
    run.finish();
    expect(run.view).toMatchObject({ status: 'WAITING', waiting: { kind: 'limit', limit, until: null } });
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    expect(run.lift({})).toBe('limits_too_low');
    expect(run.lift(limits as JsonObject)).toBe('limits_too_low');
    expect(run.lift(higher as JsonObject)).toBeUndefined();
    expect(run.view).toMatchObject({ status: 'RUNNING', waiting: null });
    // The new limit is one like the old one.
    expect(run.finish()).toMatchObject({ stepCount: steps, status: 'WAITING', waiting: { limit } });
    expect(fold(blankRun('run-1'), run.records)).toEqual(run.state);
  });

  it('is in its log where it waits, and goes on without a second line', () => {
    const run = asking({ max_steps: 1 });
    run.finish();
    expect(run.types().slice(-2)).toEqual(['step.completed', 'limit.reached']);
    expect(run.records.at(-2)?.event).toMatchObject({ next: 'b' });
    const lines = run.state.logCount;
    run.lift({ max_steps: 2 });
    run.advance();
    expect(run.state.logCount).toBe(lines + 1);
  });

  it('fails at its next limit if it is told not to ask any more', () => {
    const run = asking({ max_steps: 1 });
    run.finish();
    expect(run.lift({ max_steps: 2, on_limit: 'fail' })).toBeUndefined();
    expect(errorOfEnd(run)).toEqual(['max_steps_exceeded', 3, 2]);
    expect(run.state.progress).toBeNull();
  });

  it('keeps its deadline', () => {
    const run = asking({ max_steps: 1, deadline_seconds: 10 });
    run.finish();
    expect(run.decide()).toEqual({ type: 'wait', until: START + 10_000 });
    run.now += 10_000;
    expect(errorOfEnd(run)).toEqual(['deadline_exceeded', 2, 1]);
  });

  it('does not ask about its deadline', () => {
    const run = asking({ deadline_seconds: 10 });
    run.advance();
    run.now += 10_000;
    expect(errorOfEnd(run)[0]).toBe('deadline_exceeded');
  });

  it('asks again after a retry, and fails of nothing that it can ask about', () => {
    const run = asking({ max_steps: 1 });
    run.finish();
    run.append({ type: 'run.cancelled', logs: [] });
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { limit: 'max_steps', node: 'b' } });
  });

  it('is asked at its first call if it is over its limit when it begins', () => {
    const submitted = { budgets_of: ['run-0'] };
    const run = asking({}, 'counts', { submitted });
    const elsewhere = { input_tokens: 100, output_tokens: 0 };
    const guards = { max_tokens: 100, on_limit: 'wait' } as const;
    run.family = { below: NO_USAGE, above: [{ runId: 'run-0', guards, elsewhere }] };
    expect(run.finish()).toMatchObject({
      status: 'WAITING',
      stepCount: 0,
      waiting: { limit: 'max_tokens', limitOf: 'run-0', used: elsewhere, node: 'a' },
    });
    // It is looked at again when the limit of the run above was lifted.
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    run.family = { below: NO_USAGE, above: [{ runId: 'run-0', guards: { max_tokens: 101 }, elsewhere }] };
    expect(run.advance()).toBe(true);
    expect(run.records.at(-1)?.event).toEqual({ type: 'wait.ended', wait_id: 'w3', outcome: 'lifted' });
    run.advance();
    expect(run.view.stepCount).toBe(1);
  });

  it('survives a snapshot where it waits', () => {
    const run = asking({ max_visits: 2, no_progress: 9, max_cost_usd: 5 }, 'pays');
    run.finish();
    const { state } = run;
    const read = readSnapshot(takeSnapshot(state).text, null);
    expect({ ...read, snapshotBytes: 0, journalBytes: state.journalBytes }).toEqual(state);
  });
});

describe('what a person sees of a run at a limit', () => {
  it('is what the last ten visits to the node changed', () => {
    calls = 0;
    const run = loop('counts', { on_limit: 'wait', max_steps: 42 });
    run.finish();
    const changes = changesAt(run.state.progress, 'a');
    expect(changes.map(({ step }) => step)).toEqual([23, 25, 27, 29, 31, 33, 35, 37, 39, 41]);
    expect(changes.at(-1)).toEqual({ step: 41, node: 'a', data: { count: [20, 21] } });
    expect(changesAt(run.state.progress, 'b').at(0)?.data).toEqual({
      draft: [
        { type: 'object', size: 1 },
        { type: 'object', size: 1 },
      ],
    });
    expect(changesAt(run.state.progress, 'c')).toEqual([]);
    expect(changesAt(null, 'a')).toEqual([]);
  });

  it('has at most ten keys of a visit, and long texts as their size', () => {
    const patch = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key_${index}`, 'x'.repeat(300)]));
    const tools = [...TOOLS, { name: 'sets_many', run: () => ({ ...patch, null_key: null }) }];
    const nodes = [{ name: 'a', tool_name: 'sets_many' }];
    const graph = compiled({ entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'a' }] }, tools);
    const run = new RunDriver(graph, { submitted: { limits: { max_steps: 1, on_limit: 'wait' } } });
    run.finish();
    const [visit] = changesAt(run.state.progress, 'a');
    expect(Object.keys(visit?.data ?? {})).toHaveLength(10);
    expect(visit?.data.key_0).toEqual([null, { type: 'string', size: 300 }]);
  });

  it('is kept of the last 200 visits of all nodes', () => {
    const run = loop('counts', { on_limit: 'wait', max_steps: 250 });
    run.finish();
    expect(run.state.progress?.changes).toHaveLength(200);
  });
});

it('what a fork sets is no change of a visit', () => {
  const run = loop('counts', { on_limit: 'wait', max_steps: 3 });
  run.finish();
  const forked_from = { run_id: 'run-0', step: 4 };
  run.append({ type: 'run.forked', forked_from, patch: { more: 1 }, node: 'b', step: 4 });
  expect(changesAt(run.state.progress, 'b').every(({ data }) => !('more' in data))).toBe(true);
});

describe('what a retry sets', () => {
  const retried = (limits: GivenLimits) => {
    const run = loop('same', { on_limit: 'wait', max_steps: 3, no_progress: 9 });
    run.finish();
    run.append({ type: 'run.cancelled', logs: [] });
    run.append({ type: 'run.retried', data: { draft: 1, more: 2 }, limits, step: 4, node: 'b' });
    return run;
  };

  it('is progress, and no change of a visit', () => {
    const run = retried({ max_steps: 4 });
    expect(unchangedSince(run.state.progress, 'b')).toBe(0);
    expect(run.state.progress?.changes).toHaveLength(3);
    run.finish();
    // The fingerprint is that of `data` as it is.
    expect(run.state.data).toEqual({ draft: { text: ['a'] }, more: 2 });
    expect(run.state.progress?.fingerprint).toEqual(patchFingerprint(ZERO, {}, { ...run.state.data }));
  });

  it('is noted by a limit that comes with it', () => {
    const run = loop('same', { max_steps: 1 });
    run.finish();
    const before = { draft: { text: ['a'] } };
    run.append({ type: 'run.retried', data: { draft: 1 }, limits: { max_steps: 2, no_progress: 3 }, next: 'b' });
    const after = patchFingerprint(ZERO, before, { draft: 1 });
    expect(run.state.progress).toMatchObject({ fingerprint: after, entries: { b: { fingerprint: after } } });
  });
});

it('a run that is older than the counts of visits counts them once it has a limit of its own', () => {
  const run = loop('counts', { max_steps: 1 });
  run.finish();
  run.state = { ...run.state, visits: null };
  run.append({ type: 'run.retried', limits: { max_steps: 2 } });
  run.append({ type: 'run.started', next: 'b', step: 2 });
  expect(run.state.visits).toBeNull();
  run.append({ type: 'run.failed', error: { code: 'tool_failed', message: 'm', node: 'b', step: 2 } });
  run.append({ type: 'run.retried', limits: { max_visits: 5 }, next: 'b' });
  expect(run.state.visits).toEqual({ b: 1 });
});

it.each<[Partial<RunState>, boolean]>([
  [{ guards: null, budgetsOf: [] }, false],
  [{ guards: { max_visits: 1 }, budgetsOf: [] }, false],
  [{ guards: { max_tokens: 1 }, budgetsOf: [] }, true],
  [{ guards: { max_cost_usd: 1 }, budgetsOf: [] }, true],
  [{ guards: null, budgetsOf: ['run-0'] }, true],
])('what others have used is read only for a run that has a budget, or takes from one: %j', (changes, isRead) => {
  expect(hasBudget({ ...blankRun('run-1'), ...changes })).toBe(isRead);
});
