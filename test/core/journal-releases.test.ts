import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EventRecord, eventOf } from '../../src/core/events.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import { linesOf } from '../../src/core/log-lines.js';
import { fold, readSnapshot, takeSnapshot } from '../../src/core/run.js';

/**
 * Journals as releases stored them. Databases outlive releases, so event types and fields are only ever added, and
 * these files never change: a new release adds a file. States are compared by the fields that the file has.
 */
interface Fixture {
  readonly release: string;
  readonly runs: readonly {
    readonly runId: string;
    readonly records: readonly { seq: number; time: number; type: string; payload: string; logEnd: number }[];
    readonly logs: readonly string[];
    readonly state: JsonObject & { readonly inputData: Json };
  }[];
}

const folder = new URL('../fixtures/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((file) => /^journal-.*\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture);

function recordsOf(run: Fixture['runs'][number]): EventRecord[] {
  return run.records.map(({ type, ...record }) => ({ ...record, event: eventOf(type, record.payload) }));
}

describe.each(fixtures)('a journal of release $release', ({ runs }) => {
  it.each(runs)('folds to the state it had: $runId', (run) => {
    expect(fold(run.runId, recordsOf(run))).toMatchObject(run.state);
  });

  it.each(runs)('folds to that state from a snapshot at any event: $runId', (run) => {
    const records = recordsOf(run);
    for (const [index] of records.entries()) {
      const { text } = takeSnapshot(fold(run.runId, records.slice(0, index + 1)));
      const folded = fold(run.runId, records.slice(index + 1), readSnapshot(text, run.state.inputData));
      expect(folded).toMatchObject(run.state);
    }
  });

  it.each(runs)('has the log lines it had: $runId', (run) => {
    expect(recordsOf(run).flatMap((record) => linesOf(record.event))).toEqual(run.logs);
    expect(run.records.at(-1)?.logEnd).toBe(run.logs.length);
  });
});

it('release 1.0 had these types of events', () => {
  const first = fixtures.find((fixture) => fixture.release === '1.0');
  const types = first?.runs.flatMap((run) => run.records.map((record) => record.type));
  expect([...new Set(types)].sort()).toEqual([
    'cancel.requested',
    'run.cancelled',
    'run.completed',
    'run.drained',
    'run.failed',
    'run.recovered',
    'run.started',
    'run.submitted',
    'step.completed',
    'step.failed',
  ]);
});
