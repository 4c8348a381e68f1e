import { describe, expect, it } from 'vitest';
import { wakesAfter } from '../../../src/core/run/due.js';
import { isRowChanged, statusOf } from '../../../src/core/run/state.js';
import { endUnread, outlineState, type RunOutline } from '../../../src/core/run/unread.js';

const outline: RunOutline = {
  runId: 'r',
  graphId: 'g',
  graphVersion: 2,
  status: 'WAITING',
  parentRunId: null,
  parentSeq: null,
  childIndex: null,
  submittedAt: 10,
  startedAt: 20,
  seq: 7,
  logCount: 4,
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
