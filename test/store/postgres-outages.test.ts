import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventRecord } from '../../src/core/run/events.js';
import { ConflictError, OutcomeUnknownError, StoreUnavailableError } from '../../src/store/errors.js';
import type { OpenStoreOptions } from '../../src/store/postgres/open-store.js';
import { isStored } from '../../src/store/postgres/outcome.js';
import { rowsOf } from '../../src/store/postgres/unit-rows.js';
import { findPostgres, openProxy } from '../helpers/postgres.js';
import type { TcpProxy, Verdict } from '../helpers/tcp-proxy.js';
import { until } from '../helpers/until.js';
import { openPostgres } from './postgres-stores.js';
import { CANCELLED, commit, follow, graph, newChild, newRun, STARTED, step, unit } from './runs.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('a store whose Postgres fails', () => {
  /** A store that reaches its server through a proxy, and one that reaches it without. */
  async function openThroughProxy(options: Partial<OpenStoreOptions> = {}) {
    const direct = await postgres!.newSchema();
    const { proxy, url } = await openProxy(direct);
    onTestFinished(() => proxy.close());
    const { store } = await openPostgres(url, options);
    const { store: witness } = await openPostgres(direct);
    await store.createGraph(graph('g'));
    return { store, witness, proxy };
  }

  /** Cuts the connections that say COMMIT; each time as the next verdict says. */
  function cutCommits(proxy: TcpProxy, verdicts: Verdict[]): void {
    proxy.judge = (data) => (data.includes('COMMIT\0') ? (verdicts.shift() ?? 'pass') : 'pass');
  }

  /** Lets the server hear one COMMIT more, and nothing after it. */
  function cutAfterCommit(proxy: TcpProxy): void {
    let isCut = false;
    proxy.judge = (data) => {
      if (isCut) return 'cut before';
      isCut = data.includes('COMMIT\0');
      return isCut ? 'cut after' : 'pass';
    };
  }

  it('tells that a commit is stored whose answer was cut off, and stores it once', async () => {
    const { store, witness, proxy } = await openThroughProxy();
    let state = await commit(store, newRun());
    cutCommits(
      proxy,
      Array.from({ length: 6 }, () => 'cut after' as const),
    );
    state = await commit(store, follow(state, [STARTED]));
    for (let number = 1; number <= 5; number++) state = await commit(store, follow(state, [step(number)]));
    const records = await witness.readEvents(state.runId, 0, 100);
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(store.isHealthy()).toBe(true);
  });

  it('tells that nothing is stored of a commit that never arrived', async () => {
    const { store, witness, proxy } = await openThroughProxy();
    const state = await commit(store, newRun());
    const next = follow(state, [STARTED]);
    cutCommits(proxy, ['cut before']);
    await expect(store.commit(unit(next))).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    expect(await witness.lastSeq(state.runId)).toBe(1);
    await commit(store, next);
    expect(await witness.lastSeq(state.runId)).toBe(2);
  });

  it('leaves the outcome of a commit unknown if it closes before the server is back', async () => {
    const { store, witness, proxy } = await openThroughProxy();
    const state = await commit(store, newRun());
    cutAfterCommit(proxy);
    const stored = store.commit(unit(follow(state, [STARTED])));
    stored.catch(() => undefined);
    await until(async () => (await witness.lastSeq(state.runId)) === 2);
    await proxy.close();
    await store.close();
    await expect(stored).rejects.toMatchObject({ name: 'OutcomeUnknownError' });
  });

  it('refuses work while the server is away, and says so once; and is well again by itself', async () => {
    const said: string[] = [];
    const logger = {
      info: (_: object, message: string) => void said.push(message),
      error: (_: object, message: string) => void said.push(message),
    };
    const { store, proxy } = await openThroughProxy({ logger });
    const state = await commit(store, newRun());
    await proxy.close();
    const next = follow(state, [STARTED]);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(store.commit(unit(next))).rejects.toBeInstanceOf(StoreUnavailableError);
    }
    expect(store.isHealthy()).toBe(false);
    await expect(store.loadRun(state.runId)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.listRuns({ limit: 1 })).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.createGraph(graph('x'))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(said).toEqual(['The database cannot be written.']);
    await proxy.open();
    await until(() => store.isHealthy());
    expect(said).toEqual(['The database cannot be written.', 'The database can be written again.']);
    await commit(store, next);
    expect(await store.lastSeq(state.runId)).toBe(2);
  });

  it('is not well while it can only be told by reads, and says so once', async () => {
    const said: string[] = [];
    const say = (_: object, message: string) => void said.push(message);
    const { store, proxy } = await openThroughProxy({ logger: { info: say, error: say } });
    await proxy.close();
    await expect(store.listRuns({ limit: 1 })).rejects.toBeInstanceOf(StoreUnavailableError);
    await until(() => !store.isHealthy());
    store.doubt();
    await expect(store.listRuns({ limit: 1 })).rejects.toBeInstanceOf(StoreUnavailableError);
    await proxy.open();
    await until(() => store.isHealthy());
    store.doubt();
    expect(said).toEqual(['The database cannot be written.', 'The database can be written again.']);
  });

  it('has nobody wait for an outcome that cannot be read back for long, and tells it by a conflict later', async () => {
    const { store, witness, proxy } = await openThroughProxy();
    const state = await commit(store, newRun());
    const next = follow(state, [STARTED]);
    cutAfterCommit(proxy);
    const stored = store.commit(unit(next));
    stored.catch(() => undefined);
    await until(async () => (await witness.lastSeq(state.runId)) === 2);
    const behind = store.commit(unit(follow(next.state, [CANCELLED])));
    behind.catch(() => undefined);
    await expect(stored).rejects.toBeInstanceOf(OutcomeUnknownError);
    await expect(behind).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.commit(unit(next))).rejects.toThrow('cannot be used at the moment');
    proxy.judge = () => 'pass';
    await vi.waitFor(() => expect(store.commit(unit(next))).rejects.toBeInstanceOf(ConflictError), {
      timeout: 20_000,
      interval: 200,
    });
    await commit(store, follow(next.state, [CANCELLED]));
  });

  it('goes on when its connections are cut while nothing happens', async () => {
    const { store, proxy } = await openThroughProxy();
    const state = await commit(store, newRun());
    await store.loadRun(state.runId);
    proxy.cut();
    await until(async () => (await store.loadRun(state.runId).catch(() => undefined)) !== undefined);
    const next = unit(follow(state, [STARTED]));
    await until(async () =>
      store.commit(next).then(
        () => true,
        (thrown: unknown) => {
          if (!(thrown instanceof StoreUnavailableError)) throw thrown;
          return false;
        },
      ),
    );
    expect(await store.lastSeq(state.runId)).toBe(2);
  });
});

describe.skipIf(postgres === undefined)('reading back an outcome', () => {
  /** A connection of its own, and the pool of a store on the same tables. */
  async function openWriter() {
    const url = await postgres!.newSchema();
    const { store, pools } = await openPostgres(url);
    await store.createGraph(graph('g'));
    const client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    return { client, store, pool: pools.readers };
  }

  const INSERT = 'INSERT INTO run_events (run_id, seq, type, time, log_end, payload) VALUES ($1, $2, $3, $4, $5, $6)';

  it.each([
    ['COMMIT', true],
    ['ROLLBACK', false],
  ])('waits for a transaction that has stored a record and has not ended: %s', async (end, outcome) => {
    const { client, pool } = await openWriter();
    const run = newRun();
    const rows = rowsOf(unit(run));
    const [{ seq, time, payload, logEnd, event }] = run.records as [EventRecord];
    await client.query('BEGIN');
    await client.query(INSERT, [run.state.runId, seq, event.type, time, logEnd, payload]);
    const told = vi.fn();
    const stored = isStored(pool, [rows], undefined).then((isIt) => {
      told();
      return isIt;
    });
    await until(async () => (await waiting(client, pool)) > 0);
    expect(told).not.toHaveBeenCalled();
    await client.query(end);
    expect(await stored).toBe(outcome);
  });

  it('tells a record from that of another writer with the same seq', async () => {
    const { store, pool } = await openWriter();
    const state = await commit(store, newRun());
    const [winner, loser] = [follow(state, [STARTED]), follow(state, [CANCELLED])];
    await commit(store, winner);
    expect(await isStored(pool, [rowsOf(unit(winner))], undefined)).toBe(true);
    expect(await isStored(pool, [rowsOf(unit(loser))], undefined)).toBe(false);
    expect(await store.lastSeq(state.runId)).toBe(2);
  });

  it('asks for a slot where nothing else was stored, and waits for who has it', async () => {
    const { client, store, pool } = await openWriter();
    const parent = await commit(store, newRun());
    const child = await commit(store, newChild(parent, 3, 0));
    const slot = { runId: child.runId, slotSeq: 3 };
    const rows = rowsOf({ appends: [], slots: [slot] });
    expect(await isStored(pool, [rows], undefined)).toBe(false);
    await client.query('BEGIN');
    await client.query('UPDATE workflow_runs SET slot_seq = 3 WHERE run_id = $1', [child.runId]);
    const stored = isStored(pool, [rows], undefined);
    await until(async () => (await waiting(client, pool)) > 0);
    await client.query('COMMIT');
    expect(await stored).toBe(true);
  });

  it('asks for the transaction itself if it has stored nothing that can be looked for', async () => {
    const { client, pool } = await openWriter();
    const rows = rowsOf({ appends: [], wakes: [{ runId: newRun().state.runId, at: 0 }] });
    for (const [end, outcome] of [
      ['COMMIT', true],
      ['ROLLBACK', false],
    ] as const) {
      await client.query('BEGIN');
      const { id } = (await client.query('SELECT pg_current_xact_id()::text AS id')).rows[0];
      expect(await isStored(pool, [rows], id)).toBeUndefined();
      await client.query(end);
      expect(await isStored(pool, [rows], id)).toBe(outcome);
    }
  });

  /** How many connections wait for a lock that this one has; asked on another, because a transaction sees one moment of it. */
  async function waiting(client: pg.Client, pool: pg.Pool): Promise<number> {
    const { pid } = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0];
    const text = 'SELECT count(*)::integer AS count FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))';
    return (await pool.query({ text, values: [pid] })).rows[0].count;
  }
});
