import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { OpenDatabaseError } from '../errors.js';
import type { Export, ExportedCounts, ExportedEvent, ExportedKey, ExportedRun } from '../export.js';
import type { Wake } from '../queue.js';
import { openPools, type Session, send } from './connection.js';
import { HOOK_DELIVERIES, HOOKS } from './import-hooks.js';
import { insertAll } from './import-rows.js';
import {
  DELIVERIES,
  EVENTS,
  GRAPHS,
  KEYS,
  LIMITS,
  METADATA,
  RUNS,
  SCHEDULES,
  SNAPSHOTS,
  TARGETS,
  USAGE,
} from './import-tables.js';
import { GONE_MS } from './peers.js';
import { PgBossQueue } from './pgboss-queue.js';
import { startDatabase } from './start.js';
import { inTransaction } from './transaction.js';

/** Runs of one transaction. */
const RUNS_AT_A_TIME = 500;

/** Of each hundredth run, the whole journal is compared at the end. */
const COMPARE_EVERY = 100;

/**
 * Stores all that another database holds on a Postgres database, and makes its unfinished runs due. What is there already
 * stays as it is, so it can be repeated after an interruption. Servers that start on the database meanwhile wait; nothing is
 * due before all of it is there.
 * @param onProgress called with how many runs are there, now and then
 * @throws OpenDatabaseError if the database cannot be used, or a server uses it, if it has runs or graphs that the source
 * does not have (nothing is changed then), or if what was stored is not what was read
 */
export async function importInto(url: string, source: Export, onProgress: (runs: number) => void): Promise<void> {
  await startDatabase(url, Math.random, async ({ client, schema }) => {
    const pools = openPools(url, () => undefined);
    const queue = new PgBossQueue({
      logger: { info: () => undefined, error: () => undefined },
      now: Date.now,
      elapsed: () => performance.now(),
      maxQueuedRuns: Number.MAX_SAFE_INTEGER,
      heartbeatSeconds: 10,
      announceWork: () => undefined,
    });
    try {
      await queue.prepare({ client, pools, schema });
      await refuseServers(pools.readers);
      await refuseOthers(pools.readers, source);
      await importAll(pools.writers, source, onProgress);
      await compare(pools.readers, source);
      // Last: until all is there and found right, nothing of it is driven, by whoever starts.
      for (const runs of pagesOf(source)) await wakeRuns(pools.writers, queue, runs);
    } finally {
      await queue.close();
      await pools.close();
    }
  });
}

async function importAll(pool: pg.Pool, source: Export, onProgress: (runs: number) => void): Promise<void> {
  await inTransaction(pool, (session) => insertAll(session, GRAPHS, source.graphs()));
  await inTransaction(pool, (session) => insertAll(session, LIMITS, source.limits()));
  await inTransaction(pool, (session) => importKeys(session, [...source.keys()]));
  await inTransaction(pool, (session) => insertAll(session, HOOKS, source.hooks()));
  await inTransaction(pool, (session) => insertAll(session, HOOK_DELIVERIES, source.hookDeliveries()));
  let done = 0;
  for (const runs of pagesOf(source)) {
    await inTransaction(pool, (session) => importRuns(session, source, runs));
    done += runs.length;
    onProgress(done);
  }
  await inTransaction(pool, (session) => insertAll(session, SCHEDULES, source.schedules()));
}

/** In place of those that a server has made there: no run of the database was signed with one. */
async function importKeys(session: Session, keys: readonly ExportedKey[]): Promise<void> {
  const names = keys.map(({ name }) => name);
  await send(session, { text: 'DELETE FROM server_keys WHERE name = ANY($1::text[])', values: [names] });
  await insertAll(session, KEYS, keys);
}

/** All runs, in order. */
function* pagesOf(source: Export): Generator<readonly ExportedRun[]> {
  let runs = source.runs('', RUNS_AT_A_TIME);
  while (runs.length > 0) {
    yield runs;
    runs = source.runs(runs.at(-1)?.runId ?? '', RUNS_AT_A_TIME);
  }
}

/** Holds what was stored against what was read: how much it is, and some of the journals, byte for byte. */
async function compare(pool: pg.Pool, source: Export): Promise<void> {
  const { rows } = await send<ExportedCounts>(pool, {
    text: `SELECT (SELECT count(*) FROM graph_definitions) AS graphs, (SELECT count(*) FROM workflow_runs) AS runs,
      (SELECT count(*) FROM run_events) AS events`,
  });
  const [stored, read] = [rows[0], source.counts()];
  const isComplete = stored !== undefined && stored.runs === read.runs && stored.events === read.events;
  if (!isComplete || stored.graphs < read.graphs) {
    throw new OpenDatabaseError(
      `What was stored is not what was read: ${JSON.stringify(stored)} instead of ${JSON.stringify(read)}.`,
    );
  }
  let index = 0;
  for (const runs of pagesOf(source)) {
    for (const { runId } of runs) {
      if (index++ % COMPARE_EVERY === 0) await compareJournal(pool, source, runId);
    }
  }
}

async function compareJournal(pool: pg.Pool, source: Export, runId: string): Promise<void> {
  const { rows } = await send<Omit<ExportedEvent, 'runId'>>(pool, {
    text: 'SELECT seq, type, time, log_end AS "logEnd", payload FROM run_events WHERE run_id = $1 ORDER BY seq',
    values: [runId],
  });
  const read = [...source.events([runId])].map(({ runId: _, ...event }) => event);
  if (!isDeepStrictEqual(rows, read))
    throw new OpenDatabaseError(`What was stored is not what was read: the journal of ${runId} differs.`);
}

async function importRuns(session: Session, source: Export, runs: readonly ExportedRun[]): Promise<void> {
  const { rows } = await send<{ id: string }>(session, {
    text: 'SELECT run_id::text AS id FROM workflow_runs WHERE run_id = ANY($1::uuid[])',
    values: [runs.map(({ runId }) => runId)],
  });
  // Stored with all that is theirs, in one transaction.
  const there = new Set(rows.map(({ id }) => id));
  const added = runs.filter(({ runId }) => !there.has(runId));
  const ids = added.map(({ runId }) => runId);
  await insertAll(session, RUNS, added);
  await insertAll(session, EVENTS, source.events(ids));
  await insertAll(session, SNAPSHOTS, source.snapshots(ids));
  await insertAll(session, USAGE, source.usage(ids));
  await insertAll(session, METADATA, source.metadata(ids));
  await insertAll(session, TARGETS, source.targets(ids));
  await insertAll(session, DELIVERIES, source.deliveries(ids));
}

async function wakeRuns(pool: pg.Pool, queue: PgBossQueue, runs: readonly ExportedRun[]): Promise<void> {
  const wakes = runs.flatMap((run) => wakesOf(run));
  if (wakes.length > 0) await inTransaction(pool, (session) => queue.write(session, [{ appends: [], wakes }]));
}

/** When a run is due that has come from a database whose server has stopped. */
function wakesOf({ runId, status, parentRunId, slotSeq, waitingFor, wakeAt }: ExportedRun): Wake[] {
  const isDue =
    status === 'RUNNING' ||
    (status === 'SUBMITTED' && (parentRunId === null || slotSeq !== null)) ||
    (status === 'WAITING' && (waitingFor === 'graph' || waitingFor === 'branches'));
  if (isDue) return [{ runId, at: 0 }];
  return wakeAt === null ? [] : [{ runId, at: wakeAt }];
}

/** What a server does meanwhile would be taken for what was brought. */
async function refuseServers(session: Session): Promise<void> {
  const { rows } = await send(session, {
    text: `SELECT 1 FROM processes WHERE seen_at > extract(epoch FROM clock_timestamp()) * 1000 - ${GONE_MS} LIMIT 1`,
  });
  if (rows.length > 0) {
    throw new OpenDatabaseError('A server uses the database. Stop it, or wait 15 seconds if it has just crashed.');
  }
}

/** A target with runs of its own is somebody else's, and their graphs can have the same names. */
async function refuseOthers(session: Session, source: Export): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await send<{ id: string }>(session, {
      text: 'SELECT run_id::text AS id FROM workflow_runs WHERE run_id > $1 ORDER BY run_id LIMIT 10000',
      values: [after],
    });
    const ids = rows.map(({ id }) => id);
    const last = ids.at(-1);
    if (last === undefined) break;
    if (source.known(ids).length < ids.length) {
      throw new OpenDatabaseError('The database has other runs already. Give one of its own, which is empty.');
    }
    after = last;
  }
  for (const { graphId, version, definition } of source.graphs()) {
    const { rows } = await send<{ definition: string }>(session, {
      text: 'SELECT definition FROM graph_definitions WHERE graph_id = $1 AND version = $2',
      values: [graphId, version],
    });
    if (rows[0] !== undefined && rows[0].definition !== definition) {
      throw new OpenDatabaseError(
        `The database has another graph "${graphId}" (version ${version}) already. Give one of its own, which is empty.`,
      );
    }
  }
}
