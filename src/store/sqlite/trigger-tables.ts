import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { NotifyEvent } from '../../core/base/notify.js';
import type { DeliveryStatus } from '../../core/delivery/delivery.js';
import type { RunStatus } from '../../core/run/state.js';
import type { HookDeliveryOutcome } from '../hooks.js';

// What starts runs, and what runs tell others. The rules of `schema.ts` hold.

/** What others can send deliveries to. Looked at by key, and listed as a whole, of which there are a thousand at most. */
export const hooks = sqliteTable(
  'hooks',
  {
    hookId: text('hook_id').primaryKey(),
    /** The graph that it starts; null if it is for other things. */
    graphId: text('graph_id'),
    /** Another one whenever the definition changes. */
    revision: text('revision').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** Requests whose signature was missing or wrong, and what was wrong with the last one. */
    refused: integer('refused').notNull().default(0),
    lastRefusedAt: integer('last_refused_at'),
    lastRefusal: text('last_refusal'),
    definition: text('definition').notNull(),
  },
  (table) => [index('hooks_graph').on(table.graphId).where(sql`graph_id IS NOT NULL`)],
);

/** What hooks were sent by those who may. One that was accepted is never done again. */
export const hookDeliveries = sqliteTable(
  'hook_deliveries',
  {
    hookId: text('hook_id').notNull(),
    /** A digest of the id of the delivery; made up if it has none. */
    key: text('delivery_key').notNull(),
    deliveryId: text('delivery_id'),
    receivedAt: integer('received_at').notNull(),
    outcome: text('outcome').$type<HookDeliveryOutcome>().notNull(),
    /** Of one that was accepted: the run, and the status that it was answered with. */
    runId: text('run_id'),
    status: text('status').$type<RunStatus>(),
    /** Of one that failed: why. */
    code: text('code'),
    detail: text('detail'),
  },
  (table) => [
    primaryKey({ columns: [table.hookId, table.key] }),
    index('hook_deliveries_received_at').on(table.hookId, table.receivedAt, table.key),
  ],
);

/**
 * What starts runs at certain times. `next_at` is the instant of the occurrence to look at, and `wake_at` when to look at it:
 * null if the schedule is not enabled. Both move on in the transaction that starts the run. `seq` counts changes.
 */
export const schedules = sqliteTable(
  'schedules',
  {
    scheduleId: text('schedule_id').primaryKey(),
    graphId: text('graph_id').notNull(),
    seq: integer('seq').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    nextAt: integer('next_at'),
    wakeAt: integer('wake_at'),
    /** JSON: what became of the last occurrence; null before the first. */
    last: text('last'),
    /** JSON: the schedule as people have written it, without its ids and its input. */
    settings: text('settings').notNull(),
    /** JSON: the input of each run. Large, so it stands last. */
    input: text('input').notNull(),
  },
  (table) => [
    index('schedules_wake_at').on(table.wakeAt).where(sql`wake_at IS NOT NULL`),
    index('schedules_graph').on(table.graphId, table.scheduleId),
  ],
);

/**
 * Callbacks, each stored with the event of a run that it tells of. `target` is one of the targets of the run, by its place.
 * What is read only for one of them stands last.
 */
export const deliveries = sqliteTable(
  'deliveries',
  {
    runId: text('run_id').notNull(),
    seq: integer('seq').notNull(),
    target: integer('target').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    event: text('event').$type<NotifyEvent>().notNull(),
    url: text('url').notNull(),
    /** The name of the secret. */
    secret: text('secret').notNull(),
    createdAt: integer('created_at').notNull(),
    settledAt: integer('settled_at'),
    /** Since when it is tried: another time than it was stored if somebody had it tried again. */
    since: integer('since').notNull(),
    /** Tries since then. */
    tries: integer('tries').notNull().default(0),
    /** How often somebody had it tried again. */
    retries: integer('retries').notNull().default(0),
    /** The latest tries, as JSON. */
    attempts: text('attempts').notNull().default('[]'),
    body: text('body').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.seq, table.target] }),
    // Lists, newest first, one status after the other; what is pending is counted in it.
    index('deliveries_status').on(table.status, table.createdAt, table.runId, table.seq, table.target),
    // The next one of a target, however many were delivered.
    index('deliveries_pending').on(table.runId, table.target, table.seq).where(sql`status = 'pending'`),
  ],
);

/** The targets of runs that callbacks were stored for: each gets them one by one, in order. */
export const deliveryTargets = sqliteTable(
  'delivery_targets',
  {
    runId: text('run_id').notNull(),
    target: integer('target').notNull(),
    /** `name:port`. Hosts take turns. */
    host: text('host').notNull(),
    /** When the first pending callback is due; null if none is pending. While it is claimed: when the claim is lost. */
    nextAt: integer('next_at'),
    /** The target wants nothing more of the run. */
    isGone: integer('is_gone', { mode: 'boolean' }).notNull().default(false),
    /** What the claim is known by. Always null in a file, whose only server has its claims in memory. */
    claim: text('claim'),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.target] }),
    index('delivery_targets_host').on(table.host, table.nextAt).where(sql`next_at IS NOT NULL`),
    index('delivery_targets_next_at').on(table.nextAt).where(sql`next_at IS NOT NULL`),
  ],
);
