import { StepReader, type StepView } from '../core/run/steps.js';
import { journalPages } from '../store/journal-pages.js';
import { readStepCursor } from './cursors.js';
import { type Page, type RunDeps, runNotFound } from './shared.js';
import { type ListedStep, RunFollower, type StepParams } from './step-params.js';

const MAX_PAGE_BYTES = 4_194_304;
/** A page ends with the step that fills it, which can have this size itself. */
const MAX_STEP_BYTES = 16_777_216;
const EVENTS_AT_A_TIME = 500;
const STEPS_AT_A_TIME = 200;

type StepDeps = Pick<RunDeps, 'store' | 'turns'>;

interface StepPage<S extends StepView = StepView> {
  readonly steps: readonly S[];
  readonly nextCursor: string | null;
}

type ListDeps = StepDeps & Pick<RunDeps, 'reads'> & { readonly params: StepParams };

/**
 * The steps of a run, in order, with what their tools were called with; the last one can be under way.
 * @throws EngineError `run_not_found`, `server_busy`.
 */
export async function listSteps(deps: ListDeps, runId: string, page: Page): Promise<StepPage<ListedStep>> {
  const { cursor, limit } = page;
  const from = firstSeqOf(page);
  const bytes = (await measureSteps(deps, runId, from)) + (await deps.params.measure(runId, from));
  return deps.reads.share(`${runId} steps ${cursor} ${limit}`, bytes, async () => {
    const follower = await deps.params.follow(runId, from);
    const { steps, nextCursor } = await readPage(deps, runId, page, follower);
    if (nextCursor !== null) deps.params.keep(follower, Number(nextCursor));
    return { steps: follower.withParams(steps), nextCursor };
  });
}

/** About how many bytes are read for a page of steps, without reading them. */
export async function measureSteps({ store }: Pick<StepDeps, 'store'>, runId: string, from = 0): Promise<number> {
  const bytes = await store.measureEvents(runId, Math.max(0, from - 1), EVENTS_AT_A_TIME);
  return Math.min(bytes, MAX_STEP_BYTES);
}

async function readPage(
  deps: StepDeps,
  runId: string,
  page: Page,
  follower: RunFollower = new RunFollower(),
): Promise<StepPage> {
  const from = firstSeqOf(page);
  const { limit } = page;
  const reader = new StepReader(from);
  const isFull = await readSteps(deps, runId, { reader, follower }, Math.max(0, from - 1), limit);
  const isMore = isFull && (await deps.store.readEvents(runId, reader.lastSeq, 1)).length > 0;
  if (isFull && (isMore || reader.current !== null)) {
    return { steps: reader.finished, nextCursor: String(reader.lastSeq) };
  }
  const steps = reader.current === null ? reader.finished : [...reader.finished, reader.current];
  return { steps, nextCursor: null };
}

/** Every step of a run, read as far as it is asked for. */
export async function* allSteps(deps: StepDeps, runId: string): AsyncGenerator<StepView, undefined> {
  for (let cursor: string | undefined; ; ) {
    const page = { limit: STEPS_AT_A_TIME, ...(cursor !== undefined && { cursor }) };
    const { steps, nextCursor }: StepPage = await readPage(deps, runId, page);
    yield* steps;
    if (nextCursor === null) return undefined;
    cursor = nextCursor;
  }
}

/** Reads on from a seq until there are `limit` finished steps (or enough of them for one answer), and says if so. */
async function readSteps(
  { store, turns }: StepDeps,
  runId: string,
  { reader, follower }: { readonly reader: StepReader; readonly follower: RunFollower },
  from: number,
  limit: number,
): Promise<boolean> {
  let bytes = 0;
  let count = 0;
  let isThere = from > 0;
  for await (const records of journalPages(store, runId, from, EVENTS_AT_A_TIME)) {
    isThere = true;
    for (const record of records) {
      reader.read(record);
      follower.read(record);
      // Params can take a tenth of a second each.
      if (turns.isOver()) await turns.next();
      const { length } = reader.finished;
      bytes += record.payload.length + (length > count ? follower.measure(reader.finished.at(-1)) : 0);
      count = length;
      if (length >= limit || (bytes > MAX_PAGE_BYTES && length > 0)) return true;
    }
  }
  if (!isThere) throw runNotFound(runId);
  return false;
}

function firstSeqOf({ cursor }: Page): number {
  return cursor === undefined ? 0 : readStepCursor(cursor);
}
