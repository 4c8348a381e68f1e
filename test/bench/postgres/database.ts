import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from '../../helpers/run-postgres.js';
import { cpuSecondsOfAll } from '../processor-time.js';

/** What the database server has done so far. */
export interface Work {
  readonly cpuSeconds: number;
  readonly walBytes: number;
  /** Times that the log of the database was synced to the disk. */
  readonly syncs: number;
}

/** Where statements of the queue and all others took their time, in milliseconds. */
export interface StatementTimes {
  readonly queue: number;
  readonly all: number;
}

/** A Postgres of one's own, and what it does. */
export class BenchDatabase {
  private constructor(
    private readonly server: RunningPostgres,
    private readonly client: pg.Client,
  ) {}

  static async start(): Promise<BenchDatabase> {
    const server = await startPostgres([
      'shared_preload_libraries=pg_stat_statements',
      'pg_stat_statements.track_planning=on',
    ]);
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query('CREATE EXTENSION pg_stat_statements');
    return new BenchDatabase(server, client);
  }

  get url(): string {
    return this.server.url;
  }

  async work(): Promise<Work> {
    const { rows } = await this.client.query<{ wal: number; syncs: number }>(`
      SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal,
        (SELECT sum(fsyncs)::float8 FROM pg_stat_io WHERE object = 'wal') AS syncs`);
    const cpuSeconds = cpuSecondsOfAll(this.server.pid);
    return { cpuSeconds, walBytes: rows[0]?.wal ?? Number.NaN, syncs: rows[0]?.syncs ?? Number.NaN };
  }

  async forgetStatements(): Promise<void> {
    await this.client.query('SELECT pg_stat_statements_reset()');
  }

  /** As the server counts them. COMMIT is omitted: it waits for the disk. */
  async statementTimes(): Promise<StatementTimes> {
    const { rows } = await this.client.query<StatementTimes>(`
      SELECT coalesce(sum(took) FILTER (WHERE query LIKE '%pgboss"%'), 0) AS queue, sum(took) AS all
      FROM (SELECT query, total_exec_time + total_plan_time AS took FROM pg_stat_statements) AS statements
      WHERE query NOT LIKE 'COMMIT%'`);
    const [times] = rows;
    if (times === undefined) throw new Error('No statements were counted.');
    return times;
  }

  /** Resolves when all runs have ended. */
  async untilAllEnded(): Promise<void> {
    const unfinished = `SELECT 1 FROM workflow_runs
      WHERE status IN ('SUBMITTED', 'RUNNING') AND parent_run_id IS NULL LIMIT 1`;
    while ((await this.client.query(unfinished)).rows.length > 0) await sleep(20);
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.server.stop();
  }
}
