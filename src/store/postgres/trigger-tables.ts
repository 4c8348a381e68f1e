import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { NotifyEvent } from '../../core/base/notify.js';
import type { DeliveryStatus } from '../../core/delivery/delivery.js';
import type { RunStatus } from '../../core/run/state.js';
import type { HookDeliveryOutcome } from '../hooks.js';
import { longText, text } from './stored-columns.js';

// The tables of `store/sqlite/trigger-tables.ts`, column by column: change both. The rules of `schema.ts` hold.

const time = (name: string) => bigint(name, { mode: 'number' });

/** What others can send deliveries to. Looked at by key, and listed as a whole, of which there are a thousand at most. */
export const hooks = pgTable(
  'hooks',
  {
    hookId: text('hook_id').primaryKey(),
    /** The graph that it starts; null if it is for other things. */
    graphId: text('graph_id'),
    /** Another one whenever the definition changes. */
    revision: text('revision').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    /** Requests whose signature was missing or wrong, and what was wrong with the last one. */
    refused: bigint('refused', { mode: 'number' }).notNull().default(0),
    lastRefusedAt: time('last_refused_at'),
    lastRefusal: longText('last_refusal'),
    definition: longText('definition').notNull(),
  },
  (table) => [index('hooks_graph').on(table.graphId).where(sql`graph_id IS NOT NULL`)],
);

/** What hooks were sent by those who may. One that was accepted is never done again. */
export const hookDeliveries = pgTable(
  'hook_deliveries',
  {
    hookId: text('hook_id').notNull(),
    /** A digest of the id of the delivery; made up if it has none. */
    key: text('delivery_key').notNull(),
    deliveryId: longText('delivery_id'),
    receivedAt: time('received_at').notNull(),
    outcome: text('outcome').$type<HookDeliveryOutcome>().notNull(),
    /** Of one that was accepted: the run, and the status that it was answered with. */
    runId: uuid('run_id'),
    status: text('status').$type<RunStatus>(),
    /** Of one that failed: why. */
    code: longText('code'),
    detail: longText('detail'),
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
export const schedules = pgTable(
  'schedules',
  {
    scheduleId: text('schedule_id').primaryKey(),
    graphId: text('graph_id').notNull(),
    seq: integer('seq').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    nextAt: time('next_at'),
    wakeAt: time('wake_at'),
    /** JSON: what became of the last occurrence; null before the first. */
    last: longText('last'),
    /** JSON: the schedule as people have written it, without its ids and its input. */
    settings: longText('settings').notNull(),
    /** JSON: the input of each run. Large, so it stands last. */
    input: longText('input').notNull(),
  },
  (table) => [
    index('schedules_wake_at').on(table.wakeAt).where(sql`wake_at IS NOT NULL`),
    index('schedules_graph').on(table.graphId, table.scheduleId),
  ],
);

/** Callbacks, each stored with the event of a run that it tells of. `target` is one of the targets of the run, by its place. */
export const deliveries = pgTable(
  'deliveries',
  {
    runId: uuid('run_id').notNull(),
    seq: integer('seq').notNull(),
    target: integer('target').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    event: text('event').$type<NotifyEvent>().notNull(),
    url: text('url').notNull(),
    /** The name of the secret. */
    secret: text('secret').notNull(),
    createdAt: time('created_at').notNull(),
    settledAt: time('settled_at'),
    /** Since when it is tried: another time than it was stored if somebody had it tried again. */
    since: time('since').notNull(),
    /** Tries since then. */
    tries: integer('tries').notNull().default(0),
    /** How often somebody had it tried again. */
    retries: integer('retries').notNull().default(0),
    /** The latest tries, as JSON. */
    attempts: longText('attempts').notNull().default('[]'),
    body: longText('body').notNull(),
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
export const deliveryTargets = pgTable(
  'delivery_targets',
  {
    runId: uuid('run_id').notNull(),
    target: integer('target').notNull(),
    /** `name:port`. Hosts take turns. */
    host: text('host').notNull(),
    /** When the first pending callback is due; null if none is pending. While it is claimed: when the claim is lost. */
    nextAt: time('next_at'),
    /** The target wants nothing more of the run. */
    isGone: boolean('is_gone').notNull().default(false),
    /** What the claim is known by, while a server has one. */
    claim: text('claim'),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.target] }),
    index('delivery_targets_host').on(table.host, table.nextAt).where(sql`next_at IS NOT NULL`),
    index('delivery_targets_next_at').on(table.nextAt).where(sql`next_at IS NOT NULL`),
  ],
);
