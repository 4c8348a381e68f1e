import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { FatalError, RetryableError } from '../../src/core/tool/tool-errors.js';
import { wait } from '../../src/core/tool/wait.js';
import { ABORT_GRACE_MS } from '../../src/executor/tool-call.js';
import { startEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const HOUR_MS = 3_600_000;
/** For engines whose time the test stops later. */
const clock = { now: () => Date.now() };

/**
 * Stops the time of engines with `clock`; the test moves it on. Called after they were started, so that time is real
 * again when they are stopped at the end of the test.
 */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** For an engine that is started an hour later. */
const laterClock = { now: () => Date.now() + HOUR_MS };

const SCHEMA = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
const approval = {
  graph_id: 'approval',
  name: 'approval',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'Fine, ${ input_data }?', schema: SCHEMA } }],
  edges: [],
};

describe('JSON Schemas', () => {
  const lang = { properties: { lang: { enum: ['en', 'de'], default: 'en' } }, required: ['lang'] };
  const translate = {
    ...approval,
    graph_id: 'translate',
    name: 'translate',
    input_schema: lang,
    nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: '${ input_data.lang }?', schema: lang } }],
  };

  it('give their defaults to input, to answers, and to the input of a graph that runs as a step', async () => {
    const { engine } = await startEngineForTest();
    await engine.createGraph(translate);
    const { runId } = await engine.startRun({ graphId: 'translate', inputData: {} });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ inputData: { lang: 'en' }, waiting: { message: 'en?' } });
    await engine.resumeRun(runId, { payload: {} });
    const after = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(after.state)).toMatchObject({ status: 'COMPLETED', data: { ask: { lang: 'en' } } });
    const outer = { name: 'child', tool_name: 'run_graph', params: { graph_id: 'translate', input: {} } };
    await engine.createGraph({ ...approval, graph_id: 'outer', name: 'outer', entry_point: 'child', nodes: [outer] });
    const parent = await engine.startRun({ graphId: 'outer', inputData: null });
    await engine.getState(parent.runId, { waitSeconds: 10 });
    const [child] = (await engine.listRuns({ limit: 10, waitingFor: 'input' })).runs;
    expect((await engine.getState(child?.runId ?? '', {})).state.inputData).toEqual({ lang: 'en' });
  });

  it('can be true or false', async () => {
    const { engine } = await startEngineForTest();
    for (const allows of [true, false]) {
      const nodes = [{ name: 'ask', tool_name: 'wait_for_input', params: { message: '?', schema: allows } }];
      const graphId = `allows-${allows}`;
      await engine.createGraph({ ...approval, graph_id: graphId, name: graphId, nodes, input_schema: true });
      const { runId } = await engine.startRun({ graphId, inputData: 1 });
      await engine.getState(runId, { waitSeconds: 10 });
      const answered = engine.resumeRun(runId, { payload: 1 });
      if (allows) await expect(answered).resolves.toMatchObject({ runId });
      else await expect(answered).rejects.toMatchObject({ code: 'invalid_answer' });
    }
    await engine.createGraph({ ...approval, graph_id: 'no', name: 'no', input_schema: false });
    await expect(engine.startRun({ graphId: 'no', inputData: 1 })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('waiting for input', () => {
  it('parks the run, frees its slot, and stores the answer under the name of the node', async () => {
    const { engine } = await startEngineForTest({ maxConcurrentRuns: 1 });
    await engine.createGraph(approval);
    const { runId } = await engine.startRun({ graphId: 'approval', inputData: 'Ada' });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({
      status: 'WAITING',
      waiting: {
        id: expect.any(String),
        kind: 'input',
        node: 'ask',
        message: 'Fine, Ada?',
        schema: SCHEMA,
        until: null,
      },
    });
    // The slot is free: another run gets to its wait.
    const other = await engine.startRun({ graphId: 'approval', inputData: 'Bob' });
    expect(flatten((await engine.getState(other.runId, { waitSeconds: 10 })).state).status).toBe('WAITING');
    await expect(engine.resumeRun(runId, { payload: { ok: 'yes' } })).rejects.toMatchObject({
      code: 'invalid_answer',
      errors: [{ pointer: '/payload/ok' }],
    });
    await expect(engine.resumeRun(runId, { payload: { ok: true }, waitId: 'w1' })).rejects.toMatchObject({
      code: 'run_not_waiting',
    });
    const waitId = flatten(state).waiting?.id ?? '';
    expect(await engine.resumeRun(runId, { payload: { ok: true }, waitId })).toEqual({ runId, status: 'RUNNING' });
    await expect(engine.resumeRun(runId, { payload: { ok: true }, waitId })).rejects.toMatchObject({
      code: 'run_not_waiting',
    });
    const after = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(after.state)).toMatchObject({ status: 'COMPLETED', data: { ask: { ok: true } }, waiting: null });
    expect((await engine.listRuns({ limit: 10, waitingFor: 'input' })).runs.map((run) => run.runId)).toEqual([
      other.runId,
    ]);
  });

  it('takes exactly one of many answers at once', async () => {
    const { engine } = await startEngineForTest();
    await engine.createGraph(approval);
    const { runId } = await engine.startRun({ graphId: 'approval', inputData: 1 });
    await engine.getState(runId, { waitSeconds: 10 });
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => engine.resumeRun(runId, { payload: { ok: true } })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
  });

  it('survives a restart, and expires through on_error', async () => {
    let now = 1_800_000_000_000;
    const options = { now: () => now };
    const first = await startEngine(options);
    const params = { message: 'Well?', expires_in_seconds: 60 };
    await first.engine.createGraph({
      ...approval,
      nodes: [
        { name: 'ask', tool_name: 'wait_for_input', params, on_error: 'late' },
        { name: 'late', tool_name: 'delay', params: { seconds: 0 } },
      ],
    });
    const { runId } = await first.engine.startRun({ graphId: 'approval', inputData: null });
    await first.engine.getState(runId, { waitSeconds: 10 });
    await first.stop();
    now += 61_000;
    const { engine } = await startEngineForTest({ ...options, path: first.path });
    await expect(engine.resumeRun(runId, { payload: 1 })).rejects.toMatchObject({ code: 'run_not_waiting' });
    await until(async () => flatten((await engine.getState(runId)).state).waiting?.kind !== 'input');
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({
      status: 'COMPLETED',
      data: { error: { node: 'ask', code: 'wait_expired' } },
    });
    expect(logs).toEqual([
      'Executing Node: ask',
      'Error in node ask: Nobody answered in time.',
      'Executing Node: late',
      'No outgoing edge found. Stopping.',
    ]);
  });

  it('is cancelled at once', async () => {
    const { engine } = await startEngineForTest();
    await engine.createGraph(approval);
    const { runId } = await engine.startRun({ graphId: 'approval', inputData: 1 });
    await engine.getState(runId, { waitSeconds: 10 });
    expect(await engine.cancelRun(runId)).toEqual({ runId, status: 'CANCELLED' });
  });
});

describe('delays', () => {
  const nodes = [{ name: 'delay', tool_name: 'delay', params: { seconds: 3600 } }];
  const later = { ...chain('later', 'delay'), nodes };

  it('go on by themselves when they are over', async () => {
    const { engine } = await startEngineForTest(clock);
    stopTime();
    await engine.createGraph(later);
    const { runId } = await engine.startRun({ graphId: 'later', inputData: null });
    await until(async () => flatten((await engine.getState(runId)).state).status === 'WAITING');
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state).status).toBe('COMPLETED');
    expect(flatten(state).finishedAt! - state.submittedAt).toBe(HOUR_MS);
  });

  it('go on over a restart', async () => {
    const first = await startEngine();
    await first.engine.createGraph(later);
    const { runId } = await first.engine.startRun({ graphId: 'later', inputData: null });
    await until(async () => flatten((await first.engine.getState(runId)).state).status === 'WAITING');
    await first.stop();
    const { engine } = await startEngineForTest({ ...laterClock, path: first.path });
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
  });

  it('end at the deadline of the run, whatever it waits for', async () => {
    const { engine } = await startEngineForTest(clock);
    stopTime();
    await engine.createGraph(approval);
    const { runId } = await engine.startRun({ graphId: 'approval', inputData: 1, limits: { deadline_seconds: 3600 } });
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('WAITING');
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    await until(async () => flatten((await engine.getState(runId)).state).status !== 'WAITING');
    const { state } = await engine.getState(runId);
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' }, waiting: null });
  });

  it('reach a run that never got a slot', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ ...clock, definitions: [held.tool], maxConcurrentRuns: 2 });
    stopTime();
    await engine.createGraph(chain('hold', 'held'));
    await engine.startRun({ graphId: 'hold', inputData: null });
    await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(2);
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null, limits: { deadline_seconds: 60 } });
    await vi.advanceTimersByTimeAsync(60_000);
    held.release({});
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' }, startedAt: null });
  });
});

describe('retries', () => {
  const flaky = (failures: number, error: () => unknown) => {
    const seen: { key: string; attempt: number }[] = [];
    const tool = defineTool({
      name: 'flaky',
      run: (_state, { idempotencyKey: key, attempt, log }) => {
        seen.push({ key, attempt });
        log(`attempt ${attempt}`);
        if (seen.length <= failures) throw error();
        return { tries: attempt };
      },
    });
    return { tool, seen };
  };
  const graph = (retry: object, more: object = {}) => ({
    ...chain('flaky', 'flaky'),
    nodes: [{ name: 'flaky', tool_name: 'flaky', retry: { max_attempts: 3, ...retry }, ...more }],
  });
  const policy = { interval_seconds: 0.02, backoff_rate: 2, jitter: 'none' };

  it('try again with a delay and the same key until it works', async () => {
    const { tool, seen } = flaky(2, () => new Error('not yet'));
    const { engine, store } = await startEngineForTest({ definitions: [tool] });
    await engine.createGraph(graph(policy) as never);
    const { runId } = await engine.startRun({ graphId: 'flaky', inputData: null });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { tries: 3 }, stepCount: 1 });
    expect(seen).toEqual([1, 2, 3].map((attempt) => ({ key: `${runId}/1`, attempt })));
    expect(logs).toEqual([
      'Executing Node: flaky',
      'attempt 1',
      'Error in node flaky: not yet',
      'attempt 2',
      'Error in node flaky: not yet',
      'attempt 3',
      'No outgoing edge found. Stopping.',
    ]);
    const delays = (await store.readEvents(runId, 0, 100)).flatMap(({ event, time }) =>
      event.type === 'step.failed' ? [(event.retry_at ?? 0) - time] : [],
    );
    expect(delays).toEqual([20, 40]);
    const { steps } = await engine.listSteps(runId, { limit: 10 });
    expect(steps).toMatchObject([{ step: 1, status: 'COMPLETED', attempts: 3, error: null }]);
  });

  it('stop at max_attempts, at once for a FatalError, and take the delay that a tool asks for', async () => {
    for (const [failures, error, expected] of [
      [9, () => new Error('always'), 3],
      [9, () => new FatalError('hopeless'), 1],
      [1, () => new RetryableError('busy', { retryAfterSeconds: 0 }), 2],
    ] as const) {
      const { tool, seen } = flaky(failures, error);
      const { engine } = await startEngineForTest({ definitions: [tool] });
      await engine.createGraph(graph(policy) as never);
      const { runId } = await engine.startRun({ graphId: 'flaky', inputData: null });
      const { state } = await engine.getState(runId, { waitSeconds: 10 });
      expect(seen).toHaveLength(expected);
      expect(flatten(state).status).toBe(failures === 1 ? 'COMPLETED' : 'FAILED');
    }
  });

  it('go on over a restart in the middle of a delay', async () => {
    const { tool, seen } = flaky(1, () => new Error('not yet'));
    const first = await startEngine({ definitions: [tool] });
    await first.engine.createGraph(graph({ ...policy, interval_seconds: 3600 }) as never);
    const { runId } = await first.engine.startRun({ graphId: 'flaky', inputData: null });
    await until(async () => flatten((await first.engine.getState(runId)).state).status === 'WAITING');
    await first.store.close();
    const { engine } = await startEngineForTest({ ...laterClock, definitions: [tool], path: first.path });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', recoveries: 0 });
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('leave a tool behind that ignores its signal: the slot is free and a late result changes nothing', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ ...clock, definitions: [held.tool], maxConcurrentRuns: 1 });
    stopTime();
    await engine.createGraph({
      ...chain('stuck', 'held'),
      nodes: [
        { name: 'held', tool_name: 'held', timeout_seconds: 60, on_error: 'after' },
        { name: 'after', tool_name: 'delay', params: { seconds: 0 } },
      ],
    });
    const { runId } = await engine.startRun({ graphId: 'stuck', inputData: null });
    await held.called(1);
    await vi.advanceTimersByTimeAsync(60_000 + ABORT_GRACE_MS);
    const { state } = await engine.getState(runId, { waitSeconds: 30 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { error: { node: 'held', code: 'timeout' } } });
    held.release({ late: true });
    // What the late result changed would be stored before the end of a run that gets its own result after it.
    const after = await engine.startRun({ graphId: 'stuck', inputData: null });
    expect((await engine.getState(after.runId, { waitSeconds: 30 })).state.data).toMatchObject({ late: true });
    expect((await engine.getState(runId)).state).toEqual(state);
  });
});

describe('wait()', () => {
  it('works from any tool, and a wait of a wrong shape fails the step', async () => {
    const asking = defineTool({ name: 'asking', run: () => wait({ kind: 'input', message: 'hm?', saveAs: 'said' }) });
    const wrong = defineTool({ name: 'wrong', run: () => wait({ kind: 'never' } as never) });
    const { engine } = await startEngineForTest({ definitions: [asking, wrong] });
    await engine.createGraph(chain('asking', 'asking'));
    await engine.createGraph(chain('wrong', 'wrong'));
    const { runId } = await engine.startRun({ graphId: 'asking', inputData: null });
    await engine.getState(runId, { waitSeconds: 10 });
    await engine.resumeRun(runId, { payload: [1, 2] });
    expect((await engine.getState(runId, { waitSeconds: 10 })).state.data).toEqual({ said: [1, 2] });
    const bad = await engine.startRun({ graphId: 'wrong', inputData: null });
    const { state } = await engine.getState(bad.runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'tool_failed' } });
  });
});
