/** What is stored of a callback, and its names. */

/** Every status of a delivery, with what it means. */
export const DELIVERY_STATUSES = {
  pending: 'it is still to be delivered',
  delivered: 'the receiver has taken it',
  dead: 'it was tried for three days in vain',
  gone: 'the receiver has said that it takes nothing more of this run (410)',
} as const;

export type DeliveryStatus = keyof typeof DELIVERY_STATUSES;

/** Names a delivery: the event of the run, and which of the targets of the run it is for, from 0. */
export interface DeliveryKey {
  readonly runId: string;
  readonly seq: number;
  readonly target: number;
}

/** One try. Stored as JSON; `at` is in milliseconds since 1970. */
export type Attempt = { readonly at: number; readonly ms: number } & (
  | { readonly status: number }
  | { readonly error: string }
);

/**
 * The id of a delivery, which is its `webhook-id`: the same on every try. Without a dot, which would be read as the
 * separator of what is signed.
 */
export function deliveryIdOf({ runId, seq, target }: DeliveryKey): string {
  return `msg_${runId.replaceAll('-', '')}_${seq}_${target}`;
}

// So few digits that every store can hold the numbers.
const ID = /^msg_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([1-9]\d{0,8})_(\d{1,4})$/;

/** What an id names; undefined if it is none. */
export function readDeliveryId(id: string): DeliveryKey | undefined {
  const match = ID.exec(id);
  if (match === null) return undefined;
  const [seq, target] = match.slice(6).map(Number) as [number, number];
  return { runId: match.slice(1, 6).join('-'), seq, target };
}
