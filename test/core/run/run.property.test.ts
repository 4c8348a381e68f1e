import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../../src/core/base/json.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { decide } from '../../../src/core/run/decide.js';
import { isTerminal } from '../../../src/core/run/event-kinds.js';
import type { EventOf, EventRecord, RunEvent } from '../../../src/core/run/events.js';
import type { ChildResult } from '../../../src/core/run/join.js';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { linesOf } from '../../../src/core/run/log-lines.js';
import { pause, unpause } from '../../../src/core/run/pause.js';
import { type Children, isFinished, type RunState } from '../../../src/core/run/state.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { eventOf } from '../../../src/core/run/stored-events.js';
import { compileGraph, readSnapshot } from '../../helpers/all-steps.js';
import { flatten } from '../../helpers/flat-run.js';
import {
  anyGuards,
  childEnds,
  type GeneratedGraph,
  type Intervention,
  interventions,
  wildGraphs,
} from '../../helpers/graph-arbitrary.js';
import { completedChild, type DriverOptions, lostChild, RunDriver } from '../../helpers/run-driver.js';

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

function checkJournal({ records, state }: RunDriver): void {
  assert.deepEqual(
    records.map((record) => record.seq),
    records.map((_, index) => index + 1),
    'seq is consecutive',
  );
  let lines = 0;
  let ended = 0;
  for (const [index, { event, logEnd }] of records.entries()) {
    lines += linesOf(event).length;
    assert.equal(logEnd, lines, 'logEnd counts the lines');
    const next = records[index + 1]?.event.type;
    if (isTerminal(event.type)) assert.ok(next === undefined || next === 'run.retried', 'only a retry follows an end');
    if (event.type === 'run.completed') assert.equal(next, undefined, 'COMPLETED stays');
    if (event.type === 'step.completed' || (event.type === 'step.failed' && event.decision !== undefined)) {
      // After a retry, the way out of a step that is over may be chosen again.
      assert.ok(event.step === ended + 1 || event.step === ended, 'steps are numbered one by one');
      ended = event.step;
    }
  }
  assert.equal(state.logCount, lines);
  assert.equal(state.stepCount, ended);
  assert.ok(ended <= state.maxSteps, 'steps stay within the limit');
}

function checkStatus({ records, view: state }: RunDriver): void {
  const last = records.at(-1)!.event;
  const ends = { 'run.completed': 'COMPLETED', 'run.failed': 'FAILED', 'run.cancelled': 'CANCELLED' } as const;
  if (last.type in ends) assert.equal(state.status, ends[last.type as keyof typeof ends]);
  else assert.ok(!isFinished(state.status), 'only an end is an end');
  assert.equal(state.status === 'WAITING', state.waiting !== null, 'WAITING has a reason');
  if (state.children !== null) assert.notEqual(state.status, 'RUNNING', 'who has children waits for them');
  assert.equal(state.error !== null, state.status === 'FAILED');
  assert.equal(state.finishedAt !== null, isFinished(state.status));
  if (isFinished(state.status)) assert.deepEqual([state.cancelRequested, state.paused], [false, false]);
}

function checkFolds({ records, state, options }: RunDriver, snapshots: readonly Stored[]): void {
  const reread = stored(records);
  const { inherited } = options;
  const blank = blankRun('run-1', inherited);
  assert.deepEqual(
    reread.map((record) => record.event),
    records.map((record) => record.event),
    'events survive JSON',
  );
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the state survives JSON');
  assert.deepEqual(withoutSizes(fold(blank, reread)), withoutSizes(state), 'the journal folds to the state');
  for (const { text, seq } of [...snapshots, { text: takeSnapshot(state).text, seq: state.seq }]) {
    const folded = fold(readSnapshot(text, state.inputData, inherited), reread.slice(seq));
    assert.deepEqual(
      withoutSizes(folded),
      withoutSizes(state),
      `the snapshot at ${seq} and its tail fold to the state`,
    );
  }
}

/** Each signal that was sent is with one wait, or is kept: the oldest of a name first, and none twice. */
function checkSignals({ records, state: { inbox } }: RunDriver): void {
  const kept: Record<string, unknown[]> = Object.create(null);
  let waitsFor = '';
  for (const { event } of records) {
    if (event.type === 'signal.received') kept[event.name] = [...(kept[event.name] ?? []), event.payload];
    if (event.type === 'wait.started') waitsFor = event.wait.signal ?? '';
    if (event.type === 'wait.ended') checkTaken(event, kept[waitsFor] ?? []);
  }
  const lists = Object.entries(inbox?.kept ?? {}).map(([name, list]) => [name, list.map(({ payload }) => payload)]);
  const left = Object.entries(kept).filter(([, payloads]) => payloads.length > 0);
  assert.deepEqual(Object.fromEntries(lists), Object.fromEntries(left), 'what was not taken is kept');
  const all = Object.values(inbox?.kept ?? {}).flat();
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  assert.deepEqual([inbox?.count ?? 0, inbox?.bytes ?? 0], [all.length, bytes], 'the count and the size of it');
}

function checkTaken({ outcome, answer }: EventOf<'wait.ended'>, kept: unknown[]): void {
  if (outcome === 'signalled') assert.equal(answer, kept.shift(), 'a wait takes the oldest of its name');
  if (outcome === 'refused') assert.equal(kept.shift(), 'text', 'only what does not fit is refused');
}

/** What comes next for a paused run is nothing, its pause, its children or its end. */
function checkPauses(driver: RunDriver): void {
  if (!driver.state.paused) return;
  const command = driver.decide();
  assert.notEqual(command.type, 'call', 'a paused run begins nothing');
  if (command.type !== 'append') return;
  const types = command.events.map(({ type }) => type);
  assert.ok(
    types.every((type) => type === 'run.paused' || isTerminal(type)),
    'a paused run rests, or ends',
  );
}

/** Visits, and those that find nothing changed, counted in the simplest way. */
function checkVisits({ records, state, options }: RunDriver): void {
  const visits: Record<string, number> = Object.create(null);
  const last: Record<string, { data: JsonObject; unchanged: number }> = Object.create(null);
  let at = blankRun('run-1', options.inherited);
  for (const record of records) {
    at = fold(at, [record]);
    const next = 'next' in record.event ? record.event.next : null;
    if (typeof next !== 'string') continue;
    visits[next] = (visits[next] ?? 0) + 1;
    const isSame = last[next] !== undefined && isDeepStrictEqual(last[next].data, at.data);
    last[next] = { data: at.data, unchanged: isSame ? last[next]!.unchanged + 1 : 0 };
  }
  assert.deepEqual({ ...state.visits }, { ...visits });
  // Only a run that has had the limit all along has seen all of it.
  if (options.guards?.no_progress === undefined) return;
  const entries = Object.entries(state.progress!.entries).map(([node, { unchanged }]) => [node, unchanged]);
  const counted = Object.entries(last).map(([node, { unchanged }]) => [node, unchanged]);
  assert.deepEqual(Object.fromEntries(entries), Object.fromEntries(counted));
}

/** Steps read at once, and steps read one page after the other, are the same. */
function checkSteps({ records, view: state }: RunDriver): void {
  const read = (from: number) => {
    const reader = new StepReader(from);
    for (const record of records) if (record.seq >= from) reader.read(record);
    return { steps: reader.current === null ? reader.finished : [...reader.finished, reader.current], reader };
  };
  const { steps } = read(0);
  assert.deepEqual(
    steps.map(({ step }) => step),
    steps.map((_, index) => index + 1),
    'each visit is told once',
  );
  for (const { status } of steps.slice(0, -1)) assert.ok(status === 'COMPLETED' || status === 'FAILED');
  const last = steps.at(-1);
  if (last !== undefined && isFinished(state.status)) assert.notEqual(last.status, 'RUNNING');
  if (last !== undefined && !isFinished(state.status)) assert.notEqual(last.status, 'CANCELLED');
  const partial = new StepReader(0);
  for (const record of records) {
    const before = partial.finished.length;
    partial.read(record);
    if (partial.finished.length > before) {
      assert.deepEqual(
        read(partial.lastSeq).steps,
        steps.slice(partial.finished.length),
        'pages go on where they ended',
      );
    }
  }
}

/** A new run with the steps before one copied, as the engine makes it. Undefined where there is no such step. */
function forkOf({ graph, records, options, now, state }: RunDriver, fromStep: number): RunDriver | undefined {
  const fork = new RunDriver(graph, { ...options, maxSteps: state.maxSteps });
  fork.now = now;
  for (const { event } of records) {
    const isAbout = /^(step|wait|branches|signal)\.|^run\.(started|forked)$/.test(event.type);
    if (!isAbout) continue;
    const record = { seq: fork.state.seq + 1, time: now, event, payload: '', logEnd: 0 };
    const { cursor, children } = flatten(fold(fork.state, [record]));
    const isThere = cursor?.step === fromStep && children === null;
    if (!isThere) fork.append(event);
    else if ('next' in event && fromStep > 1) fork.append({ ...event, next: null } as RunEvent);
    if (!isThere) continue;
    const forked_from = { run_id: 'run-0', step: fromStep };
    fork.append({ type: 'run.forked', forked_from, patch: { forked: true }, node: cursor.node, step: fromStep });
    return fork;
  }
  return undefined;
}

function intervene(driver: RunDriver, { kind, ...rest }: Intervention, snapshots: Stored[]): void {
  if ('ms' in rest) driver.now += rest.ms;
  if ('payload' in rest) driver.signal(rest.name, rest.payload);
  const { status, maxSteps, cursor, error } = driver.view;
  if (kind === 'snapshot') {
    const { text, state } = takeSnapshot(driver.state);
    snapshots.push({ text, seq: state.seq });
    driver.state = state;
  }
  if (kind === 'retry' && (status === 'FAILED' || status === 'CANCELLED')) {
    // What it may have been over is raised.
    const { max_visits = 0, no_progress = 0 } = driver.state.guards ?? {};
    const isLow = error?.code === 'max_visits_exceeded' || error?.code === 'no_progress';
    const steps = (cursor?.step ?? 0) > maxSteps ? { max_steps: maxSteps + 2 } : {};
    driver.retry({ ...steps, ...(isLow && { max_visits: max_visits + 9, no_progress: no_progress + 9 }) });
  }
  if (!isFinished(driver.view.status)) interveneLive(driver, kind);
}

function interveneLive(driver: RunDriver, kind: Intervention['kind']): void {
  const { status, waiting } = driver.view;
  if (kind === 'cancel') driver.append({ type: 'cancel.requested' });
  if (kind === 'pause') driver.append(...(pause(driver.state).events ?? []));
  if (kind === 'lift' && waiting?.kind === 'limit') driver.liftAll();
  if (kind === 'unpause') driver.append(...(unpause(driver.state).events ?? []));
  if (kind === 'crash' && status === 'RUNNING') driver.append({ type: 'run.recovered' });
  if (kind === 'drain' && status === 'RUNNING') driver.append({ type: 'run.drained' });
  if (kind === 'answer' && waiting?.kind === 'input' && driver.decide().type === 'wait') driver.answer({ ok: true });
}

function endsOf({ seq, count, retriedSeq }: Children, ends: readonly string[], cancel: boolean): ChildResult[] {
  return Array.from({ length: count }, (_, index): ChildResult => {
    const end = ends[(seq + index + (retriedSeq ?? 0)) % ends.length];
    if (end === 'cancelled' || (cancel && index > 0)) return lostChild(null, index);
    if (end === 'fails') return lostChild('boom', index);
    return completedChild(end === 'nothing' ? {} : { [end!]: index }, index);
  }).reverse();
}

interface Plan {
  readonly script: readonly Intervention[];
  readonly ends: readonly string[];
  readonly options: DriverOptions;
}

function kindOf(event: RunEvent): string {
  return event.type === 'wait.ended' ? `${event.type} ${event.outcome}` : event.type;
}

function drive({ definition, registry }: GeneratedGraph, plan: Plan, seen: Set<string>): RunDriver {
  const graph = compileGraph(definition, registry, { graphId: 'g', version: 1 });
  let driver = new RunDriver(graph, plan.options);
  let snapshots: Stored[] = [];
  for (let turn = 0; turn < 1000; turn++) {
    const intervention = plan.script[turn] ?? { kind: 'none' };
    const fork = intervention.kind === 'fork' ? forkOf(driver, intervention.fromStep) : undefined;
    if (fork !== undefined) {
      driver = fork;
      snapshots = [];
    }
    intervene(driver, intervention, snapshots);
    const isScripted = turn < plan.script.length;
    const isOver = takeTurn(driver, plan, intervention, isScripted) === 'stop';
    checkJournal(driver);
    checkStatus(driver);
    checkSignals(driver);
    checkPauses(driver);
    checkFolds(driver, snapshots);
    // Now and then: it reads the whole journal once for each step.
    if (intervention.kind === 'snapshot') checkSteps(driver);
    if (!isOver || isScripted) continue;
    checkSteps(driver);
    checkVisits(driver);
    for (const { event } of driver.records) seen.add(kindOf(event));
    return driver;
  }
  throw new Error('The run does not end.');
}

/** Does what comes next. When the script is over, waits are answered and time passes. */
function takeTurn(driver: RunDriver, { ends }: Plan, { kind }: Intervention, isScripted: boolean): string {
  const command = driver.decide();
  if (command.type === 'children') driver.settleChildren(...endsOf(command.children, ends, command.cancel));
  else if (command.type === 'wait' && !isScripted && command.until === null) driver.endWait();
  else if (command.type === 'wait' && !isScripted) driver.now = Math.max(driver.now, command.until ?? 0);
  else {
    driver.advance(() => {
      if (kind === 'cancel_during_call') driver.append({ type: 'cancel.requested' });
      if (kind === 'pause_during_call') driver.append(...(pause(driver.state).events ?? []));
    });
  }
  return command.type;
}

const inherited = { inputData: { from: 'parent' }, data: { list: [1], a: 1 }, item: { name: 'x' } };
const branchAt = (depth: number) => ({
  submitted: {
    input_data: null,
    parent: { run_id: 'run-0', seq: 7, index: 1, kind: 'branch', depth },
    entry_node: 'n0',
    join_node: 'n1',
  },
  inherited,
});

const plans: fc.Arbitrary<Plan> = fc
  .record({
    script: interventions,
    ends: childEnds,
    depth: fc.constantFrom(0, 0, 1, 8),
    guards: anyGuards,
    limits: fc.record(
      {
        inputData: fc.jsonValue({ maxDepth: 2 }),
        maxSteps: fc.integer({ min: 1, max: 12 }),
        deadlineSeconds: fc.double({ min: 0.001, max: 60, noNaN: true }),
      },
      { requiredKeys: ['inputData', 'maxSteps'] },
    ),
  })
  .map(({ script, ends, depth, limits, guards }) => ({
    script,
    ends,
    options: { ...limits, guards, ...(depth > 0 ? branchAt(depth) : {}) } as DriverOptions,
  }));

describe('any run of any graph', () => {
  it('keeps its journal, state, snapshots and status in step, and ends for good', () => {
    const ends = new Set<string>();
    const types = new Set<string>();
    fc.assert(
      fc.property(wildGraphs, plans, (generated, plan) => {
        const driver = drive(generated, plan, types);
        ends.add(driver.view.error?.code ?? driver.view.status);
        for (const now of [0, driver.now, Number.MAX_SAFE_INTEGER]) {
          expect(decide(driver.graph, driver.state, { now, random: 0 })).toEqual({ type: 'stop' });
        }
      }),
      { numRuns: 800, seed: 1 },
    );
    // The generators would be worth little if runs ended in one way only.
    const expected = [
      ...['COMPLETED', 'CANCELLED', 'tool_failed', 'invalid_patch', 'condition_failed', 'max_steps_exceeded'],
      ...[
        'max_visits_exceeded',
        'no_progress',
        'deadline_exceeded',
        'expression_failed',
        'wait_expired',
        'branch_failed',
        'child_failed',
        'depth_exceeded',
      ],
    ];
    expect([...ends]).toEqual(expect.arrayContaining(expected));
    expect(types.size).toBe(28);
  }, 60_000);

  it('depends on nothing but its graph, its events, the clock and chance', () => {
    fc.assert(
      fc.property(wildGraphs, plans, (generated, plan) => {
        const once = drive(generated, plan, new Set());
        const again = drive(generated, plan, new Set());
        assert.deepEqual(again.records, once.records);
      }),
      { numRuns: 50 },
    );
  });
});
