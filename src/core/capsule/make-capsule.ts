import type { Json } from '../base/json.js';
import { createPacer, type Steps } from '../base/steps.js';
import type { Recording } from '../replay/recording.js';
import { blankRun } from '../run/blank-run.js';
import type { EventRecord } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { findStarter } from '../run/started-by.js';
import { cursorOf, errorOf, finishedAtOf, type RunState, statusOf, waitOf } from '../run/state.js';
import { digestOf, type NewHash } from './digest.js';
import {
  CAPSULE_VERSION,
  type Capsule,
  type CapsuleEvent,
  type CapsuleGraph,
  type CapsuleRun,
  type RunOverview,
} from './document.js';

/** What a capsule is made of. */
export interface CapsuleParts {
  /** Of a top-level run. */
  readonly recording: Recording;
  /** The graphs that it uses, with those of the runs inside it: see `graphs-in.ts`. */
  readonly graphs: readonly CapsuleGraph[];
  /** Milliseconds since 1970. */
  readonly exportedAt: number;
  /** The release that makes it, such as `1.0.0`. */
  readonly release: string;
}

/**
 * Makes the capsule of a run, in steps.
 * @example
 * finishSteps(makeCapsule({ recording, graphs, exportedAt: Date.now(), release: '1.0.0' }, () => createHash('sha256')));
 */
export function* makeCapsule(
  { recording, graphs, exportedAt, release }: CapsuleParts,
  newHash: NewHash,
): Steps<Capsule> {
  const run = overview(yield* foldRun(recording));
  const { events, children } = yield* documentOf(recording, createPacer());
  const exported_at = new Date(exportedAt).toISOString();
  const head = { capsule: CAPSULE_VERSION, exported_at, release, graphs, run } as const;
  const runs = runsOf({ run_id: recording.runId, events, children });
  const digest = yield* digestOf(head as unknown as Json, runs, newHash);
  return { ...head, events, children, digest };
}

function* foldRun({ runId, records }: Recording): Steps<RunState> {
  const isDue = createPacer();
  let state = blankRun(runId);
  for (const record of records) {
    state = evolve(state, record);
    if (isDue()) yield;
  }
  return state;
}

function* documentOf({ runId, records, children }: Recording, isDue: () => boolean): Steps<CapsuleRun> {
  const events: CapsuleEvent[] = [];
  for (const record of records) {
    events.push(eventDocument(record));
    if (isDue()) yield;
  }
  const inside: CapsuleRun[] = [];
  for (const child of children) inside.push(yield* documentOf(child, isDue));
  return { run_id: runId, events, children: inside };
}

function eventDocument({ seq, time, event }: EventRecord): CapsuleEvent {
  const { type, ...payload } = event;
  // An event is a document as it is.
  return { seq, time: new Date(time).toISOString(), type, payload: payload as unknown as CapsuleEvent['payload'] };
}

function* runsOf(run: CapsuleRun): Generator<{ runId: string; events: readonly CapsuleEvent[] }> {
  yield { runId: run.run_id, events: run.events };
  for (const child of run.children) yield* runsOf(child);
}

function overview(state: RunState): RunOverview {
  const finishedAt = finishedAtOf(state);
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    graph_version: state.graphVersion,
    status: statusOf(state),
    metadata: state.metadata,
    started_by: findStarter(state),
    submitted_at: new Date(state.submittedAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    current_node: cursorOf(state)?.node ?? null,
    waiting_for: waitOf(state)?.kind ?? null,
    error: errorOf(state),
    step_count: state.stepCount,
    data: state.data,
  };
}
