import { readdirSync, readFileSync } from 'node:fs';
import { getTableColumns, getTableName, getViewName, getViewSelectedFields } from 'drizzle-orm';
import fc from 'fast-check';
import pg from 'pg';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { linesOf } from '../../src/core/run/log-lines.js';
import { eventOf } from '../../src/core/run/stored-events.js';
import * as postgresRuns from '../../src/store/postgres/schema.js';
import { startDatabase } from '../../src/store/postgres/start.js';
import * as postgresTriggers from '../../src/store/postgres/trigger-tables.js';
import * as sqliteRuns from '../../src/store/sqlite/schema.js';
import * as sqliteTriggers from '../../src/store/sqlite/trigger-tables.js';
import { journals } from '../helpers/journal-arbitrary.js';
import { findPostgres } from '../helpers/postgres.js';
import { EVENTS_WITH_LINES } from './line-events.js';
import { follow, newRun } from './runs.js';

const postgresSchema = { ...postgresRuns, ...postgresTriggers };
const sqliteSchema = { ...sqliteRuns, ...sqliteTriggers };

const postgres = await findPostgres();

describe('the tables of both adapters', () => {
  const { runLogs: sqliteLogs, ...sqliteTables } = sqliteSchema;
  // The processes on a database are not stored where there is only one.
  const { runLogs: postgresLogs, processes: _, ...postgresTables } = postgresSchema;

  it('have the same names and columns', () => {
    const columnsOf = (tables: readonly Parameters<typeof getTableColumns>[0][]) =>
      tables.map((table) => [getTableName(table), Object.values(getTableColumns(table)).map((column) => column.name)]);
    expect(columnsOf(Object.values(postgresTables))).toEqual(columnsOf(Object.values(sqliteTables)));
    expect(Object.keys(postgresTables)).toEqual(Object.keys(sqliteTables));
    expect(getViewName(postgresLogs)).toBe(getViewName(sqliteLogs));
    expect(Object.keys(getViewSelectedFields(postgresLogs))).toEqual(Object.keys(getViewSelectedFields(sqliteLogs)));
  });
});

/** The columns of a record that the view reads. */
interface Stored {
  readonly seq: number;
  readonly type: string;
  readonly payload: string;
  readonly logEnd: number;
}

interface Line {
  readonly run_id: string;
  readonly line_no: number;
  readonly line: string;
}

describe.skipIf(postgres === undefined)('the view run_logs of Postgres', () => {
  let client: pg.Client;
  beforeEach(async () => {
    const url = await postgres!.newSchema();
    await startDatabase(url, Math.random, async () => undefined);
    client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
  });

  async function store(runId: string, records: readonly Stored[]): Promise<void> {
    const columns = (['seq', 'type', 'logEnd', 'payload'] as const).map((name) =>
      records.map((record) => record[name]),
    );
    await client.query(
      `INSERT INTO run_events (run_id, seq, type, time, log_end, payload)
      SELECT $1, seq, type, 0, log_end, payload
      FROM unnest($2::integer[], $3::text[], $4::integer[], $5::text[]) AS given(seq, type, log_end, payload)`,
      [runId, ...columns],
    );
  }

  async function viewed(): Promise<Line[]> {
    return (await client.query('SELECT * FROM run_logs ORDER BY run_id, line_no')).rows;
  }

  const runIdOf = (number: number) => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`;

  /** The lines that the code reads from records, as Postgres can show them. */
  function linesIn(runId: string, records: readonly Stored[]): Line[] {
    return records.flatMap(({ type, payload, logEnd }) => {
      const lines = linesOf(eventOf(type, payload));
      return lines.map((line, index) => {
        const shown = line.replaceAll('\0', '\ufffd').replaceAll(/[\ud800-\udfff]/gu, '\ufffd');
        return { run_id: runId, line_no: logEnd - lines.length + index + 1, line: shown };
      });
    });
  }

  const storedOf = (records: readonly { seq: number; event: { type: string }; payload: string; logEnd: number }[]) =>
    records.map(({ seq, event, payload, logEnd }) => ({ seq, type: event.type, payload, logEnd }));

  it('says what linesOf says, for every type of event', async () => {
    const run = newRun();
    const { records } = follow(run.state, Object.values(EVENTS_WITH_LINES).flat());
    const stored = storedOf(records);
    await store(run.state.runId, stored);
    const lines = linesIn(run.state.runId, stored);
    expect(lines.length).toBeGreaterThan(50);
    expect(await viewed()).toEqual(lines);
  });

  const fixtures = new URL('../fixtures/', import.meta.url);

  it.each(readdirSync(fixtures).filter((file) => /^journal-.*\.json$/.test(file)))(
    'has the lines of %s',
    async (file) => {
      const { runs } = JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')) as {
        runs: { records: Stored[]; logs: string[] }[];
      };
      for (const [index, { records }] of runs.entries()) await store(runIdOf(index), records);
      const lines = runs.flatMap(({ logs }, index) =>
        logs.map((line, number) => ({ run_id: runIdOf(index), line_no: number + 1, line })),
      );
      expect(await viewed()).toEqual(lines);
    },
  );

  it('has the lines of every generated journal', async () => {
    const expected: Line[] = [];
    let count = 0;
    const property = fc.asyncProperty(journals, async (records) => {
      count += 1;
      const stored = storedOf(records);
      await store(runIdOf(count), stored);
      expected.push(...linesIn(runIdOf(count), stored));
    });
    await fc.assert(property, { numRuns: 100 });
    expect(await viewed()).toEqual(expected);
  });

  it('shows what no text of Postgres can hold as U+FFFD, and what only looks like it as it is', async () => {
    const odd = 'NUL \u0000, half \ud800, a pair \ud83d\ude00, \\u0000 and \\\\ud800 spelled out, \\\u0000';
    const run = newRun();
    const event = { ...EVENTS_WITH_LINES['step.completed'][0], logs: [odd], patch: { [odd]: odd } };
    const stored = storedOf(follow(run.state, [event as never]).records);
    await store(run.state.runId, stored);
    const lines = await viewed();
    expect(lines).toEqual(linesIn(run.state.runId, stored));
    expect(lines[0]?.line).toBe(
      'NUL \ufffd, half \ufffd, a pair \ud83d\ude00, \\u0000 and \\\\ud800 spelled out, \\\ufffd',
    );
  });

  it('reads the events of one run alone', async () => {
    await client.query('SET enable_seqscan = off');
    const explained = await client.query(`EXPLAIN SELECT * FROM run_logs WHERE run_id = '${runIdOf(1)}'`);
    const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/(Index Scan using|Bitmap Index Scan on) run_events_run_id_seq_pk/);
  });
});
