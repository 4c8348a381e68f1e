import { describe, expect, it } from 'vitest';
import { MAX_RECOVERIES } from '../../src/core/interpreter.js';
import {
  append,
  fold,
  isFinished,
  isSnapshotDue,
  RUN_STATUSES,
  readSnapshot,
  takeSnapshot,
} from '../../src/core/run.js';
import { compiled, RunDriver, START } from '../helpers/run-driver.js';

const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] }, [
  { name: 'work', run: () => ({ n: 1 }) },
]);

describe('a new run', () => {
  it('knows what its first event says', () => {
    expect(new RunDriver(graph, { inputData: { in: 1 }, maxSteps: 7, deadlineSeconds: 1.5 }).state).toMatchObject({
      runId: 'run-1',
      graphId: 'test-graph',
      graphVersion: 1,
      status: 'SUBMITTED',
      seq: 1,
      inputData: { in: 1 },
      data: {},
      cursor: null,
      maxSteps: 7,
      deadlineSeconds: 1.5,
      deadlineAt: START + 1500,
      metadata: { team: 'core' },
      submittedAt: START,
      startedAt: null,
      finishedAt: null,
    });
    expect(new RunDriver(graph).state).toMatchObject({ deadlineSeconds: null, deadlineAt: null });
  });
});

describe('append', () => {
  it('numbers events, counts their log lines and leaves the state before as it was', () => {
    const { state } = new RunDriver(graph);
    const before = structuredClone(state);
    const error = { code: 'tool_failed', message: 'boom', node: 'a', step: 1 };
    const appended = append(
      state,
      [
        { type: 'run.started', next: 'a' },
        { type: 'step.failed', step: 1, node: 'a', attempt: 1, logs: ['x', 'y'], error },
      ],
      START + 5,
    );
    expect(appended.records.map(({ seq, time, logEnd }) => [seq, time, logEnd])).toEqual([
      [2, START + 5, 1],
      [3, START + 5, 4],
    ]);
    expect(appended.state).toMatchObject({ seq: 3, logCount: 4, startedAt: START + 5 });
    expect(state).toEqual(before);
  });

  it('keeps the count of crashes, and what resets it', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'run.started', next: 'a' }, { type: 'run.recovered' }, { type: 'run.recovered' });
    expect(run.state.recoveries).toBe(2);
    run.append({ type: 'run.drained' });
    expect(run.state).toMatchObject({ recoveries: 0, drained: true });
    run.append({ type: 'run.recovered' });
    expect(run.state).toMatchObject({ recoveries: 1, drained: false });
    run.append({ type: 'cancel.requested' });
    expect(run.state).toMatchObject({ recoveries: 0, cancelRequested: true });
    expect(MAX_RECOVERIES).toBe(10);
  });
});

describe('isFinished', () => {
  it('holds for the statuses that a run does not leave by itself', () => {
    expect(RUN_STATUSES.filter(isFinished)).toEqual(['COMPLETED', 'FAILED', 'CANCELLED']);
  });
});

describe('a snapshot', () => {
  it('is due when the events since the last outweigh it, and are 64 kB at least', () => {
    const { state } = new RunDriver(graph);
    expect(isSnapshotDue({ ...state, snapshotBytes: 0, journalBytes: 65_535 })).toBe(false);
    expect(isSnapshotDue({ ...state, snapshotBytes: 0, journalBytes: 65_536 })).toBe(true);
    expect(isSnapshotDue({ ...state, snapshotBytes: 100_000, journalBytes: 99_999 })).toBe(false);
    expect(isSnapshotDue({ ...state, snapshotBytes: 100_000, journalBytes: 100_000 })).toBe(true);
  });

  it('gives the state back, frozen, with the input from elsewhere', () => {
    const run = new RunDriver(graph, { inputData: { secret: ['large'] } });
    run.finish();
    const { text, state } = takeSnapshot(run.state);
    expect(text).not.toContain('large');
    const read = readSnapshot(text, { secret: ['large'] });
    expect(read).toEqual(state);
    expect(read).toMatchObject({ journalBytes: 0, snapshotBytes: Buffer.byteLength(text) });
    expect(Object.isFrozen(read.data)).toBe(true);
    expect(Object.isFrozen((read.inputData as { secret: string[] }).secret)).toBe(true);
    expect(fold('run-1', [], read)).toBe(read);
  });

  it('of an earlier release starts with blanks where fields are newer', () => {
    const { state } = new RunDriver(graph);
    const { drained: _, ...older } = JSON.parse(takeSnapshot(state).text) as Record<string, unknown>;
    expect(readSnapshot(JSON.stringify(older), null)).toMatchObject({ drained: false, runId: 'run-1' });
  });
});
