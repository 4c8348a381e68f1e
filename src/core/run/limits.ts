import { definedOnly } from '../base/defined-only.js';
import type { RunErrorCode } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { Guards } from '../base/run-options.js';
import { addUsage, toDollars, tokensOf, toNanoDollars, type Usage } from '../base/usage.js';
import type { GivenLimits, LimitKind, RunEvent } from './events.js';
import { countUnchanged, unchangedSince } from './progress.js';
import { type Cursor, cursorOf, type RunState } from './state.js';
import { visitsOf } from './visits.js';

/*
 * The limits of a run but its deadline. Each is looked at before a step begins, so what is over it is what was in progress by
 * then. A run that comes to one fails, or asks (`on_limit`): then it waits until somebody lifts the limit.
 *
 * Steps, visits and visits without progress are counted for each run of its own. Tokens and cost are those of a run and of
 * all runs inside it: a run looks at its own limit, and at those of the runs above it (`budgetsOf`). The limit belongs to
 * the run that has it: that one says whether to ask, and its limit is what is lifted, for all that take from it.
 */

/** What the runs around a run have used; it is read before each step of a run that has, or takes from, a budget. */
export interface FamilyUsage {
  /** By all runs inside the run. */
  readonly below: Usage;
  /** For each run above that has a limit of tokens or of cost, the top one first. */
  readonly above: readonly Budget[];
}

/** The limits of a run above, and what it and all inside it have used, but for the run that asks. */
export interface Budget {
  readonly runId: string;
  readonly guards: Guards;
  readonly elsewhere: Usage;
}

/** A limit that a run has come to. */
export interface ReachedLimit {
  readonly limit: LimitKind;
  readonly message: string;
  /** The run waits until somebody lifts the limit; else it fails. */
  readonly isAsked: boolean;
  /** The run above that has the limit, if it is not the run's own. */
  readonly limitOf?: string;
  /** By the run that has the limit, and all inside it. */
  readonly used?: Usage;
}

/** How a run stands before a step. */
export interface Standing {
  readonly node: string;
  readonly step: number;
  /** With this one. */
  readonly visits: number;
  readonly unchanged: number;
}

/** Before the visit that has begun. */
export function standingAt(state: RunState): Standing | undefined {
  const cursor = cursorOf(state);
  return cursor === null ? undefined : standingOf(state, cursor);
}

function standingOf({ visits, progress }: RunState, { node, step }: Pick<Cursor, 'node' | 'step'>): Standing {
  return { node, step, visits: visitsOf(visits, node), unchanged: unchangedSince(progress, node) };
}

/** Before a visit that begins after a patch is taken in. */
export function standingBefore(state: RunState, node: string, step: number, patch: JsonObject): Standing {
  // Most runs have no limit that looks at it.
  if (state.guards === null) return { node, step, visits: 0, unchanged: 0 };
  const unchanged = countUnchanged(state.progress, node, state.data, patch);
  return { node, step, visits: visitsOf(state.visits, node) + 1, unchanged };
}

/** True for a run that has a limit of tokens or of cost, or takes from one of a run above it. */
export function hasBudget({ guards, budgetsOf }: Pick<RunState, 'guards' | 'budgetsOf'>): boolean {
  return budgetsOf.length > 0 || isBudget(guards);
}

export function isBudget(guards: Guards | null): boolean {
  return guards?.max_tokens !== undefined || guards?.max_cost_usd !== undefined;
}

/** The runs from which the children of a run take. */
export function budgetsOfChildren({ runId, guards, budgetsOf }: RunState): readonly string[] | undefined {
  const all = isBudget(guards) ? [...budgetsOf, runId] : budgetsOf;
  return all.length === 0 ? undefined : all;
}

/** The first limit that a run has come to, if it has come to one. */
export function findLimit(
  state: RunState,
  standing: Standing,
  family: FamilyUsage | undefined,
): ReachedLimit | undefined {
  return findCount(state, standing) ?? findSpent(state, family);
}

/**
 * The first limit that a run would come to that goes on from where it ended.
 * @param hasResult somebody brings the result of its step, whose tool is then not called again
 */
export function findLimitOnward(
  state: RunState,
  family: FamilyUsage | undefined,
  hasResult = false,
): ReachedLimit | undefined {
  const { phase } = state;
  const at = 'at' in phase ? phase.at : phase;
  const cursor = cursorOf(state);
  if (cursor === null) return findSpent(state, family);
  const { node, step } = cursor;
  const isOver = { node, step, visits: 0, unchanged: 0 };
  // The step can be the last; what is spent is looked at before the next.
  if (hasResult) return findCount(state, isOver);
  // A visit that has begun, and needs no call any more, is not stopped by how often its node was visited.
  if (at.kind !== 'calling') return findLimit(state, isOver, family);
  const isBegun = at.announced !== false;
  return findLimit(state, isBegun ? standingOf(state, cursor) : standingBefore(state, node, step, {}), family);
}

/** A branch has the limits of its parent that are counted for each run; it takes from its parent's tokens and cost. */
export function guardsOfBranch({ guards }: Pick<RunState, 'guards'>): Guards {
  const { max_visits, no_progress, on_limit } = guards ?? {};
  return definedOnly({ max_visits, no_progress, on_limit });
}

/**
 * What a child is given that goes on because its parent was retried: what a branch has from its parent as it is by now,
 * unless the branch was given more. A graph that runs as a step keeps its own, but for a higher limit of steps.
 */
export function limitsOfRestart(
  child: Pick<RunState, 'maxSteps' | 'guards' | 'parent'>,
  parent: Pick<RunState, 'maxSteps' | 'guards'>,
): GivenLimits & { readonly max_steps: number } {
  const max_steps = Math.max(child.maxSteps, parent.maxSteps);
  if (child.parent?.kind !== 'branch') return { max_steps };
  const given = guardsOfBranch(parent);
  const higher = (name: 'max_visits' | 'no_progress'): number | undefined =>
    given[name] === undefined ? undefined : Math.max(given[name], child.guards?.[name] ?? 0);
  return {
    max_steps,
    ...definedOnly({ ...given, max_visits: higher('max_visits'), no_progress: higher('no_progress') }),
  };
}

/** One of its limits of steps and visits. */
function findCount(
  { maxSteps, guards }: RunState,
  { node, step, visits, unchanged }: Standing,
): ReachedLimit | undefined {
  const isAsked = guards?.on_limit === 'wait';
  if (step > maxSteps) {
    return { limit: 'max_steps', message: `The run reached its limit of ${maxSteps} steps.`, isAsked };
  }
  if (guards === null) return undefined;
  const { max_visits: maxVisits, no_progress: noProgress } = guards;
  if (maxVisits !== undefined && visits > maxVisits) {
    const message = `The run reached its limit of ${times(maxVisits, 'visit')} to a node, at node "${node}".`;
    return { limit: 'max_visits', message, isAsked };
  }
  if (noProgress !== undefined && unchanged >= noProgress) {
    const message = `The run makes no progress: it came to node "${node}" ${times(unchanged, 'time')} in a row with data unchanged.`;
    return { limit: 'no_progress', message, isAsked };
  }
  return undefined;
}

/** A limit of tokens or of cost: its own, or that of a run above. */
export function findSpent(state: RunState, family: FamilyUsage | undefined): ReachedLimit | undefined {
  const { guards, usage } = state;
  const own = guards === null ? undefined : compareSpent(guards, addUsage(usage, family?.below));
  if (own !== undefined) return own;
  for (const { runId, guards: limits, elsewhere } of family?.above ?? []) {
    const reached = compareSpent(limits, addUsage(elsewhere, usage), runId);
    if (reached !== undefined) return reached;
  }
  return undefined;
}

/** What was used, against the limits of the run that has them. */
export function compareSpent(guards: Guards, used: Usage, limitOf?: string): ReachedLimit | undefined {
  const { max_tokens: maxTokens, max_cost_usd: maxCost, on_limit } = guards;
  const whose = { isAsked: on_limit === 'wait', used, ...definedOnly({ limitOf }) };
  const who = limitOf === undefined ? 'The run' : `The run ${limitOf}, which this one is inside of,`;
  const tokens = tokensOf(used);
  if (maxTokens !== undefined && tokens >= maxTokens) {
    return { limit: 'max_tokens', message: `${who} has used ${tokens} of at most ${maxTokens} tokens.`, ...whose };
  }
  if (maxCost !== undefined && toNanoDollars(used) >= toNanoDollars({ cost_usd: maxCost })) {
    const message = `${who} has cost ${toDollars(toNanoDollars(used))} of at most ${maxCost} US dollars.`;
    return { limit: 'max_cost_usd', message, ...whose };
  }
  return undefined;
}

const ERROR_CODES: Readonly<Record<LimitKind, RunErrorCode>> = {
  max_steps: 'max_steps_exceeded',
  max_tokens: 'max_tokens_exceeded',
  max_cost_usd: 'max_cost_exceeded',
  max_visits: 'max_visits_exceeded',
  no_progress: 'no_progress',
};

/** What a limit comes to, at the visit that does not begin: the run asks, or fails. */
export function stopAtLimit(
  { limit, message, isAsked, limitOf, used }: ReachedLimit,
  { node, step }: Pick<Standing, 'node' | 'step'>,
): RunEvent {
  if (!isAsked) return { type: 'run.failed', error: { code: ERROR_CODES[limit], message, node, step } };
  return { type: 'limit.reached', limit, message, step, node, ...definedOnly({ limit_of: limitOf, used }) };
}

function times(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
