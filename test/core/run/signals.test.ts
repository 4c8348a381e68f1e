import { describe, expect, it, vi } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { wakesAfter } from '../../../src/core/run/due.js';
import type { EventRecord, RunEvent } from '../../../src/core/run/events.js';
import { copyEvent } from '../../../src/core/run/fork.js';
import { MAX_KEPT_BYTES, MAX_KEPT_SIGNALS, MAX_REMEMBERED_REQUESTS } from '../../../src/core/run/inbox.js';
import { fold, openRun, takeSnapshot } from '../../../src/core/run/journal.js';
import { acceptPatch } from '../../../src/core/run/patch.js';
import { receiveSignal, type SentSignal } from '../../../src/core/run/receive-signal.js';
import { answer } from '../../../src/core/run/requests.js';
import type { RunState } from '../../../src/core/run/state.js';
import { type SignalWait, wait } from '../../../src/core/tool/wait.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

const SCHEMA = {
  type: 'object',
  properties: { paid: { type: 'boolean', default: true } },
  additionalProperties: false,
};

/** Nodes `a` and `b` wait for the signal `go`, one after the other; `handler` is where `a` leads to if it fails. */
function waiter(request: Partial<SignalWait> = {}, options?: DriverOptions) {
  const nodes = [
    { name: 'a', tool_name: 'waits', on_error: 'handler' },
    { name: 'b', tool_name: 'waits' },
    { name: 'handler', tool_name: 'work' },
  ];
  const document = { entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'b' }] };
  const waits = { name: 'waits', run: () => wait({ kind: 'signal', name: 'go', ...request }) };
  return new RunDriver(compiled(document, [waits, { name: 'work', run: () => ({ handled: true }) }]), options);
}

/** Sends a signal as a request does; the code of the refusal if it is refused. */
function send(run: RunDriver, payload: Json = null, more: Partial<SentSignal> = {}): string | undefined {
  const verdict = receiveSignal(run.state, { name: 'go', payload, ...more }, run.now);
  run.append(...(verdict.events ?? []));
  return verdict.refusal?.code;
}

const keptBy = ({ inbox }: RunState) =>
  Object.fromEntries(Object.entries(inbox?.kept ?? {}).map(([name, list]) => [name, list.map((one) => one.payload)]));

describe('a signal that comes before its wait', () => {
  it('is kept whatever the run does, and taken in the commit that starts the wait', () => {
    const run = waiter();
    expect(send(run, 'early')).toBeUndefined();
    expect(run.view).toMatchObject({ status: 'SUBMITTED', recoveries: 0 });
    expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'signal', node: 'b', signal: 'go' } });
    expect(run.records.slice(1, 6).map(({ event }) => event)).toMatchObject([
      { type: 'signal.received', name: 'go', payload: 'early' },
      { type: 'run.started' },
      { type: 'wait.started', node: 'a', wait: { kind: 'signal', signal: 'go', until: null, save_as: 'a' } },
      { type: 'wait.ended', wait_id: 'w4', outcome: 'signalled', answer: 'early' },
      { type: 'step.completed', node: 'a', patch: { a: 'early' }, next: 'b' },
    ]);
  });

  it('is taken in the order of coming, by name, once each', () => {
    const run = waiter();
    for (const payload of [1, 2, 3]) send(run, payload);
    send(run, 'other', { name: 'constructor' });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { a: 1, b: 2 } });
    expect(keptBy(run.state)).toEqual({ go: [3], constructor: ['other'] });
    expect(run.state.inbox).toMatchObject({ count: 2 });
  });

  it('is not taken by a wait for another name, not even for one that objects have', () => {
    for (const name of ['constructor', 'stop']) {
      const run = waiter({ name });
      send(run);
      expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { signal: name } });
    }
  });

  it('gets the defaults of the schema', () => {
    const run = waiter({ schema: SCHEMA });
    send(run, {});
    expect(run.finish().data).toEqual({ a: { paid: true } });
  });

  it('fails the step if it does not fit the schema, and is gone then', () => {
    const run = waiter({ schema: SCHEMA, saveAs: 'x' });
    send(run, { paid: 'yes' });
    expect(run.finish()).toMatchObject({
      status: 'COMPLETED',
      data: { handled: true, error: { code: 'invalid_signal', message: expect.stringContaining('/paid Must be') } },
    });
    expect(run.types()).toEqual(
      expect.arrayContaining(['wait.started', 'wait.ended', 'step.failed', 'step.completed', 'run.completed']),
    );
    expect(run.since('wait.ended')[0]).toEqual({ type: 'wait.ended', wait_id: 'w4', outcome: 'refused' });
    expect(keptBy(run.state)).toEqual({});
  });

  it('does not keep the run from a cancel, nor does a cancel take it', () => {
    const run = waiter();
    send(run);
    run.advance();
    run.advance(() => run.append({ type: 'cancel.requested' }));
    expect(run.view.status).toBe('CANCELLED');
    expect(keptBy(run.state)).toEqual({ go: [null] });
  });
});

describe('a signal that comes during its wait', () => {
  it('ends it, and makes the run due', () => {
    const run = waiter({ saveAs: 'said' });
    run.finish();
    const before = run.state;
    send(run, [1]);
    expect(run.since('signal.received')).toEqual([
      { type: 'signal.received', name: 'go', payload: [1] },
      { type: 'wait.ended', wait_id: 'w3', outcome: 'signalled', answer: [1] },
    ]);
    expect(run.view).toMatchObject({ status: 'RUNNING', pending: { kind: 'answer', key: 'said', value: [1] } });
    expect(wakesAfter(before, run.state)).toEqual([{ runId: 'run-1', at: 0 }]);
    // The next one, which comes before the run goes on, is for the next wait.
    send(run, [2]);
    expect(keptBy(run.state)).toEqual({ go: [[2]] });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { said: [2] } });
  });

  it('is refused if it does not fit the schema, and gets its defaults', () => {
    const run = waiter({ schema: SCHEMA });
    run.finish();
    const { refusal } = receiveSignal(run.state, { name: 'go', payload: { paid: 1 } }, run.now);
    expect(refusal).toMatchObject({ code: 'invalid_answer', problems: [{ pointer: '/payload/paid' }] });
    send(run, {});
    run.advance();
    expect(run.view.data).toEqual({ a: { paid: true } });
  });

  it('is kept if it is another, makes nothing due, and is not checked', () => {
    const run = waiter({ schema: SCHEMA });
    run.finish();
    const before = run.state;
    expect(send(run, 1, { name: 'other' })).toBeUndefined();
    expect(run.view.status).toBe('WAITING');
    expect(wakesAfter(before, run.state)).toEqual([]);
    expect(answer(run.state, { payload: 1 }, run.now).refusal).toMatchObject({
      code: 'run_not_waiting',
      message: 'Run run-1 is WAITING and waits for the signal "go", not for an answer.',
    });
  });

  it('is too late once the time of the wait is over, and is kept for the next one', () => {
    const run = waiter({ until: START + 1000 });
    run.finish();
    expect(run.decide()).toEqual({ type: 'wait', until: START + 1000 });
    run.now += 1000;
    send(run, 'late');
    // By a clock that is behind, the wait is open still: what was kept comes first.
    expect(receiveSignal(run.state, { name: 'go', payload: 'later' }, START).events).toHaveLength(1);
    expect(run.finish().data).toMatchObject({
      error: { code: 'wait_expired', message: 'The signal "go" did not come in time.' },
    });
    expect(keptBy(run.state)).toEqual({ go: ['late'] });
  });
});

describe('signals of a run that ends, or is driven by nobody', () => {
  it('are refused, and those that were kept are there after a retry', () => {
    const run = waiter();
    send(run, 'kept');
    run.append({ type: 'run.cancelled', logs: [] });
    expect(send(run)).toBe('run_finished');
    run.retry();
    expect(run.finish().data).toEqual({ a: 'kept' });
  });

  it('keep what a wait had taken before the run was cancelled', () => {
    const run = waiter();
    run.finish();
    send(run, 'taken');
    run.append({ type: 'run.cancelled', logs: [] });
    run.retry();
    expect(run.finish().data).toEqual({ a: 'taken' });
  });

  it('say nothing of how the run is driven', () => {
    const run = waiter();
    run.advance();
    run.append({ type: 'run.recovered' }, { type: 'run.drained' }, { type: 'run.recovered' });
    send(run);
    expect(run.state).toMatchObject({ recoveries: 1, drained: false });
    run.append({ type: 'run.drained' });
    send(run);
    expect(run.state.drained).toBe(true);
  });
});

describe('the signals that a run keeps', () => {
  it('are a thousand at most, with one more for a wait that is open', () => {
    const run = waiter();
    run.finish();
    for (let n = 0; n < MAX_KEPT_SIGNALS; n++) expect(send(run, n, { name: `n${n % 7}` })).toBeUndefined();
    expect(send(run, 0, { name: 'other' })).toBe('too_many_signals');
    expect(send(run, 'open')).toBeUndefined();
    expect(run.view.pending).toMatchObject({ value: 'open' });
    expect(run.state.inbox).toMatchObject({ count: MAX_KEPT_SIGNALS });
  });

  it('are 16 MiB at most, and one that is begun', () => {
    const run = waiter({ name: 'x' });
    run.finish();
    const large = 'x'.repeat(MAX_KEPT_BYTES / 4);
    for (let n = 0; n < 4; n++) expect(send(run, large)).toBeUndefined();
    expect(send(run)).toBe('too_many_signals');
    expect(send(run, large, { name: 'x' })).toBeUndefined();
  });

  it('give room again when they are taken', () => {
    const run = waiter();
    send(run, 'x'.repeat(MAX_KEPT_BYTES));
    expect(send(run)).toBe('too_many_signals');
    run.advance();
    run.advance();
    expect(run.state.inbox).toEqual({ kept: {}, count: 0, bytes: 0, requests: [] });
    expect(send(run)).toBeUndefined();
  });

  it('are in snapshots, in a state that has no more fields for it before the first', () => {
    const run = waiter({ name: 'other' });
    expect(run.state.inbox).toBeNull();
    run.finish();
    send(run, { deep: [1] }, { idempotency: { key: 'k', fingerprint: 'f' } });
    const { text, state } = takeSnapshot(run.state);
    expect(readSnapshot(text, null)).toEqual(state);
    expect(JSON.parse(text).inbox).toMatchObject({ kept: { go: [{ payload: { deep: [1] } }] } });
    for (const damaged of [{ count: 1 }, { kept: { go: [1] }, count: 1, bytes: 1, requests: [] }]) {
      const broken = JSON.stringify({ ...JSON.parse(text), inbox: damaged });
      expect(() => readSnapshot(broken, null)).toThrow(/inbox/);
    }
  });
});

describe('an Idempotency-Key', () => {
  const once = { idempotency: { key: 'k1', fingerprint: 'f1' } };

  it('sends a signal once, however often it is repeated, after the run has ended too', () => {
    const run = waiter();
    send(run, 1, once);
    expect(run.since('signal.received')[0]).toMatchObject({
      request: { key: 'k1', fingerprint: 'f1', status: 'SUBMITTED' },
    });
    send(run, 1, once);
    expect(run.types().filter((type) => type === 'signal.received')).toHaveLength(1);
    run.finish();
    send(run, 1, { idempotency: { key: 'k2', fingerprint: 'f2' } });
    expect(run.state.inbox?.requests.map(({ status }) => status)).toEqual(['SUBMITTED', 'RUNNING']);
    expect(run.finish().status).toBe('COMPLETED');
    expect(receiveSignal(run.state, { name: 'go', payload: 1, ...once }, run.now)).toEqual({ events: [] });
    expect(send(run, 1)).toBe('run_finished');
  });

  it('is refused for another signal', () => {
    const run = waiter();
    send(run, 1, once);
    expect(send(run, 2, { idempotency: { key: 'k1', fingerprint: 'f2' } })).toBe('idempotency_mismatch');
  });

  it('is remembered for the latest thousand', () => {
    const run = waiter({ name: 'x' });
    for (let n = 0; n <= MAX_REMEMBERED_REQUESTS; n++) {
      run.append({
        type: 'signal.received',
        name: 'go',
        payload: n,
        request: { key: `${n}`, fingerprint: '', status: 'SUBMITTED' },
      });
    }
    const keys = run.state.inbox?.requests.map(({ key }) => key);
    expect([keys?.length, keys?.[0], keys?.at(-1)]).toEqual([1000, '1', '1000']);
  });
});

describe('a fork', () => {
  const forked = (records: readonly EventRecord[], fromStep: number) => {
    const opened = {
      type: 'run.submitted',
      graph_id: 'g',
      graph_version: 1,
      input_data: null,
      limits: { max_steps: 9 },
      metadata: {},
    } as const;
    let { state } = openRun('fork', opened, START);
    const copies: RunEvent[] = [];
    for (const record of records) {
      const copied = copyEvent(state, fromStep, record);
      state = copied.state;
      copies.push(...copied.records.map(({ event }) => event));
      if (copied.node !== undefined) break;
    }
    return { state, copies };
  };

  it('has the signals that came before its step and were not taken by then, without who sent them', () => {
    const run = waiter();
    for (const n of [1, 2, 3]) send(run, n, { idempotency: { key: `${n}`, fingerprint: '' } });
    run.finish();
    expect(keptBy(forked(run.records, 1).state)).toEqual({ go: [1, 2, 3] });
    const { state, copies } = forked(run.records, 2);
    expect(keptBy(state)).toEqual({ go: [2, 3] });
    expect(state.inbox?.requests).toEqual([]);
    expect(copies[0]).toEqual({ type: 'signal.received', name: 'go', payload: 1 });
  });

  it('has none that came later', () => {
    const run = waiter();
    run.finish();
    send(run, 1);
    run.finish();
    send(run, 2);
    expect(keptBy(forked(run.records, 2).state)).toEqual({});
  });
});

it('a wait that ends by a signal which the journal does not have leaves the others alone', () => {
  const run = waiter();
  run.finish();
  const ended = { type: 'wait.ended', wait_id: 'w3', outcome: 'signalled', answer: 1 } as const;
  run.append(ended);
  expect(run.view).toMatchObject({ inbox: null, pending: { key: 'a', value: 1 } });
  for (const request of [
    { kind: 'timer', until: START + 1 },
    { kind: 'graph', graphId: 'other' },
  ] as const) {
    const waits = { name: 'waits', run: () => wait(request) };
    const other = new RunDriver(compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'waits' }] }, [waits]));
    send(other, 'kept');
    other.finish();
    const { inbox } = other.state;
    other.append(ended);
    expect(other.state.inbox).toBe(inbox);
  }
});

it('costs a step that takes none the same, however many signals are kept', () => {
  const run = waiter({ name: 'other' });
  for (let n = 0; n < 100; n++) send(run, n);
  const { inbox } = run.state;
  run.finish();
  expect(run.state.inbox).toBe(inbox);
  expect(fold(blankRun('run-1'), run.records)).toEqual(run.state);
});

it('does not have a step measure the data, because signals are no part of it', () => {
  const run = waiter({ name: 'other' });
  const data = { large: 'x'.repeat(1000) };
  const full = { ...run.state, data, own: null, journalBytes: 20_000_000 };
  const stringify = vi.spyOn(JSON, 'stringify');
  const isMeasured = (state: RunState) => {
    stringify.mockClear();
    expect(acceptPatch(state, { small: 1 })).toEqual({ patch: { small: 1 } });
    return stringify.mock.calls.some(([value]) => (value as { large?: string }).large !== undefined);
  };
  expect(isMeasured(full)).toBe(true);
  expect(isMeasured({ ...full, inbox: { kept: {}, count: 1, bytes: 16_000_000, requests: [] } })).toBe(false);
  stringify.mockRestore();
});

it('is lost with its step if it cannot be kept as data, however often the step may be tried', () => {
  const waits = { name: 'waits', run: () => wait({ kind: 'signal', name: 'go' }) };
  const retry = { max_attempts: 3, interval_seconds: 0 };
  const run = new RunDriver(compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'waits', retry }] }, [waits]));
  send(run, 'x'.repeat(1_100_000));
  send(run, 'next');
  expect(run.finish()).toMatchObject({ status: 'FAILED', error: { code: 'invalid_patch' } });
  expect(keptBy(run.state)).toEqual({ go: ['next'] });
});
