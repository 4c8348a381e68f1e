import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GraphDefinition } from '../../../src/core/graph/definition.js';
import { scheduleDefinitionSchema } from '../../../src/core/schedule/definition.js';
import { defineTool } from '../../../src/core/tool/tool.js';
import { migrate } from '../../../src/migrate.js';
import { jobsSchemaOf } from '../../../src/store/postgres/job-queues.js';
import { startEngine } from '../../helpers/engine.js';
import { flatten } from '../../helpers/flat-run.js';
import { findPostgres } from '../../helpers/postgres.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { heldTool } from '../../helpers/tools.js';

const postgres = await findPostgres();

const leaf = defineTool({ name: 'leaf', run: (_, { item }) => ({ seen: item ?? null }) });
const asks = { name: 'asks', tool_name: 'wait_for_input', params: { message: 'Go on?' } };
const GRAPHS: readonly (GraphDefinition & { readonly graphId: string })[] = [
  { graphId: 'asks', name: 'asks', entry_point: 'asks', nodes: [asks], edges: [] },
  {
    graphId: 'sleeps',
    name: 'sleeps',
    entry_point: 's',
    nodes: [{ name: 's', tool_name: 'delay', params: { seconds: 2 } }],
    edges: [],
  },
  { graphId: 'works', name: 'works', entry_point: 'w', nodes: [{ name: 'w', tool_name: 'held' }], edges: [] },
  {
    graphId: 'spreads',
    name: 'spreads',
    entry_point: 'asks',
    nodes: [asks, { name: 'leaf', tool_name: 'leaf' }, { ...asks, name: 'inner' }, { name: 'end', tool_name: 'leaf' }],
    edges: [{ from_node: 'leaf', to_node: 'inner' }],
    for_each_edges: [
      {
        from_node: 'asks',
        items: '${ [1, 2, 3] }',
        to_node: 'leaf',
        join_node: 'end',
        collect_as: 'all',
        max_parallel: 2,
      },
    ],
  },
];

/** A database with runs in every state, whose server has crashed. */
async function crashedDatabase() {
  const held = heldTool('held');
  const { engine, path, store } = await startEngine({ definitions: [held.tool, leaf] });
  for (const graph of GRAPHS) await engine.createGraph(graph);
  const start = async (graphId: string) =>
    (await engine.startRun({ graphId, inputData: { text: 'a\u0000b\ud800' }, metadata: { team: 'c\u0000d' } })).runId;
  const ids = {
    finished: await start('asks'),
    waiting: await start('asks'),
    sleeping: await start('sleeps'),
    working: await start('works'),
    spread: await start('spreads'),
  };
  for (const runId of [ids.finished, ids.spread]) {
    await engine.getState(runId, { waitSeconds: 10 });
    await engine.resumeRun(runId, { payload: 'yes' });
    await engine.getState(runId, { waitSeconds: 10 });
  }
  const nightly = { schedule_id: 'nightly', graph_id: 'asks', cron: '30 2 * * *', input_data: { text: 'ü' } };
  await engine.createSchedule(scheduleDefinitionSchema.parse(nightly));
  await engine.triggerSchedule('nightly');
  await engine.getState(ids.waiting, { waitSeconds: 10 });
  await held.called(1);
  const schedule = await engine.getSchedule('nightly');
  await store.close();
  return { ids, path, schedule };
}

describe.skipIf(postgres === undefined)('a move to Postgres', () => {
  it('brings all runs, and those that are unfinished go on; the file stays as it was', async () => {
    const { ids, path, schedule } = await crashedDatabase();
    const before = readFileSync(path);
    const url = await postgres!.newSchema();
    const said: string[] = [];
    await migrate(path, url, (line) => said.push(line));
    expect(said.at(-1)).toBe('All of it is there. The file is as it was.');
    expect(readFileSync(path).equals(before)).toBe(true);

    const held = heldTool('held');
    const { engine, stop } = await startEngine({ definitions: [held.tool, leaf], path: url });
    const stateOf = async (runId: string, waitSeconds = 0) =>
      flatten((await engine.getState(runId, { waitSeconds })).state);
    expect(await stateOf(ids.finished)).toMatchObject({
      status: 'COMPLETED',
      data: { asks: 'yes' },
      inputData: { text: 'a\u0000b\ud800' },
      metadata: { team: 'c\u0000d' },
    });
    expect((await engine.listRuns({ metadata: { team: 'c\u0000d' }, limit: 10 })).runs).toHaveLength(5);
    expect(await engine.getSchedule('nightly')).toEqual(schedule);
    expect((await engine.listRuns({ startedBy: { kind: 'schedule', id: 'nightly' }, limit: 10 })).runs).toHaveLength(1);
    await engine.resumeRun(ids.waiting, { payload: 'late' });
    expect(await stateOf(ids.waiting, 10)).toMatchObject({ status: 'COMPLETED', data: { asks: 'late' } });
    expect(await stateOf(ids.sleeping, 10)).toMatchObject({ status: 'COMPLETED' });
    await held.called(1);
    held.release({ worked: true });
    expect(await stateOf(ids.working, 10)).toMatchObject({ status: 'COMPLETED', data: { worked: true } });
    for (let round = 0; round < 3; round++) {
      const { waitingChildren } = await engine.getState(ids.spread, { waitSeconds: 10 });
      for (const { runId } of waitingChildren) await engine.resumeRun(runId, { payload: 'go' });
    }
    expect(await stateOf(ids.spread, 10)).toMatchObject({
      status: 'COMPLETED',
      data: { all: [{ seen: 1 }, { seen: 2 }, { seen: 3 }].map((each) => ({ ...each, inner: 'go' })) },
    });
    await stop();
  });

  it('brings the keys of the servers, in place of those that a server has made there', async () => {
    const [source, url] = [await startEngine(), await postgres!.newSchema()];
    const target = await startEngine({ path: url });
    expect(await source.store.obtainKey('links', 'of the file')).toBe('of the file');
    expect(await target.store.obtainKey('links', 'made there')).toBe('made there');
    await target.stop();
    await source.stop();
    await migrate(source.path, url, () => undefined);
    const moved = await startEngine({ path: url });
    expect(await moved.store.obtainKey('links', 'another')).toBe('of the file');
    await moved.stop();
  });

  it('can be repeated, and brings only what is missing', async () => {
    const { ids, path } = await crashedDatabase();
    const url = await postgres!.newSchema();
    await migrate(path, url, () => undefined);
    const client = new pg.Client(url);
    await client.connect();
    // As it would be after an interruption.
    for (const table of ['workflow_runs', 'run_events', 'run_metadata', 'run_snapshots']) {
      await client.query(`DELETE FROM ${table} WHERE run_id = $1`, [ids.spread]);
    }
    await migrate(path, url, () => undefined);
    const { rows } = await client.query('SELECT count(*)::int AS count FROM run_metadata WHERE run_id = $1', [
      ids.spread,
    ]);
    expect(rows).toEqual([{ count: 1 }]);
    await client.end();
  });

  it('is refused by a database with other runs or graphs, and by a file that a server uses or that is not there', async () => {
    const { path } = await crashedDatabase();
    const other = await crashedDatabase();
    const url = await postgres!.newSchema();
    await migrate(other.path, url, () => undefined);
    await expect(migrate(path, url, () => undefined)).rejects.toThrow('The database has other runs already.');
    const nothing = () => undefined;
    const empty = await postgres!.newSchema();
    await expect(migrate('nowhere.db', empty, nothing)).rejects.toThrow('it is not there');
    const { path: used, stop } = await startEngine();
    await expect(migrate(used, empty, nothing)).rejects.toThrow('Another server uses the database');
    await stop();
  });

  it('is refused by a database that a server uses', async () => {
    const { path } = await crashedDatabase();
    const url = await postgres!.newSchema();
    const { stop } = await startEngine({ path: url });
    await expect(migrate(path, url, () => undefined)).rejects.toThrow('A server uses the database.');
    await stop();
  });

  it('makes nothing due if what is there is not what was read, and leaves nothing beside the file', async () => {
    const { ids, path } = await crashedDatabase();
    const url = await postgres!.newSchema();
    const { stop } = await startEngine({ path: url });
    await stop();
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      `INSERT INTO workflow_runs (run_id, graph_id, graph_version, status, submitted_at, metadata, descendants)
        VALUES ($1, 'works', 1, 'RUNNING', 1, '{}', 0)`,
      [ids.working],
    );
    // What a try leaves that is killed.
    mkdirSync(join(dirname(path), `.${basename(path)}-export`));
    await expect(migrate(path, url, () => undefined)).rejects.toThrow('What was stored is not what was read');
    expect(readdirSync(dirname(path)).filter((name) => name.includes('export'))).toEqual([]);
    const schema = (await client.query('SELECT current_schema() AS name')).rows[0].name;
    const { rows } = await client.query(`SELECT count(*)::int AS count FROM "${jobsSchemaOf(schema)}".job`);
    expect(rows).toEqual([{ count: 0 }]);
    await client.end();
  });

  it.each(['workflow-1.0.sqlite', 'workflow-1.0-children.sqlite', 'workflow-1.0-forks.sqlite'])(
    'takes files of any release: %s',
    async (name) => {
      const path = join(temporaryFolder(), 'old.db');
      copyFileSync(join(import.meta.dirname, '../../fixtures', name), path);
      const before = readFileSync(path);
      await migrate(path, await postgres!.newSchema(), () => undefined);
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  it('brings hooks, and what they were sent: what was accepted is not done again', async () => {
    const { engine, path, store } = await startEngine();
    await engine.createGraph(GRAPHS[0]!);
    const none = { scheme: 'none' } as const;
    await engine.createHook({ hook_id: 'h', action: 'start', graph_id: 'asks', verify: none, dedupe: '${ body }' });
    const send = async ({ openDelivery, deliver }: typeof engine, text: string) =>
      deliver(await openDelivery('h', {}), { query: {}, body: Buffer.from(text) });
    const first = await send(engine, '"a"');
    await store.hooks.noteRefusals('h', { count: 2, at: 1, reason: 'wrong' });
    await store.close();
    const url = await postgres!.newSchema();
    await migrate(path, url, () => undefined);
    const moved = await startEngine({ path: url });
    onTestFinished(() => moved.stop());
    expect(await send(moved.engine, '"a"')).toEqual({ ...first, isNew: false, replayed: true });
    expect(await moved.engine.getHook('h')).toMatchObject({ refused: 2, lastRefusal: 'wrong' });
    expect(await moved.engine.listRuns({ limit: 10 })).toMatchObject({ runs: [{ graphId: 'asks' }] });
  });
});
