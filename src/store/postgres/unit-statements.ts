import type pg from 'pg';
import type { AcceptedDelivery } from '../hooks.js';
import type { Slot } from '../store.js';
import { GRAPH_LOCK } from './locks.js';
import type { MadeChildren, NeededVersion, Rows, ScheduleColumns, UsedByChildren } from './unit-rows.js';

/** A statement about any number of rows, which are given as one array for each column. Prepared once per connection. */
export interface RowsStatement<Row> {
  of(rows: readonly Row[]): pg.QueryConfig;
}

/** @param columns each with its type, in the order in which `text` has them as `$1`, `$2`, … */
function statement<Row>(name: string, columns: readonly (keyof Row)[], text: string): RowsStatement<Row> {
  return {
    of: (rows) => ({ name, text, values: columns.map((column) => rows.map((row) => row[column])) }),
  };
}

/** Fewer rows than deliveries mean that one was accepted before, or that its hook is gone. */
export const acceptDeliveries = statement<AcceptedDelivery>(
  'accept_deliveries',
  ['hookId', 'key', 'deliveryId', 'receivedAt', 'runId', 'status'],
  `INSERT INTO hook_deliveries AS stored (hook_id, delivery_key, delivery_id, received_at, outcome, run_id, status)
  SELECT n.hook_id, n.key, n.delivery_id, n.received_at, 'accepted', n.run_id, n.status
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::text[])
    AS n(hook_id, key, delivery_id, received_at, run_id, status)
  WHERE (SELECT true FROM hooks WHERE hooks.hook_id = n.hook_id FOR KEY SHARE)
  ON CONFLICT (hook_id, delivery_key) DO UPDATE SET received_at = excluded.received_at, outcome = excluded.outcome,
    run_id = excluded.run_id, status = excluded.status, code = NULL, detail = NULL
  WHERE stored.outcome <> 'accepted'`,
);

type RowOf<Name extends keyof Rows> = Rows[Name][number];

/** Holds off the deletion of graphs until the transaction has ended. What was deleted before is seen by the next statement. */
export const lockVersions = statement<NeededVersion>(
  'lock_versions',
  ['graphId'],
  `SELECT pg_advisory_xact_lock_shared(${GRAPH_LOCK}, hashtext(graph_id)) FROM unnest($1::text[]) AS given(graph_id)`,
);

export interface LiveVersion {
  readonly graphId: string;
  readonly version: number;
  readonly isLatest: boolean;
}

/** Those of the graph versions that are there ({@link LiveVersion}). */
export const findLiveVersions = statement<NeededVersion>(
  'find_live_versions',
  ['graphId', 'version'],
  `SELECT found.graph_id AS "graphId", found.version, NOT EXISTS (SELECT 1 FROM graph_definitions newer
      WHERE newer.graph_id = found.graph_id AND newer.version > found.version) AS "isLatest"
  FROM unnest($1::text[], $2::integer[]) AS given(graph_id, version)
  JOIN graph_definitions found ON found.graph_id = given.graph_id AND found.version = given.version
  WHERE found.deleted_at IS NULL`,
);

export const insertRuns = statement<RowOf<'newRuns'>>(
  'insert_runs',
  [
    ...(['runId', 'graphId', 'graphVersion', 'metadata', 'submittedAt', 'idempotencyKey'] as const),
    ...(['idempotencyFingerprint', 'parentRunId', 'parentSeq', 'childIndex', 'slotSeq', 'status'] as const),
    ...(['startedAt', 'finishedAt', 'wakeAt', 'waitingFor', 'error', 'data', 'paused'] as const),
    ...(['startedByKind', 'startedById', 'concurrencyKey', 'concurrencySince', 'concurrencySlot'] as const),
  ],
  `INSERT INTO workflow_runs (run_id, graph_id, graph_version, metadata, submitted_at, idempotency_key,
    idempotency_fingerprint, parent_run_id, parent_seq, child_index, slot_seq, status,
    started_at, finished_at, wake_at, waiting_for, error, data, paused, started_by_kind, started_by_id,
    concurrency_key, concurrency_since, concurrency_slot)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::text[],
    $7::text[], $8::uuid[], $9::integer[], $10::integer[], $11::integer[], $12::text[],
    $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[],
    $19::boolean[], $20::text[], $21::text[], $22::text[], $23::bigint[], $24::boolean[])`,
);

export const insertMetadata = statement<RowOf<'metadata'>>(
  'insert_metadata',
  ['key', 'value', 'runId'],
  'INSERT INTO run_metadata (key, value, run_id) SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])',
);

/**
 * Adds records to journals that have the one before the first of each: not to one that was deleted meanwhile, nor to one
 * whose last records went with the server that had them. Fewer rows than records mean that a journal had not.
 *
 * It looks for the record before the *first* of a unit, since those of the same statement are not seen. As a scalar
 * subquery, because `OR EXISTS` is planned as a look at the whole journal (107 µs a row, not 14).
 */
export const insertEvents = statement<RowOf<'events'>>(
  'insert_events',
  ['runId', 'seq', 'first', 'type', 'time', 'logEnd', 'payload'],
  `INSERT INTO run_events (run_id, seq, type, time, log_end, payload)
  SELECT n.run_id, n.seq, n.type, n.time, n.log_end, n.payload
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::bigint[], $6::integer[], $7::text[])
    AS n(run_id, seq, first, type, time, log_end, payload)
  WHERE n.first = 1
    OR (SELECT true FROM run_events before WHERE before.run_id = n.run_id AND before.seq = n.first - 1)`,
);

/** Fewer rows than given mean that a run was deleted. */
export const updateRuns = statement<RowOf<'changedRuns'>>(
  'update_runs',
  [
    ...(['runId', 'status', 'startedAt', 'finishedAt', 'wakeAt', 'waitingFor', 'error', 'data', 'paused'] as const),
    ...(['graphVersion', 'concurrencySince', 'concurrencySlot'] as const),
  ],
  `UPDATE workflow_runs run SET status = n.status, started_at = n.started_at, finished_at = n.finished_at,
    wake_at = n.wake_at, waiting_for = n.waiting_for, error = n.error, data = n.data, paused = n.paused,
    graph_version = n.graph_version, concurrency_since = n.concurrency_since, concurrency_slot = n.concurrency_slot
  FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::boolean[], $10::integer[], $11::bigint[], $12::boolean[]) AS n(run_id, status, started_at, finished_at, wake_at,
    waiting_for, error, data, paused, graph_version, concurrency_since, concurrency_slot)
  WHERE run.run_id = n.run_id`,
);

export const saveSnapshots = statement<RowOf<'snapshots'>>(
  'save_snapshots',
  ['runId', 'seq', 'state'],
  `INSERT INTO run_snapshots (run_id, seq, state) SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[])
  ON CONFLICT (run_id) DO UPDATE SET seq = excluded.seq, state = excluded.state`,
);

/** Fewer rows than slots mean that a child has its slot already. */
export const giveSlots = statement<Slot>(
  'give_slots',
  ['runId', 'slotSeq'],
  `UPDATE workflow_runs run SET slot_seq = n.slot_seq FROM unnest($1::uuid[], $2::integer[]) AS n(run_id, slot_seq)
  WHERE run.run_id = n.run_id AND run.slot_seq IS DISTINCT FROM n.slot_seq`,
);

/** Fewer rows than given mean that somebody else has moved a schedule on, or changed it. */
export const advanceSchedules = statement<ScheduleColumns>(
  'advance_schedules',
  ['scheduleId', 'seq', 'nextAt', 'wakeAt', 'last'],
  `UPDATE schedules found SET seq = found.seq + 1, next_at = n.next_at, wake_at = n.wake_at, last = n.last
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::text[])
    AS n(schedule_id, seq, next_at, wake_at, last)
  WHERE found.schedule_id = n.schedule_id AND found.seq = n.seq`,
);

/** A top run whose new descendants were to be counted. */
export interface CountedTop {
  readonly topRunId: string;
  readonly added: number;
  /** False if it would have too many. */
  readonly isCounted: boolean;
}

/**
 * Counts new children with the top runs above them ({@link CountedTop}), as long as these do not have too many. Children
 * without a top run, which was deleted meanwhile, are added to none.
 */
export const countDescendants = statement<MadeChildren>(
  'count_descendants',
  ['parentRunId', 'added', 'limit'],
  `WITH RECURSIVE made AS (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS given(parent_run_id, added, most)
  ), above AS (
    SELECT made.added, made.most, run.run_id, run.parent_run_id
    FROM made JOIN workflow_runs run ON run.run_id = made.parent_run_id
    UNION ALL
    SELECT above.added, above.most, run.run_id, run.parent_run_id
    FROM above JOIN workflow_runs run ON run.run_id = above.parent_run_id
  ), top AS (
    SELECT run_id, sum(added)::integer AS added, min(most) AS most FROM above WHERE parent_run_id IS NULL GROUP BY run_id
  ), counted AS (
    UPDATE workflow_runs run SET descendants = run.descendants + top.added FROM top
    WHERE run.run_id = top.run_id AND run.descendants + top.added <= top.most
    RETURNING run.run_id
  )
  SELECT top.run_id AS "topRunId", top.added, counted.run_id IS NOT NULL AS "isCounted"
  FROM top LEFT JOIN counted ON counted.run_id = top.run_id`,
);

/**
 * Adds what children have used to their parents, and to all above those. What is not known stays so: null and a number are
 * null.
 */
export const addChildUsage = statement<UsedByChildren>(
  'add_child_usage',
  ['runId', 'inputTokens', 'outputTokens', 'costNanoUsd'],
  `WITH RECURSIVE above AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[])
      AS given(run_id, input_tokens, output_tokens, cost_nano_usd)
    UNION ALL
    SELECT run.parent_run_id, above.input_tokens, above.output_tokens, above.cost_nano_usd
    FROM above JOIN workflow_runs run ON run.run_id = above.run_id WHERE run.parent_run_id IS NOT NULL
  )
  INSERT INTO child_usage AS stored (run_id, input_tokens, output_tokens, cost_nano_usd)
  SELECT run_id, sum(input_tokens), sum(output_tokens), sum(cost_nano_usd) FROM above GROUP BY run_id ORDER BY run_id
  ON CONFLICT (run_id) DO UPDATE SET input_tokens = stored.input_tokens + excluded.input_tokens,
    output_tokens = stored.output_tokens + excluded.output_tokens,
    cost_nano_usd = stored.cost_nano_usd + excluded.cost_nano_usd`,
);
