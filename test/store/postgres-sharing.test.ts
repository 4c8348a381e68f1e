import pg from 'pg';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { takeSnapshot } from '../../src/core/run/journal.js';
import { ConflictError, GraphGoneError, ReplayError, TooManyDescendantsError } from '../../src/store/errors.js';
import type { OpenedStore } from '../../src/store/postgres/open-store.js';
import type { CommitParticipant } from '../../src/store/postgres/participant.js';
import type { RunAppend, Store, Unit } from '../../src/store/store.js';
import { findPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';
import { openPostgres } from './postgres-stores.js';
import {
  branches,
  CANCELLED,
  commit,
  FAILED,
  follow,
  graph,
  NOON,
  newChild,
  newRun,
  STARTED,
  step,
  unit,
} from './runs.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('two stores on one Postgres', () => {
  let url: string;
  let one: Store;
  let other: Store;
  let opened: OpenedStore;

  beforeEach(async () => {
    url = await postgres!.newSchema();
    opened = await openPostgres(url);
    one = opened.store;
    other = (await openPostgres(url)).store;
    await one.createGraph(graph('g'));
  });

  /** A connection beside the stores. */
  async function openClient(): Promise<pg.Client> {
    const client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  /** Waits until another connection waits for a lock that this one has; asked on a third, because a transaction sees one moment of it. */
  async function isWaitedFor(client: pg.Client): Promise<void> {
    const { pid } = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0];
    const text = 'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))';
    await until(async () => (await opened.pools.readers.query({ text, values: [pid] })).rowCount === 1);
  }

  const both = () => [one, other] as const;

  it('start one run for an idempotency key, whoever is asked', async () => {
    for (let round = 0; round < 10; round++) {
      const idempotency = { key: `key ${round}`, fingerprint: 'f' };
      const twins = [newRun({ idempotency }), newRun({ idempotency })] as const;
      const results = await Promise.allSettled(both().map((store, index) => store.commit(unit(twins[index]!))));
      const won = results.findIndex(({ status }) => status === 'fulfilled');
      const runId = twins[won]!.state.runId;
      expect(results[1 - won]).toMatchObject({ reason: expect.any(ReplayError) });
      expect(results[1 - won]).toMatchObject({ reason: { runId, fingerprint: 'f' } });
      expect(await other.findByIdempotencyKey(idempotency.key)).toEqual({ runId, fingerprint: 'f' });
    }
  });

  it('let one of two writers have a seq', async () => {
    for (let round = 0; round < 10; round++) {
      const run = await commit(one, newRun());
      const others = [newRun(), newRun()] as const;
      const results = await Promise.allSettled(
        both().flatMap((store, index) => [
          store.commit(unit(follow(run, [index === 0 ? STARTED : CANCELLED]))),
          store.commit(unit(others[index]!)),
        ]),
      );
      const [first, , second] = results.map(({ status }) => status);
      expect([first, second].sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { runId: run.runId } });
      // Whoever shares the transaction of the one that lost is not touched.
      for (const { state } of others) expect(await one.lastSeq(state.runId)).toBe(1);
      expect(await one.lastSeq(run.runId)).toBe(2);
    }
  });

  it('make a child once, and count those of both', async () => {
    const run = await commit(one, newRun());
    const parent = await commit(one, follow(run, [STARTED, branches(9)]));
    const twins = await Promise.allSettled(both().map((store) => store.commit(unit(newChild(parent, 3, 0)))));
    expect(twins.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(twins.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(ConflictError) });
    const of = (from: number): Unit => {
      return { ...unit(newChild(parent, 3, from), newChild(parent, 3, from + 1)), maxDescendants: 3 };
    };
    const counted = await Promise.allSettled(both().map((store, index) => store.commit(of(1 + 2 * index))));
    expect(counted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = counted.find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({ reason: expect.any(TooManyDescendantsError) });
  });

  it('give a slot once', async () => {
    const parent = await commit(one, newRun());
    const child = await commit(one, newChild(parent, 3, 0));
    const slots = [{ runId: child.runId, slotSeq: 3 }];
    const results = await Promise.allSettled(both().map((store) => store.commit({ appends: [], slots })));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { runId: child.runId } });
  });

  it('keep a graph while a run of it begins elsewhere, or refuse the run', async () => {
    for (let round = 0; round < 20; round++) {
      const graphId = `g-${round}`;
      await one.createGraph(graph(graphId));
      const started = newRun({ graphId });
      const [run, deleted] = await Promise.allSettled([other.commit(unit(started)), one.deleteGraph(graphId, NOON)]);
      const isThere = run.status === 'fulfilled';
      if (!isThere) expect(run.reason).toBeInstanceOf(GraphGoneError);
      expect(deleted).toMatchObject({ value: isThere ? 'active' : 'deleted' });
      expect(await one.hasGraph(graphId)).toBe(isThere);
    }
  });

  it('wait with the deletion of a graph for a transaction that makes a run of it', async () => {
    const client = await openClient();
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock_shared(${0x67_72_73_02}, hashtext('g'))`);
    let isDeleted = false;
    const deleted = one.deleteGraph('g', NOON).then((result) => {
      isDeleted = true;
      return result;
    });
    await isWaitedFor(client);
    expect(isDeleted).toBe(false);
    await client.query('COMMIT');
    expect(await deleted).toBe('deleted');
  });

  it('save one of two graphs with a name, and number the versions of one', async () => {
    const named = await Promise.all(both().map((store, index) => store.createGraph(graph(`n-${index}`, 'The name'))));
    expect(named.map(({ result }) => result).sort()).toEqual(['name_taken', 'saved']);
    const versions = await Promise.all([...both(), ...both()].map((store) => store.updateGraph(graph('g'))));
    expect(versions.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5]);
  });

  it('refuse what comes to a run after it was deleted elsewhere, and leave nothing of it', async () => {
    const failed = await commit(one, newRun({ metadata: { a: 'b' } }));
    const ended = await commit(one, follow(failed, [FAILED]));
    expect(await other.deleteRun(ended.runId)).toBe('deleted');
    const late = follow(ended, [{ type: 'run.retried', next: 'a' }]);
    const snapshot = takeSnapshot(late.state).text;
    const neighbour = newRun();
    const results = await Promise.allSettled([
      one.commit(unit({ ...late, rowChanged: false, snapshot })),
      one.commit(unit(neighbour)),
    ]);
    expect(results[0]).toMatchObject({ reason: { name: 'ConflictError', runId: ended.runId } });
    expect(results[1]?.status).toBe('fulfilled');
    const client = await openClient();
    for (const table of ['run_events', 'run_snapshots', 'run_metadata', 'workflow_runs']) {
      const { rows } = await client.query(`SELECT 1 FROM ${table} WHERE run_id = $1`, [ended.runId]);
      expect(rows, table).toEqual([]);
    }
  });

  it('refuse to go on behind a gap: what a journal has lost with a server, its driver cannot know', async () => {
    const run = await commit(one, newRun());
    const [lost, next] = [follow(run, [STARTED]), follow(follow(run, [STARTED]).state, [step(1), step(2)])];
    await expect(other.commit(unit(next))).rejects.toBeInstanceOf(ConflictError);
    expect(await one.lastSeq(run.runId)).toBe(1);
    await commit(one, lost);
    await commit(other, next);
    expect(await one.lastSeq(run.runId)).toBe(4);
  });

  it('do not delete a run that is being retried elsewhere', async () => {
    for (let round = 0; round < 10; round++) {
      const run = await commit(one, newRun());
      const failed = await commit(one, follow(run, [FAILED]));
      const retried = follow(failed, [{ type: 'run.retried', next: 'a' }]);
      const [retry, deletion] = await Promise.allSettled([one.commit(unit(retried)), other.deleteRun(run.runId)]);
      const isRetried = retry.status === 'fulfilled';
      expect(deletion).toMatchObject({ value: isRetried ? 'active' : 'deleted' });
      expect((await one.loadRun(run.runId)) !== undefined).toBe(isRetried);
    }
  });

  it('try again when they have deadlocked', async () => {
    const [a, b] = [await commit(one, newRun()), await commit(one, newRun())];
    const client = await openClient();
    await client.query(`SET deadlock_timeout = '10s'`);
    const update = 'UPDATE workflow_runs SET wake_at = 1 WHERE run_id = $1';
    const [low, high] = [a, b].sort((x, y) => (x.runId < y.runId ? -1 : 1)) as [typeof a, typeof b];
    await client.query('BEGIN');
    await client.query(update, [high.runId]);
    // Locks the row with the lower id, and waits for the one with the higher id.
    const committed = one.commit(unit(follow(low, [STARTED]), follow(high, [STARTED])));
    await isWaitedFor(client);
    // The server chooses the one who has waited for longest: the store.
    await client.query(update, [low.runId]);
    await client.query('COMMIT');
    await committed;
    expect(await other.lastSeq(low.runId)).toBe(2);
    expect(await other.lastSeq(high.runId)).toBe(2);
  });

  it('publish what they delete', async () => {
    const signals: unknown[] = [];
    const { store } = await openPostgres(url, { signals: { publish: (signal) => void signals.push(signal) } });
    const run = await commit(store, newRun());
    await store.deleteRun(run.runId);
    await commit(store, follow(run, [CANCELLED]));
    await store.deleteRun(run.runId);
    await store.updateGraph(graph('g'));
    await store.deleteGraph('g', NOON);
    expect(signals).toEqual([
      { kind: 'run_deleted', runId: run.runId },
      { kind: 'graph_changed', graphId: 'g' },
      { kind: 'graph_changed', graphId: 'g' },
    ]);
  });
});

describe.skipIf(postgres === undefined)('who takes part in the commits of Postgres', () => {
  /** Notes the runs of each commit in a table of its own, and refuses units that are done with a claim named `lost`. */
  class Notebook implements CommitParticipant {
    readonly written: number[] = [];
    readonly committedUnits: Unit[] = [];

    async prepare({ client, schema }: Parameters<CommitParticipant['prepare']>[0]): Promise<void> {
      await client.query(`CREATE TABLE IF NOT EXISTS "${schema}".notes (run_id uuid)`);
    }

    async write(transaction: Parameters<CommitParticipant['write']>[0], units: readonly Unit[]): Promise<void> {
      this.written.push(units.length);
      const runIds = units.flatMap(({ appends }) => appends.map(({ state }) => state.runId));
      await transaction.query({ text: 'INSERT INTO notes SELECT unnest($1::uuid[])', values: [runIds] });
      const lost = units.find(({ done }) => done?.id === 'lost')?.done;
      if (lost !== undefined) throw new ConflictError(lost.runId);
    }

    committed(units: readonly Unit[]): void {
      this.committedUnits.push(...units);
    }
  }

  async function openWithNotebook() {
    const notebook = new Notebook();
    const url = await postgres!.newSchema();
    const seen: string[] = [];
    const { store, pools } = await openPostgres(url, {
      participants: [notebook],
      onCommit: () => void seen.push(`after ${notebook.committedUnits.length}`),
    });
    await store.createGraph(graph('g'));
    const notes = async () =>
      (await pools.readers.query('SELECT run_id FROM notes')).rows.map(({ run_id }) => run_id).sort();
    return { notebook, store, notes, seen };
  }

  const doneWith = (append: RunAppend, id: string): Unit => {
    return {
      ...unit(append),
      done: { runId: append.state.runId, id, isFirst: true, isTakeover: false, isSuspect: false },
    };
  };

  it('stores what it has with the units, and hears of them first', async () => {
    const { store, notes, notebook, seen } = await openWithNotebook();
    const runs = [newRun(), newRun()];
    await commit(store, ...runs);
    expect(await notes()).toEqual(runs.map(({ state }) => state.runId).sort());
    expect(notebook.committedUnits).toHaveLength(2);
    expect(seen.at(-1)).toBe('after 2');
  });

  it('can refuse a unit, of which nothing is stored then, and no other', async () => {
    const { store, notes, notebook } = await openWithNotebook();
    const [good, bad, fine] = [newRun(), newRun(), newRun()];
    const results = await Promise.allSettled([
      store.commit(doneWith(good, 'held')),
      store.commit(doneWith(bad, 'lost')),
      store.commit(unit(fine)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { name: 'ConflictError', runId: bad.state.runId } });
    expect(await store.lastSeq(bad.state.runId)).toBe(0);
    expect(await notes()).toEqual([good, fine].map(({ state }) => state.runId).sort());
    expect(notebook.written).toEqual([3, 1, 1, 1]);
    expect(notebook.committedUnits).toHaveLength(2);
  });

  it('stores nothing with a unit that is refused for another reason', async () => {
    const { store, notes } = await openWithNotebook();
    const run = await commit(store, newRun());
    await expect(store.commit(unit(follow(run, [STARTED]), newRun({ graphId: 'gone' })))).rejects.toThrow('gone');
    expect(await notes()).toEqual([run.runId]);
  });

  it('takes part in units that store nothing else', async () => {
    const { store, notebook } = await openWithNotebook();
    await store.commit({ appends: [], wakes: [{ runId: newRun().state.runId, at: 0 }] });
    expect(notebook.written).toEqual([1]);
    expect(notebook.committedUnits).toHaveLength(1);
  });
});
