import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type GraphUse, MAX_NAMED_USES } from '../schedules.js';
import { graphDefinitions } from './schema.js';
import { hooks, schedules } from './trigger-tables.js';

/** What still uses a graph, as far as it is named. The one list: whatever starts runs of a graph is here. */
export function listGraphUses(db: BetterSQLite3Database, graphId: string): GraphUse[] {
  return [
    ...idsOfUses(db, schedules, schedules.scheduleId, graphId).map((id): GraphUse => ({ kind: 'schedule', id })),
    ...idsOfUses(db, hooks, hooks.hookId, graphId).map((id): GraphUse => ({ kind: 'hook', id })),
  ].slice(0, MAX_NAMED_USES);
}

/** True if a graph is there, so that something can use it from here on. To be asked in the transaction that saves the use. */
export function hasLiveGraph(db: BetterSQLite3Database, graphId: string): boolean {
  const isThere = and(eq(graphDefinitions.graphId, graphId), isNull(graphDefinitions.deletedAt));
  return db.select({ one: sql`1` }).from(graphDefinitions).where(isThere).limit(1).get() !== undefined;
}

function idsOfUses(
  db: BetterSQLite3Database,
  table: typeof schedules | typeof hooks,
  id: typeof schedules.scheduleId | typeof hooks.hookId,
  graphId: string,
): string[] {
  const rows = db.select({ id }).from(table).where(eq(table.graphId, graphId)).orderBy(asc(id));
  return rows
    .limit(MAX_NAMED_USES)
    .all()
    .map((row) => row.id);
}
