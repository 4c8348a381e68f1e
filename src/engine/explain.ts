import { type Explanation, explain } from '../core/run/explain.js';
import { StepReader, type StepView } from '../core/run/steps.js';
import { journalPages } from '../store/journal-pages.js';
import type { StateReader } from './read-state.js';
import type { RunDeps } from './shared.js';

export interface ExplainRun {
  /** How many of the latest steps are told, at most; 20 if it is omitted. */
  readonly lastSteps?: number;
}

const LAST_STEPS = 20;
/** Events at the end of a journal in which the steps are looked for: a step has two or three, and more if it was tried often. */
const EVENTS_PER_STEP = 5;
const EVENTS_AT_A_TIME = 100;
/** More log lines than a run has: an explanation needs none. */
const NO_LOGS = 1_000_000_000;

type ExplainDeps = Pick<RunDeps, 'store' | 'turns'> & { readonly states: StateReader };

/**
 * Why a run went where it went, why it stopped, and what can be done. Reads the end of the journal only, however long it is.
 * @throws EngineError `run_not_found`, `run_unreadable`, `server_busy`, `store_unavailable`.
 */
export function explainRun(
  { states, ...deps }: ExplainDeps,
  runId: string,
  { lastSteps = LAST_STEPS }: ExplainRun = {},
): Promise<Explanation> {
  return states.useState(runId, { logsAfter: NO_LOGS }, async ({ state, waitingChildren }) => {
    const steps = await readLastSteps(deps, runId, state.seq, lastSteps);
    return explain({ state, steps, waitingChildren });
  });
}

async function readLastSteps(
  { store, turns }: Omit<ExplainDeps, 'states'>,
  runId: string,
  lastSeq: number,
  count: number,
): Promise<StepView[]> {
  const reader = new StepReader(0);
  // One step more tells why the run came to the first one.
  const from = Math.max(0, lastSeq - (count + 1) * EVENTS_PER_STEP);
  let kept: StepView[] = [];
  for await (const records of journalPages(store, runId, from, EVENTS_AT_A_TIME)) {
    for (const record of records) reader.read(record);
    kept = [...kept, ...reader.finished.splice(0).map(withoutPatch)].slice(-count);
    if (turns.isOver()) await turns.next();
  }
  const { current } = reader;
  return current === null ? kept : [...kept, current].slice(-count);
}

/** Patches can be large, and say nothing of the way. */
function withoutPatch(step: StepView): StepView {
  return { ...step, patch: null, logs: [] };
}
