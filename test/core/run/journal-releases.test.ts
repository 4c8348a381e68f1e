import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import type { EventRecord, RunEvent } from '../../../src/core/run/events.js';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { linesOf } from '../../../src/core/run/log-lines.js';
import type { Inherited, RunState } from '../../../src/core/run/state.js';
import { eventOf } from '../../../src/core/run/stored-events.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { flatten } from '../../helpers/flat-run.js';

/**
 * Journals as releases stored them. Databases outlive releases, so event types and fields are only ever added, and
 * these files never change: a new release adds a file. States are compared by the fields that the file has.
 */
interface Fixture {
  readonly release: string;
  readonly runs: readonly {
    readonly runId: string;
    /** What a branch has from its parent. */
    readonly inherited?: Inherited;
    readonly records: readonly { seq: number; time: number; type: string; payload: string; logEnd: number }[];
    readonly logs: readonly string[];
    readonly state: JsonObject & { readonly inputData: Json };
  }[];
}

const folder = new URL('../../fixtures/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((file) => /^journal-.*\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture);

function recordsOf(run: Fixture['runs'][number]): EventRecord[] {
  return run.records.map(({ type, ...record }) => ({ ...record, event: eventOf(type, record.payload) }));
}

function blank(run: Fixture['runs'][number]): RunState {
  return blankRun(run.runId, run.inherited);
}

const NONE = { input_tokens: 0, output_tokens: 0 };

it('a journal of release 1.0 says nothing of what came later', () => {
  for (const run of fixtures.find(({ release }) => release === '1.0')?.runs ?? []) {
    const later = { waiting: null, children: null, parent: null, own: null, item: null, forkedFrom: null, usage: NONE };
    expect(flatten(fold(blank(run), recordsOf(run)))).toMatchObject({
      ...later,
      pending: null,
      retriedBy: null,
      joinNode: null,
    });
  }
});

describe.each(fixtures)('a journal of release $release', ({ runs }) => {
  it.each(runs)('folds to the state it had: $runId', (run) => {
    expect(flatten(fold(blank(run), recordsOf(run)))).toMatchObject(run.state);
  });

  it.each(runs)('folds to that state from a snapshot at any event: $runId', (run) => {
    const records = recordsOf(run);
    for (const [index] of records.entries()) {
      const { text } = takeSnapshot(fold(blank(run), records.slice(0, index + 1)));
      const snapshot = readSnapshot(text, run.state.inputData, run.inherited);
      const folded = fold(snapshot, records.slice(index + 1));
      expect(flatten(folded)).toMatchObject(run.state);
    }
  });

  it.each(runs)('has the log lines it had: $runId', (run) => {
    expect(recordsOf(run).flatMap((record) => linesOf(record.event))).toEqual(run.logs);
    expect(run.records.at(-1)?.logEnd).toBe(run.logs.length);
  });
});

function typesOf(release: string): string[] {
  const fixture = fixtures.find((one) => one.release === release);
  return [...new Set(fixture?.runs.flatMap((run) => run.records.map((record) => record.type)))].sort();
}

const FIRST_TYPES = [
  ...['cancel.requested', 'run.cancelled', 'run.completed', 'run.drained', 'run.failed', 'run.recovered'],
  ...['run.started', 'run.submitted', 'step.completed', 'step.failed'],
];

it('release 1.0 had these types of events', () => {
  expect(typesOf('1.0')).toEqual(FIRST_TYPES);
});

it('release 1.1 added these', () => {
  const added = ['branches.joined', 'branches.started', 'run.forked', 'run.retried', 'wait.ended', 'wait.started'];
  expect(typesOf('1.1')).toEqual([...FIRST_TYPES, ...added].sort());
});

it('release 1.3 added details of errors', () => {
  for (const { release, runs } of fixtures) {
    const says = JSON.stringify(runs).includes('\\"details\\"');
    expect(says, release).toBe(!['1.0', '1.1', '1.2'].includes(release));
    for (const { runId, inherited, records, state } of says ? runs : []) {
      const { error, data } = flatten(fold(blankRun(runId, inherited), recordsOf({ records } as never)));
      expect({ error, data }).toEqual({ error: state.error, data: state.data });
    }
  }
});

it('release 1.4 added the names of branches', () => {
  for (const { release, runs } of fixtures) {
    const names = runs.flatMap((run) =>
      recordsOf(run).flatMap(({ event }) => (event.type === 'run.submitted' ? [event.name] : [])),
    );
    expect(names.filter((name) => name !== undefined)).toEqual(release === '1.4' ? ['x'] : []);
  }
});

/** The journals with names of who asked have requests of every kind. */
const WITH_ACTORS = ['1.5-actors', '1.5-moves'];
const anonymous = fixtures.filter(({ release }) => !WITH_ACTORS.includes(release));

/** What an event says of signals, and of waits. */
function saidOf(event: RunEvent): string {
  if (event.type === 'signal.received') return event.request === undefined ? event.type : 'signal with a key';
  if (event.type === 'wait.started') return event.wait.kind;
  return event.type === 'wait.ended' ? event.outcome : event.type;
}

it('release 1.5 added signals', () => {
  const added = ['signal.received', 'signal with a key', 'signal', 'signalled', 'refused'];
  for (const { release, runs } of anonymous) {
    const said = new Set(runs.flatMap((run) => recordsOf(run).map(({ event }) => saidOf(event))));
    const isNew = release === '1.5';
    expect([release, ...added.filter((one) => said.has(one))]).toEqual(isNew ? [release, ...added] : [release]);
    expect(runs.some(({ state }) => 'inbox' in state)).toBe(isNew);
  }
});

it('release 1.5 added pauses', () => {
  const added = ['pause.requested', 'run.paused', 'run.unpaused'];
  for (const { release, runs } of anonymous) {
    const types = typesOf(release).filter((type) => added.includes(type));
    expect([release, ...types]).toEqual(release === '1.5-pauses' ? [release, ...added] : [release]);
    expect(runs.some(({ state }) => 'paused' in state)).toBe(release === '1.5-pauses');
  }
});

it('release 1.5 added who asked', () => {
  for (const { release, runs } of fixtures) {
    const says = /\\"(answered_)?by\\"/.test(JSON.stringify(runs));
    expect(says, release).toBe(WITH_ACTORS.includes(release));
    for (const run of says ? [] : runs) expect(fold(blank(run), recordsOf(run)).actors).toEqual({});
  }
});

it('release 1.5 added whom runs tell what becomes of them, which is nobody before', () => {
  for (const { release, runs } of fixtures) {
    const says = JSON.stringify(runs).includes('\\"notify\\"');
    expect(says, release).toBe(release === '1.5-callbacks');
    for (const run of says ? [] : runs) expect(fold(blank(run), recordsOf(run)).notify).toEqual([]);
  }
});

it('release 1.5 added joins that do without some branches', () => {
  const added = ['joined', 'failed', 'cancelled', 'winners'];
  for (const { release, runs } of fixtures) {
    const joins = runs.flatMap((run) => recordsOf(run).filter(({ event }) => event.type === 'branches.joined'));
    const said = added.filter((field) => joins.some(({ event }) => field in event));
    expect([release, ...said]).toEqual(release === '1.5-joins' ? [release, ...added] : [release]);
  }
});

it('release 1.2 added usage, which is none before', () => {
  for (const { release, runs } of fixtures) {
    const says = JSON.stringify(runs).includes('\\"usage\\"');
    expect(says).toBe(!['1.0', '1.1'].includes(release));
    for (const run of says ? [] : runs) expect(fold(blank(run), recordsOf(run)).usage).toEqual(NONE);
  }
});

const STARTERS: Readonly<Record<string, readonly string[]>> = {
  '1.5-run-graph': ['run'],
  '1.5-schedules': ['schedule'],
};

it('release 1.5 added what steps say of the runs that they start, and what started runs that no client did', () => {
  for (const { release, runs } of fixtures) {
    const events = runs.flatMap((run) => recordsOf(run).map(({ event }) => event));
    const said = events.flatMap((event) =>
      event.type === 'wait.started' ? [event.wait.limits, event.wait.metadata] : [],
    );
    const starters = events.flatMap((event) => (event.type === 'run.submitted' ? [event.started_by] : []));
    const isNew = release === '1.5-run-graph';
    expect([release, said.some((one) => one !== undefined)]).toEqual([release, isNew]);
    const kinds = new Set(starters.flatMap((one) => (one === undefined ? [] : [one.kind])));
    expect([release, ...kinds]).toEqual([release, ...(STARTERS[release] ?? [])]);
  }
});

it('release 1.5 added the policies by which steps are tried again', () => {
  for (const { release, runs } of fixtures) {
    const says = JSON.stringify(runs).includes('\\"retry_policy\\"');
    expect(says, release).toBe(release === '1.5-errors');
  }
});

it('release 1.5 added lines of runs', () => {
  for (const { release, runs } of fixtures) {
    const isNew = release === '1.5-concurrency';
    expect(typesOf(release).includes('slot.taken'), release).toBe(isNew);
    for (const run of runs) expect(fold(blank(run), recordsOf(run)).concurrency !== null, release).toBe(isNew);
  }
});

it('release 1.5 added limits that ask, visits, and what calls cost', () => {
  for (const { release, runs } of fixtures) {
    const types = typesOf(release).filter((type) => type === 'limit.reached' || type === 'limits.lifted');
    const isNew = release === '1.5-limits';
    expect([release, ...types]).toEqual(isNew ? [release, 'limit.reached', 'limits.lifted'] : [release]);
    for (const field of ['visits', 'guards', 'budgetsOf', 'progress']) {
      expect(runs.some(({ state }) => field in state)).toBe(isNew);
    }
    expect(JSON.stringify(runs).includes('cost_usd')).toBe(isNew);
  }
});

it('release 1.5 added traces', () => {
  for (const { release, runs } of fixtures) {
    const isNew = release === '1.5-traces';
    for (const run of runs) expect(fold(blank(run), recordsOf(run)).trace !== null, release).toBe(isNew);
  }
});

it('release 1.5 added moves to another version, of which there was none before', () => {
  for (const { release, runs } of fixtures) {
    const isNew = release === '1.5-moves';
    expect([release, typesOf(release).includes('run.migrated')]).toEqual([release, isNew]);
    for (const run of isNew ? [] : runs) expect(fold(blank(run), recordsOf(run)).migratedFrom).toBeNull();
  }
});
