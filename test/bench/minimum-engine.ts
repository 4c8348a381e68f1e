import { v7 as uuidv7 } from 'uuid';
import type { EventRecord, RunEvent } from '../../src/core/run/events.js';
import type { RunState } from '../../src/core/run/state.js';
import type { Store } from '../../src/store/store.js';

/** A step of the minimum engine: a function over the data and the input, and the name of what comes next. */
export type MinimumStep = (
  data: Record<string, unknown>,
  input: unknown,
  logs: string[],
) => { patch: object; next: string | null };

/**
 * The least that can run the demo durably on the same storage (the same store, so the same tables, statements and group
 * commit): every step is committed before the next one starts. No API, graph, fold, recovery, limits, timeouts,
 * cancelling, conflicts, checks of patches, or explanations: what those cost shows in the ratio to it.
 */
export class MinimumEngine {
  constructor(
    private readonly store: Store,
    private readonly graphId: string,
    private readonly steps: Readonly<Record<string, MinimumStep>>,
  ) {}

  /** Runs the steps from `entry` to the end. */
  async run(entry: string, input: unknown): Promise<Record<string, unknown>> {
    const runId = uuidv7();
    const submittedAt = Date.now();
    const none = { parent: null, deadlineAt: null, own: null };
    const row = { runId, graphId: this.graphId, graphVersion: 1, metadata: {}, submittedAt, ...none };
    let seq = 0;
    let logEnd = 0;
    const record = (event: { type: string }): EventRecord => {
      seq += 1;
      return { seq, time: Date.now(), event: event as RunEvent, payload: JSON.stringify(event), logEnd };
    };
    const commit = (records: EventRecord[], state: object, rowChanged: boolean, create?: object) =>
      this.store.commit({
        appends: [{ state: { ...row, ...state } as RunState, records, rowChanged, ...(create && { create }) }],
      });
    const submitted = { phase: { kind: 'submitted', cursor: null }, startedAt: null, data: {} };
    await commit([record({ type: 'run.submitted', ...{ input } })], submitted, true, {});
    const cursor = { node: entry, step: 1, attempt: 1, tries: 1 };
    const running = { phase: { kind: 'calling', cursor }, startedAt: Date.now(), data: {} };
    await commit([record({ type: 'run.started', ...{ next: entry } })], running, true);
    let data: Record<string, unknown> = {};
    for (let node: string | null = entry; node !== null; ) {
      const here: string = node;
      const step: MinimumStep | undefined = this.steps[here];
      if (step === undefined) throw new Error(`no node ${here}`);
      const logs: string[] = [];
      const { patch, next }: ReturnType<MinimumStep> = step(data, input, logs);
      data = { ...data, ...patch };
      logEnd += logs.length + 2;
      const records = [record({ type: 'step.completed', ...{ step: seq - 1, node: here, patch, logs, next } })];
      if (next === null) records.push(record({ type: 'run.completed', ...{ reason: 'end' } }));
      const completed = { kind: 'completed', cursor, finishedAt: Date.now() };
      const state = next === null ? { ...running, phase: completed, data } : running;
      await commit(records, state, next === null);
      node = next;
    }
    return data;
  }
}
