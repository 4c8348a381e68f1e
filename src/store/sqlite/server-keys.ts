import { eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { serverKeys } from './schema.js';

/** The key of a name; stores the one that is given if there is none. Belongs into a transaction. */
export function obtainKey(db: BetterSQLite3Database, name: string, fresh: string): string {
  db.insert(serverKeys).values({ name, key: fresh }).onConflictDoNothing().run();
  const stored = db.select({ key: serverKeys.key }).from(serverKeys).where(eq(serverKeys.name, name)).get();
  return stored?.key ?? fresh;
}
