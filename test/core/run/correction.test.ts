import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import { copyEvent, openFork } from '../../../src/core/run/fork.js';
import { append } from '../../../src/core/run/journal.js';
import { MAX_DATA_BYTES, MAX_PATCH_BYTES } from '../../../src/core/run/patch.js';
import { retry } from '../../../src/core/run/requests.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { wait } from '../../../src/core/tool/wait.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

let calls = 0;
const TOOLS = [
  { name: 'work', run: () => ({ worked: true }) },
  {
    name: 'fails',
    run: () => {
      calls += 1;
      throw new Error('boom');
    },
  },
  { name: 'asks', run: () => wait({ kind: 'input', message: '?' }) },
  { name: 'runs', run: () => wait({ kind: 'graph', graphId: 'other' }) },
];

/** `a` calls a tool, then it goes to `b` if `data.ok`, else to the end. */
function graphWith(tool: string, more: object = {}) {
  const nodes = [
    { name: 'a', tool_name: tool },
    { name: 'b', tool_name: 'work' },
    { name: 'c', tool_name: 'work' },
  ];
  const conditional_edges = [{ from_node: 'a', cases: [{ when: 'data.ok', to_node: 'b' }], otherwise: 'END' }];
  return compiled({ entry_point: 'a', nodes, conditional_edges, ...more }, TOOLS);
}

function failed(tool: string, options: DriverOptions = {}, more: object = {}): RunDriver {
  const run = new RunDriver(graphWith(tool, more), options);
  run.finish();
  return run;
}

const LINE = { conditional_edges: [], edges: [{ from_node: 'a', to_node: 'b' }] };

const PARALLEL = {
  conditional_edges: [],
  parallel_edges: [{ from_node: 'a', to_nodes: ['b'], join_node: 'c' }],
};

function retryWith(run: RunDriver, correction: { data?: JsonObject; result?: JsonObject; limits?: object }) {
  return retry(run.state, { isGraphDeleted: false, ...correction }, START);
}

/** Retries a run and has it go on. */
function correct(run: RunDriver, correction: { data?: JsonObject; result?: JsonObject }): RunDriver {
  const { events = [], refusal } = retryWith(run, correction);
  expect(refusal).toBeUndefined();
  run.append(...events);
  run.finish();
  return run;
}

function reasonOf(
  run: RunDriver,
  correction: { data?: JsonObject; result?: JsonObject },
): readonly (string | undefined)[] {
  const { refusal } = retryWith(run, correction);
  return [refusal?.code, refusal?.message];
}

describe('a retry with data', () => {
  it('sets keys before the run goes on, and says so in its event', () => {
    const run = failed('fails', { inputData: null });
    const data = { ok: true, n: [1] };
    expect(retryWith(run, { data }).events).toEqual([{ type: 'run.retried', step: 1, node: 'a', data }]);
    calls = 0;
    correct(run, { data });
    expect([calls, run.view.status, run.view.data]).toEqual([1, 'FAILED', data]);
  });

  it('leads a run that could not choose its way to where the data says', () => {
    const run = failed('work');
    expect(run.view.error?.code).toBe('expression_failed');
    correct(run, { data: { ok: true } });
    expect([run.view.status, run.view.stepCount, run.view.data]).toEqual(['COMPLETED', 2, { worked: true, ok: true }]);
  });

  it('is taken before a run has begun', () => {
    const run = new RunDriver(graphWith('work'));
    run.append({ type: 'run.cancelled', logs: [] });
    correct(run, { data: { ok: true } });
    expect([run.view.status, run.view.data]).toEqual(['COMPLETED', { ok: true, worked: true }]);
  });

  it('is refused while the runs inside it go on, which would not see it', () => {
    const run = failed('work', {}, PARALLEL);
    run.append({ type: 'cancel.requested' }, { type: 'run.cancelled', logs: [] });
    const [code, message] = reasonOf(run, { data: { ok: true } });
    expect(code).toBe('retry_impossible');
    expect(message).toContain('fork it from step 1 with `data`');
    expect(retryWith(run, {}).refusal).toBeUndefined();
  });
});

describe('a retry with a result', () => {
  it('completes the step with it, without a call, and the run goes on by it', () => {
    const run = failed('fails');
    calls = 0;
    correct(run, { data: { ok: false, n: 1 }, result: { ok: true } });
    expect(calls).toBe(0);
    expect([run.view.status, run.view.stepCount]).toEqual(['COMPLETED', 2]);
    expect(run.view.data).toEqual({ ok: true, n: 1, worked: true });
  });

  it('is shown as what the step did, with who gave it', () => {
    const run = failed('fails');
    run.append({ type: 'run.retried', step: 1, node: 'a', result: { ok: false }, by: 'alice' });
    run.finish();
    const reader = new StepReader(0);
    for (const record of run.records) reader.read(record);
    const step = { status: 'COMPLETED', patch: { ok: false }, error: null, answeredBy: 'alice' };
    expect(reader.current).toMatchObject(step);
  });

  it('answers a wait that was cancelled, and one of a graph that ran as the step', () => {
    for (const tool of ['asks', 'runs']) {
      const run = failed(tool);
      expect(run.view.status).toBe('WAITING');
      run.append({ type: 'run.cancelled', logs: [] });
      correct(run, { data: { n: 1 }, result: { ok: true } });
      expect([run.view.status, run.view.data]).toEqual(['COMPLETED', { n: 1, ok: true, worked: true }]);
    }
  });

  it('is kept if the run ends before it is stored, and can be given anew', () => {
    const run = failed('fails');
    run.append({ type: 'run.retried', step: 1, node: 'a', result: { ok: true } });
    run.append({ type: 'pause.requested' }, { type: 'run.paused', node: 'a' }, { type: 'run.cancelled', logs: [] });
    expect(run.state.phase).toMatchObject({ at: { kind: 'resolved', patch: { ok: true } } });
    const again = new RunDriver(graphWith('fails'));
    again.state = run.state;
    correct(again, {});
    expect(again.view.data).toEqual({ ok: true, worked: true });
    run.append(...(retryWith(run, { result: { ok: false } }).events ?? []));
    run.finish();
    expect(run.view.data).toEqual({ ok: false });
  });

  it('is that of a step in the log that was never called: the run waited at a limit, or was paused', () => {
    const limited = failed('work', { maxSteps: 1, guards: { on_limit: 'wait' } }, LINE);
    expect(limited.state.phase.kind).toBe('limited');
    const paused = new RunDriver(graphWith('fails'));
    paused.append({ type: 'run.started', next: 'a' }, { type: 'pause.requested' }, { type: 'run.paused', node: 'a' });
    calls = 0;
    for (const run of [limited, paused]) {
      run.append({ type: 'run.cancelled', logs: [] });
      correct(run, { result: { ok: false } });
      expect([run.view.status, run.view.data.ok]).toEqual(['COMPLETED', false]);
    }
    expect(calls).toBe(0);
  });

  it('is refused where there is no step to have it, and the message says what to do', () => {
    const begun = new RunDriver(graphWith('work'));
    begun.append({ type: 'run.cancelled', logs: [] });
    const branches = failed('work', {}, PARALLEL);
    branches.append({ type: 'cancel.requested' }, { type: 'run.cancelled', logs: [] });
    const result = { ok: true };
    const reasons = [begun, failed('work'), branches].map((run) => reasonOf(run, { result }));
    expect(reasons).toEqual([
      ['retry_impossible', expect.stringContaining('had not begun')],
      ['retry_impossible', expect.stringContaining('only chooses its way again')],
      ['retry_impossible', expect.stringContaining('the branches of step 1 (a)')],
    ]);
    const stopped = failed('work', { maxSteps: 1 }, LINE);
    const { refusal } = retryWith(stopped, { result, limits: { max_steps: 5 } });
    expect([refusal?.code, refusal?.message]).toEqual([
      'retry_impossible',
      expect.stringContaining('had not called step 2 (b) yet'),
    ]);
  });
});

describe('what is too large', () => {
  it.each(['data', 'result'])('for a patch is refused as %s', (key) => {
    const run = failed('fails');
    const { refusal } = retryWith(run, { [key]: { text: 'x'.repeat(MAX_PATCH_BYTES) } });
    expect(refusal).toMatchObject({
      code: 'invalid_request',
      problems: [{ pointer: `/${key}`, code: 'too_big', message: expect.stringContaining(`${MAX_PATCH_BYTES} bytes`) }],
    });
  });

  it('for the data of the run is refused, both together too', () => {
    const run = failed('fails');
    const text = 'x'.repeat(MAX_DATA_BYTES - 1_000_000);
    run.state = { ...run.state, data: { text }, journalBytes: MAX_DATA_BYTES };
    const half = { text: 'x'.repeat(900_000) };
    const key = (name: string) => ({ [name]: half });
    expect(retryWith(run, { data: key('one') }).refusal).toBeUndefined();
    expect(retryWith(run, { data: key('one'), result: key('two') }).refusal).toMatchObject({
      problems: [{ pointer: '/result', message: expect.stringContaining('would make data larger') }],
    });
  });
});

it('a fork has what a retry changed before its step, and its own limits', () => {
  const run = failed('fails', { deadlineSeconds: 10 });
  correct(run, { data: { n: 1 }, result: { ok: true } });
  const opened = openFork(run.state, graphWith('fails'), 'fork', START + 5);
  let { state } = opened;
  const types: string[] = [];
  for (const record of run.records.slice(1)) {
    const copied = copyEvent(state, 2, record);
    types.push(...copied.records.map(({ event }) => event.type));
    state = copied.state;
    if (copied.node !== undefined) break;
  }
  expect(types).toEqual(['run.started', 'step.failed', 'run.retried', 'step.completed']);
  expect([state.data, state.deadlineAt]).toEqual([{ n: 1, ok: true }, START + 10_005]);
  const plain = append(state, [{ type: 'run.retried', by: 'alice' }], START).records[0]!;
  expect(copyEvent(state, 2, plain).records).toEqual([]);
});
