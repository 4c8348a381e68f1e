import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import type { GivenLimits } from '../../../src/core/run/events.js';
import { retry } from '../../../src/core/run/requests.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const TOOLS = [{ name: 'same', run: () => ({ done: true }) }];

/** A run that visits `a` for ever, until it comes to a limit. */
function loop(limits: GivenLimits): RunDriver {
  const nodes = [{ name: 'a', tool_name: 'same' }];
  const edges = [{ from_node: 'a', to_node: 'a' }];
  const graph = compiled({ entry_point: 'a', nodes, edges }, TOOLS);
  const run = new RunDriver(graph, { submitted: { limits: { max_steps: 10, ...limits } } });
  run.finish();
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
