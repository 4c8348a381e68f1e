import { describe, expect, it } from 'vitest';
import type { NotifyEvent, NotifyTarget } from '../../../src/core/base/notify.js';
import { deliveriesOf, MAX_DELIVERED_DATA_BYTES } from '../../../src/core/delivery/outbox.js';
import type { EventOf, RunEvent } from '../../../src/core/run/events.js';
import { append, openRun } from '../../../src/core/run/journal.js';
import type { RunState } from '../../../src/core/run/state.js';
import { EVENTS_WITH_LINES } from '../../store/line-events.js';

const RUN = '019ab0f4-5c00-7000-8000-000000000000';
const NOON = Date.UTC(2026, 10, 23, 12);
const ALL: readonly NotifyEvent[] = ['completed', 'failed', 'cancelled', 'waiting_for_input', 'limit'];
const target = (on: readonly NotifyEvent[] = ALL, url = 'https://a.example/hook'): NotifyTarget => {
  return { url, on, secret: 'HOOK' };
};

const STARTED: RunEvent = { type: 'run.started', next: 'a' };
const COMPLETED: RunEvent = { type: 'run.completed', reason: 'end' };
const ASKS: RunEvent = waits('input');
const CANCELLED: RunEvent = { type: 'run.cancelled', logs: [] };

function waits(kind: 'input' | 'timer' | 'signal'): RunEvent {
  const wait = { kind, until: NOON + 60_000, message: 'Well?', save_as: 'answer' } as const;
  return { type: 'wait.started', step: 1, node: 'a', attempt: 1, logs: [], wait };
}

function step(patch: EventOf<'step.completed'>['patch']): RunEvent {
  return { type: 'step.completed', step: 1, node: 'a', attempt: 1, patch, logs: [], decision: null, next: null };
}

function newRun(notify: readonly NotifyTarget[], more: Partial<EventOf<'run.submitted'>> = {}): RunState {
  const event = {
    type: 'run.submitted',
    graph_id: 'g',
    graph_version: 2,
    input_data: { secret: 'not told' },
    limits: { max_steps: 10 },
    metadata: { team: 'blue' },
    notify,
    ...more,
  } as const;
  return openRun(RUN, event, NOON).state;
}

/** What the last of some events leads to, after those before it. */
function told(state: RunState, ...events: RunEvent[]) {
  const before = append(state, events.slice(0, -1), NOON).state;
  const { records, state: end } = append(before, events.slice(-1), NOON + 1000);
  return deliveriesOf(before, records, end);
}

const bodyOf = ({ body }: { body: string }) => JSON.parse(body);

describe('callbacks', () => {
  it('tell of an end, with the data', () => {
    const [delivery, ...others] = told(newRun([target()]), STARTED, step({ n: 1 }), COMPLETED);
    expect(others).toEqual([]);
    expect(delivery).toEqual({
      runId: RUN,
      seq: 4,
      target: 0,
      event: 'completed',
      host: 'a.example:443',
      url: 'https://a.example/hook',
      secret: 'HOOK',
      createdAt: NOON + 1000,
      body: expect.any(String),
    });
    expect(bodyOf(delivery!)).toEqual({
      type: 'run.completed',
      timestamp: '2026-11-23T12:00:01.000Z',
      data: {
        run_id: RUN,
        graph_id: 'g',
        graph_version: 2,
        status: 'COMPLETED',
        metadata: { team: 'blue' },
        data: { n: 1 },
      },
    });
  });

  it('tell why a run failed, without the details', () => {
    const error = { code: 'http_status', message: 'no', node: 'a', step: 1, details: { large: true } };
    const [delivery] = told(newRun([target()]), STARTED, { type: 'run.failed', error });
    expect(bodyOf(delivery!)).toMatchObject({
      type: 'run.failed',
      data: { status: 'FAILED', data: {}, error: { code: 'http_status', message: 'no', node: 'a', step: 1 } },
    });
    expect(bodyOf(delivery!).data.error).not.toHaveProperty('details');
  });

  it('tell that a run was cancelled', () => {
    const [delivery] = told(newRun([target()]), STARTED, CANCELLED);
    expect(bodyOf(delivery!)).toMatchObject({ type: 'run.cancelled', data: { status: 'CANCELLED', data: {} } });
  });

  it('tell what a person is asked, without data', () => {
    const [delivery] = told(newRun([target()]), STARTED, ASKS);
    expect(bodyOf(delivery!).data).toEqual({
      run_id: RUN,
      graph_id: 'g',
      graph_version: 2,
      status: 'WAITING',
      metadata: { team: 'blue' },
      waiting: {
        id: 'w3',
        kind: 'input',
        node: 'a',
        since: '2026-11-23T12:00:01.000Z',
        until: '2026-11-23T12:01:00.000Z',
        message: 'Well?',
      },
    });
  });

  it('tell of a limit', () => {
    const limit = { type: 'limit.reached', limit: 'max_steps', message: 'Enough.', step: 1, node: 'a' } as const;
    const [delivery] = told(newRun([target()]), STARTED, limit);
    expect(bodyOf(delivery!)).toMatchObject({
      type: 'run.limit',
      data: { status: 'WAITING', waiting: { kind: 'limit', limit: 'max_steps', message: 'Enough.', until: null } },
    });
  });

  it.each<RunEvent>([
    STARTED,
    step({}),
    waits('timer'),
    waits('signal'),
    { type: 'cancel.requested' },
    { type: 'pause.requested' },
  ])('tell of nothing else: $type', (event) => {
    expect(told(newRun([target()]), STARTED, event)).toEqual([]);
  });

  it('tell of these types of events, of all that there are', () => {
    const before = append(newRun([target()]), [STARTED], NOON).state;
    const state = { ...before, seq: before.seq + 1 };
    const types = Object.entries(EVENTS_WITH_LINES).filter(([type, events]) => {
      const all = events.length === 0 ? [{ type } as RunEvent] : events;
      return all.some((event) => {
        const record = { seq: state.seq, time: NOON, event, payload: '', logEnd: 0 };
        return deliveriesOf(before, [record], state).length > 0;
      });
    });
    expect(types.map(([type]) => type)).toEqual([
      'wait.started',
      'limit.reached',
      'run.completed',
      'run.failed',
      'run.cancelled',
    ]);
  });

  it('go to the targets that are for the event, named by their places', () => {
    const targets = [target(['failed']), target(['completed'], 'http://[::1]:8080/'), target(ALL, 'http://b.example')];
    const deliveries = told(newRun(targets), STARTED, COMPLETED);
    expect(deliveries.map(({ target: place, host }) => [place, host])).toEqual([
      [1, '[::1]:8080'],
      [2, 'b.example:80'],
    ]);
    expect(told(newRun([target(['failed'])]), STARTED, COMPLETED)).toEqual([]);
  });

  it('are none for a run without targets, and for a run inside another one', () => {
    expect(told(newRun([]), STARTED, COMPLETED)).toEqual([]);
    const parent = { run_id: RUN, seq: 3, index: 0, kind: 'graph', depth: 1 } as const;
    expect(told(newRun([target()], { parent }), STARTED, COMPLETED)).toEqual([]);
  });

  it('tell how the run was at each event, if several are stored at once', () => {
    const before = append(newRun([target()]), [STARTED], NOON).state;
    const { records, state } = append(before, [ASKS, CANCELLED], NOON);
    const bodies = deliveriesOf(before, records, state).map((delivery) => bodyOf(delivery));
    expect(bodies.map(({ data }) => data.status)).toEqual(['WAITING', 'CANCELLED']);
    expect(bodies[0].data.waiting.id).toBe('w3');
  });

  it('tell of each end of a run that is retried', () => {
    const failed: RunEvent = { type: 'run.failed', error: { code: 'x', message: '', node: 'a', step: 1 } };
    const first = told(newRun([target()]), STARTED, failed);
    const second = told(newRun([target()]), STARTED, failed, { type: 'run.retried' }, COMPLETED);
    expect([first[0]?.seq, second[0]?.seq]).toEqual([3, 5]);
  });

  it('have no answer for the run, nor its input', () => {
    const [delivery] = told(newRun([target()]), STARTED, ASKS);
    expect(delivery!.body).not.toContain('not told');
    expect(delivery!.body).not.toContain('token');
  });

  it('have text that no store could hold otherwise, in escapes', () => {
    const [delivery] = told(newRun([target()]), STARTED, step({ odd: '\0 \ud800' }), COMPLETED);
    expect(delivery!.body).toContain('\\u0000 \\ud800');
  });

  it.each([
    ['as large as can be', { text: 'x'.repeat(MAX_DELIVERED_DATA_BYTES - 11) }, true],
    ['a byte larger', { text: 'x'.repeat(MAX_DELIVERED_DATA_BYTES - 10) }, false],
    ['of many small numbers', { list: Array.from({ length: 32_000 }, () => 1) }, true],
    ['of many letters of two bytes', { text: 'é'.repeat(40_000) }, false],
    ['far too large', { text: 'x'.repeat(1_000_000) }, false],
  ])('have data that is %s, or say that it is omitted', (_what, data, isTold) => {
    const [delivery] = told(newRun([target()]), STARTED, step(data), COMPLETED);
    const said = bodyOf(delivery!).data;
    expect(said.data).toEqual(isTold ? data : undefined);
    expect(said.data_omitted).toBe(isTold ? undefined : true);
  });
});
