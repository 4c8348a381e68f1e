import type pg from 'pg';
import { checkOut, type Session, send } from './connection.js';
import type { UnitRows } from './unit-rows.js';

/**
 * Finds out whether a transaction is stored whose COMMIT was not answered: it is stored whole or not at all, so one of its
 * rows tells. Not the id of the transaction, if there is a row: after a failover to a standby only the rows tell.
 * @param units those that it was to store
 * @returns undefined while it cannot be told, because the server is still at it
 * @throws if the database cannot be read
 */
export async function isStored(
  pool: pg.Pool,
  units: readonly UnitRows[],
  transactionId: string | undefined,
): Promise<boolean | undefined> {
  const client = await checkOut(pool);
  try {
    const [event] = units.flatMap(({ runs }) => runs.flatMap(({ events }) => events));
    if (event !== undefined) return await hasRecord(client, event);
    const [slot] = units.flatMap(({ slots }) => slots);
    if (slot !== undefined) return await hasSlot(client, slot);
    return transactionId === undefined ? true : await isCommitted(client, transactionId);
  } finally {
    client.release(true);
  }
}

type Event = UnitRows['runs'][number]['events'][number];

/**
 * Tries to insert the record, which waits for a transaction that has inserted it and has not ended: to look for it would
 * not see what is committed a moment later.
 */
async function hasRecord(session: Session, { runId, seq, type, time, logEnd, payload }: Event): Promise<boolean> {
  await send(session, { text: 'BEGIN' });
  const { rowCount } = await send(session, {
    text: `INSERT INTO run_events (run_id, seq, type, time, log_end, payload) VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT DO NOTHING`,
    values: [runId, seq, type, time, logEnd, payload],
  });
  await send(session, { text: 'ROLLBACK' });
  if (rowCount === 1) return false;
  // Another writer may have had the seq.
  const { rows } = await send<{ isSame: boolean }>(session, {
    text: `SELECT time = $3 AND payload = $4 AS "isSame" FROM run_events WHERE run_id = $1 AND seq = $2`,
    values: [runId, seq, time, payload],
  });
  return rows[0]?.isSame ?? false;
}

/** Locks the row, which waits for a transaction that has changed it and has not ended. */
async function hasSlot(
  session: Session,
  { runId, slotSeq }: { readonly runId: string; readonly slotSeq: number },
): Promise<boolean> {
  const { rows } = await send<{ slotSeq: number | null }>(session, {
    text: 'SELECT slot_seq AS "slotSeq" FROM workflow_runs WHERE run_id = $1 FOR UPDATE',
    values: [runId],
  });
  return rows[0]?.slotSeq === slotSeq;
}

async function isCommitted(session: Session, transactionId: string): Promise<boolean | undefined> {
  const { rows } = await send<{ status: string | null }>(session, {
    text: 'SELECT pg_xact_status($1::text::xid8) AS status',
    values: [transactionId],
  });
  const status = rows[0]?.status;
  return status === 'in progress' ? undefined : status === 'committed';
}
