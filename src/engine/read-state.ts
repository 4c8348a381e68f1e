import { isFinished, type RunState, statusOf, waitsForPerson } from '../core/run/state.js';
import { type RunSummary, StoreUnavailableError } from '../store/store.js';
import { loadRun, type RunDeps } from './shared.js';

export interface ReadState {
  /** Seconds to wait for the run to finish. */
  readonly waitSeconds?: number;
  /** Only log lines after this many. */
  readonly logsAfter?: number;
}

/** A run's state with the log lines that were asked for. */
export interface RunView {
  readonly state: RunState;
  readonly logs: readonly string[];
  /** Children, of any depth, that wait for input. */
  readonly waitingChildren: readonly RunSummary[];
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

  constructor(private readonly deps: Pick<RunDeps, 'store' | 'runs' | 'signals' | 'lines'>) {}

  /**
   * The state of a run, live. Asked to wait, it answers when the run ends, or when it or a child waits for input.
   * @throws EngineError `run_not_found`.
   */
  async getState(runId: string, { waitSeconds = 0, logsAfter = 0 }: ReadState = {}): Promise<RunView> {
    // Nothing is held meanwhile: states can be large, and so can the number of those who wait.
    if (waitSeconds > 0) await this.#untilAtRest(runId, waitSeconds);
    const state = await loadRun(this.deps, runId);
    const waitingChildren = await this.#waitingChildren(state);
    return { state, logs: await this.deps.lines.read(state, logsAfter), waitingChildren };
  }

  /** Answers every waiting request now, and lets none wait from here on. */
  stop(): void {
    this.#stopping = true;
    for (const answer of this.#waits) answer();
  }

  /** True if a run has ended, or waits for somebody. */
  async #isAtRest(state: RunState): Promise<boolean> {
    if (isFinished(statusOf(state)) || waitsForPerson(state)) return true;
    return (await this.#waitingChildren(state, 1)).length > 0;
  }

  async #waitingChildren(state: RunState, limit = MAX_WAITING_CHILDREN): Promise<RunSummary[]> {
    if (state.phase.kind !== 'joining') return [];
    return this.deps.store.listWaitingDescendants(state.runId, 'input', limit);
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
      loadRun(this.deps, runId)
        .then(async (state) => {
          if (await this.#isAtRest(state)) answer();
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
      if (await this.#isAtRest(await loadRun(this.deps, runId))) return;
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
