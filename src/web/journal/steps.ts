import type { CapsuleEvent } from '../evidence/capsule-document.js';
import type { Step } from '../wire-types.js';

/**
 * The steps of a run, in order, as its events say: the same ones that the API lists (a test compares the two), without what
 * tools were called with.
 */
export function stepsOf(events: readonly CapsuleEvent[]): readonly Step[] {
  const reader = new StepReader();
  for (const event of events) reader.read(event);
  return reader.steps;
}

/** Steps as they were at a moment: those that are not over took until then, and not until now. */
export function stepsAt(steps: readonly Step[], iso: string | null): readonly Step[] {
  return steps.map((step) => (step.finished_at === null ? { ...step, finished_at: iso ?? step.started_at } : step));
}

const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

type Changes = Partial<Omit<Step, 'step' | 'node'>>;

/** Reads steps off the journal of a run, event by event. */
export class StepReader {
  readonly #finished: Step[] = [];
  #open: Step | undefined;
  #time = '';
  #isPaused = false;
  #isAtLimit = false;

  get steps(): readonly Step[] {
    return this.#open === undefined ? this.#finished : [...this.#finished, this.#open];
  }

  read(event: CapsuleEvent): void {
    this.#time = event.time;
    switch (event.type) {
      case 'run.started':
        if (typeof event.next === 'string') this.#begin(event.step ?? 1, event.next);
        break;
      case 'step.completed':
        this.#completeStep(event);
        break;
      case 'step.failed':
        this.#failAttempt(event);
        break;
      case 'branches.joined':
        this.#joinBranches(event);
        break;
      case 'run.retried':
        this.#retry(event);
        break;
      case 'run.failed':
        this.#stop(event, ({ error }) => ({ status: 'FAILED', error: error ?? event.error ?? null }));
        break;
      case 'run.cancelled':
        this.#stop(event, () => ({ status: 'CANCELLED', error: null }));
        break;
      default:
        this.#readRest(event);
    }
  }

  /** The run waits or rests, or does so no longer. Other events change no step. */
  #readRest(event: CapsuleEvent): void {
    switch (event.type) {
      case 'wait.started':
        this.#endCall(event);
        this.#change({ status: 'WAITING' });
        break;
      case 'wait.ended':
        this.#endWait(event);
        break;
      case 'limit.reached':
        this.#isAtLimit = true;
        this.#changeIf('RUNNING', { status: 'WAITING' });
        break;
      case 'run.paused':
        this.#isPaused = true;
        this.#changeIf('RUNNING', { status: 'WAITING' });
        break;
      case 'run.unpaused':
        if (this.#isPaused) this.#changeIf('WAITING', { status: 'RUNNING' });
        this.#isPaused = false;
        break;
    }
  }

  #completeStep(event: CapsuleEvent): void {
    this.#endCall(event);
    this.#change({
      status: 'COMPLETED',
      attempts: event.attempt ?? 1,
      finished_at: this.#time,
      // The way can be chosen again after a retry, with nothing more to set.
      patch: { ...this.#open?.patch, ...event.patch },
      error: null,
      decision: event.decision ?? null,
    });
    this.#goOn(event);
  }

  #failAttempt(event: CapsuleEvent): void {
    const { attempt = 1, error = null, retry_at: retryAt, decision, patch = null } = event;
    this.#endCall(event);
    this.#change({ status: retryAt === undefined ? 'RUNNING' : 'WAITING', attempts: attempt, error });
    if (decision !== undefined) this.#change({ status: 'FAILED', finished_at: this.#time, patch, decision });
    this.#goOn(event);
  }

  #endWait({ outcome, answered_by: answeredBy }: CapsuleEvent): void {
    if (outcome === 'answered') this.#change({ answered_by: answeredBy ?? null });
    // After the delay of a failed attempt comes the next one.
    const isAttemptNext = !this.#isAtLimit && this.#open?.error !== null;
    this.#isAtLimit = false;
    const attempts = (this.#open?.attempts ?? 1) + (isAttemptNext ? 1 : 0);
    this.#changeIf('WAITING', { status: 'RUNNING', attempts });
  }

  #joinBranches(event: CapsuleEvent): void {
    const { count = 0, joined, failed = 0, cancelled = 0, winners } = event;
    const decision = this.#open?.decision;
    if (joined !== undefined && decision) {
      const branches = { count, joined, failed, cancelled, ...(winners === undefined ? {} : { winners }) };
      this.#change({ decision: { ...decision, branches } });
    }
    this.#goOn(event);
  }

  #retry({ step, node, result, by }: CapsuleEvent): void {
    if (step !== undefined && node !== undefined) this.#visit(step, node);
    if (this.#open?.status !== 'COMPLETED') this.#change({ status: 'RUNNING', finished_at: null, error: null });
    if (result !== undefined) this.#change({ answered_by: by ?? null });
  }

  /** The run ends at this step. A step that is over stays as it is. */
  #stop(event: CapsuleEvent, changes: (step: Step) => Changes): void {
    this.#isPaused = false;
    this.#isAtLimit = false;
    const open = this.#open;
    if (open === undefined || (open.status !== 'RUNNING' && open.status !== 'WAITING')) return;
    if (event.type === 'run.cancelled') this.#addCall(event);
    this.#change({ finished_at: this.#time, ...changes(open) });
  }

  /** After the event that ended a visit comes the next one, unless the run ends or starts branches. */
  #goOn({ step = 0, next }: CapsuleEvent): void {
    if (typeof next === 'string') this.#begin(step + 1, next);
  }

  #begin(step: number, node: string): void {
    // A fork that is retried before it started begins its step twice.
    if (this.#open !== undefined && this.#open.step !== step) this.#finished.push(this.#open);
    this.#open = beginStep(step, node, this.#time);
  }

  /** A fork has no event for the beginning of a step that a retry began in the run that it copies. */
  #visit(step: number, node: string): void {
    if (step !== this.#open?.step) this.#begin(step, node);
  }

  /** A call of the step's tool ended, in whichever way. */
  #endCall(event: CapsuleEvent): void {
    if (event.step !== undefined && event.node !== undefined) this.#visit(event.step, event.node);
    this.#addCall(event);
  }

  #addCall({ logs = [], usage = NO_USAGE }: CapsuleEvent): void {
    if (this.#open === undefined) return;
    const { usage: before, logs: lines } = this.#open;
    const cost = { ...costOf(before.cost_usd, usage.cost_usd) };
    const tokens = {
      input_tokens: before.input_tokens + usage.input_tokens,
      output_tokens: before.output_tokens + usage.output_tokens,
    };
    this.#change({ logs: [...lines, ...logs], usage: { ...tokens, ...cost } });
  }

  #changeIf(status: Step['status'], changes: Changes): void {
    if (this.#open?.status === status) this.#change(changes);
  }

  #change(changes: Changes): void {
    if (this.#open !== undefined) this.#open = { ...this.#open, ...changes };
  }
}

function costOf(before: number | undefined, more: number | undefined): { cost_usd?: number } {
  return before === undefined && more === undefined ? {} : { cost_usd: (before ?? 0) + (more ?? 0) };
}

function beginStep(step: number, node: string, startedAt: string): Step {
  return {
    step,
    node,
    status: 'RUNNING',
    attempts: 1,
    params: null,
    started_at: startedAt,
    finished_at: null,
    patch: null,
    logs: [],
    error: null,
    decision: null,
    usage: NO_USAGE,
    answered_by: null,
  };
}
