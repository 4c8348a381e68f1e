import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { RunEvent } from '../../src/core/run/events.js';
import { takeSnapshot } from '../../src/core/run/journal.js';
import { linesOf } from '../../src/core/run/log-lines.js';
import { isFinished, type RunState, statusOf } from '../../src/core/run/state.js';
import { endUnread } from '../../src/core/run/unread.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { GraphCache } from '../../src/runs/graph-cache.js';
import { LinePages } from '../../src/runs/line-pages.js';
import { RunLoader } from '../../src/runs/run-loader.js';
import { Turns } from '../../src/runs/turns.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { RunAppend, Store } from '../../src/store/store.js';
import { newPath, open } from '../store/open-stores.js';
import { COMPLETED, FAILED, foldStored, follow, graph, newRun, STARTED, step, unit } from '../store/runs.js';

/** What can happen to a run, by this process or by another one, and who looks. */
const ACTIONS = [
  'advance',
  'end',
  'fork',
  'delete',
  'keep',
  'read',
  'read by many',
  'end unread',
  'read while it advances',
] as const;

const plans = fc.array(
  fc.record({
    action: fc.constantFrom(...ACTIONS),
    run: fc.nat(2),
    isOurs: fc.boolean(),
    hasSnapshot: fc.boolean(),
    after: fc.nat(12),
  }),
  { minLength: 5, maxLength: 40 },
);

type Plan = typeof plans extends fc.Arbitrary<(infer One)[]> ? One : never;

/** Runs that are changed and read, with what each is at the moment. */
class Reads {
  readonly #runs: (RunState | undefined)[] = [];
  readonly #loader: RunLoader;
  readonly #lines: LinePages;

  constructor(private readonly store: Store) {
    const turns = new Turns();
    const graphs = new GraphCache(store, createRegistry([]), new LocalSignals(), turns);
    this.#loader = new RunLoader(store, graphs, turns, { warn: () => {} });
    this.#lines = new LinePages(store, turns);
  }

  async do(plan: Plan): Promise<void> {
    const state = this.#runs[plan.run];
    if (state === undefined) return this.#commit(plan, newRun());
    switch (plan.action) {
      case 'advance':
        return this.#commit(plan, follow(state, nextOf(state)));
      case 'end':
        return isFinished(statusOf(state)) ? undefined : this.#commit(plan, follow(state, [endOf(plan)]));
      case 'fork':
        return this.#fork(plan);
      case 'delete':
        return this.#delete(plan, state);
      case 'keep':
        return this.#loader.keep(state);
      case 'read':
        return this.#check(state.runId, plan.after);
      case 'end unread':
        return this.#endUnread(plan, state);
      case 'read by many':
        await Promise.all([0, 1, 2].map((more) => this.#check(state.runId, plan.after + more)));
        return;
      case 'read while it advances': {
        const read = this.#check(state.runId, plan.after);
        await this.#commit(plan, follow(state, nextOf(state)));
        return read;
      }
    }
  }

  /** Another process commits without a word to this one. */
  async #commit({ run, isOurs, hasSnapshot }: Plan, append: RunAppend): Promise<void> {
    if (append.records.length === 0) return;
    const snapshot = takeSnapshot(append.state);
    const whole = hasSnapshot ? { ...append, state: snapshot.state, snapshot: snapshot.text } : append;
    await this.store.commit(unit(whole));
    if (isOurs) {
      this.#loader.committed([unit(whole)]);
      this.#lines.committed([unit(whole)]);
    }
    this.#runs[run] = whole.state;
  }

  /** A new run that begins with several events at once. */
  async #fork(plan: Plan): Promise<void> {
    const begun = newRun();
    const forked: RunEvent = {
      type: 'run.forked',
      forked_from: { run_id: 'other', step: 2 },
      step: 2,
      node: 'a',
      patch: { forked: true },
    };
    const copied = follow(begun.state, [STARTED, step(1, { n: 1 }, ['copied']), forked]);
    await this.#commit(plan, { ...begun, ...copied, records: [...begun.records, ...copied.records], rowChanged: true });
  }

  /** Ends a run as one that cannot be read is ended: with no more of its state than its row says. */
  async #endUnread(plan: Plan, { runId }: RunState): Promise<void> {
    const outline = await this.store.outlineRun(runId);
    if (outline === undefined || isFinished(outline.status)) return;
    const ended = endUnread(outline, { type: 'run.cancelled', logs: [] }, outline.submittedAt);
    await this.#commit({ ...plan, hasSnapshot: false }, { ...ended, rowChanged: true, isOutline: true });
    await this.#check(runId, plan.after);
    // Nothing follows a state that is not whole.
    this.#runs[plan.run] = undefined;
  }

  async #delete({ run }: Plan, { runId }: RunState): Promise<void> {
    if ((await this.store.deleteRun(runId)) !== 'deleted') return;
    this.#runs[run] = undefined;
    assert.equal(await this.#loader.load(runId), undefined);
  }

  /** What is read is what the journal says at some moment between the question and the answer. */
  async #check(runId: string, after: number): Promise<void> {
    const oldest = await this.store.lastSeq(runId);
    const state = await this.#loader.load(runId);
    assert.ok(state !== undefined && state.seq >= oldest, 'no answer is older than the question');
    const stored = foldStored(runId, await this.store.loadRun(runId, state.seq));
    if (stored !== undefined) assert.deepEqual(withoutSizes(state), withoutSizes(stored));
    const lines = await this.#lines.read(state, after);
    const records = await this.store.readEvents(runId, 0, state.seq);
    assert.deepEqual(lines, records.flatMap(({ event }) => linesOf(event)).slice(after));
  }

  async checkAll(): Promise<void> {
    for (const state of this.#runs) if (state !== undefined) await this.#check(state.runId, 0);
  }
}

function nextOf(state: RunState): readonly RunEvent[] {
  switch (statusOf(state)) {
    case 'SUBMITTED':
      return [STARTED];
    case 'FAILED':
      return [{ type: 'run.retried' }];
    case 'COMPLETED':
      return [];
    default:
      return [step(state.stepCount + 1, { count: state.stepCount }, [`line ${state.stepCount}`])];
  }
}

function endOf({ isOurs }: Plan): RunEvent {
  return isOurs ? FAILED : COMPLETED;
}

/** Sizes depend on where snapshots were taken; everything else must not. */
function withoutSizes(state: RunState): RunState {
  return { ...state, snapshotBytes: 0, journalBytes: 0 };
}

describe('reads', () => {
  it('are never stale, whoever writes, retries, forks and deletes meanwhile', async () => {
    const store = open(newPath());
    await store.createGraph(graph('g'));
    await fc.assert(
      fc.asyncProperty(plans, async (planned) => {
        const reads = new Reads(store);
        for (const plan of planned) await reads.do(plan);
        await reads.checkAll();
      }),
      { numRuns: 150 },
    );
  });
});
