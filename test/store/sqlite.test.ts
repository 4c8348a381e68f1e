import { statSync } from 'node:fs';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linesOf } from '../../src/core/run/log-lines.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import { ChildReader } from '../../src/store/sqlite/child-reader.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { Graphs } from '../../src/store/sqlite/graphs.js';
import { openSqlite } from '../../src/store/sqlite/open.js';
import { RunDeletion } from '../../src/store/sqlite/run-deletion.js';
import { listUnfinishedRuns, RunLists } from '../../src/store/sqlite/run-list.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { WakeTimes } from '../../src/store/sqlite/wake-times.js';
import type { Unit } from '../../src/store/store.js';
import { EVENTS_WITH_LINES } from './line-events.js';
import { newPath, onFatal, open, openPorts, openWithDatabase } from './open-stores.js';
import { describeQueue } from './queue.suite.js';
import {
  branches,
  CANCELLED,
  COMPLETED,
  commit,
  follow,
  graph,
  NOON,
  newChild,
  newRun,
  STARTED,
  step,
  unit,
} from './runs.js';
import { describeSchedules } from './schedules.suite.js';
import { describeSignals } from './signals.suite.js';
import { describeStore } from './store.suite.js';

describeStore('SQLite', async () => open());
describeSchedules('SQLite', async () => open());
describeSignals('SQLite', async () => openPorts());
describeQueue('SQLite', async (path, maxQueuedRuns) => openPorts(path, maxQueuedRuns), newPath);

describe('many commits at once', () => {
  /** Sizes of the commits, in the order in which they come, with 'turn' for each turn of the event loop in between. */
  function watchCommits() {
    const seen: (number | 'turn')[] = [];
    const onCommit = (units: readonly Unit[]) => seen.push(units.length);
    const sqlite = openDatabase(newPath());
    const store = new SqliteStore(sqlite, () => {}, { onFatal, signals: new LocalSignals(), onCommit });
    const sizes = () => seen.filter((one) => typeof one === 'number');
    const watchTurns = () => {
      if (!sqlite.open) return;
      seen.push('turn');
      setImmediate(watchTurns);
    };
    return { store, seen, sizes, watchTurns };
  }

  it('leave others a turn of the event loop after every 150 records or 2 MiB, and keep their order', async () => {
    const { store, seen, sizes, watchTurns } = watchCommits();
    await store.createGraph(graph('g'));
    const runs = Array.from({ length: 500 }, () => newRun());
    const answered: number[] = [];
    watchTurns();
    await Promise.all(runs.map((run, index) => store.commit(unit(run)).then(() => answered.push(index))));
    expect(answered).toEqual(runs.map((_, index) => index));
    expect(sizes()).toEqual([150, 150, 150, 50]);
    const commits = seen.flatMap((one, index) => (one === 'turn' ? [] : [index]));
    expect(commits.every((at, index) => index === 0 || at > commits[index - 1]! + 1)).toBe(true);

    const large = Array.from({ length: 4 }, () => newRun({ inputData: 'x'.repeat(800_000) }));
    await commit(store, ...large);
    expect(sizes().slice(4)).toEqual([2, 2]);
    await commit(store, newRun({ inputData: 'x'.repeat(3_000_000) }));
    expect(sizes().slice(6)).toEqual([1]);
    await store.close();
  });

  it('are all stored before the store closes', async () => {
    const { store, sizes } = watchCommits();
    await store.createGraph(graph('g'));
    const stored = Promise.all(Array.from({ length: 320 }, () => store.commit(unit(newRun()))));
    await store.close();
    expect(sizes()).toEqual([150, 150, 20]);
    await stored;
  });
});

describe('the view run_logs', () => {
  it('says what linesOf says, for every type of event', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    const events = Object.values(EVENTS_WITH_LINES).flat();
    await commit(store, follow(run, events));
    await commit(store, newRun());
    const rows = sqlite.prepare('SELECT run_id, line_no, line FROM run_logs ORDER BY run_id, line_no').all();
    const lines = events.flatMap((event) => linesOf(event));
    expect(lines.length).toBeGreaterThan(50);
    expect(rows).toEqual(lines.map((line, index) => ({ run_id: run.runId, line_no: index + 1, line })));
  });

  it('seeks the run that is asked for', () => {
    const { sqlite } = openWithDatabase();
    const plan = sqlite
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN SELECT * FROM run_logs WHERE run_id = 'x'`)
      .all();
    expect(plan.map((row) => row.detail)).toEqual([
      'SEARCH run_events USING INDEX sqlite_autoindex_run_events_1 (run_id=?)',
      expect.stringContaining('SCAN l VIRTUAL TABLE'),
    ]);
  });
});

/** How SQLite looks for what a piece of work asks for: the plan of each query. */
function plansOf(work: (db: BetterSQLite3Database) => unknown): string[][] {
  const { sqlite } = openWithDatabase();
  const plans: string[][] = [];
  const logQuery = (query: string, params: unknown[]) => {
    const plan = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${query}`).all(...params);
    plans.push(plan.map((row) => row.detail));
  };
  work(drizzle(sqlite, { logger: { logQuery } }));
  return plans;
}

describe('lists of runs', () => {
  const page = { after: 'x', limit: 10 };
  const BY_STATUS = 'SEARCH workflow_runs USING INDEX workflow_runs_status';
  const BY_PARENT = 'SEARCH workflow_runs USING INDEX workflow_runs_children';

  it.each<[string, RunFilter]>([
    [`${BY_STATUS} (status=?)`, { limit: 10 }],
    [`${BY_STATUS} (status=? AND run_id<?)`, page],
    [`${BY_STATUS} (status=? AND run_id<?)`, { ...page, statuses: ['FAILED', 'RUNNING'] }],
    ['SEARCH workflow_runs USING INDEX workflow_runs_graph (graph_id=? AND run_id<?)', { ...page, graphId: 'g' }],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_graph (graph_id=? AND run_id<?)',
      { ...page, graphId: 'g', statuses: ['COMPLETED'] },
    ],
    [`${BY_STATUS} (status=? AND run_id<?)`, { ...page, graphId: 'g', statuses: ['FAILED'] }],
    [`${BY_STATUS} (status=? AND run_id>?)`, { limit: 10, statuses: ['FAILED'], submittedAfter: NOON }],
    [
      'SEARCH run_metadata USING PRIMARY KEY (key=? AND value=? AND run_id<?)',
      { ...page, graphId: 'g', statuses: ['FAILED', 'RUNNING'], metadata: { a: '1', b: '2' } },
    ],
    [
      'SEARCH run_metadata USING PRIMARY KEY (key=? AND value=?)',
      { limit: 10, parentRunId: 'p', waitingFor: 'input', metadata: { a: '1' } },
    ],
    [`${BY_PARENT} (parent_run_id=?)`, { limit: 10, parentRunId: 'p' }],
    [`${BY_PARENT} (parent_run_id=? AND run_id<?)`, { ...page, parentRunId: 'p' }],
    [
      `${BY_PARENT} (parent_run_id=? AND run_id<?)`,
      { ...page, parentRunId: 'p', waitingFor: 'input', graphId: 'g', statuses: ['FAILED', 'RUNNING'] },
    ],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_waiting_for (waiting_for=?)',
      { limit: 10, waitingFor: 'input', graphId: 'g', statuses: ['WAITING'] },
    ],
    [`${BY_STATUS} (status=? AND run_id>?)`, { ...page, oldestFirst: true, statuses: ['FAILED'], paused: false }],
    [`${BY_STATUS} (status=?)`, { limit: 10, statuses: ['FAILED', 'WAITING'], currentNode: 'a' }],
    [`${BY_STATUS} (status=? AND run_id<?)`, { ...page, statuses: ['FAILED'], search: 'a' }],
    [`${BY_STATUS} (status=?)`, { limit: 10, statuses: ['FAILED'], errorCode: 'a', graphId: 'g' }],
    [`${BY_STATUS} (status=? AND run_id<?)`, { limit: 10, statuses: ['FAILED'], submittedBefore: NOON }],
    [
      'SEARCH run_metadata USING PRIMARY KEY (key=? AND value=? AND run_id>?)',
      { ...page, oldestFirst: true, metadata: { a: '1' }, currentNode: 'a' },
    ],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_waiting_for (waiting_for=? AND run_id<?)',
      { ...page, waitingFor: 'input' },
    ],
  ])('are a %s', (search, filter) => {
    const plans = plansOf((db) => new RunLists(db).listRuns(filter));
    const { statuses, graphId, metadata, parentRunId, waitingFor } = filter;
    const isOne = (metadata ?? parentRunId ?? waitingFor) !== undefined || (graphId !== undefined && !statuses);
    expect(plans).toHaveLength(isOne ? 1 : (statuses?.length ?? 6));
    for (const plan of plans) {
      expect(plan[0]).toBe(search);
      expect(plan.join('\n')).not.toMatch(/TEMP B-TREE/);
      expect(plan.slice(1).filter((line) => line.startsWith('SCAN') && !line.includes('VIRTUAL TABLE'))).toEqual([]);
    }
  });
});

describe('pauses of a search', () => {
  const BY_STATUS = 'SEARCH workflow_runs USING INDEX workflow_runs_status';

  it.each<[string, RunFilter]>([
    [`${BY_STATUS} (status=?)`, { limit: 10, graphId: 'g', statuses: ['FAILED'] }],
    [`${BY_STATUS} (status=? AND run_id<?)`, { limit: 10, after: 'x', graphId: 'g', statuses: ['FAILED', 'RUNNING'] }],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_graph (graph_id=?)',
      { limit: 10, graphId: 'g', statuses: ['COMPLETED'] },
    ],
    ['SEARCH run_metadata USING PRIMARY KEY (key=? AND value=?)', { limit: 10, metadata: { a: '1', b: '2' } }],
    // Children have the metadata of their parent.
    ['SEARCH run_metadata USING PRIMARY KEY (key=? AND value=?)', { limit: 10, metadata: { a: '1' } }],
    [`${BY_STATUS} (status=? AND run_id>?)`, { limit: 10, after: 'x', oldestFirst: true, errorCode: 'c' }],
    [`${BY_STATUS} (status=?)`, { limit: 10, statuses: ['WAITING'], currentNode: 'a' }],
    [`${BY_STATUS} (status=?)`, { limit: 10, statuses: ['WAITING'], paused: true }],
    [
      'SEARCH workflow_runs USING COVERING INDEX workflow_runs_waiting_for (waiting_for=?)',
      { limit: 10, waitingFor: 'input', graphId: 'g' },
    ],
    [
      'SEARCH workflow_runs USING COVERING INDEX workflow_runs_children (parent_run_id=?)',
      { limit: 10, parentRunId: 'p', statuses: ['FAILED'] },
    ],
  ])('are found along the index of the list: %s', (search, filter) => {
    const plans = plansOf((db) => new RunLists(db).findSearchPause(filter));
    expect(plans).toEqual(Array.from({ length: filter.graphId ? (filter.statuses?.length ?? 1) : 1 }, () => [search]));
  });

  it.each<RunFilter>([
    { limit: 10 },
    { limit: 10, statuses: ['FAILED'] },
    { limit: 10, graphId: 'g' },
    { limit: 10, waitingFor: 'input' },
    { limit: 10, parentRunId: 'p' },
  ])('are not looked for if an index finds just the runs that fit: %j', (filter) => {
    expect(plansOf((db) => new RunLists(db).findSearchPause(filter))).toEqual([]);
  });
});

describe('what follows from a commit', () => {
  it('is known to the queue first, then to who keeps states, and then to who is signalled to look', async () => {
    const seen: string[] = [];
    const onCommit = () => void seen.push('kept');
    const logger = { info: () => undefined, error: () => undefined };
    const ports = openSqlite({ path: newPath(), onFatal, logger, now: Date.now, maxQueuedRuns: 10, onCommit });
    onTestFinished(() => ports.store.close());
    await ports.store.createGraph(graph('g'));
    const run = newRun();
    const { runId } = run.state;
    ports.queue.onWork(() => seen.push('queued'));
    ports.signals.subscribe(`run/${runId}`, () => seen.push('signalled'));
    seen.length = 0;
    await ports.store.commit({ appends: [run], wakes: [{ runId, at: 0 }] });
    expect(seen).toEqual(['queued', 'kept', 'signalled']);
  });
});

describe('a search', () => {
  const ACTIVE = 'workflow_runs_active_children (finished_at=? AND parent_run_id';
  const BY_EVENT = 'SEARCH workflow_runs USING INDEX workflow_runs_child (parent_run_id=? AND parent_seq=?)';

  const OF_EVENT = (index: string, more = '') =>
    `SEARCH workflow_runs USING ${index} (parent_run_id=? AND parent_seq=?${more})`;

  it.each<[string, (db: BetterSQLite3Database) => unknown, string[][]]>([
    [
      'for what a parent needs to know of its children',
      (db) => new ChildReader(db).viewChildren('p', 3, 5, 10),
      [
        [OF_EVENT('COVERING INDEX workflow_runs_child')],
        [OF_EVENT('INDEX workflow_runs_children_at_work')],
        [OF_EVENT('COVERING INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('COVERING INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('INDEX workflow_runs_children_to_start', ' AND child_index>?')],
        [OF_EVENT('INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('INDEX workflow_runs_children_lost', ' AND status=?')],
      ],
    ],
    [
      'that counts children and how far they are',
      (db) => new ChildReader(db).countChildren('p', 3),
      [
        [OF_EVENT('COVERING INDEX workflow_runs_child')],
        [`SEARCH workflow_runs USING COVERING INDEX ${ACTIVE}=? AND waiting_for>?)`],
        [OF_EVENT('COVERING INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('COVERING INDEX workflow_runs_children_lost', ' AND status=?')],
        [OF_EVENT('INDEX workflow_runs_children_at_work')],
        [`SEARCH workflow_runs USING COVERING INDEX ${ACTIVE}=?)`],
      ],
    ],
    [
      'for unfinished children',
      (db) => new ChildReader(db).listUnfinishedChildren('p', 3, -1, 10),
      [
        [OF_EVENT('INDEX workflow_runs_children_at_work', ' AND child_index>?')],
        [OF_EVENT('INDEX workflow_runs_children_to_start', ' AND child_index>?')],
      ],
    ],
    ['for the results of children', (db) => new ChildReader(db).readChildResults('p', 3), [[BY_EVENT]]],
    [
      'for descendants that wait',
      (db) => new ChildReader(db).listWaitingDescendants('p', ['input'], 10),
      [
        [
          `SEARCH workflow_runs USING INDEX ${ACTIVE}=? AND waiting_for=?)`,
          `SEARCH child USING COVERING INDEX ${ACTIVE}=? AND waiting_for=?)`,
        ],
      ],
    ],
    [
      'for runs that are due',
      (db) => new WakeTimes(db).listDueRuns(NOON, 10),
      [['SEARCH workflow_runs USING INDEX workflow_runs_wake_at (wake_at<?)']],
    ],
    [
      'for the next time to wake',
      (db) => new WakeTimes(db).nextWakeAt(NOON),
      [['SEARCH workflow_runs USING COVERING INDEX workflow_runs_wake_at (wake_at>?)']],
    ],
    [
      'for unfinished runs',
      (db) => listUnfinishedRuns(db),
      [
        ['SEARCH workflow_runs USING INDEX workflow_runs_status (status=?)'],
        [`SEARCH workflow_runs USING INDEX ${ACTIVE}>?)`],
      ],
    ],
    [
      'for active runs of a graph',
      (db) => {
        const graphs = new Graphs(db);
        graphs.create(graph('g'));
        graphs.delete('g', NOON);
      },
      [
        ['SEARCH workflow_runs USING INDEX workflow_runs_status (status=?)'],
        [`SEARCH workflow_runs USING INDEX ${ACTIVE}>?)`],
      ],
    ],
    [
      'for a run and all below it',
      (db) => new RunDeletion(db).deleteFamily('p'),
      [
        [
          'SEARCH workflow_runs USING INDEX sqlite_autoindex_workflow_runs_1 (run_id=?)',
          'SEARCH child USING COVERING INDEX workflow_runs_children (parent_run_id=?)',
        ],
      ],
    ],
    [
      'for finished runs',
      (db) => new RunDeletion(db).deleteRunsFinishedBefore(NOON, 10),
      [['SEARCH workflow_runs USING INDEX workflow_runs_finished_at (finished_at>? AND finished_at<?)']],
    ],
  ])('%s is by index', (_, work, expected) => {
    const reads = /^(SEARCH|SCAN) (workflow_runs|child)/;
    const plans = plansOf(work).map((plan) => plan.filter((line) => reads.test(line)));
    expect(plans.filter((plan) => plan.length > 0)).toEqual(expected);
  });
});

describe('deleting a run', () => {
  it('leaves no row of it in any table', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    const metadata = { a: '1', ['__proto__']: 'odd', 'lone \ud800': 'half \udfff' };
    const run = newRun({ metadata, idempotency: { key: 'k', fingerprint: 'f' } });
    await commit(store, { ...run, snapshot: '{}' });
    await commit(store, follow(run.state, [CANCELLED]));
    const tables = ['workflow_runs', 'run_events', 'run_snapshots', 'run_metadata'];
    const counts = () => tables.map((table) => sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    expect(counts()).toEqual([1, 2, 1, 3]);
    await store.deleteRun(run.state.runId);
    expect(counts()).toEqual([0, 0, 0, 0]);
  });
});

describe('10,000 children', () => {
  const COUNT = 10_000;

  it('are made, listed, joined and deleted with their parent, and their data is not theirs alone', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    const data = { large: 'x'.repeat(1000) };
    const run = newRun();
    const parent = follow(run.state, [STARTED, branches(COUNT)]).state;
    await commit(store, run, follow(run.state, [STARTED, branches(COUNT)]));
    for (let from = 0; from < COUNT; from += 500) {
      const made = Array.from({ length: 500 }, (_, index) => newChild(parent, 3, from + index, { data }));
      await store.commit(unit(...made));
      await store.commit(unit(...made.map(({ state }) => follow(state, [STARTED, step(1, { own: from }), COMPLETED]))));
    }
    expect(await store.listRuns({ limit: 10 })).toHaveLength(1);
    expect(await store.listRuns({ parentRunId: run.state.runId, limit: 10 })).toHaveLength(10);
    expect(await store.listWaitingDescendants(run.state.runId, ['input'], 10)).toEqual([]);
    const results = await store.readChildResults(run.state.runId, 3);
    expect(results.map(({ index }) => index)).toEqual(Array.from({ length: COUNT }, (_, index) => index));
    expect(results[501]).toMatchObject({ status: 'COMPLETED', data: { own: 500 } });
    expect(sqlite.prepare('SELECT max(length(data)) FROM workflow_runs').pluck().get()).toBeLessThan(20);

    const other = await commit(store, newRun());
    await commit(store, follow(parent, [CANCELLED]), follow(other, [CANCELLED], NOON + 5));
    // Two transactions, because the first one is long as it is.
    expect(await store.deleteRunsFinishedBefore(NOON + 1000, 10)).toBe(2);
    for (const table of ['workflow_runs', 'run_events']) {
      expect(sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    }
  }, 60_000);
});

describe('a search for old runs', () => {
  it('looks at few runs in a transaction and goes on behind them, however many are still to be told of', async () => {
    const { sqlite, store } = openWithDatabase();
    await store.createGraph(graph('g'));
    const [template, last] = [await commit(store, newRun()), await commit(store, newRun())];
    await commit(store, follow(template, [CANCELLED]), follow(last, [CANCELLED], NOON + 500));
    sqlite.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7000)
      INSERT INTO workflow_runs (run_id, graph_id, graph_version, metadata, submitted_at, status, finished_at)
      SELECT 'told-' || i, graph_id, graph_version, metadata, submitted_at, status, finished_at + 1
      FROM n, workflow_runs WHERE run_id = '${template.runId}'`);
    sqlite.exec(`INSERT INTO delivery_targets (run_id, target, host, next_at)
      SELECT run_id, 0, 'a.example:443', 1 FROM workflow_runs WHERE run_id LIKE 'told-%'`);
    const deletion = new RunDeletion(drizzle(sqlite));
    const search = (limit: number) => deletion.deleteRunsFinishedBefore(NOON + 1000, limit);
    expect(search(1)).toEqual({ count: 1, isDone: true });
    expect(search(10)).toEqual({ count: 0, isDone: false });
    expect(search(10)).toEqual({ count: 1, isDone: true });
    // The next time round, from the beginning.
    sqlite.exec(`UPDATE delivery_targets SET next_at = NULL WHERE run_id = 'told-1'`);
    expect(await store.deleteRunsFinishedBefore(NOON + 1000, 10)).toBe(1);
    expect(search(10)).toEqual({ count: 0, isDone: false });
  });
});

describe('space', () => {
  it('is given back after runs were deleted', async () => {
    const { store, sqlite, path } = openWithDatabase();
    await store.createGraph(graph('g'));
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    const empty = statSync(path).size;
    for (let number = 0; number < 5; number++) {
      const run = await commit(store, newRun({ inputData: 'x'.repeat(1_000_000) }));
      await commit(store, follow(run, [CANCELLED]));
    }
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    const full = statSync(path).size;
    await store.deleteRunsFinishedBefore(NOON + 1000, 10);
    await store.reclaimSpace();
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
    expect(full).toBeGreaterThan(5_000_000);
    expect(statSync(path).size).toBeLessThan(empty + 50_000);
    expect(sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('of the write-ahead log is used again', async () => {
    const { store, path } = openWithDatabase();
    await store.createGraph(graph('g'));
    let run = await commit(store, newRun());
    for (let number = 1; number <= 300; number++) {
      run = await commit(store, follow(run, [step(number, { text: 'x'.repeat(100_000) })]));
    }
    expect(statSync(path).size).toBeGreaterThan(20_000_000);
    expect(statSync(`${path}-wal`).size).toBeLessThan(8_000_000);
  });
});
