import { NEVER, type Run, set } from './reference-run.js';
import { callAt, type Death, type Round, type Toggle } from './script.js';

/** What is done to a run at a path, in the order of time. */
export function togglesOf(toggles: readonly Toggle[], path: readonly number[]): Toggle[] {
  return toggles.filter((one) => one.path.join() === path.join()).sort((a, b) => a.after - b.after);
}

/** True if the run is paused at a moment. A run that has ended refuses pauses, so that only those since count. */
export function isPausedAt({ toggles, since }: Run, moment: number): boolean {
  return toggles.findLast(({ after }) => after > since && after <= moment)?.pauses ?? false;
}

/** When a run does what it has to do at a moment: then, or as soon as it is not paused. */
export function whenUnpaused(run: Run, moment: number): number {
  if (!isPausedAt(run, moment)) return moment;
  return run.toggles.find(({ after, pauses }) => after > moment && !pauses)?.after ?? NEVER;
}

/** Corrects a run that is to go on, if all of the correction can be taken. */
export function correct(run: Run, { data, result }: Pick<Round, 'data' | 'result'>): void {
  const isBranching = run.family !== null && !run.family.isGraph;
  const hasStep = run.at !== null && run.isAnnounced && !run.isDone && !isBranching;
  const takesData = run.family === null || (run.family.isGraph && result !== null);
  if ((result !== null && !hasStep) || (data !== null && !takesData)) return;
  set(run, data ?? {});
  if (result === null) return;
  run.family = null;
  run.result = result;
}

/** The death of a server that cuts a call off for good: a run that is paused does not make it again. */
export function deathIn(run: Run, ends: number, deaths: readonly Death[]): Death | undefined {
  const { step, attempt } = run.at!;
  const call = callAt(run.path, step, attempt);
  return deaths.find(({ at, open }) => at >= run.now && at <= ends && open.includes(call) && isPausedAt(run, at));
}
