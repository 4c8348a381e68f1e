import { randomUUID } from 'node:crypto';
import { LocalSignals } from '../local-signals.js';
import type { Ports, PortsOptions, SharingOptions } from '../ports.js';
import { publishCommit } from '../publish-commit.js';
import { DatabaseClock } from './clock.js';
import { type Pools, send } from './connection.js';
import { elapsedClock } from './elapsed-clock.js';
import { Listener } from './listener.js';
import { openStore } from './open-store.js';
import type { StartContext } from './participant.js';
import { PostgresPeers } from './peers.js';
import { PgBossQueue } from './pgboss-queue.js';
import { PostgresSignals } from './signals.js';

export interface PostgresOptions extends Omit<PortsOptions, 'now' | 'onFatal'>, SharingOptions {
  /** A `postgres://` URL. */
  readonly url: string;
}

/**
 * Opens the ports on a Postgres database, which other processes use at the same time: the store, a queue on pg-boss, and
 * signals by notifications.
 * @throws OpenDatabaseError, with a message for the person who starts the server, when the database cannot be used
 */
export async function openPostgres(options: PostgresOptions): Promise<Ports> {
  const { url, databaseListenUrl = url, logger, takesRuns, abilities } = options;
  const id = randomUUID();
  const database = new Database();
  const clock = clockOf(database, options);
  const signals = new PostgresSignals({
    local: new LocalSignals(),
    sender: id,
    now: clock.now,
    notify: (payloads) => database.notify(payloads),
    lastSeqs: (runIds) => database.lastSeqs(runIds),
  });
  const queue = new PgBossQueue({
    ...options,
    now: clock.now,
    elapsed: elapsedClock(Date.now, () => performance.now()),
    announceWork: () => signals.announceWork(),
  });
  const { store, pools, isNew, newestRunId } = await openStore({
    url,
    logger,
    random: Math.random,
    participants: [queue],
    signals,
    async onStart(context) {
      database.open(context);
      await clock.start();
    },
    onCommit(units, tookMs) {
      options.onCommit?.(units, tookMs);
      publishCommit(signals, units);
    },
  });
  const stops = [signals.onWork(() => queue.noticeWork()), watchLimits(signals, queue)];
  const peers = await PostgresPeers.join({
    pool: pools.control,
    id,
    now: clock.now,
    abilities: () => (takesRuns ? abilities() : []),
    // So that a server on which nothing happens knows too.
    onFailure: () => store.doubt(),
  });
  const listener = new Listener({
    url: databaseListenUrl,
    channel: database.channel,
    onNotification: (payload) => signals.receive(payload),
    onListening: () => signals.resync(),
    onLost: (error) => logger.info({ err: error }, 'the connection that listens to other servers was lost'),
  });
  return {
    store,
    queue,
    signals,
    peers,
    sharingFigures: () => ({
      ...queue.figures(),
      hintLagMs: signals.lagMs() ?? 0,
      clockOffsetMs: clock.offsetMs(),
    }),
    now: clock.now,
    isNew,
    newestRunId,
    async close() {
      for (const stop of stops) stop();
      await listener.close();
      await Promise.allSettled([signals.close(), peers.leave()]);
      clock.stop();
      await store.close();
    },
  };
}

/** Has runs begin that wait for a slot, when their graph has a higher limit. What is missed is found by the next sweep. */
function watchLimits(signals: PostgresSignals, queue: PgBossQueue): () => void {
  return signals.subscribe('graphs', (signal) => {
    if (signal !== 'resync' && signal.kind === 'graph_changed') queue.limitChanged(signal.graphId);
  });
}

function clockOf(database: Database, { logger }: PostgresOptions): DatabaseClock {
  const words = 'the clock of this machine is off; that of the database counts';
  return new DatabaseClock({
    ask: () => database.time(),
    elapsed: () => performance.now(),
    wall: Date.now,
    warn: (offsetMs) => logger.info({ offset_ms: offsetMs }, words),
  });
}

/** What the signals and the clock ask of the database. */
class Database {
  #context: StartContext | undefined;

  open(context: StartContext): void {
    this.#context = context;
  }

  /** Where processes tell each other of this schema: channels are the database's. */
  get channel(): string {
    return `graphrunner_${this.#context?.schema}`;
  }

  async time(): Promise<number> {
    const { rows } = await send<{ time: number }>(this.#pools.readers, {
      name: 'time',
      text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS time',
    });
    return rows[0]?.time ?? Number.NaN;
  }

  /** On the connection for claims, whose transactions are short. What is lost does no harm, so nobody waits for the disk. */
  async notify(payloads: readonly string[]): Promise<void> {
    await send(this.#pools.control, {
      name: 'notify',
      text: `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload)
        FROM unnest($2::text[]) AS given(payload)`,
      values: [this.channel, payloads],
    });
  }

  async lastSeqs(runIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await send<{ runId: string; seq: number }>(this.#pools.readers, {
      name: 'last_seqs',
      text: `SELECT given.run_id::text AS "runId", last.seq FROM unnest($1::uuid[]) AS given(run_id),
        LATERAL (SELECT seq FROM run_events WHERE run_id = given.run_id ORDER BY seq DESC LIMIT 1) AS last`,
      values: [runIds],
    });
    return new Map(rows.map(({ runId, seq }) => [runId, seq]));
  }

  get #pools(): Pools {
    if (this.#context === undefined) throw new Error('The database is not open yet.');
    return this.#context.pools;
  }
}
