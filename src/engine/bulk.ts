import { definedOnly } from '../core/base/defined-only.js';
import type { EngineError } from '../core/base/errors.js';
import type { Actor } from '../core/run/actor.js';
import { type BulkAction, foresee, statusesFor } from '../core/run/bulk.js';
import { type ChosenRuns, chooseRuns, doSome } from './choose-runs.js';
import type { RequestUseCases } from './requests.js';
import { type RunDeps, refusalError, runNotFound, toEngineError } from './shared.js';

/** Runs that are worked on at a time: the commits of those share a transaction. */
const AT_A_TIME = 20;

/** What to do to which runs. */
export interface BulkRequest extends Actor {
  readonly action: BulkAction;
  readonly runs: ChosenRuns;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
}

/** What came of it for one run. */
export interface BulkResult {
  readonly runId: string;
  /** Why nothing was done. */
  readonly error?: Pick<EngineError, 'code' | 'message'>;
}

export interface BulkOutcome {
  readonly results: readonly BulkResult[];
  /** From where to go on, if more runs fit the filter. */
  readonly nextCursor: string | null;
}

/**
 * Does the same to many runs, as many as {@link chooseRuns} chooses: some at a time, so that others have their turn. What goes
 * wrong with one of them is said in its result.
 * @throws EngineError `invalid_request`, `store_unavailable` if the runs cannot be listed.
 */
export async function doInBulk(
  deps: RunDeps,
  requests: RequestUseCases,
  { action, runs, dryRun = false, by }: BulkRequest,
): Promise<BulkOutcome> {
  const { ids, nextCursor } = await chooseRuns(deps, statusesFor(action), runs);
  const actor = definedOnly({ by });
  const work = dryRun ? foreseeOne(deps, requests, action) : doOne(requests, action, actor);
  const results = await doSome(deps, ids, AT_A_TIME, (runId) => resultOf(runId, work));
  return { results, nextCursor };
}

type Work = (runId: string) => Promise<unknown>;

function doOne(requests: RequestUseCases, action: BulkAction, actor: Actor): Work {
  switch (action) {
    case 'cancel':
      return (runId) => requests.cancelRun(runId, actor);
    case 'retry':
      return (runId) => requests.retryRun(runId, actor);
    case 'delete':
      return (runId) => requests.deleteRun(runId);
    case 'pause':
      return (runId) => requests.pauseRun(runId, actor);
    case 'unpause':
      return (runId) => requests.unpauseRun(runId, actor);
  }
}

function foreseeOne({ store }: RunDeps, requests: RequestUseCases, action: BulkAction): Work {
  return async (runId) => {
    const run = await store.outlineRun(runId);
    if (run === undefined) throw runNotFound(runId);
    const { parentRunId } = run;
    const refusal = foresee(action, run);
    if (refusal?.code === 'run_is_child' && parentRunId !== null) throw await requests.isChild({ runId, parentRunId });
    if (refusal !== undefined) throw refusalError(refusal);
  };
}

async function resultOf(runId: string, work: Work): Promise<BulkResult> {
  try {
    await work(runId);
    return { runId };
  } catch (thrown) {
    const { code, message } = toEngineError(thrown);
    return { runId, error: { code, message } };
  }
}
