import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryTakenError } from '../../src/store/errors.js';
import type { AcceptedDelivery, IdleDelivery, StoredHook } from '../../src/store/hooks.js';
import type { Store } from '../../src/store/store.js';
import { findPostgres } from '../helpers/postgres.js';
import { open, openWithDatabase } from './open-stores.js';
import { openPostgres } from './postgres-stores.js';
import { follow, graph, NOON, newRun, STARTED, unit } from './runs.js';

const postgres = await findPostgres();

const STORES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['SQLite', async () => open()],
  ...(postgres === undefined
    ? []
    : [['Postgres', async () => (await openPostgres(await postgres.newSchema())).store] as const]),
];

function hook(hookId: string, more: Partial<StoredHook> = {}): StoredHook {
  return { hookId, graphId: 'g', revision: 'r1', createdAt: NOON, updatedAt: NOON, definition: '{}', ...more };
}

function idle(key: string, more: Partial<IdleDelivery> = {}): IdleDelivery {
  const why = { outcome: 'failed', code: 'c', detail: 'd' } as const;
  return { hookId: 'h', key, deliveryId: key, receivedAt: NOON, ...why, ...more };
}

describe.each(STORES)('hooks on %s', (_name, openStore) => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore();
    await store.createGraph(graph('g'));
    await store.hooks.create(hook('h'), 10);
  });

  /** The unit of a new run that a delivery has started. */
  function accepted(key: string, more: Partial<AcceptedDelivery> = {}) {
    const run = newRun();
    const { runId } = run.state;
    const delivery = {
      hookId: 'h',
      key,
      deliveryId: key,
      receivedAt: NOON,
      runId,
      status: 'SUBMITTED',
      ...more,
    } as const;
    return { ...unit(run), delivery };
  }
  const keys = async (limit = 100) => (await store.hooks.listDeliveries('h', undefined, limit)).map(({ key }) => key);

  it('are made once, up to a number, and read back', async () => {
    expect(await store.hooks.create(hook('h'), 10)).toBe('id_taken');
    expect(await store.hooks.create(hook('i', { graphId: null }), 2)).toBe('saved');
    expect(await store.hooks.create(hook('j'), 2)).toBe('full');
    expect(await store.hooks.find('h')).toEqual({ ...hook('h'), refused: 0, lastRefusedAt: null, lastRefusal: null });
    expect(await store.hooks.find('j')).toBeUndefined();
    expect((await store.hooks.list(undefined, 10)).map(({ hookId }) => hookId)).toEqual(['h', 'i']);
    expect((await store.hooks.list('h', 10)).map(({ hookId }) => hookId)).toEqual(['i']);
  });

  it('are changed and deleted', async () => {
    const { createdAt: _, ...changed } = hook('h', { revision: 'r2', graphId: null, definition: '[]', updatedAt: 1 });
    expect(await store.hooks.update(changed)).toBe('saved');
    expect(await store.hooks.update({ ...changed, hookId: 'i' })).toBe('missing');
    expect(await store.hooks.listRevisions()).toEqual([{ hookId: 'h', revision: 'r2' }]);
    expect(await store.hooks.find('h')).toMatchObject({ ...changed, createdAt: NOON });
    await store.hooks.noteDelivery(idle('a'));
    expect(await store.hooks.delete('h')).toBe(true);
    expect(await store.hooks.delete('h')).toBe(false);
    expect([await store.hooks.listRevisions(), await keys()]).toEqual([[], []]);
  });

  it('are not saved for a graph that is not there, or not any more', async () => {
    const gone = hook('i', { graphId: 'gone' });
    await store.createGraph(graph('gone'));
    expect(await store.hooks.create(gone, 10)).toBe('saved');
    expect(await store.deleteGraph('gone', NOON)).toEqual({ usedBy: [{ kind: 'hook', id: 'i' }] });
    await store.hooks.delete('i');
    expect(await store.deleteGraph('gone', NOON)).toBe('deleted');
    for (const graphId of ['gone', 'never', 'a\0']) {
      expect(await store.hooks.create({ ...gone, graphId }, 10)).toBe('graph_missing');
      expect(await store.hooks.update({ ...hook('h'), graphId })).toBe('graph_missing');
    }
    expect((await store.hooks.list(undefined, 10)).map(({ graphId }) => graphId)).toEqual(['g']);
  });

  it('count what they refuse', async () => {
    await store.hooks.noteRefusals('h', { count: 2, at: NOON, reason: 'a' });
    await store.hooks.noteRefusals('h', { count: 3, at: NOON + 1, reason: 'b' });
    await store.hooks.noteRefusals('nobody', { count: 3, at: NOON + 1, reason: 'b' });
    expect(await store.hooks.find('h')).toMatchObject({ refused: 5, lastRefusedAt: NOON + 1, lastRefusal: 'b' });
  });

  it('accept a delivery together with what it does, once', async () => {
    const first = accepted('a');
    await store.commit(first);
    const again = accepted('a');
    await expect(store.commit(again)).rejects.toThrow(DeliveryTakenError);
    expect(await store.loadRun(again.delivery.runId)).toBeUndefined();
    expect(await store.hooks.findDelivery('h', 'a')).toEqual({
      ...first.delivery,
      outcome: 'accepted',
      code: null,
      detail: null,
    });
    // One of another hook is another one.
    await store.hooks.create(hook('i'), 10);
    await store.commit(accepted('a', { hookId: 'i' }));
  });

  it('accept nothing once they are gone', async () => {
    const unitOfGone = accepted('a', { hookId: 'gone' });
    await expect(store.commit(unitOfGone)).rejects.toThrow(DeliveryTakenError);
    expect(await store.loadRun(unitOfGone.delivery.runId)).toBeUndefined();
    await store.hooks.noteDelivery(idle('a', { hookId: 'gone' }));
    expect(await store.hooks.findDelivery('gone', 'a')).toBeUndefined();
  });

  it('refuse only the unit that comes again, of many that are committed together', async () => {
    await store.commit(accepted('b'));
    const units = ['a', 'b', 'c', 'b'].map((key) => accepted(key));
    const plain = newRun();
    const results = await Promise.allSettled([...units.map((one) => store.commit(one)), store.commit(unit(plain))]);
    const outcomes = results.map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect((await keys()).sort()).toEqual(['a', 'b', 'c']);
    await store.commit({ ...unit(follow(plain.state, [STARTED])), delivery: { ...units[0]!.delivery, key: 'd' } });
    expect((await store.loadRun(plain.state.runId))?.tail).toHaveLength(2);
  });

  it('note what failed, until it is accepted', async () => {
    await store.hooks.noteDelivery(idle('a'));
    await store.hooks.noteDelivery(idle('a', { receivedAt: NOON + 1, detail: 'e', outcome: 'ignored', code: null }));
    const noted = { ...idle('a'), receivedAt: NOON + 1, detail: 'e', outcome: 'ignored', code: null };
    expect(await store.hooks.findDelivery('h', 'a')).toEqual({ ...noted, runId: null, status: null });
    const { delivery, ...rest } = accepted('a', { receivedAt: NOON + 2 });
    await store.commit({ ...rest, delivery });
    await store.hooks.noteDelivery(idle('a'));
    expect(await store.hooks.findDelivery('h', 'a')).toEqual({
      ...delivery,
      outcome: 'accepted',
      code: null,
      detail: null,
    });
  });

  it('list deliveries from the latest on, and forget old ones and those beyond a number', async () => {
    for (const [key, at] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 3],
      ['e', 4],
    ] as const) {
      await store.hooks.noteDelivery(idle(key, { receivedAt: NOON + at }));
    }
    expect(await keys()).toEqual(['e', 'd', 'c', 'b', 'a']);
    const after = await store.hooks.listDeliveries('h', { receivedAt: NOON + 2, key: 'c' }, 1);
    expect(after.map(({ key }) => key)).toEqual(['b']);
    expect(await store.hooks.pruneDeliveries('h', NOON + 2, 100)).toBe(1);
    expect(await keys()).toEqual(['e', 'd', 'c', 'b']);
    expect(await store.hooks.pruneDeliveries('h', 0, 2)).toBe(2);
    expect(await keys()).toEqual(['e', 'd']);
    expect(await store.hooks.pruneDeliveries('nobody', NOON * 2, 1)).toBe(0);
  });
});

describe.skipIf(postgres === undefined)('two stores on one Postgres', () => {
  it('accept each delivery once, whatever each of them is sent at once, and in which order', async () => {
    const url = await postgres!.newSchema();
    const { store: one } = await openPostgres(url);
    const { store: other } = await openPostgres(url);
    await one.createGraph(graph('g'));
    await one.hooks.create(hook('h'), 10);
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    for (let round = 0; round < 5; round++) {
      const commits = [one, other].flatMap((store, index) => {
        const order = index === 0 ? keys : keys.toReversed();
        return order.map((key) => {
          const run = newRun();
          const { runId } = run.state;
          const known = { hookId: 'h', deliveryId: null, receivedAt: NOON, runId, status: 'SUBMITTED' } as const;
          return store.commit({ ...unit(run), delivery: { ...known, key: `${key}-${round}` } });
        });
      });
      const results = await Promise.allSettled(commits);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(keys.length);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DeliveryTakenError);
      }
    }
  });
});

it('a hook that is being deleted accepts nothing again while its deliveries are forgotten', async () => {
  const { store, sqlite } = openWithDatabase();
  await store.createGraph(graph('g'));
  await store.hooks.create(hook('h'), 10);
  sqlite.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
    INSERT INTO hook_deliveries (hook_id, delivery_key, received_at, outcome, run_id, status)
    SELECT 'h', 'k' || i, i, 'accepted', 'r', 'SUBMITTED' FROM n`);
  const deleted = store.hooks.delete('h');
  const run = newRun();
  const { runId } = run.state;
  const again = { hookId: 'h', key: 'k1', deliveryId: 'k1', receivedAt: NOON, runId, status: 'SUBMITTED' } as const;
  await expect(store.commit({ ...unit(run), delivery: again })).rejects.toThrow(DeliveryTakenError);
  // Made anew meanwhile: it knows nothing of the earlier one, and keeps what it is sent.
  await store.hooks.create(hook('h'), 10);
  await store.hooks.noteDelivery(idle('new'));
  expect(await deleted).toBe(true);
  expect((await store.hooks.listDeliveries('h', undefined, 9)).map(({ key }) => key)).toEqual(['new']);
});
