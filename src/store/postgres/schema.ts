import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, pgView, primaryKey, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { OnFull } from '../../core/graph/definition.js';
import type { EventType, Starter } from '../../core/run/events.js';
import type { RunStatus, Waiting } from '../../core/run/state.js';
import { errorColumn, longText, metadataColumn, text } from './stored-columns.js';

// The tables of `store/sqlite/schema.ts`, column by column: change both. What differs:
//
// - Run ids are UUIDs, which need half the space of a text and sort like it.
// - Times are bigints, milliseconds since 1970.
// - JSON is text: jsonb sorts keys, rewrites numbers, and refuses `\u0000` and halves of surrogate pairs.
//
// There are no foreign keys: each would cost a look-up and a lock at every append.

const time = (name: string) => bigint(name, { mode: 'number' });

/** Graph versions. They never change but for `deleted_at`, and stay when their graph is deleted. */
export const graphDefinitions = pgTable(
  'graph_definitions',
  {
    graphId: text('graph_id').notNull(),
    version: integer('version').notNull(),
    name: text('name').notNull(),
    createdAt: time('created_at').notNull(),
    deletedAt: time('deleted_at'),
    definition: longText('definition').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.graphId, table.version] }),
    index('graph_definitions_name').on(table.name).where(sql`deleted_at IS NULL`),
  ],
);

/** A row per run, for lists. Written when the status changes, or what the run waits for; the truth is the journal. */
export const workflowRuns = pgTable(
  'workflow_runs',
  {
    runId: uuid('run_id').primaryKey(),
    graphId: text('graph_id').notNull(),
    graphVersion: integer('graph_version').notNull(),
    status: text('status').$type<RunStatus>().notNull(),
    submittedAt: time('submitted_at').notNull(),
    startedAt: time('started_at'),
    finishedAt: time('finished_at'),
    idempotencyKey: text('idempotency_key'),
    idempotencyFingerprint: text('idempotency_fingerprint'),
    /** The event of another run that started this one, and which of the runs that it started this is. */
    parentRunId: uuid('parent_run_id'),
    parentSeq: integer('parent_seq'),
    childIndex: integer('child_index'),
    /** When the run has to be looked at, though nothing happens to it. */
    wakeAt: time('wake_at'),
    waitingFor: text('waiting_for').$type<Waiting['kind']>(),
    metadata: metadataColumn('metadata').notNull(),
    /** JSON; null while nothing is wrong. */
    error: errorColumn('error'),
    /** JSON of the final data, of a branch only what it has set itself; null while the run is unfinished. */
    data: longText('data'),
    /**
     * Of a child that has its slot: the event of its parent that the slot belongs to, which is the one that started it or
     * the parent's last retry.
     */
    slotSeq: integer('slot_seq'),
    /** Of a top-level run: how many runs were ever made inside it, at any depth. Counted only while it has not finished. */
    descendants: integer('descendants').notNull().default(0),
    /** Somebody has paused it; false for a run that has finished. */
    paused: boolean('paused').notNull().default(false),
    /**
     * What started a top-level run, if no client did: `run`, `schedule` or `hook`, and its id. Of one that a client started the kind
     * is null, and the id is the name of the API key.
     */
    startedByKind: text('started_by_kind').$type<Starter['kind']>(),
    startedById: text('started_by_id'),
    /**
     * Of a run whose graph limits how many are under way at a time: the key, or an empty text for all runs of the graph;
     * when it last came to the line; and whether it has a slot. It has one before it has begun, once it was given one.
     */
    concurrencyKey: text('concurrency_key'),
    concurrencySince: time('concurrency_since'),
    concurrencySlot: boolean('concurrency_slot'),
  },
  (table) => [
    // Run ids sort by time, so each of these lists newest first without sorting. Top-level runs and children have
    // indexes of their own: 10,000 children do not stand between two top-level runs, nor do their indexes cost these.
    index('workflow_runs_status').on(table.status, table.runId).where(sql`parent_run_id IS NULL`),
    index('workflow_runs_graph').on(table.graphId, table.runId).where(sql`parent_run_id IS NULL`),
    index('workflow_runs_children').on(table.parentRunId, table.runId).where(sql`parent_run_id IS NOT NULL`),
    index('workflow_runs_waiting_for').on(table.waitingFor, table.runId).where(sql`waiting_for IS NOT NULL`),
    uniqueIndex('workflow_runs_idempotency_key').on(table.idempotencyKey).where(sql`idempotency_key IS NOT NULL`),
    index('workflow_runs_finished_at')
      .on(table.finishedAt)
      .where(sql`finished_at IS NOT NULL AND parent_run_id IS NULL`),
    // What a schedule looks at before it starts a run: those that are not over, each status by itself.
    index('workflow_runs_started_by')
      .on(table.startedByKind, table.startedById, table.status, table.runId)
      .where(sql`started_by_kind IS NOT NULL`),
    index('workflow_runs_wake_at').on(table.wakeAt).where(sql`wake_at IS NOT NULL`),
    uniqueIndex('workflow_runs_child')
      .on(table.parentRunId, table.parentSeq, table.childIndex)
      .where(sql`parent_run_id IS NOT NULL`),
    // What a parent looks at whenever a child ends: those at work, the next ones, those that failed. Never all of them.
    index('workflow_runs_children_at_work')
      .on(table.parentRunId, table.parentSeq, table.childIndex)
      .where(sql`slot_seq IS NOT NULL AND finished_at IS NULL`),
    index('workflow_runs_children_to_start')
      .on(table.parentRunId, table.parentSeq, table.childIndex)
      .where(sql`parent_run_id IS NOT NULL AND slot_seq IS NULL AND finished_at IS NULL`),
    index('workflow_runs_children_lost')
      .on(table.parentRunId, table.parentSeq, table.status, table.childIndex, table.slotSeq)
      .where(sql`parent_run_id IS NOT NULL AND status IN ('FAILED', 'CANCELLED')`),
    // Each line, in order: which run is next, how many there are; and those that have a slot.
    index('workflow_runs_concurrency')
      .on(table.graphId, table.concurrencyKey, table.concurrencySince, table.runId)
      .where(sql`concurrency_key IS NOT NULL AND finished_at IS NULL`),
    index('workflow_runs_in_line')
      .on(table.graphId, table.concurrencyKey, table.concurrencySince, table.runId)
      .where(sql`status = 'SUBMITTED' AND NOT concurrency_slot`),
    index('workflow_runs_with_slot').on(table.graphId, table.concurrencyKey, table.status).where(sql`concurrency_slot`),
    index('workflow_runs_active_children')
      .on(table.parentRunId, table.waitingFor, table.runId)
      .where(sql`finished_at IS NULL AND parent_run_id IS NOT NULL`),
  ],
);

/** How many runs of a graph can be under way at a time, by its latest version. Only graphs that say so have a row. */
export const concurrencyLimits = pgTable('concurrency_limits', {
  graphId: text('graph_id').primaryKey(),
  maxRuns: integer('max_runs').notNull(),
  onFull: text('on_full').$type<OnFull>().notNull(),
});

/**
 * What runs are filtered by; both as in JSON, without the quotes, because a text of Postgres cannot hold a NUL. The index
 * has a hash of the value, which can be too long for it; who searches compares the value too.
 */
export const runMetadata = pgTable(
  'run_metadata',
  {
    key: text('key').notNull(),
    value: text('value').notNull(),
    runId: uuid('run_id').notNull(),
  },
  (table) => [index('run_metadata_entry').on(table.key, sql`hashtextextended("value", 0)`, table.runId)],
);

/** The journal. Rows are only ever added, and deleted with their run. */
export const runEvents = pgTable(
  'run_events',
  {
    runId: uuid('run_id').notNull(),
    seq: integer('seq').notNull(),
    type: text('type').$type<EventType>().notNull(),
    time: time('time').notNull(),
    /** How many log lines the run has, this event's included. */
    logEnd: integer('log_end').notNull(),
    /** The event without its type, as JSON. */
    payload: longText('payload').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);

/**
 * What all runs inside a run have used, at any depth. Only for runs with such; null if there were runs inside it
 * before this was counted, in a database that it was moved from.
 */
export const childUsage = pgTable('child_usage', {
  runId: uuid('run_id').primaryKey(),
  inputTokens: bigint('input_tokens', { mode: 'number' }),
  outputTokens: bigint('output_tokens', { mode: 'number' }),
  /** Billionths of a US dollar, which sum up exactly. */
  costNanoUsd: bigint('cost_nano_usd', { mode: 'number' }).notNull().default(0),
});

/** The latest snapshot of a run: its state, without the input, at an event. */
export const runSnapshots = pgTable('run_snapshots', {
  runId: uuid('run_id').primaryKey(),
  seq: integer('seq').notNull(),
  state: longText('state').notNull(),
});

/** Keys that servers have made for themselves, by what they are for. Whoever knows one can make what it signs. */
export const serverKeys = pgTable('server_keys', {
  name: text('name').primaryKey(),
  key: text('key').notNull(),
});

/**
 * The log lines of runs, numbered from 1, for people with a SQL shell. Says what `linesOf` in `core/run/log-lines.ts` says;
 * a test compares. What a text of Postgres cannot hold, NUL and half of a surrogate pair, is shown as U+FFFD: see the
 * function `stored_json` in the first migration.
 */
export const runLogs = pgView('run_logs', {
  runId: uuid('run_id').notNull(),
  lineNo: integer('line_no').notNull(),
  line: longText('line').notNull(),
}).as(sql`
SELECT e.run_id, e.log_end - cardinality(e.lines) + l.number::integer AS line_no, l.line
FROM (
  SELECT run_id, log_end, CASE type
    WHEN 'run.started' THEN ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')]
    WHEN 'run.retried' THEN array_remove(ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.completed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      CASE WHEN stored_json(payload) #>> '{decision,kind}' IN ('condition', 'case')
        THEN 'Condition met. Routing to: ' || (stored_json(payload) #>> '{decision,to_node}') END,
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.failed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      'Error in node ' || (stored_json(payload) ->> 'node') || ': ' ||
        replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'wait.started' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs'))
    WHEN 'branches.started' THEN ARRAY['Started ' || (stored_json(payload) ->> 'count') ||
      CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END]
    WHEN 'branches.joined' THEN array_remove(ARRAY[coalesce('Join failed: ' ||
          replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
        CASE WHEN (stored_json(payload) ->> 'joined')::integer < (stored_json(payload) ->> 'count')::integer THEN
          'Joined ' || (stored_json(payload) ->> 'joined') || ' of ' || (stored_json(payload) ->> 'count') || ' branches' ||
          CASE WHEN stored_json(payload) ->> 'failed' <> '0'
            THEN '; ' || (stored_json(payload) ->> 'failed') || ' failed' ELSE '' END ||
          CASE WHEN stored_json(payload) ->> 'cancelled' <> '0'
            THEN CASE WHEN stored_json(payload) ->> 'failed' <> '0' THEN ', ' ELSE '; ' END ||
              (stored_json(payload) ->> 'cancelled') ||
              CASE stored_json(payload) ->> 'cancelled' WHEN '1' THEN ' was' ELSE ' were' END || ' cancelled'
            ELSE '' END || '.' END,
        'Joined ' || (stored_json(payload) ->> 'count') ||
          CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'run.completed' THEN ARRAY[CASE stored_json(payload) ->> 'reason' WHEN 'end' THEN 'Workflow reached END.'
      WHEN 'join' THEN 'Branch reached its join.' ELSE 'No outgoing edge found. Stopping.' END]
    WHEN 'run.failed' THEN ARRAY['Run failed: ' ||
      replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' ')]
    WHEN 'run.cancelled' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) ||
      ARRAY['Run cancelled.']
  END AS lines
  FROM run_events
) e, unnest(e.lines) WITH ORDINALITY AS l(line, number)`);

/** The processes that are alive on the database, and what each can do. A row is written every few seconds. */
export const processes = pgTable('processes', {
  /** Made anew by each start. */
  id: text('id').primaryKey(),
  /** Names of tools and conditions; none for a process that drives no runs. */
  abilities: longText('abilities').array().notNull(),
  /** When it last gave a sign of life. */
  seenAt: time('seen_at').notNull(),
});
