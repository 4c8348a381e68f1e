import { addUsage, NO_USAGE, subtractUsage, type Usage } from '../base/usage.js';
import { blankRun } from '../run/blank-run.js';
import type { EventRecord } from '../run/events.js';
import { limitsAfter, openGuards } from '../run/evolve-limits.js';
import { type Budget, type FamilyUsage, hasBudget, isBudget } from '../run/limits.js';
import type { RunState } from '../run/state.js';
import { originalOf, type Recording, runsOf } from './recording.js';

/**
 * What the runs of a recording had used, at any time: a run with a budget looks at it before each step. Journals tell it to
 * the millisecond, so that two answers are possible for the same one: with what was used in it, and without.
 */
export class FamilyHistory {
  readonly #byId = new Map<string, Recording>();
  /** Of runs that were asked about: what was used inside them. */
  readonly #inside = new Map<string, Timeline>();

  constructor(top: Recording) {
    for (const run of runsOf(top)) {
      this.#byId.set(run.runId, run);
      this.#byId.set(originalOf(run) ?? run.runId, run);
    }
  }

  /**
   * What a run can have found around it.
   * @param time milliseconds since 1970
   */
  possible(state: RunState, time: number): readonly (FamilyUsage | undefined)[] {
    if (!hasBudget(state)) return [undefined];
    return [this.#at(state, time + 1), this.#at(state, time)];
  }

  /** As it was before a time. */
  #at({ runId, guards, budgetsOf, usage }: RunState, before: number): FamilyUsage {
    const run = this.#byId.get(runId);
    const below = run === undefined || !isBudget(guards) ? NO_USAGE : this.#usedInside(run, before);
    const above: Budget[] = [];
    for (const ownerId of budgetsOf) {
      const owner = this.#byId.get(ownerId);
      const ownerGuards = owner && guardsAt(owner.records, before);
      if (owner === undefined || ownerGuards == null) continue;
      const used = addUsage(sumBefore(timelineOf(owner.records), before), this.#usedInside(owner, before));
      above.push({ runId: ownerId, guards: ownerGuards, elsewhere: subtractUsage(used, usage) });
    }
    return { below, above };
  }

  #usedInside(run: Recording, before: number): Usage {
    let inside = this.#inside.get(run.runId);
    if (inside === undefined) {
      const [, ...descendants] = runsOf(run);
      inside = timelineOf(descendants.flatMap(({ records }) => records));
      this.#inside.set(run.runId, inside);
    }
    return sumBefore(inside, before);
  }
}

/** Moments at which something was used, in order, each with the sum up to it. */
type Timeline = readonly { readonly time: number; readonly sum: Usage }[];

function timelineOf(records: readonly EventRecord[]): Timeline {
  const used = records.flatMap(({ event, time }) =>
    'usage' in event && event.usage !== undefined ? [{ time, usage: event.usage }] : [],
  );
  let sum = NO_USAGE;
  return used
    .sort((one, other) => one.time - other.time)
    .map(({ time, usage }) => {
      sum = addUsage(sum, usage);
      return { time, sum };
    });
}

function sumBefore(timeline: Timeline, before: number): Usage {
  let [low, high] = [0, timeline.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((timeline[middle] as Timeline[number]).time < before) low = middle + 1;
    else high = middle;
  }
  return timeline[low - 1]?.sum ?? NO_USAGE;
}

/** The limits that a run had before a time. */
function guardsAt(records: readonly EventRecord[], before: number): RunState['guards'] {
  let state = blankRun('');
  for (const { event, time } of records) {
    if (event.type === 'run.submitted') state = { ...state, ...openGuards(event) };
    else if (time >= before) break;
    else if (event.type === 'limits.lifted' || event.type === 'run.retried') {
      state = { ...state, ...limitsAfter(state, event.limits) };
    }
  }
  return state.guards;
}
