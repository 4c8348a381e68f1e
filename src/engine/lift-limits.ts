import { append } from '../core/run/journal.js';
import {
  isLimited,
  type LiftRequest,
  type LimitedRun,
  liftLimits,
  liftLimitsAbove,
  withGivenLimits,
} from '../core/run/lift-limits.js';
import type { Verdict } from '../core/run/requests.js';
import type { RunState } from '../core/run/state.js';
import type { AppendResult } from '../runs/append.js';
import { readFamilyTotal, readFamilyUsage } from '../runs/family-usage.js';
import { appendOf } from '../runs/units.js';
import { ConflictError } from '../store/errors.js';
import type { Wake } from '../store/queue.js';
import type { Commit, RunDeps } from './shared.js';

type LiftDeps = Pick<RunDeps, 'store' | 'runs' | 'now'>;

/** Runs that one lifted limit has go on at most: more than a run can have inside it. */
const MAX_WOKEN = 1_000_000;

/** Lifts a limit of the run itself. */
export async function liftOwnLimits(deps: LiftDeps, state: LimitedRun, request: LiftRequest): Promise<Verdict> {
  return liftLimits(state, request, await readFamilyUsage(deps, withGivenLimits(state, request)));
}

/** The run above that has the limit which a run waits at, if it is not the run's own. */
export function ownerOfLimit(state: RunState): string | undefined {
  return isLimited(state) ? state.phase.wait.limitOf : undefined;
}

/**
 * Lifts the limit of a run above, which a run waits at, in one unit with the end of that wait. The others that wait at it are
 * looked at again: each goes on if the new limit is enough for it.
 * @returns `undefined` if the run does not wait at such a limit any more
 */
export async function liftLimitsOfOwner(
  deps: LiftDeps,
  runId: string,
  request: LiftRequest,
  commit: Commit = (unit) => deps.store.commit(unit),
): Promise<AppendResult | undefined> {
  const { runs, now } = deps;
  for (;;) {
    const state = await runs.load(runId);
    const ownerId = state && ownerOfLimit(state);
    if (state === undefined || ownerId === undefined || !isLimited(state)) return undefined;
    const owner = await runs.load(ownerId);
    if (owner === undefined) return undefined;
    const lifted = liftLimitsAbove(state, owner, request, await readFamilyTotal(deps, owner));
    if (lifted.refusal !== undefined) return { state, isAppended: false, refusal: lifted.refusal };
    const at = now();
    const after = append(state, lifted.waiting, at);
    const appends = [appendOf(owner, append(owner, lifted.owner, at)), appendOf(state, after)];
    const wakes = await wakesOf(deps, ownerId, [runId]);
    try {
      await commit({ appends, wakes });
      await wakeLateComers(deps, ownerId, wakes);
      return { state: after.state, isAppended: true };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Runs by their ids, and all below the run with the limit that wait at one. */
async function wakesOf({ store }: LiftDeps, ownerId: string, runIds: readonly string[]): Promise<Wake[]> {
  const waiting = await store.listWaitingDescendants(ownerId, ['limit'], MAX_WOKEN);
  const ids = new Set([...runIds, ...waiting.map((run) => run.runId)]);
  return [...ids].map((runId) => ({ runId, at: 0 }));
}

/** Those that came to the limit while it was being lifted, and had looked at it before. */
async function wakeLateComers(deps: LiftDeps, ownerId: string, woken: readonly Wake[]): Promise<void> {
  const known = new Set(woken.map(({ runId }) => runId));
  const late = (await wakesOf(deps, ownerId, [])).filter(({ runId }) => !known.has(runId));
  if (late.length > 0) await deps.store.commit({ appends: [], wakes: late });
}
