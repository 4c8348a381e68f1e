import { LRUCache } from 'lru-cache';
import type { Json } from '../core/base/json.js';
import { evaluateList } from '../core/expressions/expressions.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import type { ParentLink } from '../core/run/events.js';
import { evolve } from '../core/run/evolve.js';
import { fold, readSnapshot } from '../core/run/journal.js';
import { scopeOf } from '../core/run/routing.js';
import { addAnnouncement, lacksAnnouncement } from '../core/run/snapshots.js';
import { blankRun, type Children, cursorOf, type Inherited, type RunState } from '../core/run/state.js';
import type { Store } from '../store/store.js';
import type { GraphCache } from './graph-cache.js';

/**
 * States that are kept at hand, and what branches stand on, by the bytes of what they were folded from: enough for a
 * hundred parents of some hundred kB that take turns. Each would be folded again for each of its children otherwise.
 */
const MAX_KEPT_BYTES = 67_108_864;
/** What a state takes besides what it was folded from, about. */
const STATE_BYTES = 1000;
const EVENTS_AT_A_TIME = 500;

/** What a parent's children stand on: its state when they were started, and what a for_each has branches for. */
export interface Base {
  readonly parent: RunState;
  readonly items: readonly Json[];
}

/** Folds runs. A branch stands on its parent's state at the event that started it, shared with its siblings. */
export class RunLoader {
  readonly #bases = new LRUCache<string, Base>({
    maxSize: MAX_KEPT_BYTES,
    sizeCalculation: ({ parent }) => sizeOf(parent),
  });
  /** Bases that are being loaded, so that siblings do not each load them. */
  readonly #loading = new Map<string, Promise<Base>>();
  readonly #kept = new LRUCache<string, RunState>({ maxSize: MAX_KEPT_BYTES, sizeCalculation: sizeOf });

  constructor(
    private readonly store: Store,
    private readonly graphs: GraphCache,
  ) {}

  /**
   * The state of a run; `undefined` if there is no such run.
   * @param atSeq as it was at this record; as it is now if it is omitted
   */
  async load(runId: string, atSeq?: number): Promise<RunState | undefined> {
    const known = atSeq === undefined ? this.#kept.get(runId) : undefined;
    const kept = known === undefined ? undefined : await this.#readOn(known);
    return kept ?? this.#fold(runId, atSeq);
  }

  /** Keeps a state at hand: the next load reads only what came after it. */
  keep(state: RunState): void {
    this.#kept.set(state.runId, state);
  }

  /**
   * Takes the state of a run that was kept when it was started, as it was then. It can be old, so it is good only for
   * going on with the run: whoever appends to an old state is refused.
   */
  takeSubmitted(runId: string): RunState | undefined {
    const state = this.#kept.peek(runId);
    if (state?.phase.kind !== 'submitted') return undefined;
    this.#kept.delete(runId);
    return state;
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

  /** Folds what came after a state that was kept; `undefined` if the journal does not hold what the state is of. */
  async #readOn(known: RunState): Promise<RunState | undefined> {
    let state = known;
    for (let after = known.seq - 1; ; ) {
      const records = await this.store.readEvents(known.runId, after, EVENTS_AT_A_TIME);
      const last = records.at(-1);
      // The run was deleted.
      if (after < known.seq && records[0]?.seq !== known.seq) return this.#drop(known.runId);
      for (const record of records) if (record.seq > state.seq) state = evolve(state, record);
      if (last === undefined || records.length < EVENTS_AT_A_TIME) break;
      after = last.seq;
    }
    if (state !== known) this.keep(state);
    return state;
  }

  #drop(runId: string): undefined {
    this.#kept.delete(runId);
  }

  async #fold(runId: string, atSeq: number | undefined): Promise<RunState | undefined> {
    const stored = await this.store.loadRun(runId, atSeq);
    if (stored === undefined) return undefined;
    const { submitted, snapshot, tail } = stored;
    const inherited = submitted.parent?.kind === 'branch' ? await this.inherited(submitted.parent) : undefined;
    const start =
      snapshot === undefined ? blankRun(runId, inherited) : readSnapshot(snapshot, submitted.input_data, inherited);
    const state = fold(start, tail);
    if (!lacksAnnouncement(state)) return state;
    const [before] = await this.store.readEvents(runId, state.seq - 2, 1);
    return addAnnouncement(state, before?.event);
  }

  async #loadBase({ run_id: runId, seq }: Pick<ParentLink, 'run_id' | 'seq'>): Promise<Base> {
    const parent = await this.#fold(runId, seq);
    if (parent === undefined) throw new Error(`run ${runId} has branches, but is not stored`);
    const graph = await this.graphs.pinned(parent.graphId, parent.graphVersion);
    return baseOf(parent, graph);
  }
}

/** What a branch has from its parent. */
export function inheritedFrom({ parent, items }: Base, index: number): Inherited {
  return { inputData: parent.inputData, data: parent.data, item: items[index] ?? null };
}

function sizeOf({ snapshotBytes, journalBytes }: RunState): number {
  return snapshotBytes + journalBytes + STATE_BYTES;
}

function baseKey(runId: string, seq: number): string {
  return `${runId}@${seq}`;
}

function baseOf(parent: RunState, graph: CompiledGraph | undefined): Base {
  const route = graph?.nodes.get(cursorOf(parent)?.node ?? '')?.route;
  const items = route?.kind === 'for_each' ? evaluateList(route.items, scopeOf(parent)).value : [];
  return { parent, items };
}
