import type { RunStatus } from '../core/run/state.js';

/** What is stored of hooks, and of what they were sent. Times are milliseconds since 1970. */

/** The document of a hook as it is stored. */
export interface StoredHook {
  readonly hookId: string;
  /** The graph that it starts, if it is for that. */
  readonly graphId: string | null;
  /** Another one whenever the document changes. */
  readonly revision: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** JSON. */
  readonly definition: string;
}

/** A hook with what is known of requests that were refused. */
export interface HookRow extends StoredHook {
  /** Requests whose signature was missing or wrong. */
  readonly refused: number;
  readonly lastRefusedAt: number | null;
  readonly lastRefusal: string | null;
}

/** What tells a delivery from all others of its hook. */
interface DeliveryIdentity {
  readonly hookId: string;
  /** A digest of its id; made up if it has none. */
  readonly key: string;
  /** Its id as lists show it; null if it has none. */
  readonly deliveryId: string | null;
  readonly receivedAt: number;
}

/** A delivery that has done what its hook is for: it never does that again. */
export interface AcceptedDelivery extends DeliveryIdentity {
  readonly runId: string;
  /** What it was answered with. */
  readonly status: RunStatus;
}

/** A delivery that has done nothing. If it comes again, it is looked at again. */
export interface IdleDelivery extends DeliveryIdentity {
  readonly outcome: 'ignored' | 'failed';
  /** Why it failed. */
  readonly code: string | null;
  readonly detail: string | null;
}

export type HookDeliveryOutcome = 'accepted' | IdleDelivery['outcome'];

export interface HookDeliveryRow extends DeliveryIdentity {
  readonly outcome: HookDeliveryOutcome;
  readonly runId: string | null;
  readonly status: RunStatus | null;
  readonly code: string | null;
  readonly detail: string | null;
}

/** Where a list of deliveries goes on: behind this one. */
export type HookDeliveryPlace = Pick<HookDeliveryRow, 'receivedAt' | 'key'>;

/** Every method is atomic. All reject with {@link StoreUnavailableError} while the database cannot be used. */
export interface HookStore {
  /** Stores a new hook, if its graph is there, unless there are `most` already. */
  create(hook: StoredHook, most: number): Promise<'saved' | 'id_taken' | 'full' | 'graph_missing'>;
  /** Replaces the document of a hook, if its graph is there. */
  update(hook: Omit<StoredHook, 'createdAt'>): Promise<'saved' | 'missing' | 'graph_missing'>;
  /** Deletes a hook with its deliveries; false if there is none. */
  delete(hookId: string): Promise<boolean>;
  find(hookId: string): Promise<HookRow | undefined>;
  /** By id, those after one. */
  list(after: string | undefined, limit: number): Promise<HookRow[]>;
  /** Which hooks there are, without reading them. */
  listRevisions(): Promise<Pick<StoredHook, 'hookId' | 'revision'>[]>;
  /** Counts requests that were refused. */
  noteRefusals(hookId: string, refusals: { count: number; at: number; reason: string }): Promise<void>;

  findDelivery(hookId: string, key: string): Promise<HookDeliveryRow | undefined>;
  /** Notes a delivery that has done nothing, unless it has been accepted meanwhile, or its hook is gone. */
  noteDelivery(delivery: IdleDelivery): Promise<void>;
  /** The latest first. */
  listDeliveries(hookId: string, after: HookDeliveryPlace | undefined, limit: number): Promise<HookDeliveryRow[]>;
  /** Deletes deliveries that came before a time, and those beyond the latest `most`: at most {@link PRUNED_AT_A_TIME}; says how many. */
  pruneDeliveries(hookId: string, before: number, most: number): Promise<number>;
}

/** Deliveries that one call of `pruneDeliveries` deletes at most. */
export const PRUNED_AT_A_TIME = 2000;
