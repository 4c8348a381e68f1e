import { statSync } from 'node:fs';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { EventType, RunEvent } from '../../src/core/events.js';
import { linesOf } from '../../src/core/log-lines.js';
import { listRuns } from '../../src/store/sqlite/run-list.js';
import type { RunFilter } from '../../src/store/store.js';
import { open, openWithDatabase } from './open-stores.js';
import { CANCELLED, COMPLETED, commit, FAILED, follow, graph, NOON, newRun, STARTED, step } from './runs.js';
import { describeStore } from './store.suite.js';

describeStore('SQLite', async () => open());

describe('the view run_logs', () => {
  const decided = { kind: 'condition', condition: 'c', outcome: 'x' } as const;
  const failed = { type: 'step.failed', step: 1, node: 'a "b" \\ %', attempt: 1 } as const;
  const error = { code: 'tool_failed', message: 'one\r\ntwo\n\nthree\rfour', node: 'a', step: 1 };
  const base = step(1) as Extract<RunEvent, { type: 'step.completed' }>;

  // Every type must be here, so that a new one is thought of.
  const EVENTS: Record<EventType, RunEvent[]> = {
    'run.submitted': [],
    'run.started': [STARTED, { type: 'run.started', next: `it's "quoted" – ñ 漢 🙂` }],
    'step.completed': [
      base,
      step(1, {}, ['one', '', 'tw"o\ttab']),
      { ...base, next: null },
      { ...base, logs: ['only'], next: null },
      { ...base, decision: null, next: null },
      { ...base, decision: { ...decided, to_node: 'b' }, next: 'b' },
      { ...base, logs: ['x'], decision: { ...decided, to_node: 'b' }, next: 'b' },
      { ...base, logs: ['x'], decision: { ...decided, to_node: 'END' }, next: null },
      { ...base, decision: { ...decided, to_node: null }, next: null },
      { ...base, logs: ['x'], decision: { ...decided, to_node: null }, next: null },
    ],
    'step.failed': [
      { ...failed, logs: [], error },
      { ...failed, logs: ['before'], error },
    ],
    'cancel.requested': [{ type: 'cancel.requested' }],
    'run.recovered': [{ type: 'run.recovered' }],
    'run.drained': [{ type: 'run.drained' }],
    'run.completed': [COMPLETED, { type: 'run.completed', reason: 'no_edge' }],
    'run.failed': [FAILED, { type: 'run.failed', error }],
    'run.cancelled': [CANCELLED, { type: 'run.cancelled', logs: ['last', 'words'] }],
  };

  it('says what linesOf says, for every type of event', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    const events = Object.values(EVENTS).flat();
    await commit(store, follow(run, events));
    await commit(store, newRun());
    const rows = sqlite.prepare('SELECT run_id, line_no, line FROM run_logs ORDER BY run_id, line_no').all();
    const lines = events.flatMap((event) => linesOf(event));
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

describe('lists of runs', () => {
  const page = { after: 'x', limit: 10 };

  it.each<[string, RunFilter]>([
    ['SCAN workflow_runs USING INDEX sqlite_autoindex_workflow_runs_1', { limit: 10 }],
    ['SEARCH workflow_runs USING INDEX sqlite_autoindex_workflow_runs_1 (run_id<?)', page],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_status (status=? AND run_id<?)',
      { ...page, statuses: ['FAILED', 'RUNNING'] },
    ],
    ['SEARCH workflow_runs USING INDEX workflow_runs_graph (graph_id=? AND run_id<?)', { ...page, graphId: 'g' }],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_graph (graph_id=? AND run_id<?)',
      { ...page, graphId: 'g', statuses: ['COMPLETED'] },
    ],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_status (status=? AND run_id<?)',
      { ...page, graphId: 'g', statuses: ['FAILED'] },
    ],
    [
      'SEARCH workflow_runs USING INDEX workflow_runs_status (status=? AND run_id>?)',
      { limit: 10, statuses: ['FAILED'], submittedAfter: NOON },
    ],
    [
      'SEARCH run_metadata USING PRIMARY KEY (key=? AND value=? AND run_id<?)',
      { ...page, graphId: 'g', statuses: ['FAILED', 'RUNNING'], metadata: { a: '1', b: '2' } },
    ],
  ])('are a %s', (search, filter) => {
    const { sqlite } = openWithDatabase();
    const plans: string[][] = [];
    const logQuery = (query: string, params: unknown[]) => {
      const plan = sqlite.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${query}`).all(...params);
      plans.push(plan.map((row) => row.detail));
    };
    listRuns(drizzle(sqlite, { logger: { logQuery } }), filter);
    expect(plans).toHaveLength(filter.metadata === undefined ? (filter.statuses?.length ?? 1) : 1);
    for (const plan of plans) {
      expect(plan[0]).toBe(search);
      expect(plan.join('\n')).not.toMatch(/TEMP B-TREE/);
      expect(plan.slice(1).filter((line) => line.startsWith('SCAN'))).toEqual([]);
    }
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

describe('space', () => {
  it('is given back after runs were deleted', async () => {
    const { store, sqlite, path } = openWithDatabase();
    await store.createGraph(graph('g'));
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
    expect(statSync(path).size).toBeLessThan(200_000);
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
