import type pg from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { UnreadableGraphError, UnreadableRunError } from '../../src/store/errors.js';
import type { Store } from '../../src/store/store.js';
import { findPostgres } from '../helpers/postgres.js';
import { openPostgres } from './postgres-stores.js';
import { CANCELLED, commit, follow, graph, newChild, newRun, STARTED, step, unit } from './runs.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('what is damaged in Postgres', () => {
  let store: Store;
  let pool: pg.Pool;
  beforeEach(async () => {
    const opened = await openPostgres(await postgres!.newSchema());
    store = opened.store;
    pool = opened.pools.readers;
    await store.createGraph(graph('g'));
  });

  it('is said of a journal with a gap, with a record that cannot be read, and of one that is missing', async () => {
    const [gap, odd, none] = [newRun(), newRun(), newRun()];
    for (const run of [gap, odd, none]) await commit(store, run, follow(run.state, [STARTED, step(1)]));
    await pool.query('DELETE FROM run_events WHERE run_id = $1 AND seq = 2', [gap.state.runId]);
    await pool.query(`UPDATE run_events SET payload = '{' WHERE run_id = $1 AND seq = 3`, [odd.state.runId]);
    await pool.query('DELETE FROM run_events WHERE run_id = $1', [none.state.runId]);
    const reasons: [string, RegExp][] = [
      [gap.state.runId, /has no record 2/],
      [odd.state.runId, /record 3 of its journal, step.completed,/],
      [none.state.runId, /its journal is missing/],
    ];
    for (const [runId, reason] of reasons) {
      for (const read of [() => store.loadRun(runId), () => store.readEvents(runId, 0, 10)]) {
        const refused = await read().catch((thrown: unknown) => thrown);
        expect(refused).toBeInstanceOf(UnreadableRunError);
        expect(refused).toMatchObject({ runId, reason: expect.stringMatching(reason) });
      }
      expect(await store.outlineRun(runId)).toMatchObject({ runId, status: 'RUNNING' });
    }
    await pool.query('DELETE FROM run_events WHERE run_id = $1 AND seq = 1', [gap.state.runId]);
    await expect(store.loadRun(gap.state.runId)).rejects.toThrow(/has no record 1/);
    expect(await store.listRuns({ limit: 10 })).toHaveLength(3);
  });

  it('is said of a graph, which lists show all the same', async () => {
    await pool.query(`UPDATE graph_definitions SET definition = '{' WHERE graph_id = 'g'`);
    await expect(store.findGraph('g')).rejects.toBeInstanceOf(UnreadableGraphError);
    expect(await store.findGraphText('g')).toMatchObject({ text: '{', isJson: false });
    expect(await store.listGraphs(undefined, 10)).toMatchObject([{ graphId: 'g', description: null }]);
  });

  it('is shown as nothing in the row of a run, which can be deleted with all that belongs to it', async () => {
    const run = newRun({ metadata: { a: 'b' } });
    await commit(store, run, follow(run.state, [CANCELLED]));
    await pool.query(`UPDATE workflow_runs SET metadata = 'x', error = 'y'`);
    const error = expect.objectContaining({ code: 'run_unreadable' });
    expect(await store.listRuns({ limit: 1 })).toMatchObject([{ metadata: {}, error }]);
    expect(await store.deleteRun(run.state.runId)).toBe('deleted');
    expect((await pool.query('SELECT 1 FROM run_metadata')).rows).toEqual([]);
  });

  it('keeps no list of branches from telling the others from their siblings', async () => {
    const top = newRun();
    const first: Record<string, string> = {
      'of a for_each': '{"entry_node":"a","name":"x"}',
      'of release 1.0, or parallel': '{"entry_node":"a"}',
      'a graph as a step': '{}',
      'with a NUL': '{"name":"a\\u0000b"}',
      damaged: '{',
      large: JSON.stringify({ name: 'x', input_data: 'x'.repeat(10_000) }),
    };
    const children = Object.keys(first).map((_, index) => newChild(top.state, 3, index));
    await store.commit(unit(top, ...children));
    for (const [index, payload] of Object.values(first).entries()) {
      await pool.query('UPDATE run_events SET payload = $1 WHERE run_id = $2', [payload, children[index]!.state.runId]);
    }
    const listed = await store.listRuns({ parentRunId: top.state.runId, limit: 10 });
    const branchOf = (index: number) => listed.find(({ childIndex }) => childIndex === index)?.branch;
    expect(Object.fromEntries(Object.keys(first).map((name, index) => [name, branchOf(index)]))).toEqual({
      'of a for_each': 'x',
      'of release 1.0, or parallel': 'a',
      'a graph as a step': null,
      'with a NUL': 'a\ufffdb',
      damaged: null,
      large: null,
    });
    expect(await store.listRuns({ limit: 10 })).toMatchObject([{ runId: top.state.runId, branch: null }]);
  });

  it('leaves unknown what children have used since before it was counted', async () => {
    const top = newRun();
    const child = newChild(top.state, 3, 0);
    await store.commit(unit(top, child));
    await pool.query('INSERT INTO child_usage (run_id) VALUES ($1)', [top.state.runId]);
    const usage = { input_tokens: 1, output_tokens: 1 };
    await commit(store, follow(child.state, [STARTED, { ...step(1), usage } as ReturnType<typeof step>]));
    expect(await store.readChildUsage(top.state.runId)).toBeNull();
  });
});
