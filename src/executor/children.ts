import type { CompiledGraph } from '../core/graph/compile.js';
import { resolveLimits } from '../core/graph/definition.js';
import type { EventOf } from '../core/run/events.js';
import type { ChildResult } from '../core/run/join.js';
import { append, openRun } from '../core/run/journal.js';
import { type Children, cursorOf, isFinished, type RunState, type RunStatus } from '../core/run/state.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { RunLoader } from '../runs/run-loader.js';
import { type ChildRow, ConflictError, GraphGoneError, type RunAppend, type Store } from '../store/store.js';

export interface ChildRunsOptions {
  readonly store: Store;
  readonly runs: RunLoader;
  readonly graphs: GraphCache;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Has a run driven. */
  readonly wake: (runId: string) => void;
  readonly cancel: (runId: string) => Promise<unknown>;
}

/** Children made in one commit. */
const CHUNK = 500;

/** The children of one run that have not ended. */
interface Family {
  /** Those that have no slot yet, in order. */
  readonly waiting: string[];
  /** Those among them that had ended before their parent was retried. They stay so until they have a slot. */
  readonly toRestart: ReadonlySet<string>;
  readonly restart: (runId: string) => Promise<void>;
  readonly active: Set<string>;
  readonly maxParallel: number;
  /** The work of handing out slots, one after the other. */
  filling: Promise<void>;
  isEnding: boolean;
}

/**
 * Looks after child runs: makes them, runs a few at a time, ends all when one fails, and wakes the parent when the last
 * has ended. What it knows is read from the store whenever a parent is driven, so nothing is lost with the process.
 */
export class ChildRuns {
  readonly #families = new Map<string, Family>();

  constructor(private readonly options: ChildRunsOptions) {}

  /** Sets the children of a run going; resolves with what became of them once all have ended. */
  async tend(
    parent: RunState,
    graph: CompiledGraph,
    children: Children,
    cancel: boolean,
  ): Promise<readonly ChildResult[] | undefined> {
    const { store } = this.options;
    await this.#forget(parent.runId);
    if (!cancel) {
      const gone = await this.#create(parent, children);
      if (gone !== undefined) return gone;
    }
    const rows = await store.listChildren(parent.runId, children.seq);
    const lost = rows.filter(({ status }) => status === 'FAILED' || status === 'CANCELLED');
    const toRestart = cancel ? new Set<string>() : await this.#toRestart(lost, children.retriedSeq);
    const hasFailed = lost.some(({ runId }) => !toRestart.has(runId));
    const family = this.#family(parent, graph, children, rows, hasFailed ? new Set() : toRestart);
    if (isEmpty(family)) return store.readChildResults(parent.runId, children.seq);
    this.#families.set(parent.runId, family);
    if (cancel || hasFailed) await this.#end(family);
    else await this.#fill(family);
    return undefined;
  }

  #family(
    parent: RunState,
    graph: CompiledGraph,
    children: Children,
    rows: readonly ChildRow[],
    toRestart: ReadonlySet<string>,
  ): Family {
    const route = graph.nodes.get(children.node)?.route;
    const isIdle = ({ runId, status }: ChildRow) => status === 'SUBMITTED' || toRestart.has(runId);
    const isActive = (row: ChildRow) => !isIdle(row) && !isFinished(row.status);
    return {
      waiting: rows.filter(isIdle).map(({ runId }) => runId),
      toRestart,
      restart: (runId) => this.#restart(runId, parent, children.retriedSeq ?? 0),
      active: new Set(rows.filter(isActive).map(({ runId }) => runId)),
      maxParallel: route !== undefined && 'maxParallel' in route ? route.maxParallel : 1,
      filling: Promise.resolve(),
      isEnding: false,
    };
  }

  /** From here on a child that ends wakes the parent, which looks again: none can be missed. */
  async #forget(parentRunId: string): Promise<void> {
    const family = this.#families.get(parentRunId);
    this.#families.delete(parentRunId);
    if (family === undefined) return;
    family.isEnding = true;
    await family.filling.catch(() => undefined);
  }

  /** Takes note that a child has ended. */
  async ended(parentRunId: string, runId: string, status: RunStatus): Promise<void> {
    const family = this.#families.get(parentRunId);
    if (family === undefined) return this.options.wake(parentRunId);
    family.active.delete(runId);
    if (family.waiting.includes(runId)) family.waiting.splice(family.waiting.indexOf(runId), 1);
    if (status !== 'COMPLETED') await this.#end(family);
    if (!isEmpty(family)) return this.#fill(family);
    if (this.#families.get(parentRunId) === family) this.#families.delete(parentRunId);
    this.options.wake(parentRunId);
  }

  #fill(family: Family): Promise<void> {
    family.filling = family.filling.then(() => this.#handOutSlots(family));
    return family.filling;
  }

  async #handOutSlots(family: Family): Promise<void> {
    while (!family.isEnding && family.active.size < family.maxParallel) {
      const next = family.waiting.shift();
      if (next === undefined) return;
      family.active.add(next);
      if (family.toRestart.has(next)) await family.restart(next);
      this.options.wake(next);
    }
  }

  /** Cancels what has not ended. Each tells of its end by itself. */
  async #end(family: Family): Promise<void> {
    if (family.isEnding) return;
    family.isEnding = true;
    await family.filling;
    const submitted = family.waiting.filter((runId) => !family.toRestart.has(runId));
    family.waiting.splice(0, family.waiting.length, ...submitted);
    for (const runId of [...submitted, ...family.active]) await this.options.cancel(runId);
  }

  /** Makes the children that are not there yet. A graph that has been deleted is a child that failed. */
  async #create(parent: RunState, children: Children): Promise<readonly ChildResult[] | undefined> {
    const { store } = this.options;
    for (;;) {
      const rows = await store.listChildren(parent.runId, children.seq);
      const there = new Set(rows.map(({ index }) => index));
      const all = Array.from({ length: children.count }, (_, index) => index);
      const missing = all.filter((index) => !there.has(index)).slice(0, CHUNK);
      if (missing.length === 0) return undefined;
      const appends: RunAppend[] = [];
      for (const index of missing) appends.push(await this.#child(parent, children, index));
      try {
        await store.commit({ appends });
      } catch (error) {
        if (error instanceof GraphGoneError) return [failedChild(error.message)];
        // Somebody has made one of them: look again at which are missing.
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }

  async #child(parent: RunState, children: Children, index: number): Promise<RunAppend> {
    const { newId, now, runs } = this.options;
    const event = children.graph === null ? branch(parent, children, index) : await this.#graph(parent, children);
    const link = { run_id: parent.runId, seq: children.seq, index };
    const inherited = children.graph === null ? await runs.inherited(link) : undefined;
    return { ...openRun(newId(), event, now(), inherited), rowChanged: true, create: {} };
  }

  async #graph(parent: RunState, { seq, graph: called }: Children): Promise<EventOf<'run.submitted'>> {
    const graph = await this.options.graphs.pinned(called?.id ?? '', called?.version ?? 0);
    const { maxSteps, deadlineSeconds } = resolveLimits(graph?.limits, undefined);
    const own = deadlineSeconds === undefined ? Number.POSITIVE_INFINITY : this.options.now() + deadlineSeconds * 1000;
    const deadline = Math.min(own, parent.deadlineAt ?? Number.POSITIVE_INFINITY);
    return {
      type: 'run.submitted',
      graph_id: called?.id ?? '',
      graph_version: called?.version ?? 0,
      input_data: called?.input ?? null,
      limits: { max_steps: maxSteps },
      metadata: {},
      parent: { ...linkTo(parent, seq, 0), kind: 'graph' },
      ...(Number.isFinite(deadline) && { deadline_at: deadline }),
    };
  }

  /** Children that have ended and go on because their parent was retried, once for each retry. */
  async #toRestart(lost: readonly ChildRow[], retriedSeq: number | null): Promise<Set<string>> {
    const found = new Set<string>();
    if (retriedSeq === null) return found;
    for (const { runId } of lost) {
      const state = await this.options.runs.load(runId);
      if (state !== undefined && state.retriedBy !== retriedSeq) found.add(runId);
    }
    return found;
  }

  async #restart(runId: string, parent: RunState, parentSeq: number): Promise<void> {
    const { runs, store, now } = this.options;
    const child = await runs.load(runId);
    if (child === undefined) return;
    const deadline = parent.deadlineAt === null ? {} : { deadline_at: parent.deadlineAt };
    const limits = { max_steps: Math.max(child.maxSteps, parent.maxSteps) };
    const cursor = cursorOf(child);
    const visit = cursor === null ? {} : { step: cursor.step, node: cursor.node };
    const announcement = await runs.announcement(child);
    const event = {
      type: 'run.retried',
      parent_seq: parentSeq,
      limits,
      ...deadline,
      ...visit,
      ...announcement,
    } as const;
    await store.commit({ appends: [{ ...append(child, [event], now()), rowChanged: true }] });
  }
}

function isEmpty({ waiting, active }: Family): boolean {
  return waiting.length === 0 && active.size === 0;
}

function branch(parent: RunState, { seq, toNodes, joinNode }: Children, index: number): EventOf<'run.submitted'> {
  return {
    type: 'run.submitted',
    graph_id: parent.graphId,
    graph_version: parent.graphVersion,
    input_data: null,
    limits: { max_steps: parent.maxSteps },
    metadata: {},
    parent: { ...linkTo(parent, seq, index), kind: 'branch' },
    entry_node: toNodes[toNodes.length === 1 ? 0 : index] ?? '',
    join_node: joinNode ?? '',
    ...(parent.deadlineAt !== null && { deadline_at: parent.deadlineAt }),
  };
}

function linkTo({ runId, parent }: RunState, seq: number, index: number) {
  return { run_id: runId, seq, index, depth: (parent?.depth ?? 0) + 1 };
}

function failedChild(message: string): ChildResult {
  return { index: 0, runId: '', status: 'FAILED', data: {}, error: { message } };
}
