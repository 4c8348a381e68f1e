import type { NewDelivery } from '../../core/delivery/outbox.js';
import { type Session, send } from './connection.js';

/**
 * Stores callbacks, into the transaction of what they tell of. A target has its row first, which makes callbacks wait for
 * whoever settles another one of it; all lock these rows in one order.
 */
export async function writeDeliveries(session: Session, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const targets = new Map<string, NewDelivery>();
  for (const delivery of deliveries) {
    const key = `${delivery.runId} ${String(delivery.target).padStart(5, '0')}`;
    if (!targets.has(key)) targets.set(key, delivery);
  }
  const sorted = [...targets].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, delivery]) => delivery);
  const columns = <Key extends keyof NewDelivery>(rows: readonly NewDelivery[], keys: readonly Key[]) =>
    keys.map((key) => rows.map((row) => row[key]));
  await Promise.all([
    send(session, {
      name: 'make_targets_due',
      text: MAKE_TARGETS_DUE,
      values: columns(sorted, ['runId', 'target', 'host', 'createdAt']),
    }),
    send(session, {
      name: 'insert_deliveries',
      text: INSERT_DELIVERIES,
      values: columns(deliveries, ['runId', 'seq', 'target', 'event', 'url', 'secret', 'createdAt', 'body']),
    }),
  ]);
}

// Those that are pending already go first.
const MAKE_TARGETS_DUE = `INSERT INTO delivery_targets AS stored (run_id, target, host, next_at)
  SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[])
  ON CONFLICT (run_id, target) DO UPDATE SET next_at =
    CASE WHEN stored.is_gone THEN NULL ELSE coalesce(stored.next_at, excluded.next_at) END`;

const INSERT_DELIVERIES = `INSERT INTO deliveries
    (run_id, seq, target, status, event, url, secret, created_at, since, body)
  SELECT given.run_id, given.seq, given.target, CASE WHEN t.is_gone THEN 'gone' ELSE 'pending' END,
    given.event, given.url, given.secret, given.created_at, given.created_at, given.body
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
    AS given(run_id, seq, target, event, url, secret, created_at, body)
  JOIN delivery_targets t ON t.run_id = given.run_id AND t.target = given.target`;
