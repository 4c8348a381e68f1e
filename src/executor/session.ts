import type { Logger } from 'pino';
import type { CompiledGraph } from '../core/compile-graph.js';
import type { RunEvent } from '../core/events.js';
import { type Command, decide, settle } from '../core/interpreter.js';
import { append, evolve, isFinished, isSnapshotDue, type RunState, takeSnapshot } from '../core/run.js';
import { ConflictError, type Store, StoreUnavailableError } from '../store/store.js';
import { ToolCall } from './invoke-tool.js';

export interface SessionDeps {
  readonly store: Store;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly stepTimeoutMs: number;
}

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

  /** Drives the run until it ends, or this session is stopped, or another writer has taken over. */
  async drive(options: { recovered: boolean }): Promise<void> {
    if (options.recovered) await this.#commit(() => [{ type: 'run.recovered' }]);
    while (!this.#lost) {
      if (this.#stopping && !isFinished(this.state.status)) return this.#drained();
      if (this.#behind) await this.#takeIn();
      const command = decide(this.graph, this.state, this.deps.now());
      if (command.type === 'stop') return;
      if (command.type === 'append') await this.#commit(() => this.#decideAgain());
      else await this.#step(command);
    }
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
    const call = new ToolCall(node, cursor, this.deps.stepTimeoutMs);
    this.#call = call;
    const called = call.run(this.state, this.deps.now());
    const outcome = called instanceof Promise ? await called : called;
    this.#call = undefined;
    // Cut off by a stop: neither a result nor a failure. The step is called again after the next start.
    if (outcome === undefined) return;
    await this.#commit(() => settle(this.graph, this.state, outcome, this.deps.now()));
  }

  #decideAgain(): readonly RunEvent[] {
    const command = decide(this.graph, this.state, this.deps.now());
    return command.type === 'append' ? command.events : [];
  }

  async #drained(): Promise<void> {
    if (!this.state.drained) await this.#commit(() => [{ type: 'run.drained' }]);
  }

  /** Commits what `make` says of the present state. When another writer was first, takes in what it wrote and asks again. */
  async #commit(make: () => readonly RunEvent[]): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; !this.#lost; ) {
      const events = make();
      if (events.length === 0) return;
      try {
        return await this.#append(events);
      } catch (error) {
        if (error instanceof ConflictError) this.#lost ||= !(await this.#takeIn());
        else if (error instanceof StoreUnavailableError) {
          await this.#pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS);
        } else throw error;
      }
    }
  }

  async #append(events: readonly RunEvent[]): Promise<void> {
    const { records, state } = append(this.state, events, this.deps.now());
    const unit = { state, records, statusChanged: state.status !== this.state.status };
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
      if (record.event.type !== 'cancel.requested') this.#lost = true;
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
