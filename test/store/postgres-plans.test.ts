import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChildReader } from '../../src/store/postgres/child-reader.js';
import { JournalReader } from '../../src/store/postgres/journal-reader.js';
import { RunLists } from '../../src/store/postgres/run-list.js';
import { startDatabase } from '../../src/store/postgres/start.js';
import { rowsOf, type UnitRows } from '../../src/store/postgres/unit-rows.js';
import { writeTogether } from '../../src/store/postgres/unit-writer.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import { findPostgres } from '../helpers/postgres.js';
import { COMPLETED, follow, newChild, newRun, STARTED, unit } from './runs.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('Postgres looks', () => {
  let client: pg.Client;
  beforeAll(async () => {
    const url = await postgres!.newSchema();
    await startDatabase(url, Math.random, async () => undefined);
    client = new pg.Client(url);
    await client.connect();
    await client.query(CHILDREN);
    await client.query('ANALYZE');
    // What is asked is whether an index can serve, not whether it pays for so few rows.
    const off = ['seqscan', 'hashjoin', 'mergejoin'].map((name) => `SET enable_${name} = off`);
    await client.query([...off, 'SET plan_cache_mode = force_generic_plan'].join('; '));
  });
  afterAll(() => client.end());

  /** The scans of each statement that a piece of work sends. Nothing is done but to explain them. */
  async function scansOf(work: (session: pg.Client) => Promise<unknown>): Promise<string[][]> {
    const scans: string[][] = [];
    const explain = async (config: pg.QueryConfig, values: readonly unknown[]) => {
      const types = values.map(() => 'unknown').join(', ');
      await client.query('DEALLOCATE ALL');
      await client.query(`PREPARE explained${types && `(${types})`} AS ${config.text}`);
      const literals = values
        .map((value) => (value === null ? 'NULL' : client.escapeLiteral(textOf(value))))
        .join(', ');
      const plan = await client.query(`EXPLAIN EXECUTE explained${literals && `(${literals})`}`);
      const lines = plan.rows.map((row): string => row['QUERY PLAN']);
      scans.push(
        lines.flatMap(
          (line) =>
            /(?:(?:Seq|Index|Index Only|Bitmap Index) Scan(?: Backward)?|Sort|Sort Key).*/.exec(line)?.[0] ?? [],
        ),
      );
      return { rows: [], rowCount: 0 };
    };
    // Statements that are sent together are explained one after the other.
    let last: Promise<unknown> = Promise.resolve();
    const query = (config: pg.QueryConfig, values: readonly unknown[] = config.values ?? []) => {
      const explained = last.then(() => explain(config, values));
      last = explained;
      return explained;
    };
    await work({ query } as unknown as pg.Client).catch(() => undefined);
    await last;
    return scans;
  }

  const uuid = newRun().state.runId;
  const page = { after: uuid, limit: 10 };

  it.each<[string, RunFilter]>([
    ['workflow_runs_status', { limit: 10 }],
    ['workflow_runs_status', page],
    ['workflow_runs_status', { ...page, statuses: ['FAILED', 'RUNNING'] }],
    ['workflow_runs_graph', { ...page, graphId: 'g' }],
    ['run_metadata_entry', { ...page, metadata: { a: '1', b: '2' } }],
    ['workflow_runs_children', { ...page, parentRunId: uuid }],
    ['workflow_runs_waiting_for', { ...page, waitingFor: 'input' }],
    ['workflow_runs_status', { ...page, oldestFirst: true, paused: true }],
    ['run_events_run_id_seq_pk', { ...page, currentNode: 'a' }],
    ['workflow_runs_status', { ...page, search: 'a' }],
    ['workflow_runs_status', { ...page, currentNode: 'a', errorCode: 'c', submittedBefore: 5 }],
  ])('for a page of runs along %s: %j', async (index, filter) => {
    const [scans] = await scansOf((session) => new RunLists(drizzle(session)).listRuns(filter));
    expect(scans?.filter((line) => line.includes(index)).length).toBeGreaterThan(0);
    expect(scans?.filter((line) => line.startsWith('Seq Scan'))).toEqual([]);
  });

  it.each<[string, (session: pg.Client) => Promise<unknown>, RegExp[]]>([
    [
      'at children without reading all of them',
      (session) => new ChildReader(session, drizzle(session)).viewChildren(uuid, 3, 5, 10),
      [/workflow_runs_children_at_work/, /workflow_runs_children_to_start/, /workflow_runs_children_lost/],
    ],
    [
      'at unfinished children',
      (session) => new ChildReader(session, drizzle(session)).listUnfinishedChildren(uuid, 3, -1, 10),
      [/workflow_runs_children_at_work/, /workflow_runs_children_to_start/],
    ],
    [
      'for descendants that wait',
      (session) => new ChildReader(session, drizzle(session)).listWaitingDescendants(uuid, ['input'], 10),
      [/workflow_runs_active_children/],
    ],
    ['for what a run folds from', (session) => new JournalReader(session).loadRun(uuid), [/run_events_run_id_seq_pk/]],
    [
      'for runs that are due',
      (session) => new RunLists(drizzle(session)).listDueRuns(5, 10),
      [/workflow_runs_wake_at/],
    ],
  ])('%s', async (_, work, indexes) => {
    const scans = (await scansOf(work)).flat();
    for (const index of indexes) expect(scans.join('\n')).toMatch(index);
    expect(scans.filter((line) => line.startsWith('Seq Scan'))).toEqual([]);
  });

  it('into indexes alone when it stores units, and never through a whole table', async () => {
    const parent = newRun({ metadata: { a: 'b' } });
    const started = follow(parent.state, [STARTED, COMPLETED]);
    const units: UnitRows[] = [
      rowsOf({ ...unit(parent, newChild(parent.state, 3, 0)), slots: [{ runId: uuid, slotSeq: 3 }] }),
      rowsOf(unit({ ...started, snapshot: '{}' })),
    ];
    const scans = await scansOf((session) => writeTogether(session, units, []));
    expect(scans.length).toBeGreaterThan(7);
    const lines = scans.flat();
    expect(lines.filter((line) => line.startsWith('Seq Scan'))).toEqual([]);
    expect(lines.join('\n')).toMatch(/Index (Only )?Scan using run_events_run_id_seq_pk/);
    expect(lines.join('\n')).toMatch(/Index Scan using workflow_runs_pkey/);
  });
});

/** Many children of few runs, most of which have to begin, some are at work, and some are lost; and many runs that wait. */
const CHILDREN = `INSERT INTO workflow_runs (run_id, graph_id, graph_version, status, submitted_at, finished_at, metadata,
    parent_run_id, parent_seq, child_index, slot_seq, waiting_for)
  SELECT gen_random_uuid(), 'g', 1, status, 0, CASE WHEN status = 'FAILED' THEN 1 END, '{}',
    CASE WHEN status <> 'WAITING' THEN ('00000000-0000-0000-0000-00000000000' || n % 3)::uuid END, 3, n / 3,
    CASE WHEN status = 'RUNNING' THEN 3 END, CASE status WHEN 'WAITING' THEN 'input' WHEN 'RUNNING' THEN 'branches' END
  FROM (SELECT n, CASE WHEN n % 100 < 5 THEN 'RUNNING' WHEN n % 100 < 10 THEN 'FAILED' WHEN n % 100 < 50 THEN 'WAITING'
      ELSE 'SUBMITTED' END AS status
    FROM generate_series(1, 6000) n) made`;

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return `{${value.map((one) => (one === null ? 'NULL' : JSON.stringify(String(one)))).join(',')}}`;
}
