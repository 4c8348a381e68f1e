import { setImmediate as nextTurn } from 'node:timers/promises';
import { and, asc, desc, eq, gt, lt, ne, or, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import {
  type HookDeliveryPlace,
  type HookDeliveryRow,
  type HookRow,
  type HookStore,
  type IdleDelivery,
  PRUNED_AT_A_TIME,
  type StoredHook,
} from '../hooks.js';
import { hasLiveGraph } from './graph-uses.js';
import { hookDeliveries, hooks } from './trigger-tables.js';

/** How the store does what its hooks ask for. */
export interface Access {
  /** @throws StoreUnavailableError */
  read<T>(work: () => T): T;
  /** Does it in a transaction. @throws StoreUnavailableError */
  write<T>(work: () => T): T;
}

/** Hooks on SQLite. */
export class SqliteHooks implements HookStore {
  readonly #statements: Statements;

  constructor(
    private readonly db: BetterSQLite3Database,
    private readonly access: Access,
  ) {
    this.#statements = prepareStatements(db);
  }

  async create(hook: StoredHook, most: number): Promise<'saved' | 'id_taken' | 'full' | 'graph_missing'> {
    return this.access.write(() => {
      if (this.#find(hook.hookId) !== undefined) return 'id_taken';
      const count = this.db.select({ count: sql<number>`count(*)` }).from(hooks).get()?.count ?? 0;
      if (count >= most) return 'full';
      if (!this.#hasGraph(hook)) return 'graph_missing';
      // Of an earlier one, whose deletion was not finished.
      this.db.delete(hookDeliveries).where(eq(hookDeliveries.hookId, hook.hookId)).run();
      this.db.insert(hooks).values(hook).run();
      return 'saved';
    });
  }

  async update({ hookId, ...changed }: Omit<StoredHook, 'createdAt'>): Promise<'saved' | 'missing' | 'graph_missing'> {
    return this.access.write(() => {
      if (!this.#hasGraph(changed)) return 'graph_missing';
      const { changes } = this.db.update(hooks).set(changed).where(isHook(hookId)).run();
      return changes === 0 ? 'missing' : 'saved';
    });
  }

  async delete(hookId: string): Promise<boolean> {
    // First: what it has accepted is known for as long as it accepts anything.
    const isThere = this.access.write(() => this.db.delete(hooks).where(isHook(hookId)).run().changes > 0);
    // Others get their turn between the transactions.
    while (this.#forgetDeliveries(hookId) === PRUNED_AT_A_TIME) await nextTurn();
    return isThere;
  }

  async find(hookId: string): Promise<HookRow | undefined> {
    return this.access.read(() => this.#find(hookId));
  }

  async list(after: string | undefined, limit: number): Promise<HookRow[]> {
    const isAfter = after === undefined ? undefined : gt(hooks.hookId, after);
    const rows = this.db.select().from(hooks).where(isAfter).orderBy(asc(hooks.hookId)).limit(limit);
    return this.access.read(() => rows.all());
  }

  async listRevisions(): Promise<Pick<StoredHook, 'hookId' | 'revision'>[]> {
    return this.access.read(() => this.#statements.listRevisions.all());
  }

  async noteRefusals(hookId: string, { count, at, reason }: { count: number; at: number; reason: string }) {
    this.access.write(() => {
      const refused = sql`${hooks.refused} + ${count}`;
      this.db.update(hooks).set({ refused, lastRefusedAt: at, lastRefusal: reason }).where(isHook(hookId)).run();
    });
  }

  async findDelivery(hookId: string, key: string): Promise<HookDeliveryRow | undefined> {
    return this.access.read(() => this.#statements.findDelivery.get({ hookId, key }));
  }

  async noteDelivery(delivery: IdleDelivery): Promise<void> {
    this.access.write(() => {
      if (this.#find(delivery.hookId) === undefined) return;
      const row = { ...delivery, runId: null, status: null };
      this.db
        .insert(hookDeliveries)
        .values(row)
        .onConflictDoUpdate({
          target: [hookDeliveries.hookId, hookDeliveries.key],
          set: row,
          setWhere: ne(hookDeliveries.outcome, 'accepted'),
        })
        .run();
    });
  }

  async listDeliveries(
    hookId: string,
    after: HookDeliveryPlace | undefined,
    limit: number,
  ): Promise<HookDeliveryRow[]> {
    const { receivedAt, key } = hookDeliveries;
    const isAfter =
      after === undefined
        ? undefined
        : or(lt(receivedAt, after.receivedAt), and(eq(receivedAt, after.receivedAt), lt(key, after.key)));
    const rows = this.db
      .select()
      .from(hookDeliveries)
      .where(and(eq(hookDeliveries.hookId, hookId), isAfter));
    return this.access.read(() => rows.orderBy(desc(receivedAt), desc(key)).limit(limit).all());
  }

  async pruneDeliveries(hookId: string, before: number, most: number): Promise<number> {
    const { changes } = this.access.write(() =>
      this.db.run(sql`DELETE FROM hook_deliveries WHERE rowid IN (
        SELECT rowid FROM hook_deliveries WHERE hook_id = ${hookId} AND received_at < max(${before}, coalesce(
          (SELECT received_at FROM hook_deliveries WHERE hook_id = ${hookId}
            ORDER BY received_at DESC LIMIT 1 OFFSET ${most - 1}), 0))
        ORDER BY received_at LIMIT ${PRUNED_AT_A_TIME})`),
    );
    return changes;
  }

  /** Deletes deliveries of a hook that is gone, unless there is one with its id again. */
  #forgetDeliveries(hookId: string): number {
    const { changes } = this.access.write(() =>
      this.db.run(sql`DELETE FROM hook_deliveries WHERE rowid IN (
        SELECT rowid FROM hook_deliveries WHERE hook_id = ${hookId}
          AND NOT EXISTS (SELECT 1 FROM hooks WHERE hook_id = ${hookId}) LIMIT ${PRUNED_AT_A_TIME})`),
    );
    return changes;
  }

  #hasGraph({ graphId }: Pick<StoredHook, 'graphId'>): boolean {
    return graphId === null || hasLiveGraph(this.db, graphId);
  }

  #find(hookId: string): HookRow | undefined {
    return this.#statements.find.get({ hookId });
  }
}

function isHook(hookId: string) {
  return eq(hooks.hookId, hookId);
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const [hookId, key] = [sql.placeholder('hookId'), sql.placeholder('key')];
  const isDelivery = and(eq(hookDeliveries.hookId, hookId), eq(hookDeliveries.key, key));
  return {
    find: db.select().from(hooks).where(eq(hooks.hookId, hookId)).prepare(),
    listRevisions: db.select({ hookId: hooks.hookId, revision: hooks.revision }).from(hooks).prepare(),
    findDelivery: db.select().from(hookDeliveries).where(isDelivery).prepare(),
  };
}
