import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import type { GivenLimits } from '../../../src/core/run/events.js';
import { retry } from '../../../src/core/run/requests.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const TOOLS = [
  { name: 'same', run: () => ({ done: true }) },
  {
    name: 'pays_and_fails',
    run: (_: unknown, { usage }: { usage: (used: object) => void }) => {
      usage({ input_tokens: 10 });
      throw new Error('boom');
    },
  },
];

/** A run that visits `a` for ever, until it comes to a limit. */
function loop(limits: GivenLimits): RunDriver {
  const nodes = [{ name: 'a', tool_name: 'same' }];
  const edges = [{ from_node: 'a', to_node: 'a' }];
  const graph = compiled({ entry_point: 'a', nodes, edges }, TOOLS);
  const run = new RunDriver(graph, { submitted: { limits: { max_steps: 10, ...limits } } });
  run.finish();
  return run;
}

/** A run whose first step has failed, with what it used. */
function failed(limits: GivenLimits, edges: readonly object[] = []): RunDriver {
  const nodes = [
    { name: 'a', tool_name: 'pays_and_fails' },
    { name: 'b', tool_name: 'same' },
  ];
  const graph = compiled({ entry_point: 'a', nodes, edges }, TOOLS);
  const run = new RunDriver(graph, { submitted: { limits: { max_steps: 10, ...limits } } });
  expect(run.finish().error?.code).toBe('tool_failed');
  return run;
}

function retryWith(run: RunDriver, how: { data?: JsonObject; result?: JsonObject; limits?: GivenLimits }) {
  return retry(run.state, { isGraphDeleted: false, family: run.family, ...how }, START);
}

function codeOf(run: RunDriver, how: Parameters<typeof retryWith>[1]): string | undefined {
  return retryWith(run, how).refusal?.code;
}

describe('a retry with data', () => {
  it('of a run that made no progress needs no higher limit if the data changes something', () => {
    const run = loop({ no_progress: 1 });
    expect([codeOf(run, {}), codeOf(run, { data: { done: true } })]).toEqual(['limits_too_low', 'limits_too_low']);
    run.append(...(retryWith(run, { data: { done: false } }).events ?? []));
    expect(run.finish()).toMatchObject({ stepCount: 4, error: { code: 'no_progress' } });
  });

  it('is looked at in a visit that has begun, too', () => {
    const run = loop({ no_progress: 1, on_limit: 'wait' });
    run.append({ type: 'run.cancelled', logs: [] });
    const limits = { on_limit: 'fail' } as const;
    expect([codeOf(run, { limits }), codeOf(run, { limits, data: { more: 1 } })]).toEqual([
      'limits_too_low',
      undefined,
    ]);
  });
});

describe('a retry with the result of a step that used up a budget', () => {
  const result = { done: 1 };

  it('is taken: no tool is called again', () => {
    const run = failed({ max_tokens: 10 });
    expect(codeOf(run, {})).toBe('limits_too_low');
    run.append(...(retryWith(run, { result }).events ?? []));
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: result, usage: { input_tokens: 10 } });
  });

  it('comes to the limit before the next step', () => {
    const run = failed({ max_tokens: 10 }, [{ from_node: 'a', to_node: 'b' }]);
    run.append(...(retryWith(run, { result }).events ?? []));
    expect(run.finish()).toMatchObject({ error: { code: 'max_tokens_exceeded', step: 2 }, data: result });
  });

  it('is refused if the step itself would be one too many', () => {
    const run = failed({ max_tokens: 10 });
    run.state = { ...run.state, maxSteps: 0 };
    expect(codeOf(run, { result })).toBe('limits_too_low');
  });
});
