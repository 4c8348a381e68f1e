import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { OpenDatabaseError } from '../errors.js';
import type {
  Export,
  ExportedCounts,
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
import type { HookDeliveryRow, HookRow } from '../hooks.js';
import { explainOpening, openDatabase } from './database.js';
import { checkFileNames } from './file-names.js';
import { locateDatabase } from './location.js';
import { takeLock } from './lock.js';

/**
 * Opens a database of any release to be read row by row: a copy of it, beside it, which is brought up to date. The file
 * stays as it was, and no server can use it meanwhile.
 * @throws OpenDatabaseError if there is none, if a server uses it, or if it is not one of ours
 */
export async function exportSqlite(path: string): Promise<Export> {
  const realPath = locateDatabase(path);
  checkFileNames(realPath);
  const original = openThere(realPath);
  const release = takeLock(realPath);
  // Nobody else uses it, because of the lock, and what a try leaves that is killed goes with the next one.
  const folder = join(dirname(realPath), `.${basename(realPath)}-export`);
  const close = (): void => {
    rmSync(folder, { recursive: true, force: true });
    release();
  };
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    const copy = join(folder, 'copy.db');
    await original.backup(copy);
    const sqlite = openDatabase(copy);
    return {
      ...rowsOf(sqlite),
      close: () => {
        sqlite.close();
        close();
      },
    };
  } catch (thrown) {
    close();
    throw explainOpening(realPath, thrown);
  } finally {
    original.close();
  }
}

/** A file that is not there would be made. */
function openThere(realPath: string): Database.Database {
  try {
    return new Database(realPath, { readonly: true, fileMustExist: true });
  } catch (thrown) {
    throw new OpenDatabaseError(`The database ${realPath} cannot be read: it is not there, or not a file.`, {
      cause: thrown,
    });
  }
}

const RUN_COLUMNS = `run_id AS runId, graph_id AS graphId, graph_version AS graphVersion, status,
  submitted_at AS submittedAt, started_at AS startedAt, finished_at AS finishedAt,
  idempotency_key AS idempotencyKey, idempotency_fingerprint AS idempotencyFingerprint,
  parent_run_id AS parentRunId, parent_seq AS parentSeq, child_index AS childIndex, wake_at AS wakeAt,
  waiting_for AS waitingFor, metadata, error, data, slot_seq AS slotSeq, descendants, paused,
  started_by_kind AS startedByKind, started_by_id AS startedById,
  concurrency_key AS concurrencyKey, concurrency_since AS concurrencySince, concurrency_slot AS concurrencySlot`;

const SCHEDULE_COLUMNS = `schedule_id AS scheduleId, graph_id AS graphId, seq, created_at AS createdAt,
  updated_at AS updatedAt, next_at AS nextAt, wake_at AS wakeAt, last, settings, input`;

const DELIVERY_COLUMNS = `seq, target, status, event, url, secret, created_at AS createdAt, settled_at AS settledAt,
  since, tries, retries, attempts, body`;

const HOOK_COLUMNS = `hook_id AS hookId, graph_id AS graphId, revision, created_at AS createdAt, updated_at AS updatedAt,
  refused, last_refused_at AS lastRefusedAt, last_refusal AS lastRefusal, definition`;
const HOOK_DELIVERY_COLUMNS = `hook_id AS hookId, delivery_key AS key, delivery_id AS deliveryId, received_at AS receivedAt,
  outcome, run_id AS runId, status, code, detail`;

function rowsOf(sqlite: Database.Database): Omit<Export, 'close'> {
  const all = <Row>(text: string) => sqlite.prepare<unknown[], Row>(text);
  /** Of runs, whose ids are given as one JSON text. */
  const ofRuns = <Row>(columns: string, table: string, order: string) => {
    const statement = all<Row>(`SELECT run_id AS runId, ${columns} FROM ${table}
      WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY run_id, ${order}`);
    return (runIds: readonly string[]): Iterable<Row> => statement.iterate(JSON.stringify(runIds));
  };
  const count = (table: string): number => Number(sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const runs = all<ExportedRun>(`SELECT ${RUN_COLUMNS} FROM workflow_runs WHERE run_id > ? ORDER BY run_id LIMIT ?`);
  const known = sqlite
    .prepare<unknown[], string>('SELECT run_id FROM workflow_runs WHERE run_id IN (SELECT value FROM json_each(?))')
    .pluck();
  const graphs = all<ExportedGraph>(`SELECT graph_id AS graphId, version, name, created_at AS createdAt,
    deleted_at AS deletedAt, definition FROM graph_definitions ORDER BY graph_id, version`);
  return {
    counts: (): ExportedCounts => ({
      graphs: count('graph_definitions'),
      runs: count('workflow_runs'),
      events: count('run_events'),
    }),
    graphs: () => graphs.iterate(),
    limits: () =>
      all<ExportedLimit>(
        'SELECT graph_id AS graphId, max_runs AS maxRuns, on_full AS onFull FROM concurrency_limits ORDER BY graph_id',
      ).iterate(),
    keys: () => all<ExportedKey>('SELECT name, key FROM server_keys ORDER BY name').iterate(),
    schedules: () => all<ExportedSchedule>(`SELECT ${SCHEDULE_COLUMNS} FROM schedules ORDER BY schedule_id`).iterate(),
    hooks: () => all<HookRow>(`SELECT ${HOOK_COLUMNS} FROM hooks ORDER BY hook_id`).iterate(),
    hookDeliveries: () =>
      all<HookDeliveryRow>(`SELECT ${HOOK_DELIVERY_COLUMNS} FROM hook_deliveries ORDER BY hook_id`).iterate(),
    runs: (after, limit) => runs.all(after, limit),
    known: (runIds) => known.all(JSON.stringify(runIds)) as string[],
    events: ofRuns<ExportedEvent>('seq, type, time, log_end AS logEnd, payload', 'run_events', 'seq'),
    snapshots: ofRuns<ExportedSnapshot>('seq, state', 'run_snapshots', 'seq'),
    usage: ofRuns<ExportedUsage>(
      'input_tokens AS inputTokens, output_tokens AS outputTokens, cost_nano_usd AS costNanoUsd',
      'child_usage',
      'run_id',
    ),
    metadata: ofRuns<ExportedEntry>('key, value', 'run_metadata', 'key'),
    targets: ofRuns<ExportedTarget>('target, host, next_at AS nextAt, is_gone AS isGone', 'delivery_targets', 'target'),
    deliveries: ofRuns<ExportedDelivery>(DELIVERY_COLUMNS, 'deliveries', 'seq, target'),
  };
}
