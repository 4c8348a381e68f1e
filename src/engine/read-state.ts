import { addUsage, type Usage } from '../core/base/usage.js';
import { needsSlot } from '../core/run/slots.js';
import { isFinished, type RunState, statusOf, waitsForPerson } from '../core/run/state.js';
import { PERSON_WAIT_KINDS } from '../core/run/waits.js';
import { ifReadable } from '../runs/readable.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { RunQueue } from '../store/queue.js';
import type { ChildCounts, RunSummary } from '../store/store.js';
import type { AnswerLinkDeps } from './answer-links.js';
import { inTurnToLoad, loadRun, type RunDeps } from './shared.js';

export interface ReadState {
  /** Seconds to wait for the run to finish. */
  readonly waitSeconds?: number;
  /** Only log lines after this many. */
  readonly logsAfter?: number;
}

export interface ReadLargeState extends ReadState {
  /** Called before a large state is read, with about its bytes. What it throws is passed on, and nothing is read. */
  readonly admit?: (bytes: number) => void;
}

/** A run's state with the log lines that were asked for. */
export interface RunView {
  readonly state: RunState;
  readonly logs: readonly string[];
  /** Children, of any depth, that wait for input, or at a limit. */
  readonly waitingChildren: readonly RunSummary[];
  /** How far its children are; null unless it waits for them. */
  readonly children: ChildrenProgress | null;
  /** What it and all runs inside it have used; null if that is not known. */
  readonly usageTotal: Usage | null;
  /** Why it does not begin; null if it does as soon as the server comes to it. */
  readonly queued: QueuedRun | null;
  /** Of an approval link, with which anybody can answer what it waits for; null if there is none. */
  readonly answerToken: string | null;
}

/** A run that waits for a slot of the concurrency of its graph. */
export interface QueuedRun {
  /** Null: the limit is for all runs of the graph. */
  readonly key: string | null;
  /** How many runs can be under way, by the latest version of the graph; null: any number, so that it begins soon. */
  readonly limit: number | null;
  /** When it came to the line, in milliseconds since 1970. */
  readonly since: number;
}

/** How many children a run waits for, and how far they are. Those that are none of this have not begun. */
export interface ChildrenProgress extends Pick<ChildCounts, 'running' | 'waiting'> {
  readonly total: number;
  readonly completed: number;
  /** Failed or cancelled. */
  readonly failed: number;
}

/** Children that a state lists at most. */
const MAX_WAITING_CHILDREN = 100;
/** Pause before a run that somebody waits for is looked at again, after a look that failed. */
const LOOK_AGAIN_MS = 500;

/** Reads the states of runs, and waits for them to come to rest. */
export class StateReader {
  /** Each answers a request that waits. */
  readonly #waits = new Set<() => void>();
  #stopping = false;

  constructor(
    private readonly deps: Pick<RunDeps, 'store' | 'runs' | 'signals' | 'lines' | 'reads' | 'graphs'> &
      Pick<AnswerLinkDeps, 'answerTokens'> & { readonly queue: Pick<RunQueue, 'hasSlot'> },
  ) {}

  /**
   * The state of a run, live. Asked to wait, it answers when the run ends, or when it or a child waits for input.
   * @throws EngineError `run_not_found`, `server_busy`.
   */
  getState(runId: string, options: ReadState = {}): Promise<RunView> {
    return this.useState(runId, options, async (view) => view);
  }

  /** As {@link getState}; what is done with a large state is done before another one is read. */
  async useState<T>(
    runId: string,
    { waitSeconds = 0, logsAfter = 0, admit }: ReadLargeState,
    use: (view: RunView) => Promise<T>,
  ): Promise<T> {
    // Nothing is held meanwhile: states can be large, and so can the number of those who wait.
    if (waitSeconds > 0) await this.#untilAtRest(runId, waitSeconds);
    const { runs, lines, reads } = this.deps;
    const read = async (): Promise<T> => use(await this.#view(runId, logsAfter));
    if (runs.isAtHand(runId) && lines.isAtHand(runId, logsAfter)) return read();
    const bytes = (await runs.measure(runId)) + (await lines.measure(runId, logsAfter));
    return reads.inTurn(`${runId} ${logsAfter}`, bytes, async () => {
      // The others in this turn share what the first of them has read.
      if (!runs.isAtHand(runId)) admit?.(bytes);
      return read();
    });
  }

  /** Answers every waiting request now, and lets none wait from here on. */
  stop(): void {
    this.#stopping = true;
    for (const answer of this.#waits) answer();
  }

  async #view(runId: string, logsAfter: number): Promise<RunView> {
    const state = await loadRun(this.deps, runId);
    const waitingChildren = await this.#waitingChildren(state);
    const children = await this.#progressOf(state);
    const below = await this.deps.store.readChildUsage(runId);
    const usageTotal = below && addUsage(below, state.usage);
    const answerToken = this.deps.answerTokens?.tokenOf(state) ?? null;
    const queued = await this.#placeInLine(state);
    const logs = await this.deps.lines.read(state, logsAfter);
    return { state, logs, waitingChildren, children, usageTotal, queued, answerToken };
  }

  async #placeInLine(state: RunState): Promise<QueuedRun | null> {
    const { runId, graphId, concurrency } = state;
    if (concurrency === null || !needsSlot(state) || (await this.deps.queue.hasSlot(runId))) return null;
    const latest = await ifReadable(this.deps.graphs.find(graphId));
    return { key: concurrency.key, limit: latest?.concurrency?.limit ?? null, since: concurrency.since };
  }

  async #progressOf({ runId, phase }: RunState): Promise<ChildrenProgress | null> {
    if (phase.kind !== 'joining') return null;
    const { seq, count: total } = phase.children;
    const { ended, lost: failed, running, waiting } = await this.deps.store.countChildren(runId, seq);
    // Where others write meanwhile, the run may have gone on since its state was read.
    return { total, completed: Math.max(0, ended - failed), failed, running, waiting };
  }

  /** True if a run has ended, or waits for somebody. */
  #isAtRest(runId: string): Promise<boolean> {
    const look = async (): Promise<boolean> => {
      const state = await loadRun(this.deps, runId);
      if (isFinished(statusOf(state)) || waitsForPerson(state)) return true;
      return (await this.#waitingChildren(state, 1)).length > 0;
    };
    return inTurnToLoad(this.deps, runId, look, { always: true });
  }

  async #waitingChildren(state: RunState, limit = MAX_WAITING_CHILDREN): Promise<RunSummary[]> {
    if (state.phase.kind !== 'joining') return [];
    return this.deps.store.listWaitingDescendants(state.runId, PERSON_WAIT_KINDS, limit);
  }

  async #untilAtRest(runId: string, seconds: number): Promise<void> {
    if (this.#stopping) return;
    const { signals } = this.deps;
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    this.#waits.add(answer);
    const timer = setTimeout(answer, seconds * 1000);
    let again: NodeJS.Timeout | undefined;
    const look = (): void => {
      this.#isAtRest(runId)
        .then((isAtRest) => {
          if (isAtRest) answer();
        })
        .catch((error: unknown) => {
          // While the store is down, it is looked at again; a run that was deleted, or cannot be read, is answered for.
          if (error instanceof StoreUnavailableError) again = setTimeout(look, LOOK_AGAIN_MS);
          else answer();
        });
    };
    const unsubscribeRun = signals.subscribe(`run/${runId}`, (signal) => {
      // Steps that go on are not worth a look.
      if (signal === 'resync' || signal.kind !== 'run_advanced' || signal.status === 'WAITING') look();
      else if (isFinished(signal.status)) answer();
    });
    const unsubscribeChildren = signals.subscribe('child_waiting', look);
    try {
      // It may have come to rest between the first look at it and the subscription.
      if (await this.#isAtRest(runId)) return;
      await answered;
    } finally {
      clearTimeout(timer);
      clearTimeout(again);
      unsubscribeRun();
      unsubscribeChildren();
      this.#waits.delete(answer);
    }
  }
}
