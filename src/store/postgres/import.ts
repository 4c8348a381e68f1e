import type pg from 'pg';
import { OpenDatabaseError } from '../errors.js';
import type { Export, ExportedEntry, ExportedEvent, ExportedGraph, ExportedRun, ExportedSnapshot } from '../export.js';
import type { Wake } from '../queue.js';
import { send } from './connection.js';
import { escapeText } from './storable-text.js';

/** Runs of one transaction. */
const RUNS_AT_A_TIME = 500;
/** Characters of JSON in one statement, about. */
const STATEMENT_SIZE = 4_194_304;
const STATEMENT_ROWS = 5000;

/** What a table takes: the columns of its rows, each with its type, in the order of `text`. */
interface Table<Row> {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string, value: (row: Row) => unknown])[];
  /** Which rows are the same. */
  readonly key: string;
}

const GRAPHS: Table<ExportedGraph> = {
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

const RUNS: Table<ExportedRun> = {
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
  ],
  key: 'run_id',
};

const EVENTS: Table<ExportedEvent> = {
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

const SNAPSHOTS: Table<ExportedSnapshot> = {
  name: 'run_snapshots',
  columns: [
    ['run_id', 'uuid', ({ runId }) => runId],
    ['seq', 'integer', ({ seq }) => seq],
    ['state', 'text', ({ state }) => state],
  ],
  key: 'run_id',
};

const METADATA: Table<ExportedEntry> = {
  name: 'run_metadata',
  columns: [
    ['key', 'text', ({ key }) => escapeText(key)],
    ['value', 'text', ({ value }) => escapeText(value)],
    ['run_id', 'uuid', ({ runId }) => runId],
  ],
  key: '',
};

export interface ImportOptions {
  /** Stores when runs are due, in the transaction that stores the runs. */
  readonly wake: (transaction: pg.ClientBase, wakes: readonly Wake[]) => Promise<void>;
  /** Called with how many runs are there, now and then. */
  readonly onProgress: (runs: number) => void;
}

/**
 * Stores all that another database holds. What is there already stays as it is, so it can be repeated after an
 * interruption.
 * @throws OpenDatabaseError if the target has runs or graphs that the source does not have; nothing is changed then
 */
export async function importAll(client: pg.ClientBase, source: Export, options: ImportOptions): Promise<void> {
  await refuseOthers(client, source);
  await inTransaction(client, () => insertAll(client, GRAPHS, source.graphs()));
  let after = '';
  let done = 0;
  for (;;) {
    const runs = source.runs(after, RUNS_AT_A_TIME);
    const last = runs.at(-1);
    if (last === undefined) return;
    await inTransaction(client, () => importRuns(client, source, runs, options));
    after = last.runId;
    done += runs.length;
    options.onProgress(done);
  }
}

async function importRuns(
  client: pg.ClientBase,
  source: Export,
  runs: readonly ExportedRun[],
  { wake }: ImportOptions,
): Promise<void> {
  const { rows } = await send<{ id: string }>(client, {
    text: 'SELECT run_id::text AS id FROM workflow_runs WHERE run_id = ANY($1::uuid[])',
    values: [runs.map(({ runId }) => runId)],
  });
  // Stored with all that is theirs, in one transaction.
  const there = new Set(rows.map(({ id }) => id));
  const added = runs.filter(({ runId }) => !there.has(runId));
  const ids = added.map(({ runId }) => runId);
  await insertAll(client, RUNS, added);
  await insertAll(client, EVENTS, source.events(ids));
  await insertAll(client, SNAPSHOTS, source.snapshots(ids));
  await insertAll(client, METADATA, source.metadata(ids));
  const wakes = added.flatMap((run) => wakesOf(run));
  if (wakes.length > 0) await wake(client, wakes);
}

/** When a run is due that has come from a database whose server has stopped. */
function wakesOf({ runId, status, parentRunId, slotSeq, waitingFor, wakeAt }: ExportedRun): Wake[] {
  const isDue =
    status === 'RUNNING' ||
    (status === 'SUBMITTED' && (parentRunId === null || slotSeq !== null)) ||
    (status === 'WAITING' && (waitingFor === 'graph' || waitingFor === 'branches'));
  if (isDue) return [{ runId, at: 0 }];
  return wakeAt === null ? [] : [{ runId, at: wakeAt }];
}

/** A target with runs of its own is somebody else's, and their graphs can have the same names. */
async function refuseOthers(client: pg.ClientBase, source: Export): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await send<{ id: string }>(client, {
      text: 'SELECT run_id::text AS id FROM workflow_runs WHERE run_id > $1 ORDER BY run_id LIMIT 10000',
      values: [after],
    });
    const ids = rows.map(({ id }) => id);
    const last = ids.at(-1);
    if (last === undefined) break;
    if (source.known(ids).length < ids.length) {
      throw new OpenDatabaseError('The target has other runs already. Give a database of its own, which is empty.');
    }
    after = last;
  }
  for (const { graphId, version, definition } of source.graphs()) {
    const { rows } = await send<{ definition: string }>(client, {
      text: 'SELECT definition FROM graph_definitions WHERE graph_id = $1 AND version = $2',
      values: [graphId, version],
    });
    if (rows[0] !== undefined && rows[0].definition !== definition) {
      throw new OpenDatabaseError(
        `The target has another graph "${graphId}" (version ${version}). Give a database of its own, which is empty.`,
      );
    }
  }
}

async function insertAll<Row extends object>(
  client: pg.ClientBase,
  table: Table<Row>,
  rows: Iterable<Row>,
): Promise<void> {
  const { name, columns, key } = table;
  const names = columns.map(([column]) => column).join(', ');
  const given = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const onConflict = key === '' ? '' : ` ON CONFLICT (${key}) DO NOTHING`;
  const text = `INSERT INTO ${name} (${names}) SELECT * FROM unnest(${given})${onConflict}`;
  for (const chunk of chunksOf(rows)) {
    await send(client, { text, values: columns.map(([, , value]) => chunk.map(value)) });
  }
}

/** Rows for one statement each. */
function* chunksOf<Row extends object>(rows: Iterable<Row>): Generator<Row[]> {
  let chunk: Row[] = [];
  let size = 0;
  for (const row of rows) {
    chunk.push(row);
    for (const value of Object.values(row)) if (typeof value === 'string') size += value.length;
    if (chunk.length < STATEMENT_ROWS && size < STATEMENT_SIZE) continue;
    yield chunk;
    [chunk, size] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

async function inTransaction(client: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  await send(client, { text: 'BEGIN' });
  try {
    await work();
    await send(client, { text: 'COMMIT' });
  } catch (thrown) {
    await send(client, { text: 'ROLLBACK' }).catch(() => undefined);
    throw thrown;
  }
}
