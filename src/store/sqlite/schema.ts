import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, sqliteView, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { GraphDefinition, OnFull } from '../../core/graph/definition.js';
import type { EventType, Starter } from '../../core/run/events.js';
import { RUN_STATUSES, type Waiting } from '../../core/run/state.js';
import { errorColumn, metadataColumn } from './stored-json.js';

// Times are integers, milliseconds since 1970. Columns that can be large stand last, so that reading the ones before
// them never walks through their overflow pages.
//
// There are no foreign keys: each would cost a look-up at every append. Deleting a run deletes all that belongs to it.

/** Graph versions. They never change but for `deleted_at`, and stay when their graph is deleted. */
export const graphDefinitions = sqliteTable(
  'graph_definitions',
  {
    graphId: text('graph_id').notNull(),
    version: integer('version').notNull(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    deletedAt: integer('deleted_at'),
    definition: text('definition', { mode: 'json' }).$type<GraphDefinition>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.graphId, table.version] }),
    index('graph_definitions_name').on(table.name).where(sql`deleted_at IS NULL`),
  ],
);

/** A row per run, for lists. Written when the status changes, or what the run waits for; the truth is the journal. */
export const workflowRuns = sqliteTable(
  'workflow_runs',
  {
    runId: text('run_id').primaryKey(),
    graphId: text('graph_id').notNull(),
    graphVersion: integer('graph_version').notNull(),
    status: text('status', { enum: RUN_STATUSES }).notNull(),
    submittedAt: integer('submitted_at').notNull(),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
    idempotencyKey: text('idempotency_key'),
    idempotencyFingerprint: text('idempotency_fingerprint'),
    /** The event of another run that started this one, and which of the runs that it started this is. */
    parentRunId: text('parent_run_id'),
    parentSeq: integer('parent_seq'),
    childIndex: integer('child_index'),
    /** When the run has to be looked at, though nothing happens to it. */
    wakeAt: integer('wake_at'),
    waitingFor: text('waiting_for').$type<Waiting['kind']>(),
    metadata: metadataColumn('metadata').notNull(),
    /** JSON; null while nothing is wrong. */
    error: errorColumn('error'),
    /** JSON of the final data, of a branch only what it has set itself; null while the run is unfinished. */
    data: text('data'),
    /**
     * Of a child that has its slot: the event of its parent that the slot belongs to, which is the one that started it or
     * the parent's last retry. Added behind `data`; nothing reads it from a row that has data, because the indexes hold it.
     */
    slotSeq: integer('slot_seq'),
    /**
     * Of a top-level run: how many runs were ever made inside it, at any depth. Read and written only while it has not
     * finished, when it has no data that would stand before it.
     */
    descendants: integer('descendants').notNull().default(0),
    /**
     * Somebody has paused it; false for a run that has finished. Behind `data` too: it is read from a row only if the run has not
     * finished.
     */
    paused: integer('paused', { mode: 'boolean' }).notNull().default(false),
    /**
     * What started a top-level run, if no client did: `run`, `schedule` or `hook`, and its id. Of one that a client started the kind
     * is null, and the id is the name of the API key. Behind `data` too: SQLite gets past 16 MiB in 0.1 ms.
     */
    startedByKind: text('started_by_kind').$type<Starter['kind']>(),
    startedById: text('started_by_id'),
    /**
     * Of a run whose graph limits how many are under way at a time: the key, or an empty text for all runs of the graph;
     * when it last came to the line; and whether it has a slot.
     */
    concurrencyKey: text('concurrency_key'),
    concurrencySince: integer('concurrency_since'),
    concurrencySlot: integer('concurrency_slot', { mode: 'boolean' }),
  },
  (table) => [
    // Run ids sort by time, so each of these lists newest first without sorting. Top-level runs and children have
    // indexes of their own: 10,000 children do not stand between two top-level runs, nor do their indexes cost these.
    index('workflow_runs_status').on(table.status, table.runId).where(sql`parent_run_id IS NULL`),
    index('workflow_runs_graph').on(table.graphId, table.runId).where(sql`parent_run_id IS NULL`),
    index('workflow_runs_children').on(table.parentRunId, table.runId).where(sql`parent_run_id IS NOT NULL`),
    index('workflow_runs_waiting_for').on(table.waitingFor, table.runId).where(sql`waiting_for IS NOT NULL`),
    // Partial, because most rows do not have the value while the run is hot: they cost nothing then.
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
    // Each line, in order: which run is next, how many there are.
    index('workflow_runs_concurrency')
      .on(table.graphId, table.concurrencyKey, table.concurrencySince, table.runId)
      .where(sql`concurrency_key IS NOT NULL AND finished_at IS NULL`),
    // `finished_at` leads, though it is null throughout: SQLite does not take a partial index for its condition alone.
    index('workflow_runs_active_children')
      .on(table.finishedAt, table.parentRunId, table.waitingFor, table.runId)
      .where(sql`finished_at IS NULL AND parent_run_id IS NOT NULL`),
  ],
);

/** How many runs of a graph can be under way at a time, by its latest version. Only graphs that say so have a row. */
export const concurrencyLimits = sqliteTable('concurrency_limits', {
  graphId: text('graph_id').primaryKey(),
  maxRuns: integer('max_runs').notNull(),
  onFull: text('on_full').$type<OnFull>().notNull(),
});

/** What runs are filtered by. WITHOUT ROWID (set by hand in the migration): the key is the whole row. */
export const runMetadata = sqliteTable(
  'run_metadata',
  {
    key: text('key').notNull(),
    value: text('value').notNull(),
    runId: text('run_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.value, table.runId] })],
);

/**
 * The journal. A table with a rowid, because rows are then appended at its end in the order they come, whatever run
 * they belong to. WITHOUT ROWID takes 1.4 times as long at payloads of 300 bytes and 2.1 times at 1,500, where it
 * also needs twice the space: 50 runs at a time split pages in the middle, and long rows overflow early.
 */
export const runEvents = sqliteTable(
  'run_events',
  {
    runId: text('run_id').notNull(),
    seq: integer('seq').notNull(),
    type: text('type').$type<EventType>().notNull(),
    time: integer('time').notNull(),
    /** How many log lines the run has, this event's included. */
    logEnd: integer('log_end').notNull(),
    /** The event without its type, as JSON. */
    payload: text('payload').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq] })],
);

/**
 * What all runs inside a run have used, at any depth. Only for runs with such; null if there were runs inside it
 * before this was counted. A table, because a column of `workflow_runs` would stand behind large data.
 */
export const childUsage = sqliteTable('child_usage', {
  runId: text('run_id').primaryKey(),
  inputTokens: integer('input_tokens'),
  outputTokens: integer('output_tokens'),
  /** Billionths of a US dollar, which sum up exactly. */
  costNanoUsd: integer('cost_nano_usd').notNull().default(0),
});

/** The latest snapshot of a run: its state, without the input, at an event. */
export const runSnapshots = sqliteTable('run_snapshots', {
  runId: text('run_id').primaryKey(),
  seq: integer('seq').notNull(),
  state: text('state').notNull(),
});

/** Keys that servers have made for themselves, by what they are for. Whoever knows one can make what it signs. */
export const serverKeys = sqliteTable('server_keys', {
  name: text('name').primaryKey(),
  key: text('key').notNull(),
});

/**
 * The log lines of runs, numbered from 1, for people with a SQL shell. Says what `linesOf` in `core/run/log-lines.ts` says;
 * a test compares. One subquery that SQLite flattens, so that `WHERE run_id = ?` seeks in the journal's key. In
 * `json_insert`, the path `$[#]` appends to a list and `$.none`, which no list has, leaves it as it is.
 */
export const runLogs = sqliteView('run_logs', {
  runId: text('run_id').notNull(),
  lineNo: integer('line_no').notNull(),
  line: text('line').notNull(),
}).as(sql`
SELECT e.run_id, e.log_end - json_array_length(e.lines) + l.key + 1 AS line_no, l.value AS line
FROM (
  SELECT run_id, log_end, CASE type
    WHEN 'run.started' THEN json_array('Executing Node: ' || (payload ->> '$.next'))
    WHEN 'run.retried' THEN json_insert('[]', CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'step.completed' THEN json_insert(payload -> '$.logs',
      CASE WHEN payload ->> '$.decision.kind' IN ('condition', 'case') AND payload ->> '$.decision.to_node' IS NOT NULL
        THEN '$[#]' ELSE '$.none' END,
      'Condition met. Routing to: ' || (payload ->> '$.decision.to_node'),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'step.failed' THEN json_insert(payload -> '$.logs', '$[#]', 'Error in node ' || (payload ->> '$.node') || ': ' ||
        replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'wait.started' THEN payload -> '$.logs'
    WHEN 'branches.started' THEN json_array('Started ' || (payload ->> '$.count') ||
      CASE payload ->> '$.count' WHEN 1 THEN ' branch.' ELSE ' branches.' END)
    WHEN 'branches.joined' THEN json_insert(json_array(coalesce('Join failed: ' ||
          replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '),
        CASE WHEN payload ->> '$.joined' < payload ->> '$.count' THEN
          'Joined ' || (payload ->> '$.joined') || ' of ' || (payload ->> '$.count') || ' branches' ||
          CASE WHEN payload ->> '$.failed' > 0 THEN '; ' || (payload ->> '$.failed') || ' failed' ELSE '' END ||
          CASE WHEN payload ->> '$.cancelled' > 0 THEN CASE WHEN payload ->> '$.failed' > 0 THEN ', ' ELSE '; ' END ||
            (payload ->> '$.cancelled') || CASE payload ->> '$.cancelled' WHEN 1 THEN ' was' ELSE ' were' END ||
            ' cancelled' ELSE '' END || '.' END,
        'Joined ' || (payload ->> '$.count') || CASE payload ->> '$.count' WHEN 1 THEN ' branch.' ELSE ' branches.' END)),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'run.completed' THEN json_array(CASE payload ->> '$.reason' WHEN 'end' THEN 'Workflow reached END.'
      WHEN 'join' THEN 'Branch reached its join.' ELSE 'No outgoing edge found. Stopping.' END)
    WHEN 'run.failed' THEN json_array('Run failed: ' ||
      replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '))
    WHEN 'run.cancelled' THEN json_insert(payload -> '$.logs', '$[#]', 'Run cancelled.')
  END AS lines
  FROM run_events
) e, json_each(e.lines) l`);
