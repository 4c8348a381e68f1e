import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import {
  createSchedules,
  expectEachOnce,
  OCCURRENCES,
  STARTS,
  type StoredStart,
} from '../helpers/single-occurrences.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { ask } from './client.js';

const KILLS = 5;

it('each of 1,000 occurrences starts one run, though the server is killed at random moments', async () => {
  const folder = temporaryFolder();
  const query = <Row>(text: string): Row[] => {
    const database = new Database(join(folder, 'workflow.db'), { readonly: true });
    const rows = database.prepare(text).all() as Row[];
    database.close();
    return rows;
  };
  const countRuns = () => query<{ n: number }>('SELECT count(*) AS n FROM workflow_runs')[0]!.n;
  let server: ServerProcess = await startServer(folder);
  await createSchedules((request, payload) => ask(server, request, payload));
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = Math.min(OCCURRENCES, countRuns() + Math.floor(Math.random() * 150));
    await until(() => countRuns() >= enough);
    await server.end('SIGKILL');
    server = await startServer(folder);
  }
  await until(() => countRuns() >= OCCURRENCES);
  await until(
    async () =>
      (await ask(server, 'GET /graph/runs?started_by=schedule&status=SUBMITTED,RUNNING')).body.runs.length === 0,
  );
  expect(await server.end('SIGTERM')).toBe(0);
  expectEachOnce(query<StoredStart>(STARTS));
  expect(query('SELECT DISTINCT status FROM workflow_runs')).toEqual([{ status: 'COMPLETED' }]);
});
