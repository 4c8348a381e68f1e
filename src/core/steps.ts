import type { Decision, EventRecord, RunError, RunEvent } from './events.js';
import type { JsonObject } from './json.js';

/** One visit to a node. Times are milliseconds since 1970. */
export interface StepView {
  readonly step: number;
  readonly node: string;
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** Tries so far, the one under way included. */
  readonly attempts: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly patch: JsonObject | null;
  /** What the tool logged, over all attempts. */
  readonly logs: readonly string[];
  readonly error: RunError | null;
  readonly decision: Decision | null;
}

/** Reads steps off a journal, from its start or from any record that began a step. */
export class StepReader {
  /** Steps that are over, in order. */
  readonly finished: StepView[] = [];
  /** The step under way. */
  current: StepView | null = null;
  /** Seq of the record that ended the last finished step. */
  lastSeq = 0;
  readonly #from: number;

  /** @param from seq of a record whose step was read before; 0 to read from the start. */
  constructor(from: number) {
    this.#from = from;
  }

  /** Takes the next record of the journal. */
  read(record: EventRecord): void {
    const { event, time, seq } = record;
    if (seq !== this.#from) this.#close(event, time, seq);
    if ((event.type === 'run.started' || event.type === 'step.completed') && event.next !== null) {
      this.current = begun(event.type === 'run.started' ? 1 : event.step + 1, event.next, time);
    }
  }

  #close(event: RunEvent, time: number, seq: number): void {
    const open = this.current;
    if (open === null) return;
    const logs = 'logs' in event ? [...open.logs, ...event.logs] : open.logs;
    const ended = { ...open, logs, finishedAt: time };
    if (event.type === 'step.completed') {
      const { patch, decision } = event;
      this.#finish({ ...ended, status: 'COMPLETED', patch, decision, error: null }, seq);
    } else if (event.type === 'step.failed') {
      this.current = { ...open, logs, attempts: event.attempt, error: event.error };
    } else if (event.type === 'run.failed') {
      this.#finish({ ...ended, status: 'FAILED', error: open.error ?? event.error }, seq);
    } else if (event.type === 'run.cancelled') {
      this.#finish({ ...ended, status: 'CANCELLED' }, seq);
    }
  }

  #finish(step: StepView, seq: number): void {
    this.finished.push(step);
    this.current = null;
    this.lastSeq = seq;
  }
}

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
  };
}
