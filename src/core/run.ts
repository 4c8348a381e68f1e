import { type EventRecord, payloadOf, type RunError, type RunEvent } from './events.js';
import { END } from './graph.js';
import { freezeJson, type Json, type JsonObject } from './json.js';
import { linesOf } from './log-lines.js';

export const RUN_STATUSES = ['SUBMITTED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Where a run is: the visit that is under way or comes next. */
export interface Cursor {
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
}

/** Everything that a journal says of a run. Plain JSON; times are milliseconds since 1970. */
export interface RunState {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly status: RunStatus;
  /** Seq of the last event. */
  readonly seq: number;
  readonly inputData: Json;
  readonly data: JsonObject;
  readonly cursor: Cursor | null;
  /** Finished visits. */
  readonly stepCount: number;
  readonly logCount: number;
  readonly error: RunError | null;
  readonly cancelRequested: boolean;
  /** Crashes since the run last got on. */
  readonly recoveries: number;
  /** The last server stopped in good order, so going on is no recovery. */
  readonly drained: boolean;
  readonly maxSteps: number;
  readonly deadlineSeconds: number | null;
  readonly deadlineAt: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Size of the last snapshot, and of the journal since: both bound the size of `data` without measuring it. */
  readonly snapshotBytes: number;
  readonly journalBytes: number;
}

/** True for the statuses that a run does not leave by itself. */
export function isFinished(status: RunStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

/** The state before the first event. */
function blank(runId: string): RunState {
  return {
    runId,
    graphId: '',
    graphVersion: 0,
    status: 'SUBMITTED',
    seq: 0,
    inputData: null,
    data: Object.freeze({}),
    cursor: null,
    stepCount: 0,
    logCount: 0,
    error: null,
    cancelRequested: false,
    recoveries: 0,
    drained: false,
    maxSteps: 0,
    deadlineSeconds: null,
    deadlineAt: null,
    metadata: {},
    submittedAt: 0,
    startedAt: null,
    finishedAt: null,
    snapshotBytes: 0,
    journalBytes: 0,
  };
}

/** Folds one event into the state. Pure; the state before is left as it was. */
export function evolve(state: RunState, record: EventRecord): RunState {
  const changes = changesOf(state, record.event, record.time);
  const journalBytes = state.journalBytes + Buffer.byteLength(record.payload);
  return { ...state, drained: false, ...changes, seq: record.seq, logCount: record.logEnd, journalBytes };
}

function changesOf(state: RunState, event: RunEvent, time: number): Partial<RunState> {
  switch (event.type) {
    case 'run.submitted':
      return submitted(event, time);
    case 'run.started':
      return { status: 'RUNNING', startedAt: time, cursor: { node: event.next, step: 1, attempt: 1 } };
    case 'step.completed':
      return stepCompleted(state, event);
    case 'step.failed':
      return {
        recoveries: 0,
        cursor: { node: event.node, step: event.step, attempt: event.attempt + 1 },
      };
    case 'cancel.requested':
      return { cancelRequested: true, recoveries: 0 };
    case 'run.recovered':
      return { recoveries: state.recoveries + 1 };
    case 'run.drained':
      return { recoveries: 0, drained: true };
    case 'run.completed':
      return { ...ENDED, status: 'COMPLETED', finishedAt: time };
    case 'run.failed':
      return { ...ENDED, status: 'FAILED', finishedAt: time, error: event.error };
    case 'run.cancelled':
      return { ...ENDED, status: 'CANCELLED', finishedAt: time };
  }
}

const ENDED = { cancelRequested: false, recoveries: 0 } as const;

function submitted(event: Extract<RunEvent, { type: 'run.submitted' }>, time: number): Partial<RunState> {
  const seconds = event.limits.deadline_seconds;
  return {
    graphId: event.graph_id,
    graphVersion: event.graph_version,
    inputData: freezeJson(event.input_data),
    metadata: event.metadata,
    maxSteps: event.limits.max_steps,
    deadlineSeconds: seconds ?? null,
    deadlineAt: seconds === undefined ? null : time + seconds * 1000,
    submittedAt: time,
  };
}

function stepCompleted(state: RunState, event: Extract<RunEvent, { type: 'step.completed' }>): Partial<RunState> {
  const target = event.decision?.to_node ?? null;
  const here = { node: event.node, step: event.step, attempt: event.attempt };
  return {
    recoveries: 0,
    stepCount: event.step,
    data: Object.freeze({ ...state.data, ...event.patch }),
    cursor: target === null || target === END ? here : { node: target, step: event.step + 1, attempt: 1 },
  };
}

/** Events made into records that follow a state, and the state after them. */
export interface Appended {
  readonly records: readonly EventRecord[];
  readonly state: RunState;
}

/** Numbers events as the next ones of a run, and folds them. `now` is in milliseconds since 1970. */
export function append(state: RunState, events: readonly RunEvent[], now: number): Appended {
  const records: EventRecord[] = [];
  let after = state;
  for (const event of events) {
    const logEnd = after.logCount + linesOf(event).length;
    const record = { seq: after.seq + 1, time: now, event, payload: payloadOf(event), logEnd };
    records.push(record);
    after = evolve(after, record);
  }
  return { records, state: after };
}

/** Opens the journal of a new run. */
export function openRun(runId: string, event: Extract<RunEvent, { type: 'run.submitted' }>, now: number): Appended {
  return append(blank(runId), [event], now);
}

/** Folds a journal, from its first event on or from a snapshot on. */
export function fold(runId: string, records: Iterable<EventRecord>, snapshot?: RunState): RunState {
  let state = snapshot ?? blank(runId);
  for (const record of records) state = evolve(state, record);
  return state;
}

/** Events are kept this many bytes before a snapshot is worth its own. */
const SNAPSHOT_MIN_BYTES = 65_536;

/** True when the events since the last snapshot outweigh the state, so that folding them costs more than storing it. */
export function isSnapshotDue(state: RunState): boolean {
  return state.journalBytes >= Math.max(SNAPSHOT_MIN_BYTES, state.snapshotBytes);
}

/** A state as snapshot text, without the input, which the first event holds; and the state that knows of it. */
export function takeSnapshot(state: RunState): { text: string; state: RunState } {
  const { inputData: _, ...rest } = state;
  const text = JSON.stringify(rest);
  return { text, state: { ...state, snapshotBytes: Buffer.byteLength(text), journalBytes: 0 } };
}

/** The state that a snapshot holds. `inputData` is the first event's. */
export function readSnapshot(text: string, inputData: Json): RunState {
  const stored = freezeJson(JSON.parse(text));
  // Fields that are newer than the snapshot start blank.
  return {
    ...blank(stored.runId),
    ...stored,
    inputData: freezeJson(inputData),
    snapshotBytes: Buffer.byteLength(text),
    journalBytes: 0,
  };
}
