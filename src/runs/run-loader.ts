import type { Json } from '../core/base/json.js';
import { evaluateList } from '../core/expressions/expressions.js';
import type { ParentLink } from '../core/run/events.js';
import { fold, readSnapshot } from '../core/run/journal.js';
import { scopeOf } from '../core/run/routing.js';
import { blankRun, cursorOf, type Inherited, type RunState } from '../core/run/state.js';
import type { Store } from '../store/store.js';
import type { GraphCache } from './graph-cache.js';

/** Parents' states that are kept at hand for their branches. */
const MAX_BASES = 20;

interface Base {
  readonly parent: RunState;
  /** What a for_each has branches for. */
  readonly items: readonly Json[];
}

/** Folds runs. A branch stands on its parent's state at the event that started it, shared with its siblings. */
export class RunLoader {
  readonly #bases = new Map<string, Promise<Base>>();

  constructor(
    private readonly store: Store,
    private readonly graphs: GraphCache,
  ) {}

  /**
   * The state of a run; `undefined` where there is no such run.
   * @param atSeq as it was at this record; as it is now where it is left out
   */
  async load(runId: string, atSeq?: number): Promise<RunState | undefined> {
    const stored = await this.store.loadRun(runId, atSeq);
    if (stored === undefined) return undefined;
    const { submitted, snapshot, tail } = stored;
    const inherited = submitted.parent?.kind === 'branch' ? await this.inherited(submitted.parent) : undefined;
    const start =
      snapshot === undefined ? blankRun(runId, inherited) : readSnapshot(snapshot, submitted.input_data, inherited);
    return fold(start, tail);
  }

  /** The node that a run goes on with when it is retried, where the logs have not said yet that it is executed. */
  async announcement({ runId, seq, phase }: RunState): Promise<{ next?: string }> {
    if (phase.kind !== 'failed' && phase.kind !== 'cancelled') return {};
    const { at } = phase;
    if (at.kind !== 'calling') return {};
    const [before] = await this.store.readEvents(runId, seq - 2, 1);
    const event = before?.event;
    return event !== undefined && 'next' in event && event.next === null ? { next: at.cursor.node } : {};
  }

  /** What a branch has from its parent. */
  async inherited(link: Pick<ParentLink, 'run_id' | 'seq' | 'index'>): Promise<Inherited> {
    const key = `${link.run_id}@${link.seq}`;
    const base = this.#bases.get(key) ?? this.#loadBase(link);
    // The one used last stands last, and the first one makes room.
    this.#bases.delete(key);
    this.#bases.set(key, base);
    const [oldest] = this.#bases.keys();
    if (this.#bases.size > MAX_BASES && oldest !== undefined) this.#bases.delete(oldest);
    try {
      const { parent, items } = await base;
      return { inputData: parent.inputData, data: parent.data, item: items[link.index] ?? null };
    } catch (error) {
      this.#bases.delete(key);
      throw error;
    }
  }

  async #loadBase({ run_id: runId, seq }: Pick<ParentLink, 'run_id' | 'seq'>): Promise<Base> {
    const parent = await this.load(runId, seq);
    if (parent === undefined) throw new Error(`run ${runId} has branches, but is not stored`);
    const graph = await this.graphs.pinned(parent.graphId, parent.graphVersion);
    const route = graph?.nodes.get(cursorOf(parent)?.node ?? '')?.route;
    const items = route?.kind === 'for_each' ? evaluateList(route.items, scopeOf(parent)).value : [];
    return { parent, items };
  }
}
