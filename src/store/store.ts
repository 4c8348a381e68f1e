import type { Usage } from '../core/base/usage.js';
import type { NewDelivery } from '../core/delivery/outbox.js';
import type { GraphDefinition } from '../core/graph/definition.js';
import type { ChildrenView } from '../core/run/children.js';
import type { EventOf, EventRecord, RunError } from '../core/run/events.js';
import type { ChildResult } from '../core/run/join.js';
import type { StartedBy } from '../core/run/started-by.js';
import type { RunState, RunStatus, Waiting } from '../core/run/state.js';
import type { RunOutline } from '../core/run/unread.js';
import type { Deliveries } from './deliveries.js';
import type { AcceptedDelivery, HookStore } from './hooks.js';
import type { Claim, Wake } from './queue.js';
import type { RawJournals } from './raw-journals.js';
import type { RunFilter } from './run-filter.js';
import type { DeleteGraphResult, ScheduleAdvance, ScheduleStore } from './schedules.js';
import type { UnfinishedRun, UnfinishedStatus } from './unfinished-run.js';

/** What a new run brings besides its first event. */
export interface NewRun {
  readonly idempotency?: Idempotency;
  /** The graph version was chosen because it is the latest; if it is not any more, that is a {@link GraphStaleError}. */
  readonly isLatest?: boolean;
  /** Of a child that gets its slot at once: see {@link Slot}. */
  readonly slotSeq?: number;
}

/** A client's key for a request, and what the request was. */
export interface Idempotency {
  readonly key: string;
  readonly fingerprint: string;
}

/** Events of one run to append, all or none. */
export interface RunAppend {
  /** The state after the events; the run's row follows from it where `rowChanged`. */
  readonly state: RunState;
  /** Consecutive records; the first one's seq is the fence: whoever finds it taken has lost. */
  readonly records: readonly EventRecord[];
  /** The status changed, or what the run waits for. */
  readonly rowChanged: boolean;
  /**
   * Set for a run that is new: its row is made, if its graph version is still there (a branch has its parent's).
   * A child that is there already, by parent, seq and index, is a {@link ConflictError}.
   */
  readonly create?: NewRun;
  /** The state holds only what the row says: the journal was not read, or cannot be. */
  readonly isOutline?: boolean;
  /** Replaces the run's snapshot; true at the last record. */
  readonly snapshot?: string;
  /** Callbacks that tell of the events. */
  readonly deliveries?: readonly NewDelivery[];
}

/** The turn of a child, which gives it the right to run: its parent runs only so many at a time. */
export interface Slot {
  readonly runId: string;
  /** The event of the parent that the slot belongs to: what started its children, or its last retry. */
  readonly slotSeq: number;
}

/** What is committed together, isolated from the other units in its transaction. */
export interface Unit {
  readonly appends: readonly RunAppend[];
  /** Slots that are handed out. A child that has that very slot already is a {@link ConflictError}. */
  readonly slots?: readonly Slot[];
  /** Runs that become due by this. */
  readonly wakes?: readonly Wake[];
  /** Runs that the top run of each new child can have inside it, counted over all that were ever made. */
  readonly maxDescendants?: number;
  /** The claim that this ends: its run has ended or waits. */
  readonly done?: Claim;
  /** The schedule that moves on. If somebody else has changed it, that is a {@link ScheduleMovedError}. */
  readonly schedule?: ScheduleAdvance;
  /** What a hook was sent that led to this. One that was accepted before is a {@link DeliveryTakenError}. */
  readonly delivery?: AcceptedDelivery;
}

/** A stored graph version. Times are milliseconds since 1970. */
export interface GraphVersion {
  readonly graphId: string;
  readonly version: number;
  readonly name: string;
  readonly definition: GraphDefinition;
  readonly createdAt: number;
}

/** A graph version whose definition is not read yet. */
export interface StoredGraph extends Omit<GraphVersion, 'definition'> {
  readonly text: string;
  /** The text is JSON. */
  readonly isJson: boolean;
}

/**
 * A graph as lists show it. The description is null if there is none, or none that can be read; `isTool`: it says that it is
 * a tool of the MCP server.
 */
export type ListedGraph = Omit<GraphVersion, 'definition'> & {
  readonly description: string | null;
  readonly isTool: boolean;
};

/** The row of a run: what lists show. Times are milliseconds since 1970. */
export interface RunSummary {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly status: RunStatus;
  readonly parentRunId: string | null;
  /** Which of its parent's children it is. */
  readonly childIndex: number | null;
  /** Of a branch what tells it from its siblings: the node that it begins at, or its item as text. */
  readonly branch: string | null;
  readonly waitingFor: Waiting['kind'] | null;
  /** Somebody has paused it; false once it has finished. */
  readonly paused: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedBy: StartedBy;
  readonly error: RunError | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/**
 * A page of records ends with the one that brings it to this size, whatever its limit: their payloads in characters.
 * Reading and parsing so much takes a few milliseconds. A single event can be larger.
 */
export const MAX_PAGE_SIZE = 1_048_576;

/** True if nothing followed a page of records when it was read: it has room left. */
export function isLastPage(records: readonly EventRecord[], limit = Number.POSITIVE_INFINITY): boolean {
  if (records.length >= limit) return false;
  let size = 0;
  for (const { payload } of records) size += payload.length;
  return size < MAX_PAGE_SIZE;
}

/** How much is read to load a run. */
export interface RunSize {
  /** Bytes of its first event, its snapshot, and the events after that. */
  readonly bytes: number;
  /** The event of its parent that started it, if it runs the same graph version, as a branch does. */
  readonly base: { readonly runId: string; readonly seq: number } | null;
}

/** What a run folds from. */
export interface StoredRun {
  /** The first event. */
  readonly submitted: EventOf<'run.submitted'>;
  readonly snapshot: string | undefined;
  /** The first page of the records after the snapshot; from the first on if there is none. */
  readonly tail: readonly EventRecord[];
}

/** A child, and which of its parent's children it is. */
export interface ChildRow {
  readonly runId: string;
  readonly index: number;
}

/** How many children a run has, and how far they are. */
export interface ChildCounts {
  readonly made: number;
  readonly ended: number;
  /** Those of the ended ones that failed or were cancelled. */
  readonly lost: number;
  /** Those that have not ended, have their slot, and do not wait. */
  readonly running: number;
  readonly waiting: number;
}

/** What is done with a new graph version. */
export type SaveGraphResult = 'saved' | 'id_taken' | 'name_taken' | 'missing';

/**
 * The persistence port. Every method is atomic; what it reads is committed.
 * Calls reject with {@link StoreUnavailableError} while the database cannot be written, or not be read. Those that read
 * the journal of a run reject with {@link UnreadableRunError} if a record cannot be read or is missing; lists do not.
 */
export interface Store extends RawJournals {
  /** Hooks, and what they were sent. */
  readonly hooks: HookStore;

  /**
   * Commits a unit, durably, together with others that are ready. When the database fails while it commits, the outcome
   * is read back before the caller is answered.
   * The run queue and the signals beside the store follow from what it stores.
   * @throws ConflictError | ReplayError | GraphGoneError | GraphStaleError | ScheduleMovedError | ConcurrencyFullError |
   * TooManyDescendantsError | DeliveryTakenError | StoreUnavailableError; nothing of the unit is then stored.
   * @throws OutcomeUnknownError only when the store is closed, or gives up for good, before the outcome was read back.
   */
  commit(unit: Unit): Promise<void>;
  /** The callbacks that were committed. */
  readonly deliveries: Deliveries;
  /** False from a failed commit on until one succeeds. */
  isHealthy(): boolean;

  /**
   * What a run folds from, or `undefined` if there is no such run. If the tail is not a last page, more of it
   * is to be read with {@link readEvents}.
   * @param atSeq as it was at this record; as it is now if it is omitted
   */
  loadRun(runId: string, atSeq?: number): Promise<StoredRun | undefined>;
  /** What is known of a run without reading what its journal says; `undefined` where there is no such run. */
  outlineRun(runId: string): Promise<RunOutline | undefined>;
  /** How much {@link loadRun} and what follows it would read, without reading it; `undefined` if there is no such run. */
  measureRun(runId: string): Promise<RunSize | undefined>;
  /** Bytes of the payloads of records with a seq above `afterSeq`, of the first `limit` of them, without reading them. */
  measureEvents(runId: string, afterSeq: number, limit: number): Promise<number>;
  /** Bytes of the payloads that {@link readLogEvents} would read, and of those between them, without reading them. */
  measureLogEvents(runId: string, afterLine: number, limit: number): Promise<number>;
  /** The seq of the last record of a run, without reading it; 0 if there is none. */
  lastSeq(runId: string): Promise<number>;
  /** Records with a seq above `afterSeq`, in order: a page of at most `limit`, see {@link isLastPage}. */
  readEvents(runId: string, afterSeq: number, limit: number): Promise<EventRecord[]>;
  /** Records that add log lines numbered above `afterLine`, in order: a page of at most `limit`. */
  readLogEvents(runId: string, afterLine: number, limit: number): Promise<EventRecord[]>;
  /** The run that an idempotency key started, and what the request was. */
  findByIdempotencyKey(key: string): Promise<{ runId: string; fingerprint: string } | undefined>;
  listRuns(filter: RunFilter): Promise<RunSummary[]>;
  /** How many runs {@link listRuns} would list: at most `limit`, without reading them. */
  countRuns(filter: RunFilter): Promise<number>;
  /**
   * The run down to which a list should be searched before others have their turn, if the filter can refuse many runs one
   * by one; it need not fit. Undefined if the rest can be searched at once.
   */
  findSearchPause(filter: RunFilter): Promise<string | undefined>;
  /** All runs that have not finished, oldest first. */
  listUnfinishedRuns(): Promise<UnfinishedRun[]>;
  /** How many runs have not finished, by status; children count too. */
  countUnfinishedRuns(): Promise<Readonly<Record<UnfinishedStatus, number>>>;
  /** When the oldest top-level run of each status was submitted, in milliseconds since 1970; undefined if there is none. */
  findOldestUnfinished(): Promise<Readonly<Record<UnfinishedStatus, number | undefined>>>;
  /**
   * What a parent needs to know of the children that its event `parentSeq` started, without reading all of them.
   * @param slotSeq the event that slots belong to now: `parentSeq`, or the parent's last retry
   * @param limit how many of the next ones without a slot
   * @param retriedAt when the parent was last retried (milliseconds since 1970): a child that was made since and ended
   * before it had a slot is lost
   * @param lostLimit lost children are counted up to this; 1 if it is omitted
   */
  viewChildren(
    parentRunId: string,
    parentSeq: number,
    slotSeq: number,
    limit: number,
    retriedAt?: number,
    lostLimit?: number,
  ): Promise<ChildrenView>;
  /** How many children an event of a run started, and how far they are. All that have not ended are of its last such event. */
  countChildren(parentRunId: string, parentSeq: number): Promise<ChildCounts>;
  /** Tokens that all runs inside a run have used, at any depth; null if it has had such since before they were counted. */
  readChildUsage(runId: string): Promise<Usage | null>;
  /** The children that an event of a run started and that have not finished, above an index, at most `limit`. */
  listUnfinishedChildren(
    parentRunId: string,
    parentSeq: number,
    afterIndex: number,
    limit: number,
  ): Promise<ChildRow[]>;
  /** What became of the children that an event of a run started, by index; all of them have finished. */
  readChildResults(parentRunId: string, parentSeq: number): Promise<ChildResult[]>;
  /** Children (of any depth) of a run that wait for one of these. At most `limit`. */
  listWaitingDescendants(runId: string, kinds: readonly Waiting['kind'][], limit: number): Promise<RunSummary[]>;
  /**
   * Since when the top-level run has waited to begin that has waited longest: since it was submitted, or retried (milliseconds
   * since 1970). Of those that were submitted first; retried ones are few.
   */
  findOldestQueued(): Promise<number | undefined>;
  /**
   * Runs of a line that are too many, if the newest are to be under way: all that have not ended but for as many of the
   * newest as the latest version of the graph allows. The oldest first, at most `limit`.
   */
  listSurplus(graphId: string, key: string | null, limit: number): Promise<string[]>;
  /** Runs whose `wakeAt` (see `core/run/state.ts`) is at or before a time, earliest first, at most `limit`. */
  listDueRuns(time: number, limit: number): Promise<string[]>;
  /** The earliest `wakeAt` after a time, if there is one. */
  nextWakeAt(after: number): Promise<number | undefined>;
  /** Deletes a finished top-level run with its children and all that belongs to them. */
  deleteRun(runId: string): Promise<'deleted' | 'missing' | 'active' | 'child'>;
  /** Deletes finished top-level runs, with their children, that ended before a time (milliseconds since 1970), at most `limit`; says how many. */
  deleteRunsFinishedBefore(time: number, limit: number): Promise<number>;
  /** Gives unused space back to the file system, a little at a time. */
  reclaimSpace(): Promise<void>;

  /** Saves the first version of a graph. Version numbers go on where a deleted graph had the id. */
  createGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }>;
  /** Saves the next version of a graph that is there. */
  updateGraph(graph: Omit<GraphVersion, 'version'>): Promise<{ result: SaveGraphResult; version: number }>;
  /** Marks a graph as deleted, unless runs of it are active, or something uses it. */
  deleteGraph(graphId: string, time: number): Promise<DeleteGraphResult>;
  /**
   * A version of a graph (the latest where none is named). Deleted graphs are found only with `withDeleted`.
   * @throws UnreadableGraphError
   */
  findGraph(graphId: string, options?: { version?: number; withDeleted?: boolean }): Promise<GraphVersion | undefined>;
  /** The same with the definition as it is stored: reading the largest takes 70 ms, which the caller can do in steps. */
  findGraphText(
    graphId: string,
    options?: { version?: number; withDeleted?: boolean },
  ): Promise<StoredGraph | undefined>;
  /** True if a graph, or a version of it, is there and not deleted. Does not read it. */
  hasGraph(graphId: string, version?: number): Promise<boolean>;
  /** The ids of the first graphs, in order. Reads none of them. */
  listGraphIds(limit: number): Promise<string[]>;
  /** The latest version of each graph, by id, after the id `after`; with `search`, of those with this text in their id or name. */
  listGraphs(after: string | undefined, limit: number, search?: string): Promise<ListedGraph[]>;

  /**
   * The key that all servers on the database have for a purpose. The first who asks stores the one that is given.
   * @param fresh a secret that has just been made at random
   */
  obtainKey(name: string, fresh: string): Promise<string>;
  /** What starts runs at certain times. */
  readonly schedules: ScheduleStore;

  close(): Promise<void>;
}

/** Called after each commit with the units that it stored, and how long it took in milliseconds. Must not throw. */
export type CommitObserver = (units: readonly Unit[], tookMs: number) => void;
