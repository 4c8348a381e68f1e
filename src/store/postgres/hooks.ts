import type pg from 'pg';
import {
  type HookDeliveryPlace,
  type HookDeliveryRow,
  type HookRow,
  type HookStore,
  type IdleDelivery,
  PRUNED_AT_A_TIME,
  type StoredHook,
} from '../hooks.js';
import { isStorable } from './column-values.js';
import { type Session, send } from './connection.js';
import { hasLiveGraph } from './graph-uses.js';
import { inTransaction } from './transaction.js';

/** How the store does what its hooks ask for. */
export interface Access {
  /** @throws StoreUnavailableError */
  read<T>(work: () => Promise<T>): Promise<T>;
  /** @throws StoreUnavailableError */
  write<T>(work: () => Promise<T>): Promise<T>;
}

const HOOK = `hook_id AS "hookId", graph_id AS "graphId", revision, created_at AS "createdAt", updated_at AS "updatedAt",
  refused, last_refused_at AS "lastRefusedAt", last_refusal AS "lastRefusal", definition`;
const DELIVERY = `hook_id AS "hookId", delivery_key AS key, delivery_id AS "deliveryId", received_at AS "receivedAt",
  outcome, run_id AS "runId", status, code, detail`;

/** Hooks on Postgres. */
export class PostgresHooks implements HookStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly access: Access,
  ) {}

  async create(hook: StoredHook, most: number): Promise<'saved' | 'id_taken' | 'full' | 'graph_missing'> {
    const { hookId, graphId, revision, createdAt, updatedAt, definition } = hook;
    return this.access.write(() =>
      inTransaction(this.pool, async (session) => {
        if ((await findHook(session, hookId)) !== undefined) return 'id_taken';
        const { rows } = await send<{ count: number }>(session, { text: 'SELECT count(*) FROM hooks' });
        if ((rows[0]?.count ?? 0) >= most) return 'full';
        if (graphId !== null && !(await hasLiveGraph(session, graphId))) return 'graph_missing';
        const { rowCount } = await send(session, {
          text: `INSERT INTO hooks (hook_id, graph_id, revision, created_at, updated_at, definition)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
          values: [hookId, graphId, revision, createdAt, updatedAt, definition],
        });
        if (rowCount === 0) return 'id_taken';
        // Of an earlier one, whose deletion was not finished.
        await send(session, { text: 'DELETE FROM hook_deliveries WHERE hook_id = $1', values: [hookId] });
        return 'saved';
      }),
    );
  }

  async update(hook: Omit<StoredHook, 'createdAt'>): Promise<'saved' | 'missing' | 'graph_missing'> {
    const { hookId, graphId, revision, updatedAt, definition } = hook;
    return this.access.write(() =>
      inTransaction(this.pool, async (session) => {
        if (graphId !== null && !(await hasLiveGraph(session, graphId))) return 'graph_missing';
        const { rowCount } = await send(session, {
          text: 'UPDATE hooks SET graph_id = $2, revision = $3, updated_at = $4, definition = $5 WHERE hook_id = $1',
          values: [hookId, graphId, revision, updatedAt, definition],
        });
        return rowCount === 0 ? 'missing' : 'saved';
      }),
    );
  }

  async delete(hookId: string): Promise<boolean> {
    // First: who has just accepted a delivery is waited for, and who is about to finds no hook.
    const count = await this.#change({ text: 'DELETE FROM hooks WHERE hook_id = $1', values: [hookId] });
    while ((await this.#forgetDeliveries(hookId)) === PRUNED_AT_A_TIME);
    return count === 1;
  }

  /** Deletes deliveries of a hook that is gone, unless there is one with its id again. */
  #forgetDeliveries(hookId: string): Promise<number> {
    return this.#change({
      text: `DELETE FROM hook_deliveries WHERE hook_id = $1 AND delivery_key IN (
        SELECT delivery_key FROM hook_deliveries WHERE hook_id = $1
          AND NOT EXISTS (SELECT 1 FROM hooks WHERE hook_id = $1) LIMIT ${PRUNED_AT_A_TIME})`,
      values: [hookId],
    });
  }

  find(hookId: string): Promise<HookRow | undefined> {
    return this.access.read(async () => (isStorable(hookId) ? findHook(this.pool, hookId) : undefined));
  }

  list(after = '', limit: number): Promise<HookRow[]> {
    return this.#select<HookRow>({
      text: `SELECT ${HOOK} FROM hooks WHERE hook_id > $1 ORDER BY hook_id LIMIT $2`,
      values: [after, limit],
    });
  }

  listRevisions(): Promise<Pick<StoredHook, 'hookId' | 'revision'>[]> {
    return this.#select({ text: 'SELECT hook_id AS "hookId", revision FROM hooks' });
  }

  async noteRefusals(hookId: string, { count, at, reason }: { count: number; at: number; reason: string }) {
    await this.#change({
      text: 'UPDATE hooks SET refused = refused + $2, last_refused_at = $3, last_refusal = $4 WHERE hook_id = $1',
      values: [hookId, count, at, reason],
    });
  }

  async findDelivery(hookId: string, key: string): Promise<HookDeliveryRow | undefined> {
    const [row] = await this.#select<HookDeliveryRow>({
      text: `SELECT ${DELIVERY} FROM hook_deliveries WHERE hook_id = $1 AND delivery_key = $2`,
      values: [hookId, key],
    });
    return row;
  }

  async noteDelivery(delivery: IdleDelivery): Promise<void> {
    const { hookId, key, deliveryId, receivedAt, outcome, code, detail } = delivery;
    await this.#change({
      text: `INSERT INTO hook_deliveries AS stored
          (hook_id, delivery_key, delivery_id, received_at, outcome, code, detail)
        SELECT hook_id, $2, $3, $4, $5, $6, $7 FROM hooks WHERE hook_id = $1
        ON CONFLICT (hook_id, delivery_key) DO UPDATE SET delivery_id = excluded.delivery_id,
          received_at = excluded.received_at, outcome = excluded.outcome, code = excluded.code, detail = excluded.detail
        WHERE stored.outcome <> 'accepted'`,
      values: [hookId, key, deliveryId, receivedAt, outcome, code, detail],
    });
  }

  listDeliveries(hookId: string, after: HookDeliveryPlace | undefined, limit: number): Promise<HookDeliveryRow[]> {
    const { receivedAt, key } = after ?? { receivedAt: Number.MAX_SAFE_INTEGER, key: '' };
    return this.#select({
      text: `SELECT ${DELIVERY} FROM hook_deliveries WHERE hook_id = $1 AND (received_at, delivery_key) < ($2, $3)
        ORDER BY received_at DESC, delivery_key DESC LIMIT $4`,
      values: [hookId, receivedAt, key, limit],
    });
  }

  pruneDeliveries(hookId: string, before: number, most: number): Promise<number> {
    return this.#change({
      text: `DELETE FROM hook_deliveries WHERE hook_id = $1 AND (received_at, delivery_key) IN (
        SELECT received_at, delivery_key FROM hook_deliveries
        WHERE hook_id = $1 AND received_at < greatest($2::bigint, (SELECT received_at FROM hook_deliveries
          WHERE hook_id = $1 ORDER BY received_at DESC LIMIT 1 OFFSET $3))
        ORDER BY received_at LIMIT ${PRUNED_AT_A_TIME})`,
      values: [hookId, before, most - 1],
    });
  }

  #select<Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<Row[]> {
    return this.access.read(async () => (await send<Row>(this.pool, query)).rows);
  }

  #change(query: pg.QueryConfig): Promise<number> {
    return this.access.write(async () => (await send(this.pool, query)).rowCount ?? 0);
  }
}

async function findHook(session: Session, hookId: string): Promise<HookRow | undefined> {
  const { rows } = await send<HookRow & pg.QueryResultRow>(session, {
    text: `SELECT ${HOOK} FROM hooks WHERE hook_id = $1`,
    values: [hookId],
  });
  return rows[0];
}
