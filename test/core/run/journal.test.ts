import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { append, fold, isSnapshotDue, takeSnapshot } from '../../../src/core/run/journal.js';
import { MAX_RECOVERIES } from '../../../src/core/run/visit.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { flatten } from '../../helpers/flat-run.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] }, [
  { name: 'work', run: () => ({ n: 1 }) },
]);

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

describe('a snapshot', () => {
  it('is due when the events since the last outweigh it, and are 64 kB at least', () => {
    const { state } = new RunDriver(graph);
    expect(isSnapshotDue({ ...state, snapshotBytes: 0, journalBytes: 65_535 })).toBe(false);
    expect(isSnapshotDue({ ...state, snapshotBytes: 0, journalBytes: 65_536 })).toBe(true);
    expect(isSnapshotDue({ ...state, snapshotBytes: 100_000, journalBytes: 99_999 })).toBe(false);
    expect(isSnapshotDue({ ...state, snapshotBytes: 100_000, journalBytes: 100_000 })).toBe(true);
  });

  it('cannot be read if it is not JSON, no object, or a state of another form', () => {
    const { text } = takeSnapshot(new RunDriver(graph).state);
    const forms: readonly (readonly [string, string])[] = [
      [text.slice(1), 'is not JSON'],
      ['[]', 'is not a JSON object'],
      [JSON.stringify({ ...JSON.parse(text), seq: '3' }), 'has a `seq` that this release cannot read'],
      [JSON.stringify({ ...JSON.parse(text), phase: { kind: 'lost' } }), 'has a `phase` that this release cannot read'],
      [JSON.stringify({ ...JSON.parse(text), later: 1 }), 'has a `later` that this release does not know'],
      [JSON.stringify({ ...JSON.parse(text), phase: null }), 'has a `phase` that this release cannot read'],
    ];
    for (const [snapshot, why] of forms)
      expect(() => readSnapshot(snapshot, null)).toThrow(expect.objectContaining({ message: why }));
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
    expect(fold(read, [])).toBe(read);
  });

  it('of an earlier release starts with blanks where fields are newer', () => {
    const { state } = new RunDriver(graph);
    const { drained: _, ...older } = JSON.parse(takeSnapshot(state).text) as Record<string, unknown>;
    expect(readSnapshot(JSON.stringify(older), null)).toMatchObject({ drained: false, runId: 'run-1' });
  });

  it('of an earlier release goes on without a count of tries', () => {
    const run = new RunDriver(graph);
    run.advance();
    const { phase: _, ...rest } = JSON.parse(takeSnapshot(run.state).text) as Record<string, unknown>;
    const older = { ...rest, status: 'RUNNING', cursor: { node: 'a', step: 1, attempt: 1 } };
    const read = readSnapshot(JSON.stringify(older), null);
    const error = { code: 'tool_failed', message: 'boom', node: 'a', step: 1 };
    const failed = { type: 'step.failed', step: 1, node: 'a', attempt: 1, logs: [], error } as const;
    expect(flatten(append(read, [failed], START).state).cursor).toEqual({ node: 'a', step: 1, attempt: 2, tries: 2 });
  });

  it('of a branch leaves out what it has from its parent', () => {
    const inherited = { inputData: 'large input', data: { large: 'data', n: 0 }, item: 'large item' };
    const parent = { run_id: 'run-0', seq: 4, index: 1, kind: 'branch', depth: 1 } as const;
    const run = new RunDriver(graph, { submitted: { input_data: null, parent, entry_node: 'a' }, inherited });
    run.finish();
    const { text, state } = takeSnapshot(run.state);
    expect(text).not.toContain('large');
    expect(state).toMatchObject({ ...inherited, data: { large: 'data', n: 1 }, own: { n: 1 } });
    expect(readSnapshot(text, null, inherited)).toEqual(state);
    const blank = blankRun('run-1', inherited);
    expect(fold(blank, run.records)).toEqual({ ...state, snapshotBytes: 0, journalBytes: run.state.journalBytes });
  });
});
