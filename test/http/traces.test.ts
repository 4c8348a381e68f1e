import { expect, it, onTestFinished } from 'vitest';
import { startTestServer, type TestServerOptions } from '../helpers/server.js';
import { recordSpans } from '../helpers/spans.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const RUN = { graph_id: 'demo-review', input_data: 'def f(): pass' };

async function startForTest(options: TestServerOptions = {}) {
  const server = await startTestServer(options);
  onTestFinished(() => server.stop(0));
  /** The first event of a run that is started with these headers. */
  const startWith = async (headers: Record<string, string>) => {
    const { body } = await server.ask('POST /graph/run', RUN, headers);
    const [submitted] = await server.store.readEvents(body.run_id, 0, 1);
    return submitted?.event;
  };
  return { ...server, startWith };
}

it('the start of a run takes the trace that its headers name', async () => {
  const { startWith } = await startForTest();
  const tracestate = 'vendor=1';
  const submitted = await startWith({ traceparent, tracestate });
  expect(submitted).toMatchObject({ type: 'run.submitted', trace: { traceparent, tracestate } });
});

it('headers of a trace that are not valid are ignored', async () => {
  const { startWith } = await startForTest();
  const submitted = await startWith({ traceparent: '00-nothing', tracestate: 'vendor=1' });
  expect(submitted).toMatchObject({ type: 'run.submitted', graph_id: 'demo-review' });
  expect(submitted).not.toHaveProperty('trace');
});

it('a process that traces its requests has a nearer span, which a schedule or a hook never takes', async () => {
  const nearer = { traceparent: '00-11111111111111111111111111111111-2222222222222222-01' };
  const tracer = { ...recordSpans().tracer, current: () => nearer };
  const { startWith, engine } = await startForTest({ tracer });
  expect(await startWith({ traceparent })).toMatchObject({ trace: nearer });
  const startedBy = { kind: 'schedule', id: 'nightly' } as const;
  const { runId } = await engine.startRun({ graphId: 'demo-review', inputData: null, startedBy });
  const { trace } = (await engine.getState(runId, { waitSeconds: 10 })).state;
  expect(trace?.traceparent).not.toContain('1111');
});
