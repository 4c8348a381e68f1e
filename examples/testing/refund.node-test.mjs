import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createTestKit } from 'graphrunner/testing';
import { assertCompletedWith, assertFailedWith, assertTakenPath, assertWaitingFor } from 'graphrunner/testing/node';

const GRAPH = new URL('graph.json', import.meta.url);
const refund = (_state, { params }) => ({ refunded: params.total });

test('a shop that is down is asked again', async () => {
  const answers = [{ status: 503 }, { body: { total: 20 } }];
  const kit = await createTestKit({ tools: { http_request: answers, refund } });
  const run = await kit.run(GRAPH, { input: { order: 17 } });
  assertWaitingFor(run, 'retry');

  await kit.advance('30 seconds');
  assertTakenPath(run, ['look', 'refund']);
  assertCompletedWith(run, { order: { total: 20 }, refunded: 20 });
  equal(run.calls.filter(({ tool }) => tool === 'http_request').length, 2);
  await kit.close();
});

test('an order that is not there is not refunded', async () => {
  const kit = await createTestKit({ tools: { http_request: { status: 404 }, refund } });
  const run = await kit.run(GRAPH, { input: { order: 18 } });
  assertFailedWith(run, 'http_status');
  equal(run.calls.length, 1);
  await kit.close();
});
