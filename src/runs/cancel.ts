import { definedOnly } from '../core/base/defined-only.js';
import type { Actor } from '../core/run/actor.js';
import { isTerminal } from '../core/run/event-kinds.js';
import type { EventOf } from '../core/run/events.js';
import { cancel, refuseFinished, type Verdict } from '../core/run/requests.js';
import { isFinished, RUN_STATUSES, type RunState } from '../core/run/state.js';
import { endUnread, outlineState } from '../core/run/unread.js';
import { ConflictError } from '../store/errors.js';
import { type AppendDeps, type AppendResult, appendTo } from './append.js';
import type { GraphCache } from './graph-cache.js';
import { isUnreadable } from './readable.js';
import { appendOf, unitOf } from './units.js';

export interface CancelDeps extends AppendDeps {
  readonly graphs: GraphCache;
}

const UNFINISHED = RUN_STATUSES.filter((status) => !isFinished(status));
/** Children that are cancelled at a time. */
const CHILDREN_AT_A_TIME = 500;

/**
 * Cancels a run: at once if neither a tool nor a child is at work, else as soon as they have let go. A run that cannot be
 * read, or whose graph cannot, is driven by nobody, and is cancelled at once with the runs inside it.
 * @returns `undefined` if there is no such run
 */
export async function cancelRun(deps: CancelDeps, runId: string, actor: Actor = {}): Promise<AppendResult | undefined> {
  const decide = async (state: RunState): Promise<Verdict> => {
    const verdict = cancel(state, actor);
    if (isLeftToDriver(verdict)) await deps.graphs.pinned(state.graphId, state.graphVersion);
    return verdict;
  };
  try {
    return await appendTo(deps, runId, decide);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return endUnreadable(deps, runId, { type: 'run.cancelled', logs: [], ...definedOnly({ by: actor.by }) });
  }
}

/** True if whoever drives the run has to end it. */
function isLeftToDriver({ events, refusal }: Verdict): boolean {
  return refusal === undefined && !events.some(({ type }) => isTerminal(type));
}

/**
 * Ends a run without reading its journal, and cancels the runs inside it first. Its parent is woken.
 * @returns `undefined` if there is no such run
 */
export async function endUnreadable(
  deps: CancelDeps,
  runId: string,
  end: EventOf<'run.cancelled'> | EventOf<'run.failed'>,
): Promise<AppendResult | undefined> {
  for (;;) {
    const outline = await deps.store.outlineRun(runId);
    if (outline === undefined) return undefined;
    const before = outlineState(outline);
    if (isFinished(outline.status))
      return { state: before, isAppended: false, refusal: refuseFinished(outline).refusal };
    await cancelChildren(deps, runId);
    const after = endUnread(outline, end, deps.now());
    try {
      await deps.store.commit(unitOf(before, { ...appendOf(before, after), isOutline: true }));
      return { state: after.state, isAppended: true };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

async function cancelChildren(deps: CancelDeps, parentRunId: string): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = { limit: CHILDREN_AT_A_TIME, ...(after !== undefined && { after }) };
    const children = await deps.store.listRuns({ parentRunId, statuses: UNFINISHED, ...page });
    await Promise.all(children.map((child) => cancelRun(deps, child.runId)));
    if (children.length < CHILDREN_AT_A_TIME) return;
    after = children.at(-1)?.runId;
  }
}
