import { type EventRecord, payloadOf, type RunEvent } from '../../src/core/run/events.js';
import { linesOf } from '../../src/core/run/log-lines.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { Signals } from '../../src/store/signals.js';
import type { Store } from '../../src/store/store.js';

/** Journals that a test writes event by event, behind as much of a store as those need who only read journals. */
export class JournalStore {
  readonly #journals = new Map<string, EventRecord[]>();
  readonly #signals = new LocalSignals();
  readonly #listening = new Map<string, number>();
  /** Reads so far: the run, and the seq that they were to begin after. */
  readonly reads: [runId: string, after: number][] = [];

  /** The store as the use-cases take it. Everything but reading is missing. */
  get store(): Store {
    const reading: Pick<Store, 'readEvents'> = {
      readEvents: async (runId, after, limit) => {
        this.reads.push([runId, after]);
        const records = this.#journals.get(runId) ?? [];
        return records.filter(({ seq }) => seq > after).slice(0, limit);
      },
    };
    return reading as Store;
  }

  /** The signals beside the store, with listeners counted. */
  get signals(): Pick<Signals, 'subscribe'> {
    const count = (topic: string, by: number) => this.#listening.set(topic, (this.#listening.get(topic) ?? 0) + by);
    return {
      subscribe: (topic, listener) => {
        const unsubscribe = this.#signals.subscribe(topic, listener);
        count(topic, 1);
        return () => {
          unsubscribe();
          count(topic, -1);
        };
      },
    };
  }

  /** Appends an event as the next one of its run, or at a seq that leaves a gap, and announces it. */
  append(runId: string, event: RunEvent, atSeq?: number): void {
    const records = this.#journals.get(runId) ?? [];
    const last = records.at(-1);
    const seq = atSeq ?? (last?.seq ?? 0) + 1;
    const logEnd = (last?.logEnd ?? 0) + linesOf(event).length;
    this.#journals.set(runId, [...records, { seq, time: seq, event, payload: payloadOf(event), logEnd }]);
    this.#signals.publish({ kind: 'run_advanced', runId, seq, status: 'RUNNING', cancelRequested: false });
  }

  /** How many listen to the commits of a run. */
  listeners(runId: string): number {
    return this.#listening.get(`run/${runId}`) ?? 0;
  }

  /** Deletes a run, which nothing announces. */
  delete(runId: string): void {
    this.#journals.delete(runId);
  }
}

/** The first event of a run of graph `g`. */
export const SUBMITTED: RunEvent = {
  type: 'run.submitted',
  graph_id: 'g',
  graph_version: 1,
  input_data: null,
  limits: { max_steps: 1000 },
  metadata: {},
};

/** The event that forks a run before its first step. */
export const FORKED_FROM_START: RunEvent = {
  type: 'run.forked',
  forked_from: { run_id: 'original', step: 1 },
  patch: {},
  node: 'a',
  step: 1,
};

/** A step at node `a`, after which node `a` is visited again. */
export function stepAtA(step: number, logs: readonly string[] = []): RunEvent {
  const visit = { step, node: 'a', attempt: 1, patch: {}, logs };
  return { type: 'step.completed', ...visit, decision: { kind: 'edge', to_node: 'a' }, next: 'a' };
}
