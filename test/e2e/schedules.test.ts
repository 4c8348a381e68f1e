import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import {
  expectEachOnce,
  insertSchedules,
  OCCURRENCES,
  QUICK,
  STARTS,
  type StoredStart,
} from '../helpers/single-occurrences.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { ask } from './client.js';

const KILLS = 5;

it('each of 1,000 occurrences starts one run, though the server is killed at random moments', async () => {
  const folder = temporaryFolder();
  const all = <Row>(text: string): Row[] => {
    const database = new Database(join(folder, 'workflow.db'), { readonly: true });
    const rows = database.prepare(text).all() as Row[];
    database.close();
    return rows;
  };
  const countRuns = (): number => all<{ n: number }>('SELECT count(*) AS n FROM workflow_runs')[0]!.n;

  const first = await startServer(folder);
  expect((await ask(first, 'POST /graph/create', QUICK)).status).toBe(201);
  await first.end('SIGTERM');
  const database = new Database(join(folder, 'workflow.db'));
  database.exec(insertSchedules(Date.now()));
  database.close();
  let server = await startServer(folder);
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = Math.min(OCCURRENCES, countRuns() + Math.floor(Math.random() * 200));
    await until(() => countRuns() >= enough);
    await server.end('SIGKILL');
    server = await startServer(folder);
  }
  await until(() => countRuns() >= OCCURRENCES);
  const unfinished = 'GET /graph/runs?started_by=schedule&status=SUBMITTED,RUNNING';
  await until(async () => (await ask(server, unfinished)).body.runs.length === 0);
  expect(await server.end('SIGTERM')).toBe(0);
  expectEachOnce(all<StoredStart>(STARTS));
  expect(all('SELECT DISTINCT status FROM workflow_runs')).toEqual([{ status: 'COMPLETED' }]);
});
