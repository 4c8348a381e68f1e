import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
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
import { Cluster } from './servers.js';

const postgres = await findPostgres();
const KILLS = 4;
const OFF = { schedule_id: 'off', graph_id: 'quick', every_seconds: 60, enabled: false };

describe.skipIf(postgres === undefined)('three servers on one Postgres', () => {
  it('start one run for each of 1,000 occurrences, though some are killed at random moments', async (test) => {
    const database = await postgres!.newSchema();
    const client = new pg.Client(database);
    await client.connect();
    const cluster = await Cluster.start(3, temporaryFolder(), { DATABASE_URL: database });
    test.onTestFinished(async () => {
      await cluster.stop();
      await client.end();
    });
    const countRuns = async () => Number((await client.query('SELECT count(*) AS n FROM workflow_runs')).rows[0].n);
    expect((await cluster.ask('POST /graph/create', QUICK))?.status).toBe(201);
    await client.query(insertSchedules(Date.now()));
    // All servers look, because one says that there are others.
    expect((await cluster.ask('POST /schedules', OFF))?.status).toBe(201);
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = Math.min(OCCURRENCES, (await countRuns()) + Math.floor(Math.random() * 200));
      await until(async () => (await countRuns()) >= enough);
      await cluster.killOne();
    }
    await until(async () => (await countRuns()) >= OCCURRENCES, 60_000);
    expectEachOnce((await client.query<StoredStart>(STARTS)).rows);
  });
});
