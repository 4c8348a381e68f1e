import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import type { Guards } from '../../../src/core/base/run-options.js';
import { NO_USAGE } from '../../../src/core/base/usage.js';
import { startBranch, startGraphRun } from '../../../src/core/run/children.js';
import type { GivenLimits } from '../../../src/core/run/events.js';
import { copyEvent, openFork } from '../../../src/core/run/fork.js';
import { isLimited, liftLimits, liftLimitsAbove, schemaOfLift } from '../../../src/core/run/lift-limits.js';
import { findLimitOnward } from '../../../src/core/run/limits.js';
import { missingAt } from '../../../src/core/run/missing.js';
import { pause, unpause } from '../../../src/core/run/pause.js';
import { answer, cancel, restartChild, retry } from '../../../src/core/run/requests.js';
import { type Children, type RunState, waitOf } from '../../../src/core/run/state.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { Walker } from '../../../src/diagram/walk.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const TOOLS = [
  {
    name: 'pays',
    run: (_: unknown, { usage }: { usage: (used: object) => void }) => {
      usage({ input_tokens: 10, cost_usd: 0.25 });
      return { done: true };
    },
  },
];
const nodes = [{ name: 'a', tool_name: 'pays' }];
const graph = compiled({ entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'a' }] }, TOOLS);

function run(limits: GivenLimits, submitted: object = {}): RunDriver {
  const driver = new RunDriver(graph, { submitted: { limits: { max_steps: 10, ...limits }, ...submitted } });
  driver.finish();
  return driver;
}

/** What lifting a limit comes to: the pointers of what is wrong with it, or the code of the refusal. */
function lift({ state }: RunDriver, payload: Json, waitId?: string): unknown {
  if (!isLimited(state)) throw new Error('not at a limit');
  const { events, refusal } = liftLimits(state, { payload, waitId }, undefined);
  if (refusal === undefined) return events;
  return refusal.problems?.map(({ pointer, code }) => [pointer, code]) ?? refusal.code;
}

describe('lifting a limit', () => {
  const waiting = run({ on_limit: 'wait', max_steps: 1 });

  it.each<[Json, unknown]>([
    [1, [['/payload', 'invalid_type']]],
    [{}, [['/payload/limits', 'required']]],
    [{ limits: { max_steps: 0 } }, [['/payload/limits/max_steps', 'too_small']]],
    [{ limits: { max_step: 5 } }, [['/payload/limits/max_step', 'unknown_key']]],
    [{ limits: { max_steps: 5, deadline_seconds: 5 } }, [['/payload/limits/deadline_seconds', 'unknown_key']]],
    [{ limits: { max_steps: 5 }, more: 1 }, [['/payload/more', 'unknown_key']]],
    [{ limits: { max_steps: 1 } }, 'limits_too_low'],
    [{ limits: { max_steps: 5, max_tokens: 10 } }, 'limits_too_low'],
    [{ limits: { max_steps: 5, max_visits: 1 } }, 'limits_too_low'],
  ])('takes no %j', (payload, refused) => {
    expect(lift(waiting, payload)).toEqual(refused);
  });

  it('is for the wait that is open', () => {
    const payload = { limits: { max_steps: 2 } };
    expect(lift(waiting, payload, 'w2')).toBe('run_not_waiting');
    expect(lift(waiting, payload, waitOf(waiting.state)?.id)).toHaveLength(2);
  });

  it('is no answer to a question', () => {
    expect(answer(waiting.state, { payload: 1 }, START).refusal?.code).toBe('run_not_waiting');
  });

  it('counts what runs inside the run have used', () => {
    const driver = run({ on_limit: 'wait', max_tokens: 10 });
    driver.family = { below: { input_tokens: 20, output_tokens: 0 }, above: [] };
    expect(driver.lift({ max_tokens: 30 })).toBe('limits_too_low');
    expect(driver.lift({ max_tokens: 31 })).toBeUndefined();
  });

  it('keeps the limits that are not given', () => {
    const driver = run({ on_limit: 'wait', max_steps: 1, max_cost_usd: 7, max_visits: 9 });
    driver.lift({ max_steps: 2, max_visits: 8, no_progress: 5 });
    expect(driver.state).toMatchObject({
      maxSteps: 2,
      guards: { max_cost_usd: 7, max_visits: 8, no_progress: 5, on_limit: 'wait' },
    });
    expect(driver.state.progress?.fingerprint).toEqual([0, 0]);
  });

  it.each<[GivenLimits, Json]>([
    [{ max_steps: 1 }, { max_steps: { type: 'integer', minimum: 2 } }],
    [{ max_visits: 1 }, { max_visits: { type: 'integer', minimum: 2 } }],
    [{ no_progress: 1 }, { no_progress: { type: 'integer', minimum: 2 } }],
    [{ max_tokens: 15 }, { max_tokens: { type: 'integer', minimum: 21 } }],
    [{ max_cost_usd: 0.25 }, { max_cost_usd: { type: 'number', exclusiveMinimum: 0.25 } }],
  ])('with %j is asked for with a schema', (limits, properties) => {
    const { state } = run({ on_limit: 'wait', ...limits });
    const required = Object.keys(limits);
    expect(schemaOfLift(state, waitOf(state)!)).toEqual({
      type: 'object',
      required: ['limits'],
      properties: { limits: { type: 'object', required, properties } },
    });
  });

  it('has a schema even if the event does not say what was used, and none for other waits', () => {
    const { state } = waiting;
    const wait = waitOf(state)!;
    expect(schemaOfLift(state, { ...wait, limit: 'max_tokens' })).toMatchObject({
      properties: { limits: { properties: { max_tokens: { minimum: 1 } } } },
    });
    expect(schemaOfLift(state, { ...wait, limit: 'max_cost_usd' })).toMatchObject({
      properties: { limits: { properties: { max_cost_usd: { exclusiveMinimum: 0 } } } },
    });
    const { limit: _, ...other } = wait;
    expect(schemaOfLift(state, other)).toBeNull();
    expect(schemaOfLift({ ...state, phase: { kind: 'submitted', cursor: null } }, wait)).toBeNull();
  });
});

describe('lifting the limit of a run above', () => {
  const guards = { max_tokens: 100, on_limit: 'wait' } as const;
  const child = new RunDriver(graph, { submitted: { limits: { max_steps: 9 }, budgets_of: ['run-0'] } });
  const elsewhere = { input_tokens: 100, output_tokens: 0 };
  child.family = { below: NO_USAGE, above: [{ runId: 'run-0', guards, elsewhere }] };
  child.finish();
  const owner: RunState = { ...run({}).state, runId: 'run-0', guards, phase: { kind: 'submitted', cursor: null } };
  const liftAbove = (payload: Json, state = owner, waitId?: string) => {
    if (!isLimited(child.state)) throw new Error('not at a limit');
    return liftLimitsAbove(child.state, state, { payload, waitId }, { input_tokens: 120, output_tokens: 0 });
  };

  it('is one event of that run, and the end of the wait', () => {
    const limits = { max_tokens: 121 };
    expect(liftAbove({ limits }, owner, 'w3')).toEqual({
      owner: [{ type: 'limits.lifted', limits }],
      waiting: [{ type: 'wait.ended', wait_id: 'w3', outcome: 'lifted' }],
    });
    expect(liftAbove({ limits }, { ...owner, guards: null })).toMatchObject({ owner: [{ limits }] });
    expect(liftAbove({ limits: {} }, { ...owner, guards: null })).toMatchObject({ owner: [{ limits: {} }] });
  });

  it.each<[Json, string]>([
    [{ limits: { max_tokens: 120 } }, 'limits_too_low'],
    [{ limits: {} }, 'limits_too_low'],
    [{ limits: { max_tokens: 500, max_steps: 5 } }, 'invalid_answer'],
    [1, 'invalid_answer'],
  ])('takes no %j', (payload, code) => {
    expect(liftAbove(payload)).toMatchObject({ refusal: { code } });
  });

  it('is too late once that run has ended, and for another wait', () => {
    const ended: RunState = { ...owner, phase: { kind: 'completed', cursor: null, finishedAt: START } };
    expect(liftAbove({ limits: { max_tokens: 500 } }, ended)).toMatchObject({ refusal: { code: 'run_finished' } });
    const other = liftAbove({ limits: { max_tokens: 500 } }, owner, 'w9');
    expect(other).toMatchObject({ refusal: { code: 'run_not_waiting' } });
  });
});

describe('a run at a limit', () => {
  it('is cancelled at once', () => {
    const driver = run({ on_limit: 'wait', max_steps: 1 });
    driver.append(...(cancel(driver.state).events ?? []));
    expect(driver.view).toMatchObject({ status: 'CANCELLED', cursor: { node: 'a', step: 2 } });
  });

  it('rests once its limit is lifted if it was paused meanwhile', () => {
    const driver = run({ on_limit: 'wait', max_steps: 1 });
    driver.append(...(pause(driver.state).events ?? []));
    expect(driver.decide()).toEqual({ type: 'wait', until: null });
    driver.lift({ max_steps: 2 });
    expect(driver.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'paused' }, stepCount: 1 });
    driver.append(...(unpause(driver.state).events ?? []));
    expect(driver.finish()).toMatchObject({ stepCount: 2, waiting: { kind: 'limit' } });
  });

  it('stays there if it is unpaused', () => {
    const driver = run({ on_limit: 'wait', max_steps: 1 });
    driver.append(...(pause(driver.state).events ?? []));
    driver.append(...(unpause(driver.state).events ?? []));
    expect(driver.view).toMatchObject({ paused: false, waiting: { kind: 'limit' } });
  });

  it('needs no tool', () => {
    const driver = run({ on_limit: 'wait', max_steps: 1 });
    const without = compiled({ entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'a' }] }, []);
    expect(missingAt(without, driver.state)).toEqual([]);
    driver.lift({ max_steps: 2 });
    expect(missingAt(without, driver.state)).toEqual(['pays']);
  });

  it('is shown waiting, by steps and diagrams, and at work after that, in the same attempt', () => {
    const show = ({ records }: RunDriver) => {
      const [steps, walker] = [new StepReader(0), new Walker()];
      for (const record of records) {
        steps.read(record);
        walker.read(record);
      }
      return [steps.current?.status, steps.current?.attempts, walker.state];
    };
    const tools = [
      {
        name: 'pays',
        run: (_: unknown, { usage }: { usage: (used: object) => void }) => {
          usage({ input_tokens: 10 });
          throw new Error('boom');
        },
      },
    ];
    const failing = compiled(
      { entry_point: 'a', nodes: [{ ...nodes[0], retry: { max_attempts: 9, interval_seconds: 0 } }], edges: [] },
      tools,
    );
    const limits = { max_steps: 5, max_tokens: 10, on_limit: 'wait' } as const;
    const driver = new RunDriver(failing, { submitted: { limits } });
    driver.finish();
    expect(show(driver)).toEqual(['WAITING', 1, 'waiting']);
    driver.lift({ max_tokens: 20 });
    expect(show(driver)).toEqual(['RUNNING', 1, 'active']);
    driver.append({ type: 'run.cancelled', logs: [] });
    expect(show(driver)).toEqual(['CANCELLED', 1, 'cancelled']);
  });

  it('is asked nothing by an event that comes where it cannot be', () => {
    const driver = run({ max_steps: 1 });
    const { phase } = driver.state;
    driver.append({ type: 'limit.reached', limit: 'max_steps', message: 'm', step: 2, node: 'a' });
    expect(driver.state.phase).toEqual(phase);
  });
});

describe('a retry', () => {
  const tooLow = (driver: RunDriver, limits?: GivenLimits) => {
    const { events, refusal } = retry(driver.state, { limits, isGraphDeleted: false, family: driver.family }, START);
    return refusal?.message ?? events?.length;
  };

  it.each<[GivenLimits, GivenLimits, GivenLimits, string]>([
    [{ max_steps: 1 }, { max_steps: 1 }, { max_steps: 2 }, 'goes on with step 2; give it limits.max_steps of at least'],
    [{ max_visits: 1 }, { max_steps: 5 }, { max_visits: 2 }, 'Give it a higher limits.max_visits.'],
    [{ no_progress: 1 }, { no_progress: 1 }, { no_progress: 2 }, 'Give it a higher limits.no_progress.'],
    [{ max_tokens: 10 }, { max_tokens: 10 }, { max_tokens: 11 }, 'Give it a higher limits.max_tokens.'],
    [{ max_cost_usd: 0.1 }, {}, { max_cost_usd: 0.3 }, 'Give it a higher limits.max_cost_usd.'],
  ])('after %j needs more than %j: %j', (limits, same, higher, message) => {
    const driver = run(limits);
    expect(tooLow(driver)).toContain(message);
    expect(tooLow(driver, same)).toContain(message);
    expect(tooLow(driver, higher)).toBe(1);
    driver.retry(higher);
    expect(driver.finish()).toMatchObject({ status: 'FAILED' });
    expect(driver.view.stepCount).toBeGreaterThan(1);
  });

  it('may have it ask instead', () => {
    const driver = run({ max_steps: 1 });
    driver.retry({ on_limit: 'wait' });
    expect(driver.finish()).toMatchObject({ status: 'WAITING', waiting: { limit: 'max_steps' } });
  });

  it('counts what runs inside the run have used', () => {
    const driver = run({ max_steps: 1, max_tokens: 100 });
    driver.family = { below: { input_tokens: 200, output_tokens: 0 }, above: [] };
    expect(tooLow(driver, { max_steps: 5 })).toContain('used 210 of at most 100 tokens');
  });

  it('before the run has begun looks at what is spent', () => {
    const family = { below: { input_tokens: 200, output_tokens: 0 }, above: [] };
    const { state } = new RunDriver(graph, { submitted: { limits: { max_steps: 1, max_tokens: 100 } } });
    expect(findLimitOnward(state, family)?.limit).toBe('max_tokens');
    expect(findLimitOnward(state, undefined)).toBeUndefined();
  });

  it('is not kept from a visit that is over by how often its node was visited', () => {
    const { state } = run({ max_steps: 10 });
    const cursor = { node: 'a', step: 3, attempt: 1, tries: 1 };
    const at: RunState = { ...state, guards: { max_visits: 1 }, phase: { kind: 'routing', cursor } };
    expect(findLimitOnward(at, undefined)).toBeUndefined();
    const calling: RunState = { ...at, phase: { kind: 'calling', cursor, announced: true } };
    expect(findLimitOnward(calling, undefined)?.limit).toBe('max_visits');
  });
});

describe('a child', () => {
  const children: Children = {
    seq: 5,
    kind: 'parallel',
    node: 'a',
    since: 0,
    count: 1,
    toNodes: ['a'],
    joinNode: 'b',
    graph: null,
    retriedSeq: null,
  };
  const guards = { max_tokens: 9, max_cost_usd: 1, max_visits: 3, no_progress: 4, on_limit: 'wait' } as const;
  const parent: RunState = { ...run({}).state, runId: 'run-0', budgetsOf: ['top'], guards };

  it('that is a branch has the limits of its parent that are counted for each run, and takes from the others', () => {
    expect(startBranch(parent, children, 0, null)).toMatchObject({
      limits: { max_steps: 10, max_visits: 3, no_progress: 4, on_limit: 'wait' },
      budgets_of: ['top', 'run-0'],
    });
    expect(startBranch(parent, children, 0, null).limits).not.toHaveProperty('max_tokens');
  });

  it('that runs a graph has limits of its own, and takes from those above', () => {
    const called: Children = {
      ...children,
      kind: 'graph',
      graph: { id: 'g', version: 1, input: null, saveAs: 'a', limits: { max_tokens: 3 } },
    };
    expect(startGraphRun(parent, called, 0, { max_tokens: 5, max_visits: 7 }, START)).toMatchObject({
      limits: { max_steps: 1000, max_tokens: 3, max_visits: 7 },
      budgets_of: ['top', 'run-0'],
    });
  });

  it('takes from nobody if nobody above has such a limit', () => {
    const free: RunState = { ...parent, budgetsOf: [], guards: { max_visits: 3 } };
    expect(startBranch(free, children, 0, null)).not.toHaveProperty('budgets_of');
    expect(startBranch({ ...free, guards: null }, children, 0, null).limits).toEqual({ max_steps: 10 });
  });

  const link = (kind: 'branch' | 'graph') => ({ run_id: 'run-0', seq: 7, index: 0, depth: 1, kind });

  it('that runs a graph keeps its limits when its parent was retried, but for the higher one of steps', () => {
    const own = { max_visits: 2, no_progress: 3, max_tokens: 5, max_cost_usd: 0.5, on_limit: 'fail' } as const;
    const child: RunState = { ...run({ max_steps: 4 }).state, guards: own, parent: link('graph') };
    const restarted = restartChild(child, parent, 7, START);
    expect(restarted).toMatchObject({ budgets_of: ['top', 'run-0'] });
    expect(restarted.limits).toEqual({ max_steps: 10 });
  });

  it('that is a branch has the limits of its parent anew when that was retried, unless it was given more', () => {
    const child: RunState = { ...run({}).state, parent: link('branch') };
    const restartedWith = (guards: Guards | null) => restartChild({ ...child, guards }, parent, 7, START);
    expect(restartedWith(null)).toMatchObject({ budgets_of: ['top', 'run-0'] });
    const all = { max_steps: 10, max_visits: 3, no_progress: 4, on_limit: 'wait' };
    expect(restartedWith(null).limits).toEqual(all);
    expect(restartedWith({ max_visits: 2, max_tokens: 5, on_limit: 'fail' }).limits).toEqual(all);
    expect(restartedWith({ max_visits: 2, no_progress: 9 }).limits).toEqual({ ...all, no_progress: 9 });
    const free: RunState = { ...parent, guards: null };
    expect(restartChild({ ...child, guards: { max_visits: 2 } }, free, 7, START).limits).toEqual({ max_steps: 10 });
    const driver = run({}, { parent: link('branch') });
    driver.append(restartChild(driver.state, parent, 7, START));
    expect(driver.state).toMatchObject({
      budgetsOf: ['top', 'run-0'],
      guards: { max_visits: 3, no_progress: 4, on_limit: 'wait' },
    });
  });
});

it('a fork has the limits of its original, and copies no wait at a limit', () => {
  const driver = run({ on_limit: 'wait', max_steps: 1, max_cost_usd: 8 });
  driver.lift({ max_steps: 3 });
  driver.finish();
  let { state } = openFork(driver.state, graph, 'run-2', START);
  expect(state).toMatchObject({ maxSteps: 3, guards: { on_limit: 'wait', max_cost_usd: 8 } });
  const types: string[] = [];
  for (const record of driver.records) {
    const copied = copyEvent(state, 3, record);
    types.push(...copied.records.map(({ event }) => event.type));
    state = copied.state;
    if (copied.node !== undefined) break;
  }
  expect(types).toEqual(['run.started', 'step.completed', 'step.completed']);
  // The step that the fork begins with is counted when it begins.
  expect(state.visits).toEqual({ a: 2 });
});
