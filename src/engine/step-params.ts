import { LRUCache } from 'lru-cache';
import { estimateBytes } from '../core/base/json-size.js';
import { blankRun } from '../core/run/blank-run.js';
import type { EventRecord } from '../core/run/events.js';
import { evolve } from '../core/run/evolve.js';
import type { RunState } from '../core/run/state.js';
import { type CalledWith, hasDynamicParams, ParamsReader } from '../core/run/step-params.js';
import type { StepView } from '../core/run/steps.js';
import type { RunOutline } from '../core/run/unread.js';
import { ifReadable } from '../runs/readable.js';
import { bytesOfState } from '../runs/run-loader.js';
import type { RunDeps } from './shared.js';

/** A step with what its tool was called with; null if that cannot be known, because what it follows from is unreadable. */
export type ListedStep = StepView & { readonly params: readonly CalledWith[] | null };

/** States at the ends of pages, so that whoever reads page after page has each event folded once. */
const MAX_KEPT_BYTES = 33_554_432;

export interface ParamsDeps extends Pick<RunDeps, 'store' | 'runs' | 'graphs'> {
  /** What `secrets.NAME` in params stands for. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Finds what the tools of steps were called with, beside the reading of the steps. */
export class StepParams {
  readonly #pageEnds = new LRUCache<string, RunState>({ maxSize: MAX_KEPT_BYTES, sizeCalculation: bytesOfState });

  constructor(private readonly deps: ParamsDeps) {}

  /** About how many bytes are read to begin at a record, besides those of the steps. */
  async measure(runId: string, from: number): Promise<number> {
    if (this.#pageEnds.has(keyOf(runId, from))) return 0;
    const isRead = from > 0 || (await this.deps.store.outlineRun(runId))?.parentRunId != null;
    return isRead ? this.deps.runs.measure(runId) : 0;
  }

  /** Begins to follow a run, as it was at a record. */
  async follow(runId: string, from: number): Promise<RunFollower> {
    const { store, graphs, secrets } = this.deps;
    const outline = await store.outlineRun(runId);
    const graph = outline && (await ifReadable(graphs.pinned(outline.graphId, outline.graphVersion)));
    if (outline === undefined || graph === undefined) return new RunFollower();
    const params = new ParamsReader(graph, secrets);
    if (!hasDynamicParams(graph)) return new RunFollower(params);
    const state = await this.#stateAt(outline, from);
    return state === undefined ? new RunFollower() : new RunFollower(params, state);
  }

  /** Keeps the state that the page after a record begins with. A branch holds what its parent has, which is not counted. */
  keep(follower: RunFollower, seq: number): void {
    const { ended } = follower;
    if (ended?.seq === seq && ended.parent?.kind !== 'branch') this.#pageEnds.set(keyOf(ended.runId, seq), ended);
  }

  async #stateAt({ runId, parentRunId }: RunOutline, from: number): Promise<RunState | undefined> {
    if (from === 0 && parentRunId === null) return blankRun(runId);
    return this.#pageEnds.get(keyOf(runId, from)) ?? ifReadable(this.deps.runs.load(runId, Math.max(1, from)));
  }
}

/** Follows a run from event to event, if its params depend on its state. */
export class RunFollower {
  /** The run after the last event that ended a step. */
  ended: RunState | undefined;

  /**
   * @param params omitted if what the run was called with cannot be known
   * @param state of the run before the first event
   */
  constructor(
    private readonly params?: ParamsReader,
    private state?: RunState,
  ) {
    if (state !== undefined) params?.read(state);
  }

  /** Takes the next event of the journal. */
  read(record: EventRecord): void {
    if (this.state === undefined) return;
    if (record.seq > this.state.seq) {
      this.state = evolve(this.state, record);
      this.params?.read(this.state);
    }
    const { event } = record;
    const endsStep = event.type === 'step.completed' || (event.type === 'step.failed' && event.decision !== undefined);
    if (endsStep) this.ended = this.state;
  }

  /** About how many bytes the params of a step take. */
  measure(step: StepView | undefined): number {
    const params = (step && this.#paramsOf(step)) ?? [];
    return params.reduce((bytes, { value }) => bytes + estimateBytes(value), 0);
  }

  /** The steps with their params. */
  withParams(steps: readonly StepView[]): ListedStep[] {
    return steps.map((step) => ({ ...step, params: this.#paramsOf(step) }));
  }

  #paramsOf(step: StepView): readonly CalledWith[] | null {
    // The attempt under way is not counted before it has a delay or an end.
    const attempts = step.finishedAt === null ? Number.POSITIVE_INFINITY : step.attempts;
    return this.params?.paramsOf(step, attempts) ?? null;
  }
}

function keyOf(runId: string, seq: number): string {
  return `${runId}@${seq}`;
}
