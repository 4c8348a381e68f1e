import { Form } from '../base/form.js';
import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import { parseLargeJson } from '../base/json-parse.js';
import type { Steps } from '../base/steps.js';
import { checkForm, UnknownKindError, UnreadableError } from '../base/stored.js';
import { blankRun } from './blank-run.js';
import { type EventOf, type EventRecord, payloadOf, type RunEvent } from './events.js';
import { evolve } from './evolve.js';
import { countLines } from './log-lines.js';
import { type Snapshot, upgradeSnapshot } from './snapshots.js';
import type { Inherited, RunState } from './state.js';
import { STATE_FORM } from './stored-state.js';

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
    const logEnd = after.logCount + countLines(event);
    const record = { seq: after.seq + 1, time: now, event, payload: payloadOf(event), logEnd };
    records.push(record);
    after = evolve(after, record);
  }
  return { records, state: after };
}

/** Opens the journal of a new run. */
export function openRun(runId: string, event: EventOf<'run.submitted'>, now: number, inherited?: Inherited): Appended {
  return append(blankRun(runId, inherited), [event], now);
}

/** Folds a journal, from its first event on or from a snapshot on. */
export function fold(state: RunState, records: Iterable<EventRecord>): RunState {
  let after = state;
  for (const record of records) after = evolve(after, record);
  return after;
}

/** Events are kept this many bytes before a snapshot is worth its own. */
const SNAPSHOT_MIN_BYTES = 65_536;

/** True when the events since the last snapshot outweigh the state, so that folding them costs more than storing it. */
export function isSnapshotDue(state: RunState): boolean {
  return state.journalBytes >= Math.max(SNAPSHOT_MIN_BYTES, state.snapshotBytes);
}

/**
 * A state as snapshot text, and the state that knows of it. Left out is what is stored elsewhere: the input,
 * which the first event holds, and what a branch has from its parent.
 */
export function takeSnapshot(state: RunState): { text: string; state: RunState } {
  const { inputData: _, item: __, data, ...rest } = state;
  const text = JSON.stringify(state.own === null ? { ...rest, data } : rest);
  return { text, state: { ...state, snapshotBytes: Buffer.byteLength(text), journalBytes: 0 } };
}

const ANY_OBJECT = new Form<JsonObject>({});

/**
 * The state that a snapshot holds, read in steps. `inputData` is the first event's.
 * @throws UnreadableError if this release cannot read it; the journal from its first event on says the same
 */
export function* readSnapshot(text: string, inputData: Json, inherited?: Inherited): Steps<RunState> {
  const stored = upgradeSnapshot(checkForm(yield* parseSnapshot(text), ANY_OBJECT) as unknown as Snapshot);
  // To go on without what a newer release knows of the run would be to lose it.
  const unknown = STATE_FORM.findUnknown(stored as unknown as JsonObject);
  if (unknown !== undefined) throw new UnknownKindError(`has a \`${unknown}\` that this release does not know`);
  // Fields that are newer than the snapshot start blank.
  const state = checkForm({ ...blankRun(stored.runId, inherited), ...stored }, STATE_FORM);
  return {
    ...state,
    inputData: inherited?.inputData ?? freezeJson(inputData),
    data: inherited === undefined ? state.data : Object.freeze({ ...inherited.data, ...state.own }),
    snapshotBytes: Buffer.byteLength(text),
    journalBytes: 0,
  };
}

function* parseSnapshot(text: string): Steps<Json> {
  try {
    return yield* parseLargeJson(text);
  } catch (thrown) {
    throw new UnreadableError('is not JSON', thrown);
  }
}
