import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/core/compile-graph.js';
import { type EventRecord, eventOf, isTerminal } from '../../src/core/events.js';
import { decide } from '../../src/core/interpreter.js';
import { linesOf } from '../../src/core/log-lines.js';
import { fold, isFinished, type RunState, readSnapshot, takeSnapshot } from '../../src/core/run.js';
import { type GeneratedGraph, type Intervention, interventions, wildGraphs } from '../helpers/graph-arbitrary.js';
import { RunDriver } from '../helpers/run-driver.js';

interface Stored {
  readonly text: string;
  readonly seq: number;
}

/** What a store would give back: records made from their stored columns alone. */
function stored(records: readonly EventRecord[]): EventRecord[] {
  return records.map(({ seq, time, event, payload, logEnd }) => {
    return { seq, time, event: eventOf(event.type, payload), payload, logEnd };
  });
}

/** Sizes depend on where snapshots were taken; everything else must not. */
function withoutSizes(state: RunState): RunState {
  return { ...state, snapshotBytes: 0, journalBytes: 0 };
}

function checkJournal(driver: RunDriver): void {
  const { records, state } = driver;
  assert.deepEqual(
    records.map((record) => record.seq),
    records.map((_, index) => index + 1),
    'seq is consecutive',
  );
  let lines = 0;
  for (const record of records) {
    lines += linesOf(record.event).length;
    assert.equal(record.logEnd, lines, 'logEnd counts the lines');
  }
  assert.equal(state.logCount, lines);
  const terminal = records.filter((record) => isTerminal(record.event.type));
  assert.equal(terminal.length, isFinished(state.status) ? 1 : 0, 'one terminal event, if finished');
  assert.equal(isTerminal(records.at(-1)!.event.type), isFinished(state.status), 'it is the last');
  const finished = records.flatMap(({ event }) => (event.type === 'step.completed' ? [event.step] : []));
  assert.deepEqual(
    finished,
    finished.map((_, index) => index + 1),
    'steps are numbered one by one',
  );
  assert.equal(state.stepCount, finished.length);
  assert.ok(finished.length <= state.maxSteps, 'steps stay within the limit');
}

function checkStatus({ records, state }: RunDriver): void {
  const last = records.at(-1)!.event;
  const expected = { 'run.completed': 'COMPLETED', 'run.failed': 'FAILED', 'run.cancelled': 'CANCELLED' } as const;
  if (last.type in expected) assert.equal(state.status, expected[last.type as keyof typeof expected]);
  else assert.equal(state.status, records.some(({ event }) => event.type === 'run.started') ? 'RUNNING' : 'SUBMITTED');
  assert.equal(state.error !== null, state.status === 'FAILED');
  assert.equal(state.finishedAt !== null, isFinished(state.status));
}

function checkFolds({ records, state }: RunDriver, snapshots: readonly Stored[]): void {
  const reread = stored(records);
  assert.deepEqual(
    reread.map((record) => record.event),
    records.map((record) => record.event),
    'events survive JSON',
  );
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the state survives JSON');
  assert.deepEqual(withoutSizes(fold('run-1', reread)), withoutSizes(state), 'the journal folds to the state');
  for (const { text, seq } of [...snapshots, { text: takeSnapshot(state).text, seq: state.seq }]) {
    const snapshot = readSnapshot(text, state.inputData);
    const folded = fold('run-1', reread.slice(seq), snapshot);
    assert.deepEqual(
      withoutSizes(folded),
      withoutSizes(state),
      `the snapshot at ${seq} and its tail fold to the state`,
    );
  }
}

function intervene(driver: RunDriver, { kind, ...rest }: Intervention, snapshots: Stored[]): void {
  if (isFinished(driver.state.status)) return;
  if (kind === 'cancel') driver.append({ type: 'cancel.requested' });
  if (kind === 'crash') driver.append({ type: 'run.recovered' });
  if (kind === 'drain') driver.append({ type: 'run.drained' });
  if ('ms' in rest) driver.now += rest.ms;
  if (kind !== 'snapshot') return;
  const { text, state } = takeSnapshot(driver.state);
  snapshots.push({ text, seq: state.seq });
  driver.state = state;
}

function drive({ definition, registry }: GeneratedGraph, script: readonly Intervention[], options: object): RunDriver {
  const graph = compileGraph(definition, registry, { graphId: 'g', version: 1 });
  const driver = new RunDriver(graph, options);
  const snapshots: Stored[] = [];
  for (let turn = 0; ; turn++) {
    const intervention = script[turn] ?? { kind: 'none' };
    intervene(driver, intervention, snapshots);
    const goesOn = driver.advance(() => {
      if (intervention.kind === 'cancel_during_call') driver.append({ type: 'cancel.requested' });
    });
    checkJournal(driver);
    checkStatus(driver);
    checkFolds(driver, snapshots);
    if (!goesOn) return driver;
  }
}

const options = fc.record(
  {
    inputData: fc.jsonValue({ maxDepth: 2 }),
    maxSteps: fc.integer({ min: 1, max: 12 }),
    deadlineSeconds: fc.double({ min: 0.001, max: 20, noNaN: true }),
  },
  { requiredKeys: ['inputData', 'maxSteps'] },
);

describe('any run of any graph', () => {
  it('keeps its journal, state, snapshots and status in step, and ends for good', () => {
    const ends = new Set<string>();
    fc.assert(
      fc.property(wildGraphs, interventions, options, (generated, script, runOptions) => {
        const driver = drive(generated, script, runOptions);
        ends.add(driver.state.error?.code ?? driver.state.status);
        for (const now of [0, driver.now, Number.MAX_SAFE_INTEGER]) {
          expect(decide(driver.graph, driver.state, now)).toEqual({ type: 'stop' });
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    // The generators would be worth little if runs ended in one way only.
    const expected = [
      'COMPLETED',
      'CANCELLED',
      'tool_failed',
      'invalid_patch',
      'condition_failed',
      'max_steps_exceeded',
    ];
    expect([...ends]).toEqual(expect.arrayContaining([...expected, 'deadline_exceeded']));
  });

  it('depends on nothing but its graph, its events and the clock', () => {
    fc.assert(
      fc.property(wildGraphs, interventions, options, (generated, script, runOptions) => {
        const once = drive(generated, script, runOptions);
        const again = drive(generated, script, runOptions);
        assert.deepEqual(again.records, once.records);
      }),
      { numRuns: 50 },
    );
  });
});
