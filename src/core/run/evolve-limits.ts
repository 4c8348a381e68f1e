import { definedOnly } from '../base/defined-only.js';
import { guardsIn } from '../base/run-options.js';
import type { MutableRun } from './copy-run.js';
import type { EventOf, GivenLimits, RunEvent } from './events.js';
import { keepProgress, notePatch, noteVisit } from './progress.js';
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
  if (state.progress !== null && 'patch' in event && event.patch !== undefined) {
    // What a fork sets is no change that a visit has made.
    const visit = event.type === 'run.forked' ? undefined : { step: event.step, node: event.node };
    after.progress = notePatch(state.progress, state.data, event.patch, visit);
  }
  if (!('next' in event) || typeof event.next !== 'string') return;
  if (after.visits !== null) after.visits = countVisit(after.visits, event.next);
  if (after.progress !== null) after.progress = noteVisit(after.progress, event.next);
}

/** The phase of a run that has come to a limit. */
export function limitedAt(phase: Phase, event: EventOf<'limit.reached'>, time: number, seq: number): Phase {
  if (!isPausePoint(phase)) return phase;
  const { node, message, limit, limit_of: limitOf, used } = event;
  const more = { message, limit, ...definedOnly({ limitOf, used }) };
  return { kind: 'limited', at: phase, wait: startWait('limit', node, time, seq, more) };
}
