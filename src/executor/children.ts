import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever } from '../core/base/assert-never.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { type ChildrenPlan, generationOf, planChildren, startBranch, startGraphRun } from '../core/run/children.js';
import type { ChildResult } from '../core/run/join.js';
import { append, openRun } from '../core/run/journal.js';
import { cancel, restartChild } from '../core/run/requests.js';
import type { Children, RunState } from '../core/run/state.js';
import { type AppendDeps, appendTo } from '../runs/append.js';
import type { GraphCache } from '../runs/graph-cache.js';
import { inheritedFrom } from '../runs/run-loader.js';
import { appendOf, creationOf } from '../runs/units.js';
import type { Wake } from '../store/queue.js';
import { ConflictError, GraphGoneError, type RunAppend, type Slot, type Unit } from '../store/store.js';

export interface ChildRunsOptions extends AppendDeps {
  readonly graphs: GraphCache;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/** Children that are cancelled at a time. */
const CANCELLED_AT_A_TIME = 500;
/** At most this many at once of a graph that runs as a step, and wherever the edge is gone. */
const ONE = 1;

/** One parent whose children are looked after. */
interface Parent {
  readonly state: RunState;
  readonly graph: CompiledGraph;
  readonly children: Children;
}

/**
 * Looks after child runs: makes them, gives a few at a time their slot, ends all when one fails. It remembers nothing:
 * whenever a parent is driven (when it starts children, when one of them has ended, when it is cancelled or retried), it
 * looks at what is stored, does the next thing, and the parent is parked again.
 */
export class ChildRuns {
  #gate: Promise<void> = Promise.resolve();

  constructor(private readonly options: ChildRunsOptions) {}

  /** Brings the children of a run one step further; resolves with what became of them once all have ended. */
  async reconcile(
    state: RunState,
    graph: CompiledGraph,
    children: Children,
    isCancelling: boolean,
  ): Promise<readonly ChildResult[] | undefined> {
    const { store } = this.options;
    const parent = { state, graph, children };
    const maxParallel = maxParallelOf(graph, children);
    const slotSeq = generationOf(children);
    const retriedAt = children.retriedSeq === null ? undefined : await this.#timeOf(state.runId, children.retriedSeq);
    for (;;) {
      const view = await store.viewChildren(state.runId, children.seq, slotSeq, maxParallel, retriedAt);
      const plan = planChildren(children, view, { cancel: isCancelling, maxParallel });
      switch (plan.kind) {
        case 'create': {
          const refused = await this.#create(parent, plan, slotSeq);
          if (refused !== undefined) return refused;
          break;
        }
        case 'start':
          await this.#start(parent, plan, slotSeq);
          break;
        case 'cancel':
          return this.#cancelAll(state.runId, children.seq);
        case 'wait':
          return undefined;
        case 'join':
          return store.readChildResults(state.runId, children.seq);
        default:
          assertNever(plan);
      }
    }
  }

  /** Makes children that are not there yet. A graph that has been deleted is a child that failed. */
  async #create(
    parent: Parent,
    { from, to, slots }: Extract<ChildrenPlan, { kind: 'create' }>,
    slotSeq: number,
  ): Promise<readonly ChildResult[] | undefined> {
    await this.#takeTurn();
    const appends = await this.#childrenOf(parent, from, to, slots, slotSeq);
    // They are driven next, and share what they stand on: at hand, none of them has to be loaded.
    for (const { state } of appends.slice(0, slots)) this.options.runs.keep(state);
    const wakes: Wake[] = appends.slice(0, slots).map(({ state: { runId } }) => ({ runId, at: 0 }));
    try {
      await this.#commit({ appends, wakes });
      return undefined;
    } catch (error) {
      if (error instanceof GraphGoneError) return [failedChild(error.message)];
      throw error;
    }
  }

  async #childrenOf(
    { state, graph, children }: Parent,
    from: number,
    to: number,
    slots: number,
    slotSeq: number,
  ): Promise<RunAppend[]> {
    const { newId, now, runs, graphs } = this.options;
    const appends: RunAppend[] = [];
    const called = children.graph === null ? undefined : await graphs.pinned(children.graph.id, children.graph.version);
    const base = children.graph === null ? runs.base(state, graph, children) : undefined;
    for (let index = from; index < to; index++) {
      const event =
        base === undefined
          ? startGraphRun(state, children, index, called?.limits, now())
          : startBranch(state, children, index);
      const inherited = base === undefined ? undefined : inheritedFrom(base, index);
      const opened = openRun(newId(), event, now(), inherited);
      appends.push(creationOf(opened, index - from < slots ? { slotSeq } : {}));
    }
    return appends;
  }

  /** Children of all parents pass one gate, some hundred at a time: everything else gets its turn in between. */
  #takeTurn(): Promise<void> {
    this.#gate = this.#gate.then(() => nextTurn());
    return this.#gate;
  }

  /** Gives children their slot: they start, or go on because their parent was retried. */
  async #start(
    { state: parent }: Parent,
    { start, restart }: Extract<ChildrenPlan, { kind: 'start' }>,
    slotSeq: number,
  ): Promise<void> {
    const { runs, now } = this.options;
    const appends: RunAppend[] = [];
    for (const runId of restart) {
      const child = await runs.load(runId);
      // In files of 1.0 the slot does not tell that a child was restarted: it has ended for good then.
      if (child === undefined || child.retriedBy === slotSeq) continue;
      appends.push(appendOf(child, append(child, [restartChild(child, parent, slotSeq)], now())));
    }
    const slots: Slot[] = [...start, ...restart].map((runId) => ({ runId, slotSeq }));
    const due = [...start, ...appends.map(({ state: { runId } }) => runId)];
    await this.#commit({ appends, slots, wakes: due.map((runId) => ({ runId, at: 0 })) });
  }

  /** When an event happened (milliseconds since 1970). */
  async #timeOf(runId: string, seq: number): Promise<number> {
    const [record] = await this.options.store.readEvents(runId, seq - 1, 1);
    return record?.time ?? 0;
  }

  /** Commits a unit; does nothing if somebody was first, because the next look at the children shows what is left. */
  async #commit(unit: Unit): Promise<void> {
    try {
      await this.options.store.commit(unit);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  /** Cancels what has not ended. Each wakes the parent when it ends. */
  async #cancelAll(parentRunId: string, parentSeq: number): Promise<undefined> {
    for (let after = -1; ; ) {
      const rows = await this.options.store.listUnfinishedChildren(parentRunId, parentSeq, after, CANCELLED_AT_A_TIME);
      await Promise.all(rows.map(({ runId }) => appendTo(this.options, runId, cancel)));
      if (rows.length < CANCELLED_AT_A_TIME) return undefined;
      after = rows.at(-1)?.index ?? after;
    }
  }
}

function maxParallelOf(graph: CompiledGraph, children: Children): number {
  const route = graph.nodes.get(children.node)?.route;
  return route !== undefined && 'maxParallel' in route ? route.maxParallel : ONE;
}

function failedChild(message: string): ChildResult {
  return { index: 0, runId: '', status: 'FAILED', data: {}, error: { message } };
}
