import { setImmediate as nextTurn } from 'node:timers/promises';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Usage } from '../../core/base/usage.js';
import type { ChildrenView } from '../../core/run/children.js';
import type { EventRecord } from '../../core/run/events.js';
import type { ChildResult } from '../../core/run/join.js';
import type { Waiting } from '../../core/run/state.js';
import type { RunOutline } from '../../core/run/unread.js';
import type { Deliveries } from '../deliveries.js';
import { StoreUnavailableError } from '../errors.js';
import { Health } from '../health.js';
import type { PortsOptions } from '../ports.js';
import type { RunFilter } from '../run-filter.js';
import type { DeleteGraphResult, ScheduleStore } from '../schedules.js';
import type { Signals } from '../signals.js';
import type {
  ChildCounts,
  ChildRow,
  CommitObserver,
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
import { BatchWriter } from './batch-writer.js';
import { ChildReader } from './child-reader.js';
import { isStorable } from './column-values.js';
import { type Pools, send, WRITERS } from './connection.js';
import { PostgresDeliveries } from './deliveries.js';
import { ConnectionError, isDatabaseFailure, unwrap } from './failures.js';
import { Graphs } from './graphs.js';
import { GroupCommit } from './group-commit.js';
import { PostgresHooks } from './hooks.js';
import { JournalReader } from './journal-reader.js';
import { isStored } from './outcome.js';
import type { CommitParticipant } from './participant.js';
import { RunDeletion } from './run-deletion.js';
import { RunLists } from './run-list.js';
import { PostgresSchedules } from './schedules.js';
import { obtainKey } from './server-keys.js';
import { findOwner } from './unit-writer.js';

export interface PostgresStoreOptions extends Pick<PortsOptions, 'logger'> {
  /** Where deleted runs and changed graphs are published. For commits there is `onCommit`. */
  readonly signals: Pick<Signals, 'publish'>;
  /** Who stores something of its own in the transactions of units. */
  readonly participants: readonly CommitParticipant[];
  readonly onCommit: CommitObserver;
}

/** The store on Postgres, which other processes use at the same time. */
export class PostgresStore implements Store {
  readonly schedules: ScheduleStore;
  readonly hooks: PostgresHooks;
  readonly #health: Health;
  readonly #commits: GroupCommit;
  readonly #journals: JournalReader;
  readonly #children: ChildReader;
  readonly #lists: RunLists;
  readonly #deletion: RunDeletion;
  readonly #graphs: Graphs;
  readonly deliveries: Deliveries;
  readonly readJournals: Store['readJournals'] = (...given) => this.#read(() => this.#journals.readRows(...given));
  readonly countRuns: Store['countRuns'] = (filter) => this.#read(() => this.#lists.countRuns(filter));
  #isClosed = false;

  constructor(
    private readonly pools: Pools,
    private readonly options: PostgresStoreOptions,
  ) {
    const { readers, writers } = pools;
    const db: NodePgDatabase = drizzle(readers);
    this.#journals = new JournalReader(readers);
    this.#children = new ChildReader(readers, db);
    this.#lists = new RunLists(db);
    this.#deletion = new RunDeletion(readers);
    this.#graphs = new Graphs(readers, db);
    this.schedules = new PostgresSchedules(readers, {
      read: (work) => this.#read(work),
      write: (work) => this.#write(work),
      changed: () => options.signals.publish({ kind: 'schedules_changed' }),
    });
    this.deliveries = new PostgresDeliveries(readers, {
      read: (work) => this.#read(work),
      write: (work) => this.#write(work),
    });
    this.hooks = new PostgresHooks(readers, { read: (work) => this.#read(work), write: (work) => this.#write(work) });
    this.#health = new Health(options.logger, () => probe(pools));
    const batches = new BatchWriter(writers, options.participants);
    this.#commits = new GroupCommit({
      writers: WRITERS,
      write: (batch) => batches.write(batch),
      isStored: (units, transactionId) => isStored(readers, units, transactionId),
      health: this.#health,
      committed: options.onCommit,
      now: () => performance.now(),
    });
  }

  commit(unit: Unit): Promise<void> {
    return this.#commits.commit(unit);
  }

  isHealthy(): boolean {
    return this.#health.isHealthy();
  }

  /** Finds out whether the database can be written, because something that needs it failed. */
  doubt(): void {
    this.#health.doubt();
  }

  loadRun(runId: string, atSeq?: number): Promise<StoredRun | undefined> {
    return this.#read(() => this.#journals.loadRun(runId, atSeq));
  }

  outlineRun(runId: string): Promise<RunOutline | undefined> {
    return this.#read(() => this.#journals.outlineRun(runId));
  }

  measureRun(runId: string): Promise<RunSize | undefined> {
    return this.#read(() => this.#journals.measureRun(runId));
  }

  measureEvents(runId: string, afterSeq: number, limit: number): Promise<number> {
    return this.#read(() => this.#journals.measureEvents(runId, afterSeq, limit));
  }

  measureLogEvents(runId: string, afterLine: number, limit: number): Promise<number> {
    return this.#read(() => this.#journals.measureLogEvents(runId, afterLine, limit));
  }

  lastSeq(runId: string): Promise<number> {
    return this.#read(() => this.#journals.lastSeq(runId));
  }

  readEvents(runId: string, afterSeq: number, limit: number): Promise<EventRecord[]> {
    return this.#read(() => this.#journals.readEvents(runId, afterSeq, limit));
  }

  readLogEvents(runId: string, afterLine: number, limit: number): Promise<EventRecord[]> {
    return this.#read(() => this.#journals.readLogEvents(runId, afterLine, limit));
  }

  findByIdempotencyKey(key: string): Promise<{ runId: string; fingerprint: string } | undefined> {
    return this.#read(async () => (isStorable(key) ? findOwner(this.pools.readers, key) : undefined));
  }

  listRuns(filter: RunFilter): Promise<RunSummary[]> {
    return this.#read(() => this.#lists.listRuns(filter));
  }

  /** There is none: a search keeps nobody else in this process from their turn. */
  async findSearchPause(): Promise<undefined> {
    return undefined;
  }

  listUnfinishedRuns(): Promise<UnfinishedRun[]> {
    return this.#read(() => this.#lists.listUnfinishedRuns());
  }

  countUnfinishedRuns(): Promise<Readonly<Record<UnfinishedStatus, number>>> {
    return this.#read(() => this.#lists.countUnfinishedRuns());
  }

  findOldestUnfinished(): Promise<Readonly<Record<UnfinishedStatus, number | undefined>>> {
    return this.#read(() => this.#lists.findOldestUnfinished());
  }

  viewChildren(
    parentRunId: string,
    parentSeq: number,
    slotSeq: number,
    limit: number,
    retriedAt?: number,
    lostLimit?: number,
  ): Promise<ChildrenView> {
    return this.#read(() => this.#children.viewChildren(parentRunId, parentSeq, slotSeq, limit, retriedAt, lostLimit));
  }

  readChildUsage(runId: string): Promise<Usage | null> {
    return this.#read(() => this.#children.readChildUsage(runId));
  }

  countChildren(parentRunId: string, parentSeq: number): Promise<ChildCounts> {
    return this.#read(() => this.#children.countChildren(parentRunId, parentSeq));
  }

  listUnfinishedChildren(
    parentRunId: string,
    parentSeq: number,
    afterIndex: number,
    limit: number,
  ): Promise<ChildRow[]> {
    return this.#read(() => this.#children.listUnfinishedChildren(parentRunId, parentSeq, afterIndex, limit));
  }

  readChildResults(parentRunId: string, parentSeq: number): Promise<ChildResult[]> {
    return this.#read(() => this.#children.readChildResults(parentRunId, parentSeq));
  }

  listWaitingDescendants(runId: string, kinds: readonly Waiting['kind'][], limit: number): Promise<RunSummary[]> {
    return this.#read(() => this.#children.listWaitingDescendants(runId, kinds, limit));
  }

  findOldestQueued(): Promise<number | undefined> {
    return this.#read(() => this.#lists.findOldestQueued());
  }

  listSurplus(graphId: string, key: string | null, limit: number): Promise<string[]> {
    return this.#read(() => this.#lists.listSurplus(graphId, key, limit));
  }

  listDueRuns(time: number, limit: number): Promise<string[]> {
    return this.#read(() => this.#lists.listDueRuns(time, limit));
  }

  nextWakeAt(after: number): Promise<number | undefined> {
    return this.#read(() => this.#lists.nextWakeAt(after));
  }

  async deleteRun(runId: string): Promise<'deleted' | 'missing' | 'active' | 'child'> {
    const result = await this.#write(() => this.#deletion.deleteRun(runId));
    if (result === 'deleted') this.options.signals.publish({ kind: 'run_deleted', runId });
    return result;
  }

  async deleteRunsFinishedBefore(time: number, limit: number): Promise<number> {
    let deleted = 0;
    while (!this.#isClosed) {
      const { count, isDone } = await this.#write(() => this.#deletion.deleteRunsFinishedBefore(time, limit - deleted));
      deleted += count;
      if (isDone) break;
      // Runs with many children take several transactions, and others get their turn between them.
      await nextTurn();
    }
    return deleted;
  }

  /** Autovacuum does it. */
  async reclaimSpace(): Promise<void> {}

  async createGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }> {
    const saved = await this.#write(() => this.#graphs.create(graph));
    this.#tellOfGraph(graph.graphId, saved.result === 'saved');
    return saved;
  }

  async updateGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }> {
    const saved = await this.#write(() => this.#graphs.update(graph));
    this.#tellOfGraph(graph.graphId, saved.result === 'saved');
    return saved;
  }

  async deleteGraph(graphId: string, time: number): Promise<DeleteGraphResult> {
    const result = await this.#write(() => this.#graphs.delete(graphId, time));
    this.#tellOfGraph(graphId, result === 'deleted');
    return result;
  }

  findGraph(
    graphId: string,
    { version, withDeleted = false }: { version?: number; withDeleted?: boolean } = {},
  ): Promise<GraphVersion | undefined> {
    return this.#read(() => this.#graphs.find(graphId, version, withDeleted));
  }

  findGraphText(
    graphId: string,
    { version, withDeleted = false }: { version?: number; withDeleted?: boolean } = {},
  ): Promise<StoredGraph | undefined> {
    return this.#read(() => this.#graphs.findText(graphId, version, withDeleted));
  }

  hasGraph(graphId: string, version?: number): Promise<boolean> {
    return this.#read(() => this.#graphs.has(graphId, version));
  }

  listGraphIds(limit: number): Promise<string[]> {
    return this.#read(() => this.#graphs.listIds(limit));
  }

  listGraphs(after: string | undefined, limit: number, search?: string): Promise<ListedGraph[]> {
    return this.#read(() => this.#graphs.list(after, limit, search));
  }

  obtainKey(name: string, fresh: string): Promise<string> {
    return this.#write(() => obtainKey(this.pools.readers, name, fresh));
  }

  /** The greatest id of a run that is stored. */
  findNewestRunId(): Promise<string | undefined> {
    return this.#read(() => this.#lists.findNewestRunId());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#commits.close();
    this.#health.close();
    await this.pools.close();
  }

  /** @throws StoreUnavailableError if the database fails; it may be well again at the next try */
  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      const explained = explain(thrown);
      // Or all connections for readers are in use.
      if (explained instanceof StoreUnavailableError) this.#health.doubt();
      throw explained;
    }
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#isClosed) throw new StoreUnavailableError(new Error('The store is closed.'));
      const result = await work();
      this.#health.succeed();
      return result;
    } catch (thrown) {
      const explained = explain(thrown);
      if (explained instanceof StoreUnavailableError) this.#health.fail(thrown);
      throw explained;
    }
  }

  #tellOfGraph(graphId: string, isChanged: boolean): void {
    if (isChanged) this.options.signals.publish({ kind: 'graph_changed', graphId });
  }
}

/** What Drizzle throws has the values in its message, which logs must not have. */
function explain(thrown: unknown): unknown {
  return isDatabaseFailure(thrown) ? new StoreUnavailableError(unwrap(thrown)) : unwrap(thrown);
}

/** Tries whether the database can be written: a server that was demoted to a standby can be read. */
async function probe({ writers }: Pools): Promise<void> {
  const { rows } = await send<{ isStandby: boolean }>(writers, { text: 'SELECT pg_is_in_recovery() AS "isStandby"' });
  if (rows[0]?.isStandby !== false) throw new ConnectionError(new Error('The server is a standby.'));
}
