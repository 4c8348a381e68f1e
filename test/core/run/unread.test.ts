import { describe, expect, it } from 'vitest';
import { wakesAfter } from '../../../src/core/run/due.js';
import { isRowChanged } from '../../../src/core/run/row-change.js';
import { statusOf } from '../../../src/core/run/state.js';
import { drainUnread, endUnread, outlineState, type RunOutline } from '../../../src/core/run/unread.js';

const outline: RunOutline = {
  runId: 'r',
  graphId: 'g',
  graphVersion: 2,
  status: 'WAITING',
  waitingFor: 'branches',
  parentRunId: null,
  parentSeq: null,
  childIndex: null,
  submittedAt: 10,
  startedAt: 20,
  concurrencyKey: null,
  concurrencySince: null,
  seq: 7,
  logCount: 4,
  lastType: 'branches.started',
};

describe('the end of a run whose journal cannot be read', () => {
  it('comes after its last record, and keeps what the row tells', () => {
    const { records, state } = endUnread(outline, { type: 'run.cancelled', logs: [] }, 99);
    expect(records.map(({ seq, time, logEnd, event }) => [seq, time, logEnd, event.type])).toEqual([
      [8, 99, 5, 'run.cancelled'],
    ]);
    expect(state).toMatchObject({ runId: 'r', graphId: 'g', graphVersion: 2, submittedAt: 10, startedAt: 20 });
    expect([statusOf(state), isRowChanged(outlineState(outline), state)]).toEqual(['CANCELLED', true]);
    expect(wakesAfter(outlineState(outline), state)).toEqual([]);
  });

  it('wakes its parent', () => {
    const child = { ...outline, parentRunId: 'p', parentSeq: 3, childIndex: 1 };
    const error = { code: 'run_unreadable', message: 'no', node: null, step: null };
    const { state } = endUnread(child, { type: 'run.failed', error }, 99);
    expect(state.parent).toMatchObject({ run_id: 'p', seq: 3, index: 1 });
    expect(wakesAfter(outlineState(child), state)).toEqual([{ runId: 'p', at: 0 }]);
  });

  it('needs no more of a child than its parent', () => {
    expect(outlineState({ ...outline, parentRunId: 'p' }).parent).toMatchObject({ run_id: 'p', seq: 0, index: 0 });
  });
});

describe('the stop of the server, noted of a run that is not read', () => {
  it('comes after the last record of a parent, and changes neither its row nor what is due', () => {
    const drained = drainUnread(outline, 99);
    expect(drained?.records.map(({ seq, time, logEnd, event }) => [seq, time, logEnd, event.type])).toEqual([
      [8, 99, 4, 'run.drained'],
    ]);
    expect(isRowChanged(outlineState(outline), drained!.state)).toBe(false);
    expect(wakesAfter(outlineState(outline), drained!.state)).toEqual([]);
  });

  it('is noted once', () => {
    expect(drainUnread({ ...outline, lastType: 'run.drained' }, 99)).toBeUndefined();
  });

  it.each([null, 'timer', 'input', 'retry'] as const)('is left out of a run that waits for %s', (waitingFor) => {
    expect(drainUnread({ ...outline, waitingFor }, 99)).toBeUndefined();
  });
});
