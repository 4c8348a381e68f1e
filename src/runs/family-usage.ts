import { addUsage, NO_USAGE, subtractUsage, type Usage } from '../core/base/usage.js';
import { type Budget, type FamilyUsage, hasBudget, isBudget } from '../core/run/limits.js';
import type { RunState } from '../core/run/state.js';
import type { Store } from '../store/store.js';
import { ifReadable } from './readable.js';
import type { RunLoader } from './run-loader.js';

interface FamilyDeps {
  readonly store: Pick<Store, 'readChildUsage'>;
  readonly runs: Pick<RunLoader, 'load'>;
}

/** What the runs around a run have used; undefined for one that has no limit of tokens or cost, and takes from none. */
export async function readFamilyUsage(deps: FamilyDeps, state: RunState): Promise<FamilyUsage | undefined> {
  if (!hasBudget(state)) return undefined;
  const { guards, budgetsOf, usage, runId } = state;
  const below = isBudget(guards) ? await readUsageBelow(deps, runId) : NO_USAGE;
  const above: Budget[] = [];
  for (const ownerId of budgetsOf) {
    // One that was deleted, or cannot be read, ends its children by itself.
    const owner = await ifReadable(deps.runs.load(ownerId));
    if (owner === undefined || owner.guards === null) continue;
    const used = await readFamilyTotal(deps, owner);
    above.push({ runId: ownerId, guards: owner.guards, elsewhere: subtractUsage(used, usage) });
  }
  return { below, above };
}

/** What a run, with all runs inside it, has used. While it has children, its own part does not change. */
export async function readFamilyTotal(deps: FamilyDeps, { runId, usage }: RunState): Promise<Usage> {
  return addUsage(usage, await readUsageBelow(deps, runId));
}

/** What was used before it was counted is not known, and counts as nothing. */
async function readUsageBelow({ store }: FamilyDeps, runId: string): Promise<Usage> {
  return (await store.readChildUsage(runId)) ?? NO_USAGE;
}
