import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToolContext } from '../../src/core/tool/tool.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { lintMetrics } from '../helpers/lint-metrics.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { newRun } from '../store/runs.js';

describe('the metrics', () => {
  /** How far the clock of the metrics is ahead of the clock of the runs. */
  let aheadMs = 0;
  const held = heldTool('held');
  const asks = {
    name: 'asks_model',
    run: (_state: unknown, { usage, attempt }: ToolContext) => {
      usage({ input_tokens: 10, output_tokens: 3 });
      if (attempt === 1) throw new Error('once more');
      return {};
    },
  };
  const fails = { name: 'fails', run: () => Promise.reject(new Error('no')) };
  const metrics = createMetrics({
    queued: () => server.queue.depth(),
    countUnfinished: () => server.store.countUnfinishedRuns(),
    findOldest: () => server.store.findOldestUnfinished(),
    countDeliveries: () => server.store.deliveries.countPending(),
    findOldestQueued: () => server.store.findOldestQueued(),
    now: () => Date.now() + aheadMs,
  });
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      definitions: [held.tool, fails, asks],
      maxConcurrentRuns: 1,
      onCommit: metrics.committed,
      onStep: metrics.stepEnded,
      onCallback: metrics.callbackTried,
      secrets: { HOOK: 'c2VjcmV0' },
      renderMetrics: metrics.render,
      onAnswered: metrics.answered,
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

  it('count tries of callbacks, and what is pending with its age', async () => {
    expect(await read()).toContain('graphrunner_deliveries_pending 0\n');
    expect(await read()).toContain('graphrunner_oldest_delivery_age_seconds 0\n');
    // Nothing listens there.
    const notify = [{ url: 'http://127.0.0.1:9/', on: ['failed'] as const, secret: 'HOOK' }];
    await server.engine.startRun({ graphId: 'fails', inputData: null, notify });
    const text = await until(async () => {
      const scraped = await read();
      return /deliveries_total\{outcome="failed"\} [1-9]/.test(scraped) ? scraped : undefined;
    });
    expect(text).toContain('graphrunner_deliveries_total{outcome="delivered"} 0');
    expect(text).toContain('graphrunner_deliveries_pending 1\n');
    expect(text).toMatch(/graphrunner_oldest_delivery_age_seconds \d/);
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

  const sampleOf = (text: string, sample: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${sample} `))
        ?.slice(sample.length + 1),
    );

  it('count tokens and retries, and those of a fork once', async () => {
    const graph = chain('asks-model', 'asks_model', 'fails');
    const retry = { max_attempts: 2, interval_seconds: 0.001, backoff_rate: 1, jitter: 'none' } as const;
    const nodes = graph.nodes.map((node) => (node.name === 'asks_model' ? { ...node, retry } : node));
    await server.engine.createGraph({ ...graph, nodes });
    const { runId } = await server.engine.startRun({ graphId: 'asks-model', inputData: null });
    await server.engine.getState(runId, { waitSeconds: 10 });
    await server.engine.retryRun(runId, {});
    await server.engine.getState(runId, { waitSeconds: 10 });
    const fork = await server.engine.forkRun(runId, { fromStep: 2 });
    await server.engine.getState(fork.runId, { waitSeconds: 10 });
    const text = await read();
    expect(sampleOf(text, 'graphrunner_tokens_total{direction="input"}')).toBe(20);
    expect(sampleOf(text, 'graphrunner_tokens_total{direction="output"}')).toBe(6);
    expect(sampleOf(text, 'graphrunner_retries_total{kind="step"}')).toBe(1);
    expect(sampleOf(text, 'graphrunner_retries_total{kind="run"}')).toBe(1);
  });

  it('tell how old the oldest run of each status is', async () => {
    const ages = async () => {
      const text = await read();
      return ['SUBMITTED', 'RUNNING', 'WAITING'].map((status) =>
        sampleOf(text, `graphrunner_oldest_run_age_seconds{status="${status}"}`),
      );
    };
    expect(await ages()).toEqual([0, 0, 0]);
    const { runId } = await server.engine.startRun({ graphId: 'asks', inputData: null });
    await server.engine.getState(runId, { waitSeconds: 10 });
    aheadMs = 3_600_000;
    const [submitted, running, waiting = 0] = await ages();
    expect([submitted, running]).toEqual([0, 0]);
    expect(waiting).toBeGreaterThanOrEqual(3600);
    // A clock that was set back makes nothing negative.
    aheadMs = -3_600_000;
    expect(await ages()).toEqual([0, 0, 0]);
    aheadMs = 0;
    await server.engine.cancelRun(runId);
  });

  it('count requests by their route, not by their path', async () => {
    const key = { authorization: 'Bearer key' };
    await server.ask('GET /graph/state/one', undefined, key);
    await server.ask('GET /graph/state/two', undefined, key);
    await server.ask('GET /nowhere', undefined, key);
    const text = await read();
    const requests = 'graphrunner_http_requests_total';
    expect(sampleOf(text, `${requests}{method="GET",route="/graph/state/:run_id",status="404"}`)).toBe(2);
    expect(sampleOf(text, `${requests}{method="GET",route="none",status="404"}`)).toBe(1);
    expect(sampleOf(text, 'graphrunner_http_request_duration_seconds_count{route="/graph/state/:run_id"}')).toBe(2);
    expect(text).not.toContain('/graph/state/one');
  });

  it('are as Prometheus wants them', async () => {
    expect(lintMetrics(await read())).toEqual([]);
  });

  it.each([
    ['# HELP a_total b\n# TYPE a_total gauge\na_total 1\n', 'a_total ends in _total, and is no counter'],
    ['# HELP a b\n# TYPE a counter\na 1\n', 'a is a counter without _total'],
    ['# HELP a_total \n# TYPE a_total counter\na_total 1\n', 'a_total has no help'],
    ['# HELP a_milliseconds b\n# TYPE a_milliseconds gauge\n', 'a_milliseconds has a unit that is not a base unit'],
    ['# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n', 'a{x="1"} is there twice'],
    ['# HELP a_count b\n# TYPE a_count gauge\n', 'a_count has a suffix of histograms'],
  ])('would not be if they were %j', (text, problem) => {
    expect(lintMetrics(text)).toEqual([problem]);
  });

  it('need a key, since names of tools are data', async () => {
    expect((await server.ask('GET /metrics')).status).toBe(401);
  });
});

it('of a server that shares its database are there only then, and pass the linter', async () => {
  const none = async () => ({ SUBMITTED: 0, RUNNING: 0, WAITING: 0 });
  const metrics = createMetrics({
    queued: async () => 0,
    countUnfinished: none,
    findOldest: none,
    countDeliveries: async () => ({ count: 0, oldestAt: undefined }),
    findOldestQueued: async () => undefined,
    now: Date.now,
  });
  expect(await metrics.render()).not.toContain('graphrunner_claims');
  const figures = {
    claimsHeld: 3,
    claimsLost: 1,
    takeovers: 2,
    reconciled: 0,
    hintLagMs: 12,
    clockOffsetMs: -1500,
  };
  metrics.addSharing(() => figures);
  await metrics.render();
  const text = await metrics.render();
  for (const line of [
    'graphrunner_claims_held 3',
    'graphrunner_claims_lost_total 1',
    'graphrunner_takeovers_total 2',
    'graphrunner_reconciled_total 0',
    'graphrunner_hint_lag_seconds 0.012',
    'graphrunner_clock_offset_seconds -1.5',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(lintMetrics(text)).toEqual([]);
});
