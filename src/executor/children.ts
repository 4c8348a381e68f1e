import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever } from '../core/base/assert-never.js';
import type { TraceContext } from '../core/base/trace-context.js';
import { type CompiledGraph, isBranchRoute } from '../core/graph/compile.js';
import {
  type ChildrenLimits,
  type ChildrenPlan,
  generationOf,
  planChildren,
  refuseChildren,
  startBranch,
  startGraphRun,
} from '../core/run/children.js';
import type { Command } from '../core/run/decide.js';
import type { ChildResult } from '../core/run/join.js';
import { tolerableLosses } from '../core/run/join-rule.js';
import { append, openRun } from '../core/run/journal.js';
import { restartChild } from '../core/run/requests.js';
import type { Children, ChildrenRefusal, RunState } from '../core/run/state.js';
import { type CancelDeps, cancelRun } from '../runs/cancel.js';
import { ifReadable } from '../runs/readable.js';
import { inheritedFrom } from '../runs/run-loader.js';
import { appendOf, creationOf } from '../runs/units.js';
import { ConflictError, GraphGoneError, TooManyDescendantsError, UnreadableGraphError } from '../store/errors.js';
import type { Wake } from '../store/queue.js';
import type { RunAppend, Slot, Unit } from '../store/store.js';

export interface ChildRunsOptions extends CancelDeps {
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Runs that a top run can have inside it, at any depth. */
  readonly maxDescendants: number;
}

/** What a look at the children of a run came to. */
export type Reconciled =
  /** Some are under way: their parent is woken when one ends. */
  | { readonly kind: 'under_way' }
  | { readonly kind: 'ended'; readonly results: readonly ChildResult[] }
  /** No more can be made. */
  | { readonly kind: 'refused'; readonly refusal: ChildrenRefusal }
  /** The server stops, and there was more to do. */
  | { readonly kind: 'stopped' };

const UNDER_WAY: Reconciled = { kind: 'under_way' };

/** Children that are cancelled at a time. */
const CANCELLED_AT_A_TIME = 100;
/** Of a graph that runs as a step, and wherever the edge is gone. */
const ONE: Pick<ChildrenLimits, 'maxParallel' | 'joinRule'> = {
  maxParallel: 1,
  joinRule: { kind: 'all', maxFailures: 0 },
};

/** The session that looks after the children of its run. */
export interface ParentSession {
  /** True if the server stops. Asked before anything is done. */
  readonly isStopping: () => boolean;
  /** What the session does that in. Asked only if it makes children. */
  readonly trace: () => TraceContext | undefined;
}

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

  /** Brings the children of a run one step further. */
  async reconcile(
    state: RunState,
    graph: CompiledGraph,
    { children, cancel: isCancelling }: Extract<Command, { type: 'children' }>,
    { isStopping, trace }: ParentSession,
  ): Promise<Reconciled> {
    const parent = { state, graph, children };
    const look = await this.#lookAt(parent, isCancelling);
    for (;;) {
      const plan = await look();
      if (plan.kind === 'wait') return UNDER_WAY;
      if (isStopping()) return { kind: 'stopped' };
      switch (plan.kind) {
        case 'create': {
          const ended = await this.#create(parent, plan, trace());
          if (ended !== undefined) return ended;
          break;
        }
        case 'start':
          await this.#start(parent, plan);
          break;
        case 'refuse':
          return { kind: 'refused', refusal: plan.refusal };
        case 'cancel':
          return this.#cancelAll(state.runId, children.seq, isStopping);
        case 'join':
          return { kind: 'ended', results: await this.options.store.readChildResults(state.runId, children.seq) };
        default:
          assertNever(plan);
      }
    }
  }

  /** True if there is something to do for the children of a run, and not only something to wait for. */
  async hasWork(
    state: RunState,
    graph: CompiledGraph,
    { children, cancel }: Extract<Command, { type: 'children' }>,
  ): Promise<boolean> {
    const look = await this.#lookAt({ state, graph, children }, cancel);
    return (await look()).kind !== 'wait';
  }

  /** Resolves with what says what to do next for the children of a parent. */
  async #lookAt({ state, graph, children }: Parent, cancel: boolean): Promise<() => Promise<ChildrenPlan>> {
    const { store, maxDescendants } = this.options;
    const { runId } = state;
    const { seq, retriedSeq } = children;
    const { maxParallel, joinRule } = rulesOf(graph, children);
    const lostLimit = Math.max(0, tolerableLosses(joinRule, children.count)) + 1;
    const retriedAt = retriedSeq === null ? undefined : await this.#timeOf(runId, retriedSeq);
    return async () => {
      const completed = joinRule.kind === 'first' ? await this.#countCompleted(runId, seq) : 0;
      const view = await store.viewChildren(runId, seq, generationOf(children), maxParallel, retriedAt, lostLimit);
      return planChildren(children, { ...view, completed }, { cancel, maxParallel, maxDescendants, joinRule });
    };
  }

  async #countCompleted(parentRunId: string, parentSeq: number): Promise<number> {
    const { ended, lost } = await this.options.store.countChildren(parentRunId, parentSeq);
    return ended - lost;
  }

  /** Makes children that are not there yet. A graph that was deleted, or cannot be read, is a child that failed. */
  async #create(
    parent: Parent,
    plan: Extract<ChildrenPlan, { kind: 'create' }>,
    trace: TraceContext | undefined,
  ): Promise<Reconciled | undefined> {
    await this.#takeTurn();
    const { maxDescendants } = this.options;
    try {
      const { slots } = plan;
      const appends = await this.#childrenOf(parent, plan, trace);
      // They are driven next, and share what they stand on: at hand, none of them has to be loaded.
      for (const { state } of appends.slice(0, slots)) this.options.runs.keep(state);
      const wakes: Wake[] = appends.slice(0, slots).map(({ state: { runId } }) => ({ runId, at: 0 }));
      await this.#commit({ appends, wakes, maxDescendants });
      return undefined;
    } catch (error) {
      if (error instanceof GraphGoneError || error instanceof UnreadableGraphError) {
        return { kind: 'ended', results: [failedChild(error.message)] };
      }
      if (error instanceof TooManyDescendantsError) return { kind: 'refused', refusal: refuseChildren(maxDescendants) };
      throw error;
    }
  }

  async #childrenOf(
    { state, graph, children }: Parent,
    { from, to, slots }: Extract<ChildrenPlan, { kind: 'create' }>,
    trace: TraceContext | undefined,
  ): Promise<RunAppend[]> {
    const { newId, now, runs, graphs } = this.options;
    const appends: RunAppend[] = [];
    const slotSeq = generationOf(children);
    const called = children.graph === null ? undefined : await graphs.pinned(children.graph.id, children.graph.version);
    const base = children.graph === null ? runs.base(state, graph, children) : undefined;
    for (let index = from; index < to; index++) {
      const inherited = base === undefined ? undefined : inheritedFrom(base, index);
      const event =
        inherited === undefined
          ? startGraphRun(state, children, index, called?.limits, now(), trace)
          : startBranch(state, children, index, inherited.item, trace);
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
    { state: parent, children }: Parent,
    { start, restart }: Extract<ChildrenPlan, { kind: 'start' }>,
  ): Promise<void> {
    const { runs, now } = this.options;
    const slotSeq = generationOf(children);
    const appends: RunAppend[] = [];
    for (const runId of restart) {
      const child = await ifReadable(runs.load(runId));
      // One that cannot be read has failed again, as soon as it has its slot.
      // In files of 1.0 the slot does not tell that a child was restarted: it has ended for good then.
      if (child === undefined || child.retriedBy === slotSeq) continue;
      appends.push(appendOf(child, append(child, [restartChild(child, parent, slotSeq, now())], now())));
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

  /** Cancels what has not ended, some in each turn. Each wakes the parent when it ends. */
  async #cancelAll(parentRunId: string, parentSeq: number, isStopping: () => boolean): Promise<Reconciled> {
    for (let after = -1; ; ) {
      await this.#takeTurn();
      if (isStopping()) return { kind: 'stopped' };
      const rows = await this.options.store.listUnfinishedChildren(parentRunId, parentSeq, after, CANCELLED_AT_A_TIME);
      await Promise.all(rows.map(({ runId }) => cancelRun(this.options, runId)));
      if (rows.length < CANCELLED_AT_A_TIME) return UNDER_WAY;
      after = rows.at(-1)?.index ?? after;
    }
  }
}

/** How the edge has its branches run and joined. */
function rulesOf(graph: CompiledGraph, children: Children): Pick<ChildrenLimits, 'maxParallel' | 'joinRule'> {
  const route = graph.nodes.get(children.node)?.route;
  return children.graph === null && route !== undefined && isBranchRoute(route) ? route : ONE;
}

function failedChild(message: string): ChildResult {
  return { index: 0, runId: '', status: 'FAILED', finishedAt: 0, data: {}, error: { message } };
}
