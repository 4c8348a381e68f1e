import { asc, eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type GraphUse, MAX_NAMED_USES } from '../schedules.js';
import { schedules } from './schema.js';

/** What still uses a graph, as far as it is named. The one list: whatever starts runs of a graph is here. */
export function listGraphUses(db: BetterSQLite3Database, graphId: string): GraphUse[] {
  const { scheduleId } = schedules;
  const ofGraph = eq(schedules.graphId, graphId);
  const rows = db.select({ id: scheduleId }).from(schedules).where(ofGraph).orderBy(asc(scheduleId));
  return rows
    .limit(MAX_NAMED_USES)
    .all()
    .map(({ id }) => ({ kind: 'schedule', id }));
}
