import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { placeInLine } from '../../../src/core/run/concurrency.js';
import { wakeAt, wakesAfter } from '../../../src/core/run/due.js';
import { openFork } from '../../../src/core/run/fork.js';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { pause, unpause } from '../../../src/core/run/pause.js';
import { cancel } from '../../../src/core/run/requests.js';
import { isRowChanged } from '../../../src/core/run/row-change.js';
import { entersLine, holdsSlot, needsSlot } from '../../../src/core/run/slots.js';
import { childrenOf, statusOf } from '../../../src/core/run/state.js';
import { outlineState } from '../../../src/core/run/unread.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

const TOOLS = [
  { name: 'work', run: () => ({ worked: true }) },
  {
    name: 'fails',
    run: () => {
      throw new Error('boom');
    },
  },
];

const graphOf = (concurrency?: object, tool = 'work') =>
  compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: tool }], edges: [], concurrency }, TOOLS);

function inLine(options: DriverOptions & { tool?: string; on_full?: 'queue' | 'cancel_oldest' } = {}): RunDriver {
  const { tool, on_full = 'queue', ...more } = options;
  return new RunDriver(graphOf(undefined, tool), { ...more, submitted: { concurrency: { key: 'a', on_full } } });
}

describe('the key of a run', () => {
  const stateOf = (inputData: never) => new RunDriver(graphOf(), { inputData }).state;
  const place = (concurrency: object | undefined, inputData: unknown = null) =>
    placeInLine(graphOf(concurrency), stateOf(inputData as never));

  it('is worked out from its input', () => {
    expect(place(undefined)).toEqual({});
    expect(place({ limit: 1 })).toEqual({ concurrency: { key: null, on_full: 'queue' } });
    const key = '${ input_data.tenant }';
    expect(place({ limit: 1, key, on_full: 'refuse' }, { tenant: 'a' })).toEqual({
      concurrency: { key: 'a', on_full: 'refuse' },
    });
    expect(place({ limit: 1, key: 'of ${ run.graph_id } ${ input_data }' }, 7)).toEqual({
      concurrency: { key: 'of test-graph 7', on_full: 'queue' },
    });
  });

  it.each([
    ['is missing', {}, 'has no value'],
    ['is a list', { tenant: [] }, 'must be a text'],
    ['is null', { tenant: null }, 'must be a text'],
    ['is empty', { tenant: '' }, 'must have 1 to 200 characters'],
    ['is too long', { tenant: 'x'.repeat(201) }, 'must have 1 to 200 characters'],
    ['has a control character', { tenant: 'a\u0000' }, 'control character'],
    ['has half a character', { tenant: '\ud800' }, 'half a character'],
  ])('is none if it %s', (_, input, why) => {
    const { concurrency, problem } = place({ limit: 1, key: '${ input_data.tenant }' }, input);
    expect(concurrency).toBeUndefined();
    expect(problem).toContain(why);
  });

  it('is that of the fork for a fork', () => {
    const run = inLine();
    const concurrency = { key: 'b', on_full: 'refuse' } as const;
    const fork = openFork(run.state, graphOf() as never, 'fork', START + 5, { concurrency });
    expect(fork.state.concurrency).toEqual({ ...concurrency, since: START + 5 });
    expect(openFork(run.state, graphOf() as never, 'fork', START).state.concurrency).toBeNull();
  });
});

describe('a run of a graph with concurrency', () => {
  it('begins once it has a slot, and holds that until it has ended', () => {
    const run = inLine();
    expect([needsSlot(run.state), holdsSlot(run.state)]).toEqual([true, false]);
    run.hasSlot = false;
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    run.hasSlot = true;
    run.advance();
    expect([needsSlot(run.state), holdsSlot(run.state)]).toEqual([false, true]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED' });
    expect([needsSlot(run.state), holdsSlot(run.state)]).toEqual([false, false]);
  });

  it('fails at its deadline, and is cancelled, without a slot', () => {
    const late = inLine({ deadlineSeconds: 1 });
    late.hasSlot = false;
    expect(late.decide()).toEqual({ type: 'wait', until: START + 1000 });
    late.now += 1000;
    expect(late.finish()).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
    const cancelled = inLine();
    cancelled.append(...(cancel(cancelled.state).events ?? []));
    expect(statusOf(cancelled.state)).toBe('CANCELLED');
  });

  it('is woken by whoever gives it a slot, at its deadline, or at once if it cancels others', () => {
    const wakes = (run: RunDriver) => wakesAfter(null, run.state);
    expect(wakes(inLine())).toEqual([]);
    expect(wakes(inLine({ deadlineSeconds: 1 }))).toEqual([{ runId: 'run-1', at: START + 1000 }]);
    expect(wakes(inLine({ on_full: 'cancel_oldest' }))).toEqual([{ runId: 'run-1', at: 0 }]);
    expect(wakes(new RunDriver(graphOf()))).toEqual([{ runId: 'run-1', at: 0 }]);
  });

  it('comes into line again when it is retried, and goes on from where it stopped', () => {
    const run = inLine({ tool: 'fails' });
    expect(run.finish()).toMatchObject({ status: 'FAILED' });
    run.now += 7;
    const failed = run.state;
    run.retry();
    expect(statusOf(run.state)).toBe('SUBMITTED');
    expect(isRowChanged(failed, run.state)).toBe(true);
    expect(run.view).toMatchObject({ concurrency: { key: 'a', since: START + 7 }, cursor: { node: 'a', step: 1 } });
    expect([needsSlot(run.state), holdsSlot(run.state)]).toEqual([true, false]);
    expect(wakesAfter(failed, run.state)).toEqual([]);
    expect(wakeAt(run.state)).toBeNull();
    expect(childrenOf(run.state)).toBeNull();
    run.hasSlot = false;
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    run.hasSlot = true;
    expect(run.decide()).toEqual({ type: 'append', events: [{ type: 'slot.taken' }] });
    run.append({ type: 'slot.taken' });
    expect([statusOf(run.state), holdsSlot(run.state)]).toEqual(['RUNNING', true]);
    expect(run.finish()).toMatchObject({ status: 'FAILED' });
  });

  it('keeps what it goes on with while it is in line, whatever happens to it there', () => {
    const run = inLine();
    run.append({ type: 'run.cancelled', logs: [] });
    run.retry();
    // What comes twice changes nothing.
    const { state } = run;
    run.append({ type: 'run.cancelled', logs: [] });
    expect(run.state.phase).toMatchObject({ kind: 'cancelled', at: { kind: 'starting', cursor: null } });
    run.retry();
    expect(run.state.phase).toEqual(state.phase);
    const { text } = takeSnapshot(run.state);
    expect(readSnapshot(text, null).phase).toEqual(run.state.phase);
    expect(fold(blankRun('run-1'), run.records)).toEqual(run.state);
    run.append({ type: 'slot.taken' }, { type: 'slot.taken' });
    expect(run.state.phase.kind).toBe('starting');
    expect(run.finish()).toMatchObject({ status: 'COMPLETED' });
  });

  it('leaves the line if it is paused there, and comes to its end when it is unpaused', () => {
    const run = inLine();
    run.append(...(pause(run.state).events ?? []));
    run.append({ type: 'run.paused', node: 'a' });
    expect([needsSlot(run.state), holdsSlot(run.state)]).toEqual([false, false]);
    run.now += 9;
    const paused = run.state;
    run.append(...(unpause(run.state).events ?? []));
    expect(run.view).toMatchObject({ status: 'SUBMITTED', concurrency: { since: START + 9 } });
    expect(wakesAfter(paused, run.state)).toEqual([]);
  });

  it('holds its slot while it is paused after it has begun', () => {
    const run = inLine();
    run.advance();
    run.append({ type: 'pause.requested' }, { type: 'run.paused', node: 'a' });
    expect(holdsSlot(run.state)).toBe(true);
    run.now += 9;
    run.append({ type: 'run.unpaused' });
    expect(run.view).toMatchObject({ status: 'RUNNING', concurrency: { since: START } });
  });

  it('is known by its row if its journal cannot be read', () => {
    const outline = { runId: 'r', graphId: 'g', graphVersion: 1, status: 'SUBMITTED', submittedAt: 1, seq: 1 } as never;
    const of = (concurrencyKey: string | null, concurrencySince: number | null = 5) =>
      outlineState({ ...(outline as object), parentRunId: null, concurrencyKey, concurrencySince } as never)
        .concurrency;
    expect(of(null)).toBeNull();
    expect(of('', null)).toEqual({ key: null, on_full: 'queue', since: 0 });
    expect(of('a')).toEqual({ key: 'a', on_full: 'queue', since: 5 });
  });
});

it('a run comes into line by its submission, and by a retry', () => {
  const of = (...types: string[]) => entersLine(types.map((type) => ({ event: { type } })));
  expect([of('run.submitted'), of('run.retried'), of('run.started'), of()]).toEqual([true, true, false, false]);
});
