import type { Attempt, DeliveryStatus } from '../core/delivery/delivery.js';
import { type EndedTry, type StoredTries, settleTry, type TriedDelivery } from '../core/delivery/tries.js';
import type { DeliverySummary } from './deliveries.js';

/** What the adapters store of tries: columns of a delivery. */
export interface TriesRow extends Omit<StoredTries, 'attempts'> {
  readonly status: DeliveryStatus;
  /** JSON. */
  readonly attempts: string;
}

/** What is stored of a delivery after a try, unless it was delivered or given up meanwhile. */
export function settleRow(
  row: TriesRow,
  ended: EndedTry,
  now: number,
  chance: number,
): (Omit<TriedDelivery, 'attempts'> & { attempts: string; settledAt: number | null }) | undefined {
  if (row.status !== 'pending') return undefined;
  const { attempts, ...tried } = settleTry({ ...row, attempts: attemptsOf(row.attempts) }, ended, now, chance);
  return { ...tried, attempts: JSON.stringify(attempts), settledAt: tried.status === 'pending' ? null : now };
}

/** The tries in a column. */
export function attemptsOf(text: string): Attempt[] {
  return JSON.parse(text) as Attempt[];
}

/** Newest first. */
export function compareDeliveries(one: DeliverySummary, other: DeliverySummary): number {
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt;
  if (one.runId !== other.runId) return one.runId < other.runId ? 1 : -1;
  return other.seq - one.seq || other.target - one.target;
}
