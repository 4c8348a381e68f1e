import Database from 'better-sqlite3';
import { getTableColumns } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { describe, expect, it } from 'vitest';
import { workflowRuns } from '../../src/store/sqlite/schema.js';
import { flatten } from '../helpers/flat-run.js';
import { newPath, open, openWithDatabase } from './open-stores.js';
import {
  branches,
  COMPLETED,
  commit,
  foldStored,
  follow,
  graph,
  NOON,
  newChild,
  newRun,
  STARTED,
  step,
} from './runs.js';

const [FIRST, ...LATER] = readMigrationFiles({ migrationsFolder: 'drizzle' });

/** What the first release stored: a queued run, one under way, a finished one with large data, and a failed one. */
const RUNS = [
  ['r1', 'SUBMITTED', null, null, 'key-1', '{"team":"a"}', null, null],
  ['r2', 'RUNNING', NOON + 1, null, null, '{}', null, null],
  ['r3', 'COMPLETED', NOON + 1, NOON + 2, null, '{}', null, JSON.stringify({ text: 'x'.repeat(100_000) })],
  ['r4', 'FAILED', NOON + 1, NOON + 3, null, '{}', '{"code":"c","message":"m","node":"a","step":1}', '{"n":1}'],
] as const;

const SUBMITTED = '{"graph_id":"g","graph_version":1,"input_data":[1],"limits":{"max_steps":1000},"metadata":{}}';
const STEP =
  '{"step":1,"node":"a","attempt":1,"patch":{"n":1},"logs":["one"],"decision":{"kind":"edge","to_node":"a"},"next":"a"}';

/** A file as the first release has left it. */
function fileOfFirstRelease(): string {
  const path = newPath();
  const sqlite = new Database(path);
  sqlite.pragma('auto_vacuum = INCREMENTAL');
  sqlite.pragma('journal_mode = wal');
  for (const statement of FIRST!.sql) sqlite.exec(statement);
  sqlite.exec('CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)');
  sqlite
    .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
    .run(FIRST!.hash, FIRST!.folderMillis);
  sqlite
    .prepare(`INSERT INTO graph_definitions VALUES ('g', 1, 'Graph g', ?, NULL, ?)`)
    .run(NOON, JSON.stringify(graph('g').definition));
  const insertRun =
    sqlite.prepare(`INSERT INTO workflow_runs (graph_id, graph_version, submitted_at, run_id, status, started_at,
    finished_at, idempotency_key, metadata, error, data) VALUES ('g', 1, ${NOON}, ?, ?, ?, ?, ?, ?, ?, ?)`);
  for (const run of RUNS) insertRun.run(...run);
  sqlite.exec(`INSERT INTO run_metadata VALUES ('team', 'a', 'r1')`);
  const insertEvent = sqlite.prepare(`INSERT INTO run_events VALUES (?, ?, ?, ${NOON}, ?, ?)`);
  for (const [runId] of RUNS) insertEvent.run(runId, 1, 'run.submitted', 0, SUBMITTED);
  insertEvent.run('r2', 2, 'run.started', 1, '{"next":"a"}');
  insertEvent.run('r2', 3, 'step.completed', 3, STEP);
  sqlite.close();
  return path;
}

/** Brings a file on by the next migrations, up to this many in all, as a version between two releases has. */
function migrateTo(path: string, count: number): Database.Database {
  const sqlite = new Database(path);
  const insert = sqlite.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
  for (const { sql, hash, folderMillis } of LATER.slice(0, count - 1)) {
    for (const statement of sql) sqlite.exec(statement);
    insert.run(hash, folderMillis);
  }
  return sqlite;
}

describe('a database that does not list what started runs', () => {
  it('has it for the runs whose journals tell', async () => {
    const path = fileOfFirstRelease();
    const sqlite = migrateTo(path, 10);
    const submit = sqlite.prepare('UPDATE run_events SET payload = ? WHERE run_id = ? AND seq = 1');
    const first = (more: object) => JSON.stringify({ ...JSON.parse(SUBMITTED), ...more });
    submit.run(first({ by: 'alice' }), 'r1');
    submit.run(first({ started_by: { kind: 'run', id: 'r9' } }), 'r2');
    submit.run(first({ input_data: { text: '"by":"bob"' } }), 'r3');
    submit.run('{"by":', 'r4');
    sqlite.close();
    const runs = await open(path).listRuns({ limit: 10, oldestFirst: true });
    const unknown = { kind: 'api', id: null };
    expect(runs.map(({ startedBy }) => startedBy)).toEqual([
      { kind: 'api', id: 'alice' },
      { kind: 'run', id: 'r9' },
      unknown,
      unknown,
    ]);
  });
});

describe('a database without the count of descendants', () => {
  it('has them counted for the top runs that can still make more', async () => {
    const path = fileOfFirstRelease();
    const sqlite = migrateTo(path, 3);
    const insertChild = sqlite.prepare(`INSERT INTO workflow_runs (graph_id, graph_version, submitted_at, metadata,
      run_id, status, parent_run_id, parent_seq, child_index) VALUES ('g', 1, ${NOON}, '{}', ?, 'COMPLETED', ?, 4, ?)`);
    for (const top of ['r2', 'r3', 'r4']) {
      for (const index of [0, 1, 2]) insertChild.run(`${top}-${index}`, top, index);
      insertChild.run(`${top}-0-0`, `${top}-0`, 0);
    }
    sqlite.close();
    const { store, sqlite: opened } = openWithDatabase(path);
    const counted = opened.prepare('SELECT run_id, descendants FROM workflow_runs WHERE parent_run_id IS NULL');
    expect(Object.fromEntries(counted.raw().all() as [string, number][])).toEqual({ r1: 0, r2: 4, r3: 0, r4: 4 });
    const state = foldStored('r2', await store.loadRun('r2'))!;
    const fifth = { appends: [newChild(state, 4, 3)], maxDescendants: 4 };
    await expect(store.commit(fifth)).rejects.toThrow('Run r2 cannot have more than 4 runs inside it.');
    await store.commit({ ...fifth, maxDescendants: 5 });
  });
});

describe('a database of the first release', () => {
  it('is upgraded in place, with all that it holds', async () => {
    const path = fileOfFirstRelease();
    const store = open(path);
    expect(store.isNew).toBe(false);
    const runs = await store.listRuns({ limit: 10 });
    const startedBy = { kind: 'api', id: null };
    const none = { startedBy, parentRunId: null, childIndex: null, branch: null, waitingFor: null, paused: false };
    expect(runs).toEqual(
      [...RUNS].reverse().map(([runId, status, startedAt, finishedAt, , metadata, error]) => ({
        ...none,
        runId,
        graphId: 'g',
        graphVersion: 1,
        status,
        metadata: JSON.parse(metadata),
        error: error === null ? null : JSON.parse(error),
        submittedAt: NOON,
        startedAt,
        finishedAt,
      })),
    );
    expect((await store.listUnfinishedRuns()).map((run) => run.runId)).toEqual(['r1', 'r2']);
    expect((await store.listRuns({ metadata: { team: 'a' }, limit: 10 })).map((run) => run.runId)).toEqual(['r1']);
    expect(await store.findByIdempotencyKey('key-1')).toEqual({ runId: 'r1', fingerprint: '' });

    const state = foldStored('r2', await store.loadRun('r2'))!;
    expect(flatten(state)).toMatchObject({ status: 'RUNNING', inputData: [1], data: { n: 1 }, seq: 3 });
    const parent = await commit(store, follow(state, [branches(1)]));
    await commit(store, newChild(parent, 4, 0));
    expect(await store.viewChildren('r2', 4, 4, 10)).toMatchObject({ created: 1, active: 0 });
    expect(await store.deleteRun('r3')).toBe('deleted');
    expect(await store.deleteRunsFinishedBefore(NOON + 10, 10)).toBe(1);
  });

  it('has the data, the log lines and the integrity that it had', () => {
    const path = fileOfFirstRelease();
    const { sqlite } = openWithDatabase(path);
    expect(sqlite.prepare('SELECT data FROM workflow_runs ORDER BY run_id').pluck().all()).toEqual(
      RUNS.map((run) => run[7]),
    );
    expect(sqlite.prepare('SELECT line FROM run_logs ORDER BY line_no').pluck().all()).toEqual([
      'Executing Node: a',
      'one',
      'Executing Node: a',
    ]);
    expect(sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(sqlite.pragma('auto_vacuum', { simple: true })).toBe(2);
  });

  it('keeps large data behind all columns that are read from rows which have it', () => {
    const { sqlite } = openWithDatabase(fileOfFirstRelease());
    const columns = sqlite.prepare<[], { name: string }>('PRAGMA table_info(workflow_runs)').all();
    expect(columns.map(({ name }) => name)).toEqual(
      Object.values(getTableColumns(workflowRuns)).map(({ name }) => name),
    );
    expect(columns.map(({ name }) => name).slice(-9)).toEqual([
      ...['data', 'slot_seq', 'descendants', 'paused'],
      ...['started_by_kind', 'started_by_id', 'concurrency_key', 'concurrency_since', 'concurrency_slot'],
    ]);
  });

  it('is upgraded once', async () => {
    const path = fileOfFirstRelease();
    await open(path).close();
    const store = open(path);
    const run = await commit(store, newRun());
    await commit(store, follow(run, [STARTED, step(1), COMPLETED]));
    await store.close();
    const sqlite = new Database(path);
    expect(sqlite.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(1 + LATER.length);
    sqlite.close();
  });

  it('is left as it was when it cannot be upgraded', () => {
    const path = fileOfFirstRelease();
    const before = new Database(path);
    before.exec('DROP VIEW run_logs');
    before.close();
    expect(() => open(path)).toThrow(`The database ${path} cannot be opened`);
    const sqlite = new Database(path);
    expect(sqlite.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()).toBe(1);
    const names = sqlite.prepare<[], { name: string }>(`PRAGMA table_info(workflow_runs)`).all();
    expect(names.map(({ name }) => name)).not.toContain('parent_run_id');
    expect(sqlite.prepare('SELECT run_id FROM workflow_runs').pluck().all()).toHaveLength(RUNS.length);
    sqlite.close();
  });
});
