import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { isRecord, isText } from '../evidence/guards.js';

/** What a run did for a while: a bar of its timeline. */
export interface Span {
  readonly kind: 'queue' | 'call' | 'wait' | 'rest';
  /** The step that it belongs to; 0 for what comes before the first one. */
  readonly step: number;
  readonly node: string;
  /** Of calls: which attempt; of others: after which. */
  readonly attempt: number;
  /** In milliseconds since 1970. */
  readonly from: number;
  /** Null while it goes on. */
  readonly to: number | null;
  readonly status: 'running' | 'completed' | 'failed' | 'waiting' | 'cancelled' | 'submitted';
  /** What it did, or what it waited for. */
  readonly text: string;
  /** Of a run inside the run: its id, and how it is called. */
  readonly inside?: { readonly runId: string; readonly name: string };
}

const WAITED_FOR: Readonly<Record<string, string>> = {
  timer: 'waits for a time',
  input: 'waits for an answer',
  signal: 'waits for a signal',
  graph: 'another graph runs',
};

const CALLED = 'is called';
const GOES_ON = 'goes on';
const CALL = { kind: 'call', to: null, status: 'running', text: CALLED } as const;
const RETRY = 'waits for the next attempt';

/** What a run did from when to when, off its events: calls with their attempts, waits, rests, and time in line. */
export function spansOf(events: readonly CapsuleEvent[]): readonly Span[] {
  const reader = new SpanReader();
  for (const event of events) reader.read(event);
  return reader.spans;
}

/** Reads spans off the journal of a run, event by event. */
export class SpanReader {
  readonly #ended: Span[] = [];
  #open: Span | undefined;
  /** What a pause, or a server that is away, came between. */
  #between: Span | undefined;
  #time = 0;
  /** When the next attempt was due, in milliseconds since 1970. */
  #retryAt = 0;
  #place = { step: 0, node: '', attempt: 1 };

  get spans(): readonly Span[] {
    return this.#open === undefined ? this.#ended : [...this.#ended, this.#open];
  }

  read(event: CapsuleEvent): void {
    this.#time = Date.parse(event.time);
    switch (event.type) {
      case 'run.submitted':
        this.#begin('queue', 'submitted', 'in line');
        break;
      case 'run.started':
        this.#end('completed');
        this.#call(event.step ?? 1, event.next ?? '');
        break;
      case 'step.completed':
        this.#goTo(event);
        this.#end('completed');
        this.#goOn(event);
        break;
      case 'step.failed':
        this.#failAttempt(event);
        break;
      case 'branches.joined':
        this.#end(event.error === undefined ? 'completed' : 'failed');
        this.#goOn(event);
        break;
      case 'run.completed':
      case 'run.failed':
      case 'run.cancelled':
        this.#end(event.type.slice('run.'.length) as Span['status']);
        break;
      default:
        this.#readRest(event);
    }
  }

  /** Waits, rests, and what comes after them. */
  #readRest(event: CapsuleEvent): void {
    switch (event.type) {
      case 'wait.started':
        this.#goTo(event);
        this.#end('completed');
        this.#begin('wait', 'waiting', textOfWait(event));
        break;
      case 'wait.ended': {
        const isRetry = this.#open?.text === RETRY;
        this.#end(event.outcome === 'expired' || event.outcome === 'refused' ? 'failed' : 'completed');
        this.#begin('call', 'running', isRetry ? CALLED : GOES_ON);
        break;
      }
      case 'branches.started':
        this.#goTo(event);
        this.#end('completed');
        this.#begin('wait', 'waiting', `${event.count ?? 0} branches run`);
        break;
      case 'limit.reached':
        this.#goTo(event);
        this.#end('completed');
        this.#begin('wait', 'waiting', 'waits for a higher limit');
        break;
      case 'run.paused':
        this.#interrupt('is paused');
        break;
      case 'run.drained':
        this.#interrupt('the server is away');
        break;
      case 'run.unpaused':
        this.#resume();
        break;
      case 'run.recovered':
        this.#recover();
        break;
      case 'run.retried':
        this.#end('completed');
        if (event.step !== undefined && event.node !== undefined) this.#call(event.step, event.node);
        else this.#begin('call', 'running', 'is tried again');
        break;
    }
  }

  #failAttempt(event: CapsuleEvent): void {
    this.#goTo(event);
    this.#end('failed');
    const { attempt = 1, retry_at: retryAt } = event;
    this.#place = { ...this.#place, attempt: attempt + 1 };
    this.#retryAt = retryAt ?? 0;
    if (retryAt !== undefined) this.#begin('wait', 'waiting', RETRY);
    this.#goOn(event);
  }

  /** What is not known from the events before: the journals of forks have no beginning of their next step. */
  #goTo({ step, node, attempt }: CapsuleEvent): void {
    if (step === undefined || node === undefined) return;
    this.#place = { step, node, attempt: attempt ?? this.#place.attempt };
    if (this.#open?.kind === 'call') this.#open = { ...this.#open, ...this.#place };
    else if (this.#open?.text === RETRY) this.#callAfter(this.#open);
    // Without a delay, the next attempt was called at once.
    else if (this.#open === undefined)
      this.#open = { ...CALL, ...this.#place, from: this.#ended.at(-1)?.to ?? this.#time };
  }

  /** Short delays have no event at their end: the next attempt was called when it was due. */
  #callAfter(wait: Span): void {
    const at = Math.max(wait.from, Math.min(this.#retryAt, this.#time));
    if (at > wait.from) this.#ended.push({ ...wait, to: at, status: 'completed' });
    this.#open = { ...CALL, ...this.#place, from: at };
  }

  #goOn({ step = 0, next }: CapsuleEvent): void {
    if (typeof next === 'string') this.#call(step + 1, next);
  }

  #call(step: number, node: string): void {
    this.#place = { step, node, attempt: 1 };
    this.#begin('call', 'running', CALLED);
  }

  #begin(kind: Span['kind'], status: Span['status'], text: string): void {
    this.#end('completed');
    this.#open = { kind, ...this.#place, from: this.#time, to: null, status, text };
  }

  #end(status: Span['status']): void {
    const open = this.#open;
    this.#between = undefined;
    this.#open = undefined;
    if (open === undefined) return;
    // What took no time and did nothing is no bar.
    const isNothing = open.kind === 'call' && open.text === GOES_ON && this.#time === open.from;
    // The end of time in line, or of a rest, is no success of anything.
    const isIdle = open.kind === 'rest' || (open.kind === 'queue' && status === 'completed');
    if (!isNothing) this.#ended.push({ ...open, to: this.#time, status: isIdle ? 'submitted' : status });
  }

  #interrupt(text: string): void {
    const open = this.#open;
    if (open === undefined || open.kind === 'rest') return;
    this.#end('submitted');
    this.#open = { kind: 'rest', ...this.#place, from: this.#time, to: null, status: 'submitted', text };
    this.#between = open;
  }

  /** A server that crashed left no event: what it called ended nobody knows when, and is called again. */
  #recover(): void {
    if (this.#open?.kind === 'rest') this.#resume();
    else if (this.#open?.kind === 'call') this.#callAgain(this.#open);
  }

  #callAgain(open: Span): void {
    this.#open = { ...open, text: 'was cut off when the server stopped' };
    this.#end('cancelled');
    this.#begin('call', 'running', CALLED);
  }

  /** What was interrupted goes on, as a bar of its own. */
  #resume(): void {
    const before = this.#between;
    if (before === undefined) return;
    this.#end('submitted');
    this.#open = { ...before, from: this.#time, to: null };
  }
}

function textOfWait({ wait }: CapsuleEvent): string {
  const kind = isRecord(wait) && isText(wait.kind) ? wait.kind : '';
  return WAITED_FOR[kind] ?? 'waits';
}
