import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import type { Usage } from '../../core/base/usage.js';
import type { ChildrenView } from '../../core/run/children.js';
import type { EventRecord } from '../../core/run/events.js';
import type { ChildResult } from '../../core/run/join.js';
import type { Waiting } from '../../core/run/state.js';
import type { RunOutline } from '../../core/run/unread.js';
import type { Deliveries } from '../deliveries.js';
import { StoreUnavailableError } from '../errors.js';
import type { RunFilter } from '../run-filter.js';
import type { DeleteGraphResult, ScheduleStore } from '../schedules.js';
import type { Signals } from '../signals.js';
import type {
  ChildCounts,
  ChildRow,
  GraphVersion,
  ListedGraph,
  RunSize,
  RunSummary,
  SaveGraphResult,
  Store,
  StoredGraph,
  StoredRun,
  Unit,
} from '../store.js';
import type { UnfinishedRun, UnfinishedStatus } from '../unfinished-run.js';
import { Checkpoints } from './checkpoint.js';
import { ChildReader } from './child-reader.js';
import type { DatabaseFiles } from './database-files.js';
import { SqliteDeliveries } from './deliveries.js';
import { isDatabaseFailure } from './failures.js';
import { Graphs } from './graphs.js';
import { GroupCommit } from './group-commit.js';
import { SqliteHooks } from './hooks.js';
import { JournalReader } from './journal-reader.js';
import type { ConcurrencyLimit } from './lines.js';
import { RunDeletion } from './run-deletion.js';
import {
  countUnfinishedRuns,
  findNewestRunId,
  findOldestQueued,
  findOldestUnfinished,
  listUnfinishedRuns,
  RunLists,
} from './run-list.js';
import { SqliteSchedules } from './schedules.js';
import { obtainKey } from './server-keys.js';
import { UnitWriter } from './unit-writer.js';
import { WakeTimes } from './wake-times.js';
import { transactionsOf, Writer, type WriterOptions } from './writer.js';

/** Pages given back in one transaction: 1 MB, a few milliseconds. */
const RECLAIM_PAGES = 256;

export interface SqliteStoreOptions extends WriterOptions {
  /** Where deleted runs and changed graphs are published. For commits there is `onCommit`. */
  readonly signals: Pick<Signals, 'publish'>;
  /** The files of the database, which are watched if they are given. */
  readonly files?: DatabaseFiles;
}

/** The store on SQLite. better-sqlite3 is synchronous, so calls never interleave with a transaction. */
export class SqliteStore implements Store {
  /** True if the database has never had a graph. */
  readonly isNew: boolean;
  /** The greatest id of a run that was stored when the database was opened. */
  readonly newestRunId: string | undefined;
  readonly schedules: ScheduleStore;
  readonly hooks: SqliteHooks;
  readonly #writer: Writer;
  readonly #units: UnitWriter;
  readonly #commits: GroupCommit;
  readonly #checkpoints: Checkpoints;
  readonly #journals: JournalReader;
  readonly #children: ChildReader;
  readonly #lists: RunLists;
  readonly #wakeTimes: WakeTimes;
  readonly #deletion: RunDeletion;
  readonly #graphs: Graphs;
  readonly deliveries: Deliveries;
  readonly #db: BetterSQLite3Database;
  readonly readJournals: Store['readJournals'] = async (...given) =>
    this.#read(() => this.#journals.readRows(...given));
  readonly countRuns: Store['countRuns'] = async (filter) => this.#read(() => this.#lists.countRuns(filter));

  /** @param release gives the lock of the database back */
  constructor(
    private readonly sqlite: Database.Database,
    private readonly release: () => void,
    private readonly options: SqliteStoreOptions,
  ) {
    const db: BetterSQLite3Database = drizzle(sqlite);
    this.#db = db;
    this.#journals = new JournalReader(db, sqlite);
    this.#children = new ChildReader(db);
    this.#lists = new RunLists(db);
    this.#wakeTimes = new WakeTimes(db);
    this.#deletion = new RunDeletion(db);
    this.#graphs = new Graphs(db);
    this.#writer = new Writer(transactionsOf(sqlite, options.files), options);
    this.#checkpoints = new Checkpoints(sqlite, this.#writer);
    this.#units = new UnitWriter(db, sqlite);
    this.#commits = new GroupCommit(this.#writer, this.#units, this.#journals, (units, tookMs) => {
      this.#checkpoints.check();
      options.onCommit?.(units, tookMs);
    });
    const access = { read: <T>(work: () => T) => this.#read(work), write: <T>(work: () => T) => this.#write(work) };
    const changed = () => options.signals.publish({ kind: 'schedules_changed' });
    this.schedules = new SqliteSchedules(db, { ...access, changed });
    this.deliveries = new SqliteDeliveries(sqlite, access);
    this.hooks = new SqliteHooks(db, access);
    this.isNew = this.#graphs.isEmpty();
    this.newestRunId = findNewestRunId(db);
    options.files?.watch((lost) => this.#writer.fail(lost));
  }

  commit(unit: Unit): Promise<void> {
    return this.#commits.commit(unit);
  }

  isHealthy(): boolean {
    return this.#writer.isHealthy();
  }

  async loadRun(runId: string, atSeq?: number): Promise<StoredRun | undefined> {
    return this.#read(() => this.#journals.loadRun(runId, atSeq));
  }

  async outlineRun(runId: string): Promise<RunOutline | undefined> {
    return this.#read(() => this.#journals.outlineRun(runId));
  }

  async measureRun(runId: string): Promise<RunSize | undefined> {
    return this.#read(() => this.#journals.measureRun(runId));
  }

  async measureEvents(runId: string, afterSeq: number, limit: number): Promise<number> {
    return this.#read(() => this.#journals.measureEvents(runId, afterSeq, limit));
  }

  async measureLogEvents(runId: string, afterLine: number, limit: number): Promise<number> {
    return this.#read(() => this.#journals.measureLogEvents(runId, afterLine, limit));
  }

  async lastSeq(runId: string): Promise<number> {
    return this.#read(() => this.#journals.lastSeq(runId));
  }

  async readEvents(runId: string, afterSeq: number, limit: number): Promise<EventRecord[]> {
    return this.#read(() => this.#journals.readEvents(runId, afterSeq, limit));
  }

  async readLogEvents(runId: string, afterLine: number, limit: number): Promise<EventRecord[]> {
    return this.#read(() => this.#journals.readLogEvents(runId, afterLine, limit));
  }

  async findByIdempotencyKey(key: string): Promise<{ runId: string; fingerprint: string } | undefined> {
    return this.#read(() => this.#units.ownerOf(key));
  }

  async listRuns(filter: RunFilter): Promise<RunSummary[]> {
    return this.#read(() => this.#lists.listRuns(filter));
  }

  async findSearchPause(filter: RunFilter): Promise<string | undefined> {
    return this.#read(() => this.#lists.findSearchPause(filter));
  }

  async listUnfinishedRuns(): Promise<UnfinishedRun[]> {
    return this.#read(() => listUnfinishedRuns(this.#db));
  }

  async countUnfinishedRuns(): Promise<Readonly<Record<UnfinishedStatus, number>>> {
    return this.#read(() => countUnfinishedRuns(this.#db));
  }

  async findOldestUnfinished(): Promise<Readonly<Record<UnfinishedStatus, number | undefined>>> {
    return this.#read(() => findOldestUnfinished(this.#db));
  }

  async viewChildren(
    parentRunId: string,
    parentSeq: number,
    slotSeq: number,
    limit: number,
    retriedAt?: number,
    lostLimit?: number,
  ): Promise<ChildrenView> {
    return this.#read(() => this.#children.viewChildren(parentRunId, parentSeq, slotSeq, limit, retriedAt, lostLimit));
  }

  async readChildUsage(runId: string): Promise<Usage | null> {
    return this.#read(() => this.#children.readChildUsage(runId));
  }

  async countChildren(parentRunId: string, parentSeq: number): Promise<ChildCounts> {
    return this.#read(() => this.#children.countChildren(parentRunId, parentSeq));
  }

  async listUnfinishedChildren(
    parentRunId: string,
    parentSeq: number,
    afterIndex: number,
    limit: number,
  ): Promise<ChildRow[]> {
    return this.#read(() => this.#children.listUnfinishedChildren(parentRunId, parentSeq, afterIndex, limit));
  }

  async readChildResults(parentRunId: string, parentSeq: number): Promise<ChildResult[]> {
    return this.#read(() => this.#children.readChildResults(parentRunId, parentSeq));
  }

  async listWaitingDescendants(runId: string, kinds: readonly Waiting['kind'][], limit: number): Promise<RunSummary[]> {
    return this.#read(() => this.#children.listWaitingDescendants(runId, kinds, limit));
  }

  async findOldestQueued(): Promise<number | undefined> {
    return this.#read(() => findOldestQueued(this.#db));
  }

  async listSurplus(graphId: string, key: string | null, limit: number): Promise<string[]> {
    return this.#read(() => this.#graphs.listSurplus(graphId, key, limit));
  }

  /** How many runs of a graph can be under way at a time, by its latest version; undefined: any number. */
  findLimit(graphId: string): ConcurrencyLimit | undefined {
    return this.#graphs.findLimit(graphId);
  }

  async listDueRuns(time: number, limit: number): Promise<string[]> {
    return this.#read(() => this.#wakeTimes.listDueRuns(time, limit));
  }

  async nextWakeAt(after: number): Promise<number | undefined> {
    return this.#read(() => this.#wakeTimes.nextWakeAt(after));
  }

  async deleteRun(runId: string): Promise<'deleted' | 'missing' | 'active' | 'child'> {
    const result = this.#write(() => this.#deletion.deleteRun(runId));
    if (result === 'deleted') this.options.signals.publish({ kind: 'run_deleted', runId });
    return result;
  }

  async deleteRunsFinishedBefore(time: number, limit: number): Promise<number> {
    let deleted = 0;
    while (this.sqlite.open) {
      const { count, isDone } = this.#write(() => this.#deletion.deleteRunsFinishedBefore(time, limit - deleted));
      deleted += count;
      if (isDone) break;
      // Runs with many children take several transactions, and others get their turn between them.
      await nextTurn();
    }
    return deleted;
  }

  async reclaimSpace(): Promise<void> {
    let before = Number.POSITIVE_INFINITY;
    for (let free = this.#freePages(); free > 0 && free < before; free = this.#freePages()) {
      before = free;
      this.#write(() => this.sqlite.pragma(`incremental_vacuum(${RECLAIM_PAGES})`));
      await nextTurn();
    }
  }

  async createGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }> {
    const saved = this.#write(() => this.#graphs.create(graph));
    this.#tellOfGraph(graph.graphId, saved.result === 'saved');
    return saved;
  }

  async updateGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }> {
    const saved = this.#write(() => this.#graphs.update(graph));
    this.#tellOfGraph(graph.graphId, saved.result === 'saved');
    return saved;
  }

  async deleteGraph(graphId: string, time: number): Promise<DeleteGraphResult> {
    const result = this.#write(() => this.#graphs.delete(graphId, time));
    this.#tellOfGraph(graphId, result === 'deleted');
    return result;
  }

  async findGraph(
    graphId: string,
    { version, withDeleted = false }: { version?: number; withDeleted?: boolean } = {},
  ): Promise<GraphVersion | undefined> {
    return this.#read(() => this.#graphs.find(graphId, version, withDeleted));
  }

  async findGraphText(
    graphId: string,
    { version, withDeleted = false }: { version?: number; withDeleted?: boolean } = {},
  ): Promise<StoredGraph | undefined> {
    return this.#read(() => this.#graphs.findText(graphId, version, withDeleted));
  }

  async hasGraph(graphId: string, version?: number): Promise<boolean> {
    return this.#read(() => this.#graphs.has(graphId, version));
  }

  async listGraphIds(limit: number): Promise<string[]> {
    return this.#read(() => this.#graphs.listIds(limit));
  }

  async listGraphs(after: string | undefined, limit: number, search?: string): Promise<ListedGraph[]> {
    return this.#read(() => this.#graphs.list(after, limit, search));
  }

  async obtainKey(name: string, fresh: string): Promise<string> {
    return this.#write(() => obtainKey(this.#db, name, fresh));
  }

  async close(): Promise<void> {
    if (!this.sqlite.open) return;
    this.#commits.flush();
    this.options.files?.unwatch();
    this.#checkpoints.run('TRUNCATE');
    this.#writer.close();
    try {
      this.sqlite.close();
    } finally {
      this.release();
    }
  }

  #freePages(): number {
    return this.sqlite.open ? Number(this.sqlite.pragma('freelist_count', { simple: true })) : 0;
  }

  /** @throws StoreUnavailableError if the database fails; it may be well again at the next try */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw isDatabaseFailure(thrown) ? new StoreUnavailableError(thrown) : thrown;
    }
  }

  #write<T>(work: () => T): T {
    const result = this.#writer.write(work);
    this.#checkpoints.check();
    return result;
  }

  #tellOfGraph(graphId: string, isChanged: boolean): void {
    if (isChanged) this.options.signals.publish({ kind: 'graph_changed', graphId });
  }
}
