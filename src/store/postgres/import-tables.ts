import type {
  ExportedDelivery,
  ExportedEntry,
  ExportedEvent,
  ExportedGraph,
  ExportedKey,
  ExportedLimit,
  ExportedRun,
  ExportedSchedule,
  ExportedSnapshot,
  ExportedTarget,
  ExportedUsage,
} from '../export.js';
import { escapeText } from './column-values.js';
import type { Table } from './import-rows.js';

export const GRAPHS: Table<ExportedGraph> = {
  name: 'graph_definitions',
  columns: [
    ['graph_id', 'text', ({ graphId }) => graphId],
    ['version', 'integer', ({ version }) => version],
    ['name', 'text', ({ name }) => name],
    ['created_at', 'bigint', ({ createdAt }) => createdAt],
    ['deleted_at', 'bigint', ({ deletedAt }) => deletedAt],
    ['definition', 'text', ({ definition }) => definition],
  ],
  key: 'graph_id, version',
};

export const KEYS: Table<ExportedKey> = {
  name: 'server_keys',
  columns: [
    ['name', 'text', ({ name }) => name],
    ['key', 'text', ({ key }) => key],
  ],
  key: '',
};

export const LIMITS: Table<ExportedLimit> = {
  name: 'concurrency_limits',
  columns: [
    ['graph_id', 'text', ({ graphId }) => graphId],
    ['max_runs', 'integer', ({ maxRuns }) => maxRuns],
    ['on_full', 'text', ({ onFull }) => onFull],
  ],
  key: 'graph_id',
};

export const SCHEDULES: Table<ExportedSchedule> = {
  name: 'schedules',
  columns: [
    ['schedule_id', 'text', ({ scheduleId }) => scheduleId],
    ['graph_id', 'text', ({ graphId }) => graphId],
    ['seq', 'integer', ({ seq }) => seq],
    ['created_at', 'bigint', ({ createdAt }) => createdAt],
    ['updated_at', 'bigint', ({ updatedAt }) => updatedAt],
    ['next_at', 'bigint', ({ nextAt }) => nextAt],
    ['wake_at', 'bigint', ({ wakeAt }) => wakeAt],
    ['last', 'text', ({ last }) => last],
    ['settings', 'text', ({ settings }) => settings],
    ['input', 'text', ({ input }) => input],
  ],
  key: 'schedule_id',
};

export const RUNS: Table<ExportedRun> = {
  name: 'workflow_runs',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['graph_id', 'text', ({ graphId }) => graphId],
    ['graph_version', 'integer', ({ graphVersion }) => graphVersion],
    ['status', 'text', ({ status }) => status],
    ['submitted_at', 'bigint', ({ submittedAt }) => submittedAt],
    ['started_at', 'bigint', ({ startedAt }) => startedAt],
    ['finished_at', 'bigint', ({ finishedAt }) => finishedAt],
    ['idempotency_key', 'text', ({ idempotencyKey }) => idempotencyKey],
    ['idempotency_fingerprint', 'text', ({ idempotencyFingerprint }) => idempotencyFingerprint],
    ['parent_run_id', 'uuid', ({ parentRunId }) => parentRunId],
    ['parent_seq', 'integer', ({ parentSeq }) => parentSeq],
    ['child_index', 'integer', ({ childIndex }) => childIndex],
    ['wake_at', 'bigint', ({ wakeAt }) => wakeAt],
    ['waiting_for', 'text', ({ waitingFor }) => waitingFor],
    ['metadata', 'text', ({ metadata }) => metadata],
    ['error', 'text', ({ error }) => error],
    ['data', 'text', ({ data }) => data],
    ['slot_seq', 'integer', ({ slotSeq }) => slotSeq],
    ['descendants', 'integer', ({ descendants }) => descendants],
    ['paused', 'boolean', ({ paused }) => paused === 1],
    ['started_by_kind', 'text', ({ startedByKind }) => startedByKind],
    ['started_by_id', 'text', ({ startedById }) => startedById],
    ['concurrency_key', 'text', ({ concurrencyKey }) => concurrencyKey],
    ['concurrency_since', 'bigint', ({ concurrencySince }) => concurrencySince],
    ['concurrency_slot', 'boolean', ({ concurrencySlot: slot }) => (slot === null ? null : slot === 1)],
  ],
  key: 'run_id',
};

export const EVENTS: Table<ExportedEvent> = {
  name: 'run_events',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['seq', 'integer', ({ seq }) => seq],
    ['type', 'text', ({ type }) => type],
    ['time', 'bigint', ({ time }) => time],
    ['log_end', 'integer', ({ logEnd }) => logEnd],
    ['payload', 'text', ({ payload }) => payload],
  ],
  key: 'run_id, seq',
};

export const SNAPSHOTS: Table<ExportedSnapshot> = {
  name: 'run_snapshots',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['seq', 'integer', ({ seq }) => seq],
    ['state', 'text', ({ state }) => state],
  ],
  key: 'run_id',
};

export const USAGE: Table<ExportedUsage> = {
  name: 'child_usage',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['input_tokens', 'bigint', ({ inputTokens }) => inputTokens],
    ['output_tokens', 'bigint', ({ outputTokens }) => outputTokens],
    ['cost_nano_usd', 'bigint', ({ costNanoUsd }) => costNanoUsd],
  ],
  key: 'run_id',
};

export const METADATA: Table<ExportedEntry> = {
  name: 'run_metadata',
  columns: [
    ['key', 'text', ({ key }) => escapeText(key)],
    ['value', 'text', ({ value }) => escapeText(value)],
    ['run_id', 'uuid', ({ runId }) => runId],
  ],
  key: '',
};

export const TARGETS: Table<ExportedTarget> = {
  name: 'delivery_targets',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['target', 'integer', ({ target }) => target],
    ['host', 'text', ({ host }) => host],
    ['next_at', 'bigint', ({ nextAt }) => nextAt],
    ['is_gone', 'boolean', ({ isGone }) => isGone === 1],
  ],
  key: 'run_id, target',
};

export const DELIVERIES: Table<ExportedDelivery> = {
  name: 'deliveries',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['seq', 'integer', ({ seq }) => seq],
    ['target', 'integer', ({ target }) => target],
    ['status', 'text', ({ status }) => status],
    ['event', 'text', ({ event }) => event],
    ['url', 'text', ({ url }) => url],
    ['secret', 'text', ({ secret }) => secret],
    ['created_at', 'bigint', ({ createdAt }) => createdAt],
    ['settled_at', 'bigint', ({ settledAt }) => settledAt],
    ['since', 'bigint', ({ since }) => since],
    ['tries', 'integer', ({ tries }) => tries],
    ['retries', 'integer', ({ retries }) => retries],
    ['attempts', 'text', ({ attempts }) => attempts],
    ['body', 'text', ({ body }) => body],
  ],
  key: 'run_id, seq, target',
};
