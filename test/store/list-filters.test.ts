import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { findPostgres } from '../helpers/postgres.js';
import { describeListFilters } from './list-filters.suite.js';
import { open, openWithDatabase } from './open-stores.js';
import { openPostgres } from './postgres-stores.js';
import { commit, FAILED, follow, graph, newRun, STARTED, step, waits } from './runs.js';

describeListFilters('SQLite', async () => open());

const postgres = await findPostgres();

if (postgres === undefined) it.skip('needs Postgres', () => undefined);
else describeListFilters('Postgres', async () => (await openPostgres(await postgres.newSchema())).store);

describe('a list of runs of which some are damaged', () => {
  it('finds the others, in SQLite', async () => {
    const { store, sqlite } = openWithDatabase();
    await findOthers(store, async (statement) => void sqlite.exec(statement));
  });

  it.skipIf(postgres === undefined)('finds the others, in Postgres', async () => {
    const { store, pools } = await openPostgres(await postgres!.newSchema());
    await findOthers(store, async (statement) => void (await pools.readers.query(statement)));
  });

  async function findOthers(store: Store, execute: (statement: string) => Promise<void>): Promise<void> {
    await store.createGraph(graph('g'));
    const ends = [
      [STARTED, FAILED],
      [STARTED, FAILED],
      [STARTED, step(1)],
      [STARTED, waits('input')],
    ];
    const ids: string[] = [];
    for (const events of ends) {
      const run = newRun();
      ids.push(run.state.runId);
      await commit(store, run, follow(run.state, events));
    }
    const [oddError, failed, odd, waiting] = ids;
    await execute(`UPDATE workflow_runs SET error = 'no luck' WHERE run_id = '${oddError}'`);
    await execute(`UPDATE run_events SET payload = '{' WHERE run_id = '${odd}' AND type = 'step.completed'`);
    const find = async (filter: object) => (await store.listRuns({ ...filter, limit: 9 })).map(({ runId }) => runId);
    expect(await find({ errorCode: 'tool_failed' })).toEqual([failed]);
    expect(await find({ errorCode: 'run_unreadable' })).toEqual([oddError]);
    expect(await find({ currentNode: 'a', oldestFirst: true })).toEqual([oddError, failed, waiting].sort());
  }
});
