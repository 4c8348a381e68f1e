import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';
import { newRun } from '../store/runs.js';

describe('the metrics', () => {
  const held = heldTool('held');
  const fails = { name: 'fails', run: () => Promise.reject(new Error('no')) };
  const metrics = createMetrics({
    queued: () => server.queue.depth(),
    countUnfinished: () => server.store.countUnfinishedRuns(),
  });
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      definitions: [held.tool, fails],
      maxConcurrentRuns: 1,
      onCommit: metrics.committed,
      onStep: metrics.stepEnded,
      renderMetrics: metrics.render,
      apiKeys: ['key'],
    });
    await server.engine.createGraph(chain('holds', 'held'));
    await server.engine.createGraph(chain('fails', 'fails'));
  });
  afterAll(() => server.stop());

  const read = async (): Promise<string> =>
    (await server.ask('GET /metrics', undefined, { authorization: 'Bearer key' })).text;

  it('count runs, steps, the queue and commits', async () => {
    const first = await server.engine.startRun({ graphId: 'holds', inputData: null });
    await held.called(1);
    const second = await server.engine.startRun({ graphId: 'fails', inputData: null });
    const during = await read();
    expect(during).toContain('graphrunner_runs_active{status="RUNNING"} 1');
    expect(during).toContain('graphrunner_runs_active{status="SUBMITTED"} 1');
    expect(during).toContain('graphrunner_runs_active{status="WAITING"} 0');
    expect(during).toContain('graphrunner_queue_depth 1');
    held.release({});
    await server.engine.getState(first.runId, { waitSeconds: 10 });
    await server.engine.getState(second.runId, { waitSeconds: 10 });
    const after = await read();
    for (const line of [
      'graphrunner_runs_active{status="RUNNING"} 0',
      'graphrunner_runs_finished_total{status="COMPLETED"} 1',
      'graphrunner_runs_finished_total{status="FAILED"} 1',
      'graphrunner_steps_total{tool="held",outcome="completed"} 1',
      'graphrunner_steps_total{tool="fails",outcome="failed"} 1',
      'graphrunner_step_duration_seconds_count{tool="held"} 1',
      'graphrunner_queue_depth 0',
    ]) {
      expect(after).toContain(line);
    }
    expect(after).toMatch(/graphrunner_commit_units_count [1-9]/);
    expect(Number(/^graphrunner_commit_duration_seconds_sum (\S+)$/m.exec(after)?.[1])).toBeGreaterThan(0);
    expect(after).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(after).toContain('process_resident_memory_bytes');
  });

  it('tell calls that park their run from those that complete a step', async () => {
    const graph = chain('asks', 'wait_for_input', 'set_data');
    const nodes = graph.nodes.map((node) => ({
      ...node,
      params: node.name === 'set_data' ? { values: {} } : { message: 'Well?' },
    }));
    await server.engine.createGraph({ ...graph, nodes });
    const { runId } = await server.engine.startRun({ graphId: 'asks', inputData: null });
    await server.engine.getState(runId, { waitSeconds: 10 });
    await server.engine.resumeRun(runId, { payload: 'yes' });
    await server.engine.getState(runId, { waitSeconds: 10 });
    const text = await read();
    expect(text).toContain('graphrunner_steps_total{tool="wait_for_input",outcome="waiting"} 1');
    expect(text).not.toContain('graphrunner_steps_total{tool="wait_for_input",outcome="completed"}');
    expect(text).toContain('graphrunner_steps_total{tool="set_data",outcome="completed"} 1');
  });

  it('count the runs under way that are stored, whoever stored them', async () => {
    const graph = await server.engine.getGraph('holds');
    const other = newRun({ graphId: 'holds', graphVersion: graph.version });
    await server.store.commit({ appends: [other] });
    expect(await read()).toContain('graphrunner_runs_active{status="SUBMITTED"} 1');
    await server.engine.cancelRun(other.state.runId);
    expect(await read()).toContain('graphrunner_runs_active{status="SUBMITTED"} 0');
    expect(await read()).toContain('graphrunner_runs_finished_total{status="CANCELLED"} 1');
  });

  it('need a key, since names of tools are data', async () => {
    expect((await server.ask('GET /metrics')).status).toBe(401);
  });
});
