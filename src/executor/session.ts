import type { Logger } from 'pino';
import type { CompiledGraph } from '../core/graph/compile.js';
import type { EventOf, RunEvent } from '../core/run/events.js';
import { evolve } from '../core/run/evolve.js';
import {
  type Circumstances,
  type Command,
  decide,
  type Outcome,
  settle,
  settleChildren,
} from '../core/run/interpreter.js';
import { append, isSnapshotDue, takeSnapshot } from '../core/run/journal.js';
import { isRowChanged, type RunState, statusOf } from '../core/run/state.js';
import type { GraphCache } from '../runs/graph-cache.js';
import { ConflictError, type Store, StoreUnavailableError } from '../store/store.js';
import type { Alarm } from './alarm.js';
import type { ChildRuns } from './children.js';
import { resolveWait } from './resolve-wait.js';
import { type CallResult, ToolCall } from './tool-call.js';

export interface SessionDeps {
  readonly store: Store;
  readonly graphs: GraphCache;
  readonly children: ChildRuns;
  readonly alarm: Alarm;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly stepTimeoutMs: number;
  readonly onStep?: StepObserver | undefined;
  /** What `secrets.NAME` in params stands for. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** How a call of a tool ended: with a patch, an error, its run parked, or a stop of the server. */
export type StepOutcome = 'completed' | 'failed' | 'waiting' | 'cut_off';

/** Hears of each call of a tool: how it ended, and how long it took in milliseconds. Must not throw. */
export type StepObserver = (toolName: string, outcome: StepOutcome, tookMs: number) => void;

const STEP_OUTCOMES: Readonly<Record<Outcome['kind'], StepOutcome>> = {
  returned: 'completed',
  threw: 'failed',
  waits: 'waiting',
};

/** First and longest pause before a commit is tried again while the database cannot be written. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

/** Drives one run: asks the interpreter, does what it says, and commits the facts before it goes on. */
export class Session {
  #call: ToolCall | undefined;
  /** A request has appended to the journal since this session last read it. */
  #behind = false;
  #lost = false;
  #stopping = false;
  #wake: (() => void) | undefined;

  constructor(
    private readonly deps: SessionDeps,
    private readonly graph: CompiledGraph,
    private state: RunState,
    /** Called after each commit of this session. */
    private readonly onCommit: () => void,
  ) {}

  /**
   * Drives the run until it ends or waits, or this session is stopped, or another writer has taken over.
   * Resolves with the state that it left.
   */
  async drive(options: { recovered: boolean }): Promise<RunState> {
    if (options.recovered) await this.#commit(() => [{ type: 'run.recovered' }]);
    let goesOn = true;
    while (goesOn && !this.#lost) {
      if (this.#behind) await this.#takeIn();
      goesOn = await this.#perform(decide(this.graph, this.state, this.#circumstances()));
    }
    return this.state;
  }

  /** Does what the interpreter says; false where there is nothing more to do for now. */
  async #perform(command: Command): Promise<boolean> {
    if (command.type === 'stop') return false;
    if (command.type === 'wait') {
      this.deps.alarm.schedule(command.until);
      return false;
    }
    if (this.#stopping) {
      await this.#drained();
      return false;
    }
    if (command.type === 'children') return this.#join(command);
    if (command.type === 'append') await this.#commit((at) => this.#decideAgain(at));
    else await this.#step(command);
    return true;
  }

  /** Tells the tool under way to stop, because the journal says that the run is cancelled. */
  cancel(): void {
    this.#behind = true;
    this.#call?.abort('cancel');
  }

  /** Lets the step under way finish, then stops. */
  stop(): void {
    this.#stopping = true;
  }

  /** Stops now: the tool's signal fires, and what it still does is dropped. */
  abandon(): void {
    this.#stopping = true;
    this.#call?.abandon();
    this.#wake?.();
  }

  async #step({ node, cursor }: Extract<Command, { type: 'call' }>): Promise<void> {
    const call = new ToolCall(node, cursor, node.timeoutMs ?? this.deps.stepTimeoutMs, this.deps.secrets);
    this.#call = call;
    const begunAt = performance.now();
    const called = call.run(this.state, this.deps.now());
    const result = called instanceof Promise ? await called : called;
    this.#call = undefined;
    const tookMs = performance.now() - begunAt;
    const outcome = result?.kind === 'asks' ? await this.#resolve(result) : result;
    this.deps.onStep?.(node.toolName, outcome === undefined ? 'cut_off' : STEP_OUTCOMES[outcome.kind], tookMs);
    // Cut off by a stop: neither a result nor a failure. The step is called again after the next start.
    if (outcome === undefined) return;
    await this.#commit((at) => settle(this.graph, this.state, outcome, at));
  }

  async #resolve({ request, ...said }: Extract<CallResult, { kind: 'asks' }>): Promise<Outcome> {
    const resolved = await resolveWait(request, this.state, this.deps.graphs);
    if (resolved.code === undefined) return { ...said, kind: 'waits', wait: resolved.wait };
    return { ...said, kind: 'threw', ...resolved, fatal: true };
  }

  /** Has the children looked after; false while some of them are under way. */
  async #join({ children, cancel }: Extract<Command, { type: 'children' }>): Promise<boolean> {
    const results = await this.deps.children.tend(this.state, this.graph, children, cancel);
    if (results === undefined) return false;
    await this.#commit((at) => settleChildren(this.graph, this.state, results, at));
    return true;
  }

  #circumstances(): Circumstances {
    return { now: this.deps.now(), random: this.deps.random() };
  }

  #decideAgain(at: Circumstances): readonly RunEvent[] {
    const command = decide(this.graph, this.state, at);
    return command.type === 'append' ? command.events : [];
  }

  async #drained(): Promise<void> {
    // Only runs at work could be taken for crashed.
    if (statusOf(this.state) === 'RUNNING' && !this.state.drained) await this.#commit(() => [{ type: 'run.drained' }]);
  }

  /** Commits what `make` says of the present state. When another writer was first, takes in what it wrote and asks again. */
  async #commit(make: (at: Circumstances) => readonly RunEvent[]): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; !this.#lost; ) {
      // One moment for what is decided and for when it is said to have happened.
      const at = this.#circumstances();
      const events = make(at);
      if (events.length === 0) return;
      try {
        return await this.#append(events, at.now);
      } catch (error) {
        if (error instanceof ConflictError) {
          // Awaited apart: an assignment would read `#lost` before the await, and undo what taking in the journal finds.
          const isMoved = await this.#takeIn();
          this.#lost ||= !isMoved;
        } else if (error instanceof StoreUnavailableError) {
          await this.#pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS);
        } else throw error;
      }
    }
  }

  async #append(events: readonly RunEvent[], now: number): Promise<void> {
    const { records, state } = append(this.state, events, now);
    const rowChanged = isRowChanged(this.state, state);
    const unit = { state, records, rowChanged };
    if (isSnapshotDue(state)) {
      const snapshot = takeSnapshot(state);
      await this.deps.store.commit({ appends: [{ ...unit, snapshot: snapshot.text }] });
      this.state = snapshot.state;
    } else {
      await this.deps.store.commit({ appends: [unit] });
      this.state = state;
    }
    this.onCommit();
  }

  /**
   * Folds what others have appended. Requests may append beside a session; anybody else who did has taken the run over.
   * Says whether there was anything.
   */
  async #takeIn(): Promise<boolean> {
    this.#behind = false;
    const tail = await this.deps.store.readEvents(this.state.runId, this.state.seq, 1000);
    for (const record of tail) {
      this.state = evolve(this.state, record);
      if (!isRequest(record.event)) this.#lost = true;
    }
    return tail.length > 0;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopping) {
      this.deps.logger.warn(
        { run_id: this.state.runId },
        'stopping without the database; the run goes on after the next start',
      );
      this.#lost = true;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}

/** What requests append beside a session. */
function isRequest(event: RunEvent): boolean {
  if (event.type === 'wait.ended') return event.outcome === 'answered';
  return REQUESTS.includes(event.type);
}

const REQUESTS: readonly EventOf<RunEvent['type']>['type'][] = ['cancel.requested', 'run.cancelled', 'run.retried'];
