import type { Steps } from '../core/base/steps.js';
import type { Recording } from '../core/replay/recording.js';
import type { EventRecord } from '../core/run/events.js';
import { type EventRow, type RawJournals, rawPages } from '../store/raw-journals.js';
import type { Store } from '../store/store.js';
import { missingJournal, readInOrder } from '../store/stored-records.js';
import type { Turns } from './turns.js';

/** Largest recording, as the text of its events: all of it is in memory at once. */
export const MAX_RECORDING_BYTES = 67_108_864;
const CHILDREN_AT_A_TIME = 500;

/** A run with all runs inside it, as they are stored: plain data that another thread can be sent. */
export interface RawRecording {
  readonly runId: string;
  readonly rows: readonly EventRow[];
  readonly children: readonly RawRecording[];
}

/** A run that holds too much, with the runs inside it, to be read as a whole. */
export interface LargeRun {
  readonly runId: string;
  readonly isTooLarge: true;
}

export interface RawDeps {
  readonly store: RawJournals & Pick<Store, 'listRuns'>;
  readonly turns: Pick<Turns, 'isOver' | 'next'>;
}

/** What is left of what can be read of a run, as characters of its events. */
interface Budget {
  left: number;
}

/**
 * Reads many runs, each with those inside it, in the order of the ids; others have their turn in between. A run of which
 * nothing is stored has no rows.
 */
export async function* rawRecordings(
  deps: RawDeps,
  runIds: readonly string[],
  maxBytes = MAX_RECORDING_BYTES,
): AsyncGenerator<RawRecording | LargeRun> {
  let budget: Budget = { left: maxBytes };
  for await (const { runId, rows } of wholeJournals(deps, runIds, () => budget)) {
    const children = budget.left < 0 ? [] : await childrenOf(deps, runId, rows, budget);
    yield budget.left < 0 ? { runId, isTooLarge: true } : { runId, rows, children };
    budget = { left: maxBytes };
  }
}

async function childrenOf(
  deps: RawDeps,
  runId: string,
  rows: readonly EventRow[],
  budget: Budget,
): Promise<readonly RawRecording[]> {
  const children: RawRecording[] = [];
  if (!rows.some(startsChildren)) return children;
  for await (const { runId: childId, rows: ofChild } of wholeJournals(
    deps,
    await childIds(deps, runId),
    () => budget,
  )) {
    if (budget.left < 0) break;
    children.push({ runId: childId, rows: ofChild, children: await childrenOf(deps, childId, ofChild, budget) });
  }
  return children;
}

async function childIds({ store }: RawDeps, parentRunId: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const filter = { parentRunId, oldestFirst: true, limit: CHILDREN_AT_A_TIME };
    const rows = await store.listRuns(after === undefined ? filter : { ...filter, after });
    ids.push(...rows.map(({ runId }) => runId));
    if (rows.length < CHILDREN_AT_A_TIME) return ids;
  }
}

/** The journals of runs, each whole: if it does not fit into the budget, what it ends with is omitted. */
async function* wholeJournals(
  { store, turns }: RawDeps,
  runIds: readonly string[],
  budget: () => Budget,
): AsyncGenerator<{ readonly runId: string; readonly rows: readonly EventRow[] }> {
  let at = 0;
  let rows: EventRow[] = [];
  for await (const page of rawPages(store, runIds)) {
    for (const journal of page) {
      for (; runIds[at] !== journal.runId; at += 1, rows = []) yield { runId: runIds[at] ?? '', rows };
      rows.push(...journal.rows.filter((row) => fits(row, budget())));
    }
    if (turns.isOver()) await turns.next();
  }
  for (; at < runIds.length; at += 1, rows = []) yield { runId: runIds[at] ?? '', rows };
}

/** Takes a record off what is left; false if there was not enough. */
function fits({ payload }: EventRow, budget: Budget): boolean {
  budget.left -= payload.length;
  return budget.left >= 0;
}

/** True for a record that can have started runs. Its payload was printed by this program, without spaces. */
function startsChildren({ type, payload }: EventRow): boolean {
  return type === 'branches.started' || (type === 'wait.started' && payload.includes('"kind":"graph"'));
}

/**
 * A recording out of what is stored of it. In steps, each of a page.
 * @throws UnreadableRunError if a record cannot be read, or is missing
 */
export function* parseRecording({ runId, rows, children }: RawRecording): Steps<Recording> {
  if (rows.length === 0) throw missingJournal(runId);
  const records: EventRecord[] = [];
  while (records.length < rows.length) {
    const rest = records.length === 0 ? rows : rows.slice(records.length);
    records.push(...readInOrder(runId, records.at(-1)?.seq ?? 0, rest));
    yield;
  }
  const parsed: Recording[] = [];
  for (const child of children) parsed.push(yield* parseRecording(child));
  return { runId, records, children: parsed };
}
