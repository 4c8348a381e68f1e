import { join } from 'node:path';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Json } from '../../src/core/base/json.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { FatalError } from '../../src/core/tool/tool-errors.js';
import { createGraphrunner } from '../../src/index.js';
import { createRunTracer } from '../../src/observe/tracing.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { startHttpServer } from '../helpers/http-server.js';
import { startLlmServer } from '../helpers/llm-server.js';
import { recordSpans, traceparentOf } from '../helpers/spans.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`, tracestate: 'vendor=1' };

/** A graph of nodes, one after the other. */
function graphOf(...nodes: { name: string; tool_name: string; [field: string]: Json }[]) {
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: nodes[index]!.name, to_node: name }));
  return { graph_id: 'g', name: 'g', entry_point: nodes[0]!.name, nodes, edges } as never;
}

/** An engine whose spans are recorded, with a graph. */
async function startTraced(graph: never, options: Parameters<typeof startEngineForTest>[0] = {}) {
  const spans = recordSpans();
  const test = await startEngineForTest({ tracer: spans.tracer, ...options });
  await test.engine.createGraph(graph);
  const finish = (runId: string) => test.engine.getState(runId, { waitSeconds: 20 });
  return { ...test, spans, finish };
}

const echo = defineTool({ name: 'echo', run: () => ({ said: 'a secret thing' }) });

describe('a run in a trace', () => {
  it('is a span inside what started it, and the calls of its tools are spans inside that', async () => {
    const graph = graphOf({ name: 'a', tool_name: 'echo' }, { name: 'b', tool_name: 'echo' });
    const { engine, spans } = await startTraced(graph, { definitions: [echo] });
    const { runId } = await engine.startRun({ graphId: 'g', inputData: 'a secret thing', trace: TRACE });
    const [run] = await spans.named('invoke_workflow g');
    expect(run.spanContext()).toMatchObject({ traceId: TRACE_ID });
    expect(run.spanContext().traceState?.serialize()).toBe('vendor=1');
    expect(run.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(run.attributes).toEqual({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.agent.name': 'g',
      'gen_ai.agent.version': '1',
      'graphrunner.run.id': runId,
      'graphrunner.run.status': 'COMPLETED',
    });
    const [a, b] = await spans.named('execute_tool echo', 2);
    for (const call of [a, b!]) expect(call.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
    expect(b!.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'echo',
      'graphrunner.run.id': runId,
      'graphrunner.node': 'b',
      'graphrunner.step': 2,
      'graphrunner.attempt': 1,
      'graphrunner.step.outcome': 'completed',
    });
    expect(JSON.stringify(spans.ended().map((span) => span.attributes))).not.toContain('secret');
  });

  it('begins a trace if nothing traces what started it', async () => {
    const { engine, spans } = await startTraced(graphOf({ name: 'a', tool_name: 'echo' }), { definitions: [echo] });
    await engine.startRun({ graphId: 'g', inputData: null });
    const [run] = await spans.named('invoke_workflow g');
    expect(run.parentSpanContext).toBeUndefined();
  });

  it('shows each attempt that fails by its code, without the message', async () => {
    const fails = defineTool({
      name: 'fails',
      run: (_state, { attempt }) => {
        if (attempt === 1) throw new Error('a secret thing');
        throw new FatalError('a secret thing', { code: 'card_declined' });
      },
    });
    const retry = { max_attempts: 3, interval_seconds: 0.01 };
    const graph = graphOf({ name: 'a', tool_name: 'fails', retry });
    const { engine, spans, finish } = await startTraced(graph, { definitions: [fails] });
    const { runId } = await engine.startRun({ graphId: 'g', inputData: null });
    await finish(runId);
    const [, failed] = await spans.named('invoke_workflow g', 2);
    const calls = await spans.named('execute_tool fails', 2);
    expect(calls.map((call) => call.attributes['error.type'])).toEqual(['tool_failed', 'card_declined']);
    expect(calls.map((call) => call.attributes['graphrunner.attempt'])).toEqual([1, 2]);
    for (const span of [...calls, failed!]) expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(failed!.attributes).toMatchObject({ 'graphrunner.run.status': 'FAILED', 'error.type': 'card_declined' });
    expect(JSON.stringify(spans.ended().map((span) => [span.attributes, span.events]))).not.toContain('secret');
  });

  it('that waits ends its span; the next one is in a trace of its own, with a link to the first', async () => {
    const graph = graphOf({ name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?' } });
    const first = await startTraced(graph);
    const { runId } = await first.engine.startRun({ graphId: 'g', inputData: null, trace: TRACE });
    const [asked] = await first.spans.named('invoke_workflow g');
    expect(asked.attributes).toMatchObject({ 'graphrunner.run.status': 'WAITING' });
    await first.stop();

    // By another process.
    const later = recordSpans();
    const { engine } = await startEngineForTest({ path: first.path, tracer: later.tracer });
    await engine.resumeRun(runId, { payload: 'yes' });
    const [answered] = await later.named('invoke_workflow g');
    expect(answered.parentSpanContext).toBeUndefined();
    expect(answered.spanContext().traceId).not.toBe(TRACE_ID);
    expect(answered.links).toMatchObject([{ context: { traceId: TRACE_ID, spanId: asked.spanContext().spanId } }]);
    expect(answered.attributes).toMatchObject({ 'graphrunner.run.status': 'COMPLETED' });
  });

  it('has the runs inside it inside its span, and one that only looks after them leaves no span', async () => {
    const graph = {
      ...(graphOf({ name: 'fan', tool_name: 'echo' }, { name: 'each', tool_name: 'echo' }) as object),
      edges: [],
      for_each_edges: [
        {
          from_node: 'fan',
          items: '${ [1, 2, 3] }',
          to_node: 'each',
          join_node: 'END',
          collect_as: 'all',
          max_parallel: 1,
        },
      ],
    } as never;
    const { engine, spans, finish } = await startTraced(graph, { definitions: [echo] });
    const { runId } = await engine.startRun({ graphId: 'g', inputData: null });
    await finish(runId);
    // The session that started them, three branches, and the session that joined them.
    const sessions = await spans.named('invoke_workflow g', 5);
    const [parent] = sessions.filter((span) => span.attributes['graphrunner.run.status'] === 'WAITING');
    const branches = sessions.filter((span) => span.attributes['graphrunner.run.parent_id'] === runId);
    expect(branches.map((branch) => branch.parentSpanContext?.spanId)).toEqual(
      Array.from({ length: 3 }, () => parent!.spanContext().spanId),
    );
  });
});

describe('the tools of a run in a trace', () => {
  it('send it to the services that they call, unless the graph says another', async () => {
    const service = await startHttpServer((_request, response) => response.end('{}'));
    const own = { traceparent: '00-11111111111111111111111111111111-2222222222222222-00' };
    const graph = graphOf(
      { name: 'a', tool_name: 'http_request', params: { url: service.url } },
      { name: 'b', tool_name: 'http_request', params: { url: service.url, headers: own } },
    );
    const { engine, spans } = await startTraced(graph);
    await engine.startRun({ graphId: 'g', inputData: null, trace: TRACE });
    await service.arrived(2);
    const [call] = await spans.named('execute_tool http_request', 2);
    const [a, b] = service.received;
    expect(a!.headers).toMatchObject({ traceparent: traceparentOf(call), tracestate: 'vendor=1' });
    expect(b!.headers).toMatchObject(own);
    expect(b!.headers).not.toHaveProperty('tracestate');
  });

  it('show a language model as a span with its tokens, and send it that', async () => {
    const llm = await startLlmServer(() => ({ content: 'two words' }));
    const graph = graphOf({ name: 'a', tool_name: 'llm_chat', params: { model: 'small', prompt: 'one two three' } });
    const { engine, spans } = await startTraced(graph, { llmBaseUrl: llm.baseUrl });
    await engine.startRun({ graphId: 'g', inputData: null });
    const [chat] = await spans.named('chat small');
    const [call] = await spans.named('execute_tool llm_chat');
    expect(chat.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect(chat.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'small',
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': 2,
    });
    expect(call.attributes).not.toHaveProperty('gen_ai.usage.output_tokens');
    expect(llm.requests[0]?.headers.traceparent).toBe(traceparentOf(chat));
    await llm.close();
  });

  it('have what the run was started in, even if this process records nothing, and after a wait too', async () => {
    const seen: unknown[] = [];
    const look = defineTool({ name: 'look', run: (_state, { trace }) => void seen.push(trace) });
    const nodes = ['a', 'b'].map((name) => ({ name, tool_name: 'look' }));
    const graph = graphOf(nodes[0]!, { name: 'wait', tool_name: 'delay', params: { seconds: 0.01 } }, nodes[1]!);
    const { engine, finish } = await startTraced(graph, { definitions: [look], tracer: createRunTracer() });
    const { runId } = await engine.startRun({ graphId: 'g', inputData: null, trace: TRACE });
    await finish(runId);
    const untraced = await engine.startRun({ graphId: 'g', inputData: null });
    await finish(untraced.runId);
    expect(seen).toEqual([TRACE, TRACE, undefined, undefined]);
  });
});

it('a program that records spans by itself finds its runs in them, and the spans of its tools in theirs', async () => {
  const spans = recordSpans(true);
  const own = trace.getTracer('program');
  const works = defineTool({
    name: 'works',
    run: async () => {
      await Promise.resolve();
      own.startSpan('inner').end();
      return {};
    },
  });
  const database = join(temporaryFolder(), 'workflow.db');
  const graphrunner = await createGraphrunner({ database, tools: [works] });
  onTestFinished(() => graphrunner.stop());
  // What is active here says nothing of the runs that are driven later.
  await own.startActiveSpan('program starts', () => graphrunner.start());
  await graphrunner.engine.createGraph(graphOf({ name: 'a', tool_name: 'works' }));
  const request = own.startSpan('request');
  const active = trace.setSpan(context.active(), request);
  const { runId } = await context.with(active, () => graphrunner.engine.startRun({ graphId: 'g', inputData: null }));
  await graphrunner.engine.getState(runId, { waitSeconds: 20 });
  const [run] = await spans.named('invoke_workflow g');
  const [call] = await spans.named('execute_tool works');
  const [inner] = await spans.named('inner');
  expect(run.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
  expect(inner.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
  const later = await graphrunner.engine.startRun({ graphId: 'g', inputData: null });
  await graphrunner.engine.getState(later.runId, { waitSeconds: 20 });
  const [, second] = await spans.named('invoke_workflow g', 2);
  expect(second!.parentSpanContext).toBeUndefined();
});
