import type { NotifyEvent } from '../core/base/notify.js';
import type { Attempt, DeliveryKey, DeliveryStatus } from '../core/delivery/delivery.js';
import type { EndedTry } from '../core/delivery/tries.js';

/** A callback as it is stored. Times are milliseconds since 1970. */
export interface DeliverySummary extends DeliveryKey {
  readonly status: DeliveryStatus;
  readonly event: NotifyEvent;
  readonly url: string;
  /** The name of the secret. */
  readonly secret: string;
  readonly createdAt: number;
  /** When it was delivered or given up. */
  readonly settledAt: number | null;
  /** Since somebody last had it tried again. */
  readonly tries: number;
  /**
   * When it is tried next, or when others take it over from a server that tries it now. Null if it is not pending, or
   * waits for an earlier one for its target.
   */
  readonly nextAt: number | null;
}

/** All that is stored of a callback. */
export interface StoredDelivery extends DeliverySummary {
  /** The latest tries, the oldest first. */
  readonly attempts: readonly Attempt[];
  /** JSON text. */
  readonly body: string;
}

/** Which callbacks to list, newest first. */
export interface DeliveryFilter {
  readonly statuses?: readonly DeliveryStatus[];
  readonly runId?: string;
  /** Only those listed after this one. */
  readonly after?: DeliveryPlace;
  readonly limit: number;
}

/** Where a callback stands in lists. */
export type DeliveryPlace = DeliveryKey & Pick<DeliverySummary, 'createdAt'>;

/** A callback that is to be tried now, by whoever has claimed it. */
export interface ClaimedDelivery extends DeliveryKey {
  readonly host: string;
  readonly event: NotifyEvent;
  readonly url: string;
  readonly secret: string;
  readonly body: string;
  readonly retries: number;
  /** What the claim is known by. */
  readonly claim: string;
}

/** A host that has pending callbacks, and when the first of them is due. */
export interface DeliveryHost {
  readonly host: string;
  readonly nextAt: number;
}

/** How many callbacks are pending, and when the oldest of them was stored. */
export interface PendingDeliveries {
  readonly count: number;
  readonly oldestAt: number | undefined;
}

/** After so long without {@link Deliveries.extend}, a claim is lost to other processes, in milliseconds. */
export const CLAIM_MS = 8000;

/**
 * Callbacks that were stored with the events that they tell of, and are to be delivered. Of each run and target one is due
 * at a time, the oldest that is pending.
 * Calls reject with StoreUnavailableError while the database cannot be used.
 */
export interface Deliveries {
  list(filter: DeliveryFilter): Promise<DeliverySummary[]>;
  find(key: DeliveryKey): Promise<StoredDelivery | undefined>;
  /** Makes one that was given up, or is pending, due at once, whatever its target has said. One that is tried at the moment is due once more if the try fails. */
  retry(key: DeliveryKey, now: number): Promise<'retried' | 'delivered' | 'missing'>;
  /** Hosts with pending callbacks, by name, after one. */
  listHosts(after: string, limit: number): Promise<DeliveryHost[]>;
  /** Claims callbacks for a host that are due, for this process alone. */
  claim(host: string, now: number, limit: number): Promise<ClaimedDelivery[]>;
  /** Keeps claims for longer. */
  extend(claims: readonly ClaimedDelivery[], now: number): Promise<void>;
  /**
   * Stores what a try came to, and lets its claim go.
   * @param chance from 0 up to 1
   * @returns the status after it; undefined if the claim was lost, or the run is deleted
   */
  settle(claimed: ClaimedDelivery, ended: EndedTry, now: number, chance: number): Promise<DeliveryStatus | undefined>;
  /** Lets a claim go whose try counts as not made. */
  release(claimed: ClaimedDelivery, now: number): Promise<void>;
  /** When the next callback is due, after a time. */
  nextDueAt(after: number): Promise<number | undefined>;
  countPending(): Promise<PendingDeliveries>;
}
