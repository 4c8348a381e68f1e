import type { JsonObject } from '../base/json.js';
import { addUsage, type Usage } from '../base/usage.js';
import type { Decision, EventOf, EventRecord, RunError } from './events.js';

/** One visit to a node. Times are milliseconds since 1970. */
export interface StepView {
  readonly step: number;
  readonly node: string;
  /** WAITING: for a time, an answer, its next try, or the graph that runs as this step. */
  readonly status: 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** Tries so far, the one under way included. */
  readonly attempts: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly patch: JsonObject | null;
  /** What the tool logged, over all attempts. */
  readonly logs: readonly string[];
  readonly error: RunError | null;
  readonly decision: Decision | null;
  readonly usage: Usage;
}

/** Reads steps off a journal, from its start or from any record that began a step. */
export class StepReader {
  /** Steps that the run has left behind, in order. */
  readonly finished: StepView[] = [];
  /** Seq of a record to read on from, for the steps after the finished ones. */
  lastSeq = 0;
  /** Seq of the record that ended the open step, if one did. */
  #endSeq = 0;
  #open: StepView | null = null;
  /** The open step was read before. */
  #isOld = false;
  readonly #from: number;

  /** @param from `lastSeq` of the reader of the steps before; 0 to read from the start. */
  constructor(from: number) {
    this.#from = from;
  }

  /** The step that the run is at, or stopped at: a retry may still change it. */
  get current(): StepView | null {
    return this.#isOld ? null : this.#open;
  }

  /** Takes the next record of the journal. */
  read({ event, time, seq }: EventRecord): void {
    if (event.type === 'run.started') this.#begin(event.step ?? 1, event.next, time);
    else if (event.type === 'step.completed') this.#completed(event, time, seq);
    else if (event.type === 'step.failed') this.#failed(event, time, seq);
    else if (event.type === 'wait.started') this.#waits(event, time);
    else if (event.type === 'wait.ended') this.#woke();
    else if (event.type === 'branches.joined') this.#goOn(event.next, time);
    else if (event.type === 'run.failed') this.#stop('FAILED', event, time);
    else if (event.type === 'run.cancelled') this.#stop('CANCELLED', event, time);
    else if (event.type === 'run.retried') this.#retried(event, time);
  }

  #completed(event: EventOf<'step.completed'>, time: number, seq: number): void {
    const { patch, decision, attempt, next } = event;
    this.#visit(event, time);
    // Reading goes on from here: the step itself was read before.
    this.#isOld ||= seq === this.#from;
    this.#change((open) => ({
      status: 'COMPLETED',
      attempts: attempt,
      finishedAt: time,
      // The way may be chosen again after a retry, with nothing more to set.
      patch: { ...open.patch, ...patch },
      logs: [...open.logs, ...event.logs],
      error: null,
      decision,
      usage: addUsage(open.usage, event.usage),
    }));
    this.#endSeq = seq;
    this.#goOn(next, time);
  }

  #failed(event: EventOf<'step.failed'>, time: number, seq: number): void {
    const { attempt, error, decision, next = null } = event;
    this.#visit(event, time);
    this.#isOld ||= seq === this.#from;
    this.#change((open) => ({
      status: event.retry_at === undefined ? 'RUNNING' : 'WAITING',
      attempts: attempt,
      error,
      logs: [...open.logs, ...event.logs],
      usage: addUsage(open.usage, event.usage),
    }));
    if (decision === undefined) return;
    this.#change(() => ({ status: 'FAILED', finishedAt: time, patch: event.patch ?? null, decision }));
    this.#endSeq = seq;
    this.#goOn(next, time);
  }

  #waits(event: EventOf<'wait.started'>, time: number): void {
    this.#visit(event, time);
    this.#change((step) => ({
      status: 'WAITING',
      logs: [...step.logs, ...event.logs],
      usage: addUsage(step.usage, event.usage),
    }));
  }

  #woke(): void {
    this.#change(({ status, attempts, error }) =>
      // After the delay of a failed attempt comes the next one.
      status === 'WAITING' ? { status: 'RUNNING', attempts: attempts + (error === null ? 0 : 1) } : {},
    );
  }

  #goOn(next: string | null, time: number): void {
    if (next !== null && this.#open !== null) this.#begin(this.#open.step + 1, next, time);
  }

  #begin(step: number, node: string, startedAt: number): void {
    // A fork that is retried before it started begins its step twice.
    if (this.#open !== null && this.#open.step !== step && !this.#isOld) this.finished.push(this.#open);
    this.lastSeq = this.#endSeq;
    this.#isOld = false;
    this.#open = begun(step, node, startedAt);
  }

  /** A fork has no event for the beginning of a step that a retry began in the run that it copies. */
  #visit({ step, node }: { readonly step: number; readonly node: string }, time: number): void {
    if (step !== this.#open?.step) this.#begin(step, node, time);
  }

  /** The run ends at this step; one that has ended itself stays as it is. */
  #stop(status: 'FAILED' | 'CANCELLED', why: Ending, time: number): void {
    if (this.#open?.status !== 'RUNNING' && this.#open?.status !== 'WAITING') return;
    const { logs = [], error = null, usage } = why;
    this.#change((open) => ({
      status,
      finishedAt: time,
      logs: [...open.logs, ...logs],
      usage: addUsage(open.usage, usage),
      error: status === 'FAILED' ? (open.error ?? error) : null,
    }));
  }

  /** The step that ended the run is under way again, unless it has led on to another. */
  #retried({ step, node }: EventOf<'run.retried'>, time: number): void {
    if (step !== undefined && node !== undefined && step !== this.#open?.step) this.#begin(step, node, time);
    // A step that is over stays so: its run only chooses the way on again.
    this.#change(({ status }) => (status === 'COMPLETED' ? {} : { status: 'RUNNING', finishedAt: null, error: null }));
  }

  #change(changes: (step: StepView) => Partial<StepView>): void {
    if (this.#open !== null) this.#open = { ...this.#open, ...changes(this.#open) };
  }
}

/** What the end of a run says of the step that it stops. */
interface Ending {
  readonly error?: RunError;
  readonly logs?: readonly string[];
  readonly usage?: Usage;
}

const NO_USAGE: Usage = { input_tokens: 0, output_tokens: 0 };

function begun(step: number, node: string, startedAt: number): StepView {
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
  };
}
