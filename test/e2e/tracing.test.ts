import { expect, it } from 'vitest';
import { startHttpServer } from '../helpers/http-server.js';
import { readSpans } from '../helpers/otlp.js';
import { startServer } from '../helpers/server-process.js';
import { chain } from '../helpers/tools.js';
import { ask, waitForLog, waitForRest } from './client.js';
import { openGate } from './gate.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;

it('spans arrive at a collector, those of a run that goes on after a kill -9 with a link to its start', async () => {
  const collector = await startHttpServer((_request, response) => response.end());
  const gate = await openGate();
  const env = { ...gate.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const first = await startServer(gate.folder, env);
  await ask(first, 'POST /graph/create', chain('pair', 'after', 'held'));
  const { body } = await ask(first, 'POST /graph/run', { graph_id: 'pair' }, { traceparent });
  await gate.called(1);
  await first.end('SIGKILL');

  const second = await startServer(gate.folder, { ...env, OTEL_SERVICE_NAME: 'orders' });
  (await gate.called(2)).answer({ done: true });
  expect(await waitForRest(second, body.run_id)).toMatchObject({ status: 'COMPLETED' });
  // The stop sends what has not been sent.
  expect(await second.end('SIGTERM')).toBe(0);
  expect(collector.received.map(({ method, url }) => `${method} ${url}`)).toContain('POST /v1/traces');
  const spans = collector.received.flatMap(({ bytes }) => readSpans(bytes));
  const session = spans.find(({ service, name }) => service === 'orders' && name === 'invoke_workflow pair');
  expect(session).toMatchObject({
    parentSpanId: '',
    links: [{ traceId: TRACE_ID }],
    attributes: { 'graphrunner.run.id': body.run_id, 'graphrunner.run.status': 'COMPLETED' },
  });
  const call = spans.find(({ service, name }) => service === 'orders' && name === 'execute_tool held');
  expect(call).toMatchObject({ traceId: session?.traceId, parentSpanId: session?.spanId });
});

it('a collector that is not there is warned of once, and holds up neither runs nor the stop', async () => {
  const gate = await openGate();
  // The variables are those of the SDK: it gives up soon, and tries each batch at once.
  const sdk = { OTEL_EXPORTER_OTLP_TIMEOUT: '200', OTEL_BSP_SCHEDULE_DELAY: '50' };
  const server = await startServer(gate.folder, {
    ...gate.env,
    ...sdk,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  });
  await ask(server, 'POST /graph/create', chain('one', 'after'));
  const run = async () => (await ask(server, 'POST /graph/run?wait=10', { graph_id: 'one' })).body;
  expect(await run()).toMatchObject({ status: 'COMPLETED' });
  const warning = await waitForLog(server, 'spans cannot be exported, and are dropped; runs are not affected');
  expect(warning).toMatchObject({ level: 40, reason: expect.stringContaining('ECONNREFUSED') });
  expect(await run()).toMatchObject({ status: 'COMPLETED' });
  expect(await server.end('SIGTERM')).toBe(0);
  expect(server.lines.filter((line) => line.includes('spans cannot be exported'))).toHaveLength(1);
});
