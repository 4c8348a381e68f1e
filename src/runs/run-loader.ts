import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Json } from '../core/base/json.js';
import { estimateBytes } from '../core/base/json-size.js';
import { UnreadableError } from '../core/base/stored.js';
import { evaluateList } from '../core/expressions/expressions.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { blankRun } from '../core/run/blank-run.js';
import type { EventRecord, ParentLink } from '../core/run/events.js';
import { fold, readSnapshot } from '../core/run/journal.js';
import { MAX_DATA_BYTES } from '../core/run/patch.js';
import { scopeOf } from '../core/run/routing.js';
import { addAnnouncement, lacksAnnouncement } from '../core/run/snapshots.js';
import { type Children, cursorOf, type Inherited, isFinished, type RunState, statusOf } from '../core/run/state.js';
import { UnreadableRunError } from '../store/errors.js';
import { journalPages } from '../store/journal-pages.js';
import { isLastPage, type Store, type StoredRun, type Unit } from '../store/store.js';
import type { GraphCache } from './graph-cache.js';
import { isUnreadable } from './readable.js';
import type { Turns } from './turns.js';

/**
 * States that are kept at hand, and what branches stand on, by the bytes of what they were folded from: enough for a
 * hundred parents of some hundred kB that take turns. Each would be folded again for each of its children otherwise.
 */
const MAX_KEPT_BYTES = 67_108_864;
/**
 * States that were folded to be read are kept up to this size, apart from those that are kept on purpose: reading many
 * large runs never makes the executor fold its parents again. It has room for two of the largest.
 */
const MAX_READ_BYTES = 50_331_648;
const MAX_READ_STATES = 1000;
/** What a state takes besides what it was folded from, about. */
const STATE_BYTES = 1000;
const EVENTS_AT_A_TIME = 500;
/** Runs of which it is remembered that the log has been told of them. */
const MAX_REPORTED_RUNS = 1000;

/** What a parent's children stand on: its state when they were started, and what a for_each has branches for. */
export interface Base {
  readonly parent: RunState;
  readonly items: readonly Json[];
}

/** Folds runs. A branch stands on its parent's state at the event that started it, shared with its siblings. */
export class RunLoader {
  readonly #bases = new LRUCache<string, Base>({
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ parent }) => bytesOfState(parent),
  });
  /** Bases that are being loaded, so that siblings do not each load them. */
  readonly #loading = new Map<string, Promise<Base>>();
  readonly #kept = new LRUCache<string, RunState>({ maxSize: MAX_KEPT_BYTES, sizeCalculation: bytesOfState });
  readonly #read = new LRUCache<string, RunState>({ max: MAX_READ_STATES, maxSize: MAX_READ_BYTES });
  /** Runs that are being folded, so that many readers of one fold it once, and share the error if it cannot be read. */
  readonly #folding = new Map<string, Promise<RunState | undefined>>();

  /** Runs whose snapshot cannot be read, of which the log has been told. It is told again of those that are forgotten. */
  readonly #withoutSnapshot = new LRUCache<string, true>({ max: MAX_REPORTED_RUNS });

  constructor(
    private readonly store: Store,
    private readonly graphs: GraphCache,
    private readonly turns: Turns,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /**
   * The state of a run; `undefined` if there is no such run. What was folded is kept: the next load reads only what came
   * after it.
   * @param atSeq as it was at this record; as it is now if it is omitted
   * @throws UnreadableRunError
   */
  async load(runId: string, atSeq?: number): Promise<RunState | undefined> {
    if (atSeq !== undefined) return this.#fold(runId, atSeq);
    const folding = this.#folding.get(runId);
    const known = folding === undefined ? this.#atHand(runId) : await folding;
    // What others have folded can be older than this request: it is read on from there.
    if (known !== undefined) return (await this.#readOn(known)) ?? this.#foldOnce(runId);
    const isMissing = folding !== undefined && (await this.store.lastSeq(runId)) === 0;
    return isMissing ? undefined : this.#foldOnce(runId);
  }

  /** True if a run has a state at hand, so that loading it reads only what is new. */
  isAtHand(runId: string): boolean {
    return this.#kept.has(runId) || this.#read.has(runId);
  }

  /** About how many bytes are read to load a run, without reading them; 0 if it is at hand, or there is none. */
  async measure(runId: string): Promise<number> {
    if (this.isAtHand(runId)) return 0;
    let bytes = 0;
    for (let id: string | undefined = runId; id !== undefined; ) {
      const size = await this.store.measureRun(id);
      bytes += size?.bytes ?? 0;
      const base = size?.base ?? null;
      // What a branch stands on is folded too, unless it is kept.
      id = base === null || this.#bases.has(baseKey(base.runId, base.seq)) ? undefined : base.runId;
    }
    return bytes;
  }

  /** Keeps a state at hand: the next load reads only what came after it. */
  keep(state: RunState): void {
    this.#read.delete(state.runId);
    this.#kept.set(state.runId, state);
  }

  /**
   * Called after each commit: what is at hand stays as new as the journal, so that reading a live run folds nothing, and
   * whoever waits for a run is answered from the very state that ended the wait.
   */
  committed(units: readonly Unit[]): void {
    for (const { appends } of units) {
      for (const { state, isOutline } of appends) {
        if (isOutline === true) this.#drop(state.runId);
        else this.#keepOn(state, { onlyKnown: true });
      }
    }
  }

  /**
   * The state of a run that was kept when it was started, as it was then. It can be old, so it is good only for going on
   * with the run: whoever appends to an old state is refused.
   */
  findSubmitted(runId: string): RunState | undefined {
    const state = this.#kept.peek(runId);
    return state?.phase.kind === 'submitted' ? state : undefined;
  }

  /** Forgets a run that could not be stored. */
  forget(runId: string): void {
    this.#drop(runId);
  }

  /** What a branch has from its parent. */
  async inherited(link: Pick<ParentLink, 'run_id' | 'seq' | 'index'>): Promise<Inherited> {
    const key = baseKey(link.run_id, link.seq);
    const known = this.#bases.get(key);
    if (known !== undefined) return inheritedFrom(known, link.index);
    const loading = this.#loading.get(key) ?? this.#loadBase(link).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    const base = await loading;
    this.#bases.set(key, base);
    return inheritedFrom(base, link.index);
  }

  /** What the children of a parent stand on, resolved once for all of them. */
  base(parent: RunState, graph: CompiledGraph, children: Children): Base {
    const key = baseKey(parent.runId, children.seq);
    // Children are made some hundred at a time: the items are evaluated for the first of them.
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    // Nothing but the join of its children changes the data of a run that has them, so its state now serves.
    const base = baseOf(parent, graph);
    this.#bases.set(key, base);
    return base;
  }

  /**
   * Folds what came after a state that was kept; `undefined` if the journal does not hold what the state is of, or if so
   * much came after it that a snapshot is nearer.
   */
  async #readOn(known: RunState): Promise<RunState | undefined> {
    // The last event can be large, and whoever polls would have it read each time.
    const lastSeq = await this.store.lastSeq(known.runId);
    if (lastSeq === known.seq) return known;
    // The run was deleted.
    if (lastSeq < known.seq) return this.#drop(known.runId);
    let state = known;
    for await (const records of journalPages(this.store, known.runId, known.seq, EVENTS_AT_A_TIME)) {
      state = foldNewer(state, records);
      if (isLastPage(records, EVENTS_AT_A_TIME)) break;
      if (state.journalBytes > known.snapshotBytes + 2 * known.journalBytes) return undefined;
      if (this.turns.isOver()) await this.turns.next();
    }
    this.#keepOn(state);
    return state;
  }

  #atHand(runId: string): RunState | undefined {
    return this.#kept.get(runId) ?? this.#read.get(runId);
  }

  #drop(runId: string): undefined {
    this.#kept.delete(runId);
    this.#read.delete(runId);
  }

  /** Keeps a state in place of an earlier one, or as one that was read. What has finished is only read from here on. */
  #keepOn(state: RunState, { onlyKnown = false } = {}): void {
    const { runId } = state;
    const kept = this.#kept.peek(runId);
    const known = kept ?? this.#read.peek(runId);
    if (known === undefined ? onlyKnown : known.seq >= state.seq) return;
    if (kept === undefined) this.#keepRead(state);
    else if (!isFinished(statusOf(state))) this.#kept.set(runId, state);
    else {
      this.#kept.delete(runId);
      // Children are many, and few are looked at.
      if (state.parent === null) this.#keepRead(state);
    }
  }

  #keepRead(state: RunState): void {
    const { parent, runId } = state;
    if (parent?.kind !== 'branch') {
      this.#read.set(runId, state, { size: bytesOfState(state) });
      return;
    }
    // A branch holds what it has from its parent. It is not kept once nobody knows how much that is.
    const base = this.#bases.peek(baseKey(parent.run_id, parent.seq));
    if (base === undefined) this.#read.delete(runId);
    else this.#read.set(runId, state, { size: bytesOfState(state) + bytesOfState(base.parent) });
  }

  /** Folds a run; those that come meanwhile get the same state, or the same error. */
  #foldOnce(runId: string): Promise<RunState | undefined> {
    // A fold that is under way here has begun after the caller's request.
    const known = this.#folding.get(runId);
    if (known !== undefined) return known;
    const folding = this.#foldAndKeep(runId).finally(() => this.#folding.delete(runId));
    this.#folding.set(runId, folding);
    return folding;
  }

  async #foldAndKeep(runId: string): Promise<RunState | undefined> {
    const state = await this.#fold(runId, undefined);
    if (state !== undefined) this.#keepOn(state);
    return state;
  }

  async #fold(runId: string, atSeq: number | undefined): Promise<RunState | undefined> {
    const stored = await this.store.loadRun(runId, atSeq);
    if (stored === undefined) return undefined;
    const { submitted, tail } = stored;
    const { parent } = submitted;
    const inherited = parent?.kind === 'branch' ? await this.#inheritedBy(runId, parent) : undefined;
    const start = await this.#startOf(runId, stored, inherited);
    const begun = start === undefined ? blankRun(runId, inherited) : fold(start, tail);
    const state = start !== undefined && isLastPage(tail) ? begun : await this.#foldRest(begun, atSeq);
    if (state === undefined || !lacksAnnouncement(state)) return state;
    const [before] = await this.store.readEvents(runId, state.seq - 2, 1);
    return addAnnouncement(state, before?.event);
  }

  /**
   * What the tail of a run is folded on; `undefined` if that is a snapshot which cannot be read. It only saves time: the
   * journal from its first event on says the same.
   */
  async #startOf(
    runId: string,
    { submitted, snapshot }: StoredRun,
    inherited: Inherited | undefined,
  ): Promise<RunState | undefined> {
    if (snapshot === undefined) return blankRun(runId, inherited);
    try {
      const state = await this.turns.inSlices(readSnapshot(snapshot, submitted.input_data, inherited));
      return { ...state, startedBy: submitted.started_by ?? null };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      if (this.#withoutSnapshot.has(runId)) return undefined;
      this.#withoutSnapshot.set(runId, true);
      this.logger.warn(
        { run_id: runId, err: error },
        'a snapshot cannot be read; the journal of the run is read instead',
      );
      return undefined;
    }
  }

  /** Folds the pages that follow a state; `undefined` if the run is deleted meanwhile. */
  async #foldRest(begun: RunState, atSeq = Number.POSITIVE_INFINITY): Promise<RunState | undefined> {
    let state = begun;
    if (this.turns.isOver()) await this.turns.next();
    for await (const records of journalPages(this.store, begun.runId, begun.seq, EVENTS_AT_A_TIME)) {
      state = foldNewer(state, records, atSeq);
      if ((records.at(-1)?.seq ?? atSeq) >= atSeq) break;
      if (this.turns.isOver()) await this.turns.next();
    }
    const [last] = await this.store.readEvents(state.runId, state.seq - 1, 1);
    return last?.seq === state.seq ? state : undefined;
  }

  async #inheritedBy(runId: string, link: ParentLink): Promise<Inherited> {
    try {
      return await this.inherited(link);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      throw new UnreadableRunError(runId, `it is a branch, and ${error.message.replace(/\.$/, '')}`, error);
    }
  }

  async #loadBase({ run_id: runId, seq }: Pick<ParentLink, 'run_id' | 'seq'>): Promise<Base> {
    const parent = await this.#fold(runId, seq);
    if (parent === undefined) throw new UnreadableRunError(runId, 'it is not stored');
    const graph = await this.graphs.pinned(parent.graphId, parent.graphVersion);
    return baseOf(parent, graph);
  }
}

/** What a branch has from its parent. */
export function inheritedFrom({ parent, items }: Base, index: number): Inherited {
  return { inputData: parent.inputData, data: parent.data, item: items[index] ?? null };
}

/**
 * About how large a state is. Its data and its signals have a limit, whatever the journal holds; a snapshot does not have
 * the input.
 */
export function bytesOfState({ snapshotBytes, journalBytes, inputData, inbox }: RunState): number {
  const input = snapshotBytes === 0 ? 0 : inputBytes(inputData);
  return Math.min(snapshotBytes + journalBytes, MAX_DATA_BYTES + (inbox?.bytes ?? 0)) + input + STATE_BYTES;
}

/** Sizes of inputs: a state is measured at each of its events, and its input stays what it is. */
const inputSizes = new WeakMap<object, number>();

function inputBytes(inputData: Json): number {
  if (typeof inputData !== 'object' || inputData === null) return estimateBytes(inputData);
  const known = inputSizes.get(inputData) ?? estimateBytes(inputData);
  inputSizes.set(inputData, known);
  return known;
}

/** Folds those of some records that a state does not know, up to a record. */
function foldNewer(state: RunState, records: readonly EventRecord[], atSeq = Number.POSITIVE_INFINITY): RunState {
  return fold(
    state,
    records.filter(({ seq }) => seq > state.seq && seq <= atSeq),
  );
}

function baseKey(runId: string, seq: number): string {
  return `${runId}@${seq}`;
}

function baseOf(parent: RunState, graph: CompiledGraph): Base {
  const route = graph.nodes.get(cursorOf(parent)?.node ?? '')?.route;
  const items = route?.kind === 'for_each' ? evaluateList(route.items, scopeOf(parent)).value : [];
  return { parent, items };
}
