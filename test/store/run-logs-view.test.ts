import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blankRun } from '../../src/core/run/blank-run.js';
import { append } from '../../src/core/run/journal.js';
import { linesOf } from '../../src/core/run/log-lines.js';
import { eventOf } from '../../src/core/run/stored-events.js';
import { journals } from '../helpers/journal-arbitrary.js';
import { newPath, openWithDatabase } from './open-stores.js';

interface Line {
  readonly run_id: string;
  readonly line_no: number;
  readonly line: string;
}

/** The columns of a record that the view reads. */
interface Stored {
  readonly seq: number;
  readonly type: string;
  readonly payload: string;
  readonly logEnd: number;
}

function store(sqlite: Database.Database, runId: string, records: readonly Stored[]): void {
  const insert = sqlite.prepare(
    'INSERT INTO run_events (run_id, seq, type, time, log_end, payload) VALUES (?, ?, ?, 0, ?, ?)',
  );
  const insertAll = sqlite.transaction(() => {
    for (const { seq, type, logEnd, payload } of records) insert.run(runId, seq, type, logEnd, payload);
  });
  insertAll();
}

function viewed(sqlite: Database.Database): Line[] {
  return sqlite.prepare<[], Line>('SELECT * FROM run_logs ORDER BY run_id, line_no').all();
}

/** The lines that the code reads from what is stored, numbered as records count them. */
function expected(sqlite: Database.Database): Line[] {
  const rows = sqlite
    .prepare<[], Stored & { run_id: string }>(
      'SELECT run_id, seq, type, payload, log_end AS logEnd FROM run_events ORDER BY run_id, seq',
    )
    .all();
  return rows.flatMap(({ run_id, type, payload, logEnd }) => {
    const lines = linesOf(eventOf(type, payload));
    return lines.map((line, index) => ({ run_id, line_no: logEnd - lines.length + index + 1, line }));
  });
}

const fixtures = new URL('../fixtures/', import.meta.url);
const filesLike = (pattern: RegExp) => readdirSync(fixtures).filter((file) => pattern.test(file));

describe('the view run_logs, beside linesOf,', () => {
  it.each(filesLike(/^journal-.*\.json$/))('has the lines of %s', (file) => {
    const { runs } = JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')) as {
      runs: { runId: string; records: Stored[]; logs: string[] }[];
    };
    const { sqlite } = openWithDatabase();
    for (const { runId, records } of runs) store(sqlite, runId, records);
    const lines = runs.flatMap(({ runId, logs }) =>
      logs.map((line, index) => ({ run_id: runId, line_no: index + 1, line })),
    );
    lines.sort((a, b) => (a.run_id === b.run_id ? a.line_no - b.line_no : a.run_id < b.run_id ? -1 : 1));
    expect(viewed(sqlite)).toEqual(lines);
    expect(viewed(sqlite)).toEqual(expected(sqlite));
  });

  it.each(filesLike(/^workflow-.*\.sqlite$/))('has the lines of %s', (file) => {
    const path = newPath();
    copyFileSync(new URL(file, fixtures), path);
    const { sqlite } = openWithDatabase(path);
    const lines = viewed(sqlite);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines).toEqual(expected(sqlite));
  });

  it('has the lines of every generated journal, numbered without gaps', () => {
    const { sqlite } = openWithDatabase();
    const types = new Set<string>();
    let count = 0;
    const property = fc.property(journals, (records) => {
      for (const { event } of records) types.add(event.type);
      const runId = `run-${String(++count).padStart(4, '0')}`;
      const rows = records.map(({ seq, event, payload, logEnd }) => ({ seq, type: event.type, payload, logEnd }));
      store(sqlite, runId, rows);
    });
    fc.assert(property, { numRuns: 250 });
    const lines = viewed(sqlite);
    expect(lines).toEqual(expected(sqlite));
    const ofItsRun = new Map<string, number>();
    const isNext = ({ run_id, line_no }: Line): boolean => {
      const number = (ofItsRun.get(run_id) ?? 0) + 1;
      ofItsRun.set(run_id, number);
      return line_no === number;
    };
    expect(lines.filter((line) => !isNext(line))).toEqual([]);
    // The generator would be worth little without one of the types.
    expect(types.size).toBe(22);
  });

  it('goes on after a gap, with the numbers that records count', () => {
    const { sqlite } = openWithDatabase();
    const submitted = {
      type: 'run.submitted',
      graph_id: 'g',
      graph_version: 1,
      input_data: null,
      limits: { max_steps: 1 },
      metadata: {},
    } as const;
    const started = { type: 'run.started', next: 'a' } as const;
    // A fork from the first step, as release 1.0 stored it: its second event is not there.
    const forked = {
      type: 'run.forked',
      forked_from: { run_id: 'r', step: 1 },
      patch: {},
      node: 'a',
      step: 1,
    } as const;
    const { records } = append(blankRun('run-1'), [submitted, started, forked, { ...started, step: 1 }], 0);
    const rows = records.map(({ seq, event, payload, logEnd }) => ({ seq, type: event.type, payload, logEnd }));
    store(
      sqlite,
      'run-1',
      rows.filter(({ seq }) => seq !== 2),
    );
    expect(viewed(sqlite)).toEqual([{ run_id: 'run-1', line_no: 2, line: 'Executing Node: a' }]);
    expect(viewed(sqlite)).toEqual(expected(sqlite));
  });
});
