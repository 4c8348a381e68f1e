import type pg from 'pg';
import { send } from './connection.js';
import { inTransaction } from './transaction.js';

/** The key of a name; stores the one that is given if there is none. Of servers that start together, all get the same. */
export async function obtainKey(pool: pg.Pool, name: string, fresh: string): Promise<string> {
  return inTransaction(pool, async (session) => {
    const values = [name, fresh];
    await send(session, {
      text: 'INSERT INTO server_keys (name, key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      values,
    });
    // A statement of its own, which sees what another server has stored meanwhile.
    const { rows } = await send<{ key: string }>(session, {
      text: 'SELECT key FROM server_keys WHERE name = $1',
      values: [name],
    });
    return rows[0]?.key ?? fresh;
  });
}
