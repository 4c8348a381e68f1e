import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { ask, startRun, waitForExit } from './client.js';
import { journalOf } from './database.js';

/** Kills the server while it makes children: at the insertion of a run whose number is in the environment. */
const DEADLY = `
import { createRequire } from 'node:module';
const Database = createRequire(process.argv[1])('better-sqlite3');
const { prepare } = Database.prototype;
let inserted = 0;
Database.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (!sql.startsWith('insert into "workflow_runs"')) return statement;
  const run = statement.run.bind(statement);
  statement.run = (...values) => {
    inserted += 1;
    if (inserted > Number(process.env.DIES_AT)) process.kill(process.pid, 'SIGKILL');
    return run(...values);
  };
  return statement;
};
export const nothing = { name: 'nothing', run: () => ({}) };
`;

/** A branch for each item, which asks a person. */
const ASKING = {
  graph_id: 'asking',
  name: 'Asking',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'set_data', params: { values: {} } },
    { name: 'leaf', tool_name: 'wait_for_input', params: { message: 'Go on?' } },
  ],
  for_each_edges: [
    { from_node: 'begin', items: '${ input_data }', to_node: 'leaf', join_node: 'END', collect_as: 'all' },
  ],
};

/** Eleven starts of a server, on a machine that is busy with other work. */
const STARTS_MS = 180_000;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

it(
  'a run whose children kill the server while they are made is given up',
  async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'deadly.mjs'), DEADLY);
    const deadly = { TOOLS: './deadly.mjs', DIES_AT: '150' };
    const first = await startServer(folder, deadly);
    await ask(first, 'POST /graph/create', ASKING);
    const runId = await startRun(first, 'asking', { input_data: numbers(5000) });
    await waitForExit(first);
    for (let crash = 1; crash < 10; crash++) await waitForExit(await startServer(folder, deadly));
    const last = await startServer(folder, deadly);
    const { error } = await until(async () => {
      const { body } = await ask(last, `GET /graph/state/${runId}`);
      return body.status === 'FAILED' ? body : undefined;
    });
    expect(error).toMatchObject({ code: 'recovery_exhausted', node: 'begin' });
    const children = await ask(last, `GET /graph/runs?parent_run_id=${runId}&limit=200`);
    expect(new Set(children.body.runs.map(({ status }: { status: string }) => status))).toEqual(new Set(['CANCELLED']));
    expect(await last.end('SIGTERM')).toBe(0);
  },
  STARTS_MS,
);

it(
  'a run whose children wait for people stays WAITING, however often the server is killed',
  async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder);
    await ask(first, 'POST /graph/create', ASKING);
    const runId = await startRun(first, 'asking', { input_data: numbers(20) });
    const isAsking = async (server: typeof first) =>
      (await ask(server, `GET /graph/state/${runId}`)).body.waiting?.children.length === 10;
    await until(() => isAsking(first));
    await first.end('SIGKILL');
    for (let crash = 1; crash < 10; crash++) {
      const server = await startServer(folder);
      await until(() => isAsking(server));
      await server.end('SIGKILL');
    }
    const last = await startServer(folder);
    await until(() => isAsking(last));
    expect((await ask(last, `GET /graph/state/${runId}`)).body.status).toBe('WAITING');
    expect(await last.end('SIGTERM')).toBe(0);
    expect(await journalOf(folder, runId)).not.toContain('run.recovered');
  },
  STARTS_MS,
);
