import type pg from 'pg';
import { OutcomeUnknownError } from '../errors.js';
import { checkOut, type Session, send } from './connection.js';

/**
 * Does work in a transaction. It is committed, durably, when this resolves.
 * @throws OutcomeUnknownError if COMMIT is not answered, else what `work` throws; nothing of it is then stored
 */
export async function inTransaction<T>(pool: pg.Pool, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await checkOut(pool);
  let isBroken = true;
  try {
    await send(client, { text: 'BEGIN ISOLATION LEVEL READ COMMITTED' });
    const result = await work(client);
    await send(client, { text: 'COMMIT' }).catch((thrown: unknown) => {
      throw new OutcomeUnknownError(thrown);
    });
    isBroken = false;
    return result;
  } finally {
    // What is left of a transaction goes with its connection.
    client.release(isBroken);
  }
}
