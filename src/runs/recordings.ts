import type { Recording } from '../core/replay/recording.js';
import type { EventRecord } from '../core/run/events.js';
import { journalPages } from '../store/journal-pages.js';
import type { Store } from '../store/store.js';
import type { Turns } from './turns.js';

/** Largest recording, as the text of its events: all of it is in memory at once. */
export const MAX_RECORDING_BYTES = 67_108_864;
const EVENTS_AT_A_TIME = 1000;
const CHILDREN_AT_A_TIME = 500;

/** A run holds too much, with the runs inside it, to be read as a whole. */
export class RecordingTooLargeError extends Error {
  constructor(
    readonly runId: string,
    readonly maxBytes: number,
  ) {
    super(`Run ${runId} holds more than ${maxBytes / 1_048_576} MiB of events, with the runs inside it.`);
    this.name = 'RecordingTooLargeError';
  }
}

interface RecordingDeps {
  readonly store: Pick<Store, 'readEvents' | 'listRuns'>;
  readonly turns: Pick<Turns, 'isOver' | 'next'>;
}

/**
 * Reads a run with all runs inside it; others have their turn in between. `undefined` if there is no such run.
 * @throws UnreadableRunError | RecordingTooLargeError
 */
export async function readRecording(
  deps: RecordingDeps,
  runId: string,
  maxBytes = MAX_RECORDING_BYTES,
): Promise<Recording | undefined> {
  const budget = { left: maxBytes };
  const recording = await readRun(deps, runId, budget, () => new RecordingTooLargeError(runId, maxBytes));
  return recording.records.length === 0 ? undefined : recording;
}

async function readRun(
  deps: RecordingDeps,
  runId: string,
  budget: { left: number },
  tooLarge: () => Error,
): Promise<Recording> {
  const { store, turns } = deps;
  const records: EventRecord[] = [];
  let hasChildren = false;
  for await (const page of journalPages(store, runId, 0, EVENTS_AT_A_TIME)) {
    for (const record of page) {
      budget.left -= record.payload.length;
      hasChildren ||= startsChildren(record);
      records.push(record);
    }
    if (budget.left < 0) throw tooLarge();
    if (turns.isOver()) await turns.next();
  }
  const children: Recording[] = [];
  if (!hasChildren) return { runId, records, children };
  for (let after: string | undefined; ; ) {
    const rows = await store.listRuns({
      parentRunId: runId,
      oldestFirst: true,
      limit: CHILDREN_AT_A_TIME,
      ...(after !== undefined && { after }),
    });
    for (const { runId: childId } of rows) children.push(await readRun(deps, childId, budget, tooLarge));
    if (rows.length < CHILDREN_AT_A_TIME) return { runId, records, children };
    after = rows.at(-1)?.runId;
  }
}

function startsChildren({ event }: EventRecord): boolean {
  return event.type === 'branches.started' || (event.type === 'wait.started' && event.wait.kind === 'graph');
}
