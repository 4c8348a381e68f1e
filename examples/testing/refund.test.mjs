import { createTestKit } from 'graphrunner/testing';
import { runMatchers } from 'graphrunner/testing/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

expect.extend(runMatchers);

const GRAPH = new URL('graph.json', import.meta.url);
const ORDER = { input: { order: 17 } };

describe('a refund', () => {
  let total;
  let kit;
  beforeEach(async () => {
    kit = await createTestKit({
      tools: {
        http_request: () => ({ status: 200, body: { total } }),
        refund: (_state, { params }) => ({ refunded: params.total }),
      },
    });
  });
  afterEach(() => kit.close());

  it('of a small sum asks nobody', async () => {
    total = 20;
    const run = await kit.run(GRAPH, ORDER);
    expect(run).toHaveTakenPath(['look', 'refund']);
    expect(run).toHaveCompletedWith({ order: { total: 20 }, refunded: 20 });
  });

  it('of a large sum is for a person to decide', async () => {
    total = 300;
    const run = await kit.run(GRAPH, ORDER);
    expect(run).toBeWaitingFor('input');
    expect(run.waiting.message).toBe('Refund 300 for order 17?');
    expect(run.decisions[0].read).toEqual([{ path: 'data.order.total', value: 300 }]);

    await run.answer(false);
    expect(run).toHaveTakenPath(['look', 'ask']);
    expect(run).toHaveCompletedWith(expect.not.objectContaining({ refunded: 300 }));
  });

  it('fails if nobody has decided in two days', async () => {
    total = 300;
    const run = await kit.run(GRAPH, ORDER);
    await kit.advance('2 days');
    expect(run).toHaveFailedWith('wait_expired');
  });
});
