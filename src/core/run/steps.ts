import { definedOnly } from '../base/defined-only.js';
import type { JsonObject } from '../base/json.js';
import { addUsage, NO_USAGE, type Usage } from '../base/usage.js';
import type { BranchCounts, Decision, EventOf, EventRecord, RunError } from './events.js';
import { type JournalListener, readEvent } from './journal-reading.js';

/** Why a run went where it went. `branches`: what became of those that it led to, if not all of them had to complete. */
export type StepDecision = Decision & { readonly branches?: BranchCounts };

/** One visit to a node. Times are milliseconds since 1970. */
export interface StepView {
  readonly step: number;
  readonly node: string;
  /** WAITING: for a time, an answer, its next try, the graph that runs as this step, or because the run is paused or at a limit. */
  readonly status: 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** Tries so far, the one under way included. */
  readonly attempts: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly patch: JsonObject | null;
  /** What the tool logged, over all attempts. */
  readonly logs: readonly string[];
  readonly error: RunError | null;
  readonly decision: StepDecision | null;
  readonly usage: Usage;
  /** Who answered what it waited for, or gave its result, if that is known. */
  readonly answeredBy: string | null;
}

/** Reads steps off a journal, from its start or from any record that began a step. */
export class StepReader implements JournalListener {
  /** Steps that the run has left behind, in order. */
  readonly finished: StepView[] = [];
  /** Seq of a record to read on from, for the steps after the finished ones. */
  lastSeq = 0;
  /** Seq and time of the record that is read. */
  #seq = 0;
  #time = 0;
  /** Seq of the record that ended the open step, if one did. */
  #endSeq = 0;
  #open: StepView | null = null;
  /** The open step was read before. */
  #isOld = false;
  #isPaused = false;
  #isAtLimit = false;
  readonly #from: number;

  /** @param from `lastSeq` of the reader of the steps before; 0 to read from the start. */
  constructor(from: number) {
    this.#from = from;
  }

  /** The step that the run is at, or stopped at: a retry can still change it. */
  get current(): StepView | null {
    return this.#isOld ? null : this.#open;
  }

  /** Takes the next record of the journal. */
  read({ event, time, seq }: EventRecord): void {
    this.#seq = seq;
    this.#time = time;
    readEvent(event, this);
  }

  onVisitBegun(step: number, node: string): void {
    // A fork that is retried before it started begins its step twice.
    if (this.#open !== null && this.#open.step !== step && !this.#isOld) this.finished.push(this.#open);
    this.lastSeq = this.#endSeq;
    this.#isOld = false;
    this.#open = newStep(step, node, this.#time);
  }

  onStepCompleted(event: EventOf<'step.completed'>): void {
    const { patch, decision, attempt } = event;
    this.#endCall(event);
    this.#endStep();
    this.#change((open) => ({
      status: 'COMPLETED',
      attempts: attempt,
      finishedAt: this.#time,
      // The way can be chosen again after a retry, with nothing more to set.
      patch: { ...open.patch, ...patch },
      error: null,
      decision,
    }));
  }

  onAttemptFailed(event: EventOf<'step.failed'>): void {
    const { attempt, error, retry_at: retryAt } = event;
    this.#endCall(event);
    this.#change(() => ({ status: retryAt === undefined ? 'RUNNING' : 'WAITING', attempts: attempt, error }));
  }

  onErrorEdgeTaken({ patch }: EventOf<'step.failed'>, decision: Decision): void {
    this.#endStep();
    this.#change(() => ({ status: 'FAILED', finishedAt: this.#time, patch: patch ?? null, decision }));
  }

  onWaitStarted(event: EventOf<'wait.started'>): void {
    this.#endCall(event);
    this.#change(() => ({ status: 'WAITING' }));
  }

  onWaitEnded({ outcome, answered_by: answeredBy }: EventOf<'wait.ended'>): void {
    if (outcome === 'answered') this.#change(() => ({ answeredBy: answeredBy ?? null }));
    const isAttemptNext = !this.#isAtLimit;
    this.#isAtLimit = false;
    this.#change(({ status, attempts, error }) =>
      // After the delay of a failed attempt comes the next one.
      status === 'WAITING'
        ? { status: 'RUNNING', attempts: attempts + (error === null || !isAttemptNext ? 0 : 1) }
        : {},
    );
  }

  /** A step that is over, before branches, stays so. */
  onLimitReached(): void {
    this.#isAtLimit = true;
    this.#change(({ status }) => (status === 'RUNNING' ? { status: 'WAITING' } : {}));
  }

  onRunPaused(): void {
    this.#isPaused = true;
    this.#change(({ status }) => (status === 'RUNNING' ? { status: 'WAITING' } : {}));
  }

  /** A run that waits for something else, or had not come to rest, stays as it is. */
  onRunUnpaused(): void {
    if (this.#isPaused) this.#change(({ status }) => (status === 'WAITING' ? { status: 'RUNNING' } : {}));
    this.#isPaused = false;
  }

  /** If not all branches had to complete, the decision that led to them tells what became of them. */
  onBranchesJoined({ count, joined, failed = 0, cancelled = 0, winners }: EventOf<'branches.joined'>): void {
    if (joined === undefined) return;
    const branches = { count, joined, failed, cancelled, ...definedOnly({ winners }) };
    this.#change(({ decision }) => (decision === null ? {} : { decision: { ...decision, branches } }));
  }

  /** The step that ended the run is under way again, unless it has led on to another. */
  onRunRetried({ step, node, result, by }: EventOf<'run.retried'>): void {
    if (step !== undefined && node !== undefined) this.#visit(step, node);
    // A step that is over stays so: its run only chooses the way on again.
    this.#change(({ status }) => (status === 'COMPLETED' ? {} : { status: 'RUNNING', finishedAt: null, error: null }));
    if (result !== undefined) this.#change(() => ({ answeredBy: by ?? null }));
  }

  onRunFailed({ error }: EventOf<'run.failed'>): void {
    this.#stop((open) => ({ status: 'FAILED', error: open.error ?? error }));
  }

  onRunCancelled(event: EventOf<'run.cancelled'>): void {
    this.#stop((open) => ({ status: 'CANCELLED', error: null, ...withCall(open, event) }));
  }

  // These change no step.
  onRunSubmitted(): void {}
  onBranchesStarted(): void {}
  onRunForked(): void {}
  onRunCompleted(): void {}

  /** A fork has no event for the beginning of a step that a retry began in the run that it copies. */
  #visit(step: number, node: string): void {
    if (step !== this.#open?.step) this.onVisitBegun(step, node);
  }

  /** A call of the step's tool ended, in whichever way. */
  #endCall(call: EventOf<'step.completed' | 'step.failed' | 'wait.started'>): void {
    this.#visit(call.step, call.node);
    this.#change((open) => withCall(open, call));
  }

  #endStep(): void {
    // Reading goes on from here: the step itself was read before.
    this.#isOld ||= this.#seq === this.#from;
    this.#endSeq = this.#seq;
  }

  /** The run ends at this step. A step that is over stays as it is. */
  #stop(changes: (step: StepView) => Partial<StepView>): void {
    this.#isPaused = false;
    this.#isAtLimit = false;
    this.#change((open) => {
      const isUnderWay = open.status === 'RUNNING' || open.status === 'WAITING';
      return isUnderWay ? { finishedAt: this.#time, ...changes(open) } : {};
    });
  }

  #change(changes: (step: StepView) => Partial<StepView>): void {
    if (this.#open !== null) this.#open = { ...this.#open, ...changes(this.#open) };
  }
}

/** What the tool logged and used in a call is added to its step. */
function withCall(
  { logs, usage }: StepView,
  call: { readonly logs: readonly string[]; readonly usage?: Usage },
): Pick<StepView, 'logs' | 'usage'> {
  return { logs: [...logs, ...call.logs], usage: addUsage(usage, call.usage) };
}

function newStep(step: number, node: string, startedAt: number): StepView {
  return {
    step,
    node,
    status: 'RUNNING',
    attempts: 1,
    startedAt,
    finishedAt: null,
    patch: null,
    logs: [],
    error: null,
    decision: null,
    usage: NO_USAGE,
    answeredBy: null,
  };
}
