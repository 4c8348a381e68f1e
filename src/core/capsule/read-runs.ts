import { messageOf, type Problem } from '../base/errors.js';
import { isPlainObject, type JsonObject } from '../base/json.js';
import type { DOCUMENT_PROBLEMS } from '../base/problems.js';
import { createPacer, type Steps } from '../base/steps.js';
import type { Recording } from '../replay/recording.js';
import { blankRun } from '../run/blank-run.js';
import type { EventRecord, ParentLink, RunEvent } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { countLines, MAX_LINES_PER_STEP } from '../run/log-lines.js';
import type { RunState } from '../run/state.js';
import { eventFrom, isNextRecord } from '../run/stored-events.js';
import type { CapsuleEvent, CapsuleProblemCode } from './document.js';

/** Problems after which a capsule is read no further: it is no capsule, or of another release. */
const MAX_RUN_PROBLEMS = 20;
/** Length of the id of a run. */
const MAX_RUN_ID = 200;

/** The run around the one that is read. */
interface Around {
  readonly runId: string;
  readonly records: readonly EventRecord[];
  readonly depth: number;
  /** The places of the runs inside it that were read. */
  readonly taken: Set<string>;
}

/**
 * What is copied while events are folded, at most: keys of `data`, names of visited nodes, and signals that are kept. Some
 * seconds of it: a run of 1,000 keys and 5,000 steps, for example.
 */
const MAX_COPIED = 5_000_000;

type RawRun = Readonly<Record<'run_id' | 'events' | 'children', unknown>>;

/** Reads the runs of a capsule, and finds what is wrong with them. */
export class RunReader {
  readonly problems: Problem<string>[] = [];
  /** What was read, a run before those inside it, as the digest has them. */
  readonly documents: { readonly runId: string; readonly events: readonly CapsuleEvent[] }[] = [];
  readonly #ids = new Set<string>();
  readonly #isDue = createPacer();
  #copied = 0;
  /** Characters since others had their turn. */
  #read = 0;

  constructor(private readonly maxCopied = MAX_COPIED) {}

  /** Reads a run with those inside it; `undefined` if it cannot be read, which {@link problems} tell. */
  *read(
    { run_id: runId, events, children }: RawRun,
    pointer: string,
    around: Around | undefined,
  ): Steps<Recording | undefined> {
    if (typeof runId !== 'string' || runId === '' || runId.length > MAX_RUN_ID) {
      return this.#refuse(`${pointer}/run_id`, 'invalid_value', `The id of a run has 1 to ${MAX_RUN_ID} characters.`);
    }
    if (!Array.isArray(events)) return this.#refuse(`${pointer}/events`, 'invalid_type', 'Must be a list of events.');
    if (!Array.isArray(children)) return this.#refuse(`${pointer}/children`, 'invalid_type', 'Must be a list of runs.');
    if (this.#ids.has(runId)) return this.#refuse(`${pointer}/run_id`, 'duplicate_run', `Run ${runId} is there twice.`);
    this.#ids.add(runId);
    this.documents.push({ runId, events: events as CapsuleEvent[] });
    const records = yield* this.#readEvents(runId, events, `${pointer}/events`);
    const first = records?.[0]?.event;
    if (records === undefined || first?.type !== 'run.submitted') return undefined;
    const fault = findFault(first.parent, around);
    if (fault !== undefined) return this.#refuse(`${pointer}/events/0/payload/parent`, 'wrong_parent', fault);
    const within = { runId, records, depth: first.parent?.depth ?? 0, taken: new Set<string>() };
    const inside = yield* this.#readChildren(children, `${pointer}/children`, within);
    return { runId, records, children: inside };
  }

  *#readChildren(children: readonly unknown[], pointer: string, around: Around): Steps<Recording[]> {
    const inside: Recording[] = [];
    for (const [index, child] of children.entries()) {
      if (this.problems.length >= MAX_RUN_PROBLEMS) break;
      const at = `${pointer}/${index}`;
      const run = isPlainObject(child)
        ? yield* this.read(child as RawRun, at, around)
        : this.#refuse(at, 'invalid_type', 'Must be a run: an object with run_id, events and children.');
      if (run !== undefined) inside.push(run);
    }
    return inside;
  }

  *#readEvents(runId: string, events: readonly unknown[], pointer: string): Steps<EventRecord[] | undefined> {
    if (events.length === 0) return this.#refuse(pointer, 'missing_event', `Run ${runId} has no events.`);
    const records: EventRecord[] = [];
    let state = blankRun(runId);
    for (const [index, event] of events.entries()) {
      const record = this.#readEvent(event, `${pointer}/${index}`, state);
      const after = record && this.#fold(state, record, `${pointer}/${index}`);
      // What comes after an event that cannot be read would be wrong because of it.
      if (record === undefined || after === undefined) return undefined;
      records.push(record);
      state = after;
      this.#read += record.payload.length;
      if (this.#read < PAUSE_LENGTH && !this.#isDue()) continue;
      this.#read = 0;
      yield;
    }
    return records;
  }

  #readEvent(raw: unknown, pointer: string, { seq: before, logCount }: RunState): EventRecord | undefined {
    if (!isPlainObject(raw)) return this.#refuse(pointer, 'invalid_type', 'Must be an event.');
    const { seq, time, type, payload } = raw;
    if (typeof type !== 'string')
      return this.#refuse(`${pointer}/type`, 'invalid_type', 'Must be the type of an event.');
    if (typeof seq !== 'number' || !isNextRecord(before, { seq, type })) {
      return this.#refuse(`${pointer}/seq`, 'missing_event', expected(before));
    }
    if (type === 'run.submitted' && before > 0) {
      return this.#refuse(pointer, 'unreadable_event', 'A run is submitted once, by its first event.');
    }
    const ms = readTime(time);
    if (ms === undefined) {
      const message =
        'Must be a time as RFC 3339 has it, in UTC with milliseconds, such as "2026-01-31T09:30:00.000Z".';
      return this.#refuse(`${pointer}/time`, 'invalid_format', message);
    }
    if (!isPlainObject(payload)) return this.#refuse(`${pointer}/payload`, 'invalid_type', 'Must be an object.');
    const event = this.#eventOf(type, payload as JsonObject, pointer);
    if (event === undefined) return undefined;
    const logEnd = logCount + countLines(event);
    return { seq, time: ms, event, payload: JSON.stringify(payload), logEnd };
  }

  #eventOf(type: string, payload: JsonObject, pointer: string): RunEvent | undefined {
    try {
      return eventFrom(type, payload);
    } catch (thrown) {
      const what = `The event ${JSON.stringify(type.slice(0, 100))} ${messageOf(thrown)}.`;
      return this.#refuse(pointer, 'unreadable_event', what);
    }
  }

  /** Folds an event, unless no server would have written it, or folding all of them would take long. */
  #fold(state: RunState, record: EventRecord, pointer: string): RunState | undefined {
    const { event } = record;
    if ('logs' in event && event.logs.length > MAX_LINES_PER_STEP + 1) {
      const message = `A step has at most ${MAX_LINES_PER_STEP} log lines.`;
      return this.#refuse(`${pointer}/payload/logs`, 'too_big', message);
    }
    const after = evolve(state, record);
    this.#copied += countCopied(state, after);
    if (this.#copied <= this.maxCopied) return after;
    return this.#refuse(
      pointer,
      'too_big',
      'The events up to this one set too many keys, again and again, to be folded here.',
    );
  }

  #refuse(pointer: string, code: CapsuleProblemCode | keyof typeof DOCUMENT_PROBLEMS, message: string): undefined {
    this.problems.push({ pointer, code, message });
  }
}

/** Characters of payloads that are read before others have their turn: about a millisecond. */
const PAUSE_LENGTH = 65_536;

function expected(before: number): string {
  if (before === 0) return 'A run begins with run.submitted as event 1: its first events are missing.';
  return `Event ${before + 1} must follow event ${before}: events between them are missing, or out of order.`;
}

/** Milliseconds since 1970, of a time that is written as capsules write it. */
function readTime(time: unknown): number | undefined {
  if (typeof time !== 'string') return undefined;
  const ms = Date.parse(time);
  return Number.isFinite(ms) && new Date(ms).toISOString() === time ? ms : undefined;
}

/** Why a run cannot be where it is. */
function findFault(link: ParentLink | undefined, around: Around | undefined): string | undefined {
  if (around === undefined) return link && 'The run of a capsule is a top-level run, which has no parent.';
  if (link === undefined) return `A run inside run ${around.runId} names it as its parent.`;
  const { run_id: runId, seq, index, kind, depth } = link;
  if (runId !== around.runId) return `The run is inside run ${around.runId}, and names another parent.`;
  if (depth !== around.depth + 1) return `The depth is ${around.depth + 1} here.`;
  const started = recordAt(around.records, seq)?.event;
  if (index >= countChildren(started, kind)) return `Event ${seq} of run ${runId} has not started such a run.`;
  const place = `${seq}:${index}`;
  if (around.taken.has(place)) return `Event ${seq} of run ${runId} has another run with the index ${index}.`;
  around.taken.add(place);
  return undefined;
}

function countChildren(started: RunEvent | undefined, kind: ParentLink['kind']): number {
  if (started?.type === 'branches.started') return kind === 'branch' ? started.count : 0;
  return started?.type === 'wait.started' && started.wait.kind === 'graph' && kind === 'graph' ? 1 : 0;
}

/** Records are in order, and those of old forks have a gap. */
function recordAt(records: readonly EventRecord[], seq: number): EventRecord | undefined {
  return [records[seq - 1], records[seq - 2]].find((record) => record?.seq === seq);
}

function countCopied(before: RunState, { data, visits, inbox }: RunState): number {
  const keys = data === before.data ? 0 : Object.keys(data).length;
  const names = visits === null || visits === before.visits ? 0 : Object.keys(visits).length;
  return keys + names + (inbox === null || inbox === before.inbox ? 0 : inbox.count);
}
