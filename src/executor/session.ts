import { assertNever } from '../core/base/assert-never.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { type Command, decide } from '../core/run/decide.js';
import { isLeft } from '../core/run/due.js';
import { isRequest } from '../core/run/event-kinds.js';
import type { EventOf, RunEvent } from '../core/run/events.js';
import { evolve } from '../core/run/evolve.js';
import { append, isSnapshotDue } from '../core/run/journal.js';
import { type FamilyUsage, hasBudget } from '../core/run/limits.js';
import { missingAt } from '../core/run/missing.js';
import { preparePatch } from '../core/run/patch.js';
import type { TracedSession } from '../core/run/run-tracer.js';
import {
  type CallOutcome,
  type DetachedRun,
  isLargeReturn,
  type LargeReturn,
  settle,
  settleChildren,
} from '../core/run/settle.js';
import { needsSlot } from '../core/run/slots.js';
import { type Cursor, isFinished, type RunState, statusOf } from '../core/run/state.js';
import type { Circumstances } from '../core/run/visit.js';
import { readFamilyUsage } from '../runs/family-usage.js';
import { appendOf, unitOf } from '../runs/units.js';
import { ConflictError } from '../store/errors.js';
import { journalPages } from '../store/journal-pages.js';
import type { Claim } from '../store/queue.js';
import type { Signal } from '../store/signals.js';
import { refusedStart, withDetachedRun } from './detached-run.js';
import { Patience } from './patience.js';
import { resolveWait } from './resolve-wait.js';
import { LOST, type Rest } from './rest.js';
import type { SessionDeps } from './session-deps.js';
import { isAt, isMoved, noteTrace, refuseAt, snapshotInTurn } from './session-parts.js';
import { stepOutcomeOf } from './step-outcome.js';
import { type CallResult, ToolCall } from './tool-call.js';
import { ToolTurn } from './tool-turn.js';

const TAIL_EVENTS = 1000;
/** When a run is taken up again whose last events the database has lost, in milliseconds. */
const BACK_MS = 1000;

/** Drives one run under a claim: asks the core what comes next, does it, and commits the facts before it goes on. */
export class Session {
  #call: ToolCall | undefined;
  /** The last event that this session knows of, one that is being committed included. */
  #seq: number;
  /** Somebody else has appended to the journal since this session last read it. */
  #behind = false;
  #rest: Rest | undefined;
  /** What the runs around this one had used when that was last read: before each call, if the run has a budget. */
  #family: FamilyUsage | undefined;
  #commits = 0;
  #hasSlot = true;
  #stopping = false;
  readonly #turn: ToolTurn;
  readonly #trace: TracedSession | undefined;
  readonly #patience = new Patience({
    isOver: () => this.#rest !== undefined,
    onDown: () => this.#stopWithoutStore(),
  });

  constructor(
    private readonly deps: SessionDeps,
    private readonly claim: Claim,
    private readonly graph: CompiledGraph,
    private state: RunState,
  ) {
    this.#seq = state.seq;
    this.#turn = new ToolTurn(deps.toolLimits);
    this.#trace = deps.tracer?.follow(state);
  }

  /**
   * Drives the run until it ends or waits, or this session is stopped, or the claim is lost.
   * @param recovery what to append first, for a run that was under way at a crash
   */
  async drive(recovery?: EventOf<'run.recovered'>): Promise<Rest> {
    const { signals, turns } = this.deps;
    const unsubscribe = signals.subscribe(`run/${this.state.runId}`, (signal) => this.#notice(signal));
    try {
      if (recovery !== undefined) await this.#commit(() => [recovery]);
      for (;;) {
        // Many runs that go on together, each with an expression of a tenth of a second, take turns.
        if (turns.isOver()) await turns.next();
        if (this.#behind) await this.#patience.whileDown(() => this.#takeIn());
        this.#family = await this.#readFamily();
        this.#hasSlot = await this.#readSlot();
        if (this.#rest !== undefined) return this.#rest;
        const missing = missingAt(this.graph, this.state);
        if (missing.length > 0 && (await this.#isForOthers(missing))) return { kind: 'elsewhere', missing };
        const rest = await this.#perform(decide(this.graph, this.state, this.#circumstances()));
        if (rest !== undefined) return rest;
      }
    } finally {
      unsubscribe();
      this.#turn.end();
      this.#trace?.end(this.state);
    }
  }

  /** Lets the step under way finish, then stops. */
  stop(): void {
    this.#stopping = true;
    this.#turn.disturb();
  }

  /** Stops now: the tool's signal fires, and what it still does is dropped. */
  abandon(): void {
    this.#stopping = true;
    this.#turn.disturb();
    this.#call?.abandon();
    this.#patience.hurry();
  }

  /** The run may be another's: stops now, and stores nothing more. */
  lose(): void {
    this.#rest ??= this.#due();
    this.abandon();
  }

  /** True if another process has what is missing here. */
  async #isForOthers(missing: readonly string[]): Promise<boolean> {
    return (await this.#patience.whileDown(() => this.deps.peers.have(missing))) === true;
  }

  /** Does what comes next; says how the run was left if there is nothing more to do for now. */
  async #perform(command: Command): Promise<Rest | undefined> {
    if (command.type === 'stop') return { kind: 'parked', until: null };
    if (command.type === 'wait') return { kind: 'parked', until: command.until };
    // There can be nothing to do but to wait.
    if (command.type === 'children') return this.#join(command);
    if (this.#stopping) return this.#drained();
    switch (command.type) {
      case 'append':
        this.#turn.end();
        await this.#commit((at) => this.#decideAgain(at));
        return undefined;
      case 'call':
        if (!this.#turn.isAt(command.node.toolName)) {
          await this.#turn.wait((this.state.deadlineAt ?? Number.POSITIVE_INFINITY) - this.deps.now());
          return undefined;
        }
        if (!this.deps.queue.isSure(this.claim) && !(await this.#holds())) return this.#rest ?? LOST;
        // It can have been told to stop while it asked.
        return this.#stopping ? this.#drained() : this.#step(command);
    }
  }

  /** A signal can be about what this session commits itself, which it knows of. */
  #notice(signal: Signal | 'resync'): void {
    this.#turn.disturb();
    if (signal === 'resync') {
      void this.#takeIn().catch(() => {
        this.#behind = true;
      });
      return;
    }
    if (signal.kind !== 'run_advanced' || signal.seq <= this.#seq) return;
    this.#behind = true;
    if (signal.cancelRequested) this.#call?.abort('cancel');
  }

  /** Whether this may call: a process that stood still can have lost its claim, and not know it yet. */
  async #holds(): Promise<boolean> {
    const held = await this.#patience.whileDown(() => this.deps.queue.touch([this.claim]));
    return held?.length === 1;
  }

  async #step({ node, cursor }: Extract<Command, { type: 'call' }>): Promise<undefined> {
    const { stepTimeoutMs, secrets, turns, output, timers } = this.deps;
    const trace = this.#trace?.beginCall({ toolName: node.toolName, ...cursor });
    const timeoutMs = node.timeoutMs ?? stepTimeoutMs;
    const call = new ToolCall(node, cursor, timeoutMs, secrets, turns.inSlices, output, trace, timers);
    this.#call = call;
    const begunAt = performance.now();
    const called = call.run(this.state, this.deps.now());
    const result = called instanceof Promise ? await called : called;
    call.end(result);
    this.#turn.end();
    this.#call = undefined;
    const tookMs = performance.now() - begunAt;
    const outcome = result?.kind === 'parks' ? await this.#patience.whileDown(() => this.#resolve(result)) : result;
    this.deps.onStep?.(node.toolName, stepOutcomeOf(outcome), tookMs);
    // Cut off by a stop: neither a result nor a failure. The step is called again after the next start.
    if (outcome === undefined) return undefined;
    await this.#settle(cursor, isLargeReturn(outcome) ? await this.#prepare(outcome) : outcome);
    return undefined;
  }

  async #settle(cursor: Cursor, outcome: CallOutcome): Promise<void> {
    const run = outcome.kind === 'starts' ? outcome.run : undefined;
    try {
      await this.#commit((at) => (isAt(this.state, cursor) ? settle(this.graph, this.state, outcome, at) : []), run);
    } catch (error) {
      const refused = refusedStart(outcome, error);
      if (refused === undefined) throw error;
      await this.#settle(cursor, refused);
    }
  }

  /** Copies a large patch in slices, ahead of what needs it whole. */
  async #prepare(outcome: LargeReturn): Promise<CallOutcome> {
    return { ...outcome, value: await this.deps.turns.inSlices(preparePatch(outcome.value)) };
  }

  async #resolve({ request, ...said }: Extract<CallResult, { kind: 'parks' }>): Promise<CallOutcome> {
    return { ...said, ...(await resolveWait(request, this.state, { ...this.deps, trace: this.#trace?.context() })) };
  }

  /** Has the children looked after, and parks the run while some of them are under way. */
  async #join(command: Extract<Command, { type: 'children' }>): Promise<Rest | undefined> {
    const { children: childRuns, runs } = this.deps;
    const session = { isStopping: () => this.#stopping, trace: () => this.#trace?.context() };
    const result = await this.#patience.whileDown(() => childRuns.reconcile(this.state, this.graph, command, session));
    switch (result?.kind) {
      case undefined:
        return this.#rest ?? LOST;
      case 'under_way':
        runs.keep(this.state);
        return { kind: 'parked', until: null };
      case 'stopped':
        return this.#drained();
      case 'refused':
        await this.#commit(() => refuseAt(this.state, command.children, result.refusal));
        return undefined;
      case 'ended':
        await this.#commit((at) => settleChildren(this.graph, this.state, result.results, at));
        return undefined;
      default:
        return assertNever(result);
    }
  }

  #circumstances(): Circumstances {
    return { now: this.deps.now(), random: this.deps.random(), family: this.#family, hasSlot: this.#hasSlot };
  }

  async #readFamily(): Promise<FamilyUsage | undefined> {
    if (!hasBudget(this.state) || isFinished(statusOf(this.state))) return undefined;
    return this.#patience.whileDown(() => readFamilyUsage(this.deps, this.state));
  }

  async #readSlot(): Promise<boolean> {
    if (!needsSlot(this.state)) return true;
    return (await this.#patience.whileDown(() => this.deps.queue.hasSlot(this.state.runId))) === true;
  }

  #decideAgain(at: Circumstances): readonly RunEvent[] {
    const command = decide(this.graph, this.state, at);
    return command.type === 'append' ? command.events : [];
  }

  async #drained(): Promise<Rest> {
    // Only runs at work could be taken for crashed, and those with something to do for their children.
    const isAtWork = statusOf(this.state) === 'RUNNING' || this.state.phase.kind === 'joining';
    if (isAtWork && !this.state.drained) await this.#commit(() => [{ type: 'run.drained' }]);
    return this.#rest ?? this.#due();
  }

  /**
   * Commits what `make` says of the present state. If another writer was first, takes in what it wrote and asks again.
   * @param run started by the step that it completes
   */
  async #commit(make: (at: Circumstances) => readonly RunEvent[], run?: DetachedRun): Promise<void> {
    let isDone = false;
    while (!isDone && this.#rest === undefined) {
      await this.#patience.whileDown(async () => {
        // One moment for what is decided and for when it is said to have happened.
        const at = this.#circumstances();
        const events = make(at);
        isDone = events.length === 0 || (await this.#append(events, at.now, run));
      });
    }
  }

  /** Appends events to the state as it is; false if somebody else was first, and what they wrote was taken in. */
  async #append(events: readonly RunEvent[], now: number, run?: DetachedRun): Promise<boolean> {
    const { store, queue } = this.deps;
    const before = this.state;
    const appended = append(before, noteTrace(events, this.#trace), now);
    const snapshot = isSnapshotDue(appended.state) ? await snapshotInTurn(this.deps.turns, appended.state) : undefined;
    const change = appendOf(before, appended, snapshot);
    const isAtRest = isLeft(appended.state);
    this.#seq = appended.state.seq;
    try {
      const unit = unitOf(before, change, isAtRest ? this.claim : undefined);
      const starting = run && withDetachedRun(unit, events, run, now);
      if (starting === undefined) await store.commit(unit);
      else await queue.admit(() => store.commit(starting));
    } catch (error) {
      this.#seq = this.state.seq;
      if (!(error instanceof ConflictError)) throw error;
      // Whoever was first can have paused it, and so given its slot away.
      this.#hasSlot = false;
      await this.#reclaim();
      return false;
    }
    // What others appended after it can have been taken in already.
    if (this.state.seq < appended.state.seq) this.state = change.state;
    this.#commits += 1;
    if (isAtRest) this.#rest = { kind: 'done' };
    // The first commit of a run that was taken over only says so; from the second on it has got on.
    if (this.claim.isSuspect && this.#commits === 2) this.deps.queue.clear(this.claim);
    return true;
  }

  /**
   * After a conflict: requests may append beside a session. Anybody else who did drives the run too, and then the claim
   * decides which of the two goes on.
   */
  async #reclaim(): Promise<void> {
    const tail = await this.#takeIn();
    if (tail.length > 0 && tail.every(isRequest)) return;
    const [held] = await this.deps.queue.touch([this.claim]);
    if (held === undefined) this.#rest = LOST;
    // Nobody was first: the database has lost what this session knows of. The run goes on from what is stored.
    else if (tail.length === 0) this.#rest = { kind: 'parked', until: this.deps.now() + BACK_MS };
  }

  /** Folds what others have appended; resolves with that. */
  async #takeIn(): Promise<readonly RunEvent[]> {
    this.#behind = false;
    const tail: RunEvent[] = [];
    for await (const records of journalPages(this.deps.store, this.state.runId, this.state.seq, TAIL_EVENTS)) {
      const added = records.filter(({ seq }) => seq > this.state.seq);
      for (const record of added) this.state = evolve(this.state, record);
      tail.push(...added.map(({ event }) => event));
    }
    this.#seq = this.state.seq;
    if (this.state.cancelRequested) this.#call?.abort('cancel');
    this.#turn.disturb();
    if (isMoved(this.state, this.graph, this.deps)) this.#rest ??= this.#due();
    return tail;
  }

  #stopWithoutStore(): void {
    if (!this.#stopping) return;
    this.deps.logger.warn(
      { run_id: this.state.runId },
      'stopping without the database; the run goes on after the next start',
    );
    this.#rest = this.deps.queue.isShared ? this.#due() : LOST;
  }

  #due(): Rest {
    return { kind: 'parked', until: this.deps.now() };
  }
}
