import { definedOnly } from '../base/defined-only.js';
import type { JsonObject } from '../base/json.js';
import { guardsIn } from '../base/run-options.js';
import type { MutableRun } from './copy-run.js';
import type { EventOf, GivenLimits, RunEvent } from './events.js';
import { keepProgress, notePatch, noteVisit, type VisitPlace } from './progress.js';
import { isPausePoint, type Phase, type RunState, startWait } from './state.js';
import { countVisit, NO_VISITS } from './visits.js';

/** The part of `evolve` that is about limits. */

/** What the first event of a run says of its limits besides steps and time. */
export function openGuards({
  limits,
  budgets_of,
}: EventOf<'run.submitted'>): Pick<Partial<RunState>, 'guards' | 'progress' | 'budgetsOf'> {
  const guards = guardsIn(limits);
  if (guards === undefined) return definedOnly({ budgetsOf: budgets_of });
  return { guards, progress: keepProgress(null, guards), ...definedOnly({ budgetsOf: budgets_of }) };
}

/** The limits of a run after it was given some: they take the place of its own, one by one. */
export function limitsAfter(
  state: RunState,
  limits: GivenLimits | undefined,
): Pick<RunState, 'maxSteps' | 'guards' | 'progress' | 'visits'> {
  const { maxSteps, guards, progress, visits } = state;
  const given = limits && guardsIn(limits);
  const after = { maxSteps: limits?.max_steps ?? maxSteps };
  if (given === undefined) return { ...after, guards, progress, visits };
  const all = { ...guards, ...given };
  return { ...after, guards: all, progress: keepProgress(progress, all), visits: visits ?? NO_VISITS };
}

/** Notes the visit that an event begins, and what it sets: the visit is one that finds `data` as it is after that. */
export function countVisits(state: RunState, after: MutableRun, event: RunEvent): void {
  const set = patchOf(event);
  // A retry can bring the limit with which this begins to be kept.
  if (after.progress !== null && set !== undefined) {
    after.progress = notePatch(after.progress, state.data, set.patch, set.visit);
  }
  if (!('next' in event) || typeof event.next !== 'string') return;
  if (after.visits !== null) after.visits = countVisit(after.visits, event.next);
  if (after.progress !== null) after.progress = noteVisit(after.progress, event.next);
}

/** What an event sets of `data`. What a fork or a retry sets is no change that a visit has made. */
function patchOf(event: RunEvent): { readonly patch: JsonObject; readonly visit?: VisitPlace } | undefined {
  if (event.type === 'run.retried') return event.data && { patch: event.data };
  if (!('patch' in event) || event.patch === undefined) return undefined;
  const { patch, step, node } = event;
  return event.type === 'run.forked' ? { patch } : { patch, visit: { step, node } };
}

/** The phase of a run that has come to a limit. */
export function limitedAt(phase: Phase, event: EventOf<'limit.reached'>, time: number, seq: number): Phase {
  if (!isPausePoint(phase)) return phase;
  const { node, message, limit, limit_of: limitOf, used } = event;
  const more = { message, limit, ...definedOnly({ limitOf, used }) };
  return { kind: 'limited', at: phase, wait: startWait('limit', node, time, seq, more) };
}
