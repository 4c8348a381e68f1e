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
  /** Of runs that were asked about. */
  readonly #accounts = new Map<string, Account>();

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
    const below = run === undefined || !isBudget(guards) ? NO_USAGE : usedBefore(this.#accountOf(run).inside, before);
    const above: Budget[] = [];
    for (const ownerId of budgetsOf) {
      const owner = this.#byId.get(ownerId);
      if (owner === undefined) continue;
      const { own, inside, limits } = this.#accountOf(owner);
      const ownerGuards = lastBefore(limits, before)?.guards;
      if (ownerGuards == null) continue;
      const used = addUsage(usedBefore(own, before), usedBefore(inside, before));
      above.push({ runId: ownerId, guards: ownerGuards, elsewhere: subtractUsage(used, usage) });
    }
    return { below, above };
  }

  #accountOf(run: Recording): Account {
    const known = this.#accounts.get(run.runId);
    if (known !== undefined) return known;
    const [, ...descendants] = runsOf(run);
    const account = {
      own: timelineOf(run.records),
      inside: timelineOf(descendants.flatMap(({ records }) => records)),
      limits: limitsOf(run.records),
    };
    this.#accounts.set(run.runId, account);
    return account;
  }
}

/** What is known of a run with a budget, over time. */
interface Account {
  readonly own: Timeline;
  /** Of the runs inside it. */
  readonly inside: Timeline;
  /** Its limits from each moment on. */
  readonly limits: readonly { readonly time: number; readonly guards: RunState['guards'] }[];
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

function usedBefore(timeline: Timeline, before: number): Usage {
  return lastBefore(timeline, before)?.sum ?? NO_USAGE;
}

/** The last of some entries, which are in order, before a time. */
function lastBefore<T extends { readonly time: number }>(entries: readonly T[], before: number): T | undefined {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((entries[middle] as T).time < before) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}

/** The limits that a run has had. It has its first ones from its beginning on, whenever somebody asks. */
function limitsOf(records: readonly EventRecord[]): Account['limits'] {
  const limits: { time: number; guards: RunState['guards'] }[] = [];
  let state = blankRun('');
  for (const { event, time } of records) {
    if (event.type === 'run.submitted') {
      state = { ...state, ...openGuards(event) };
      limits.push({ time: Number.NEGATIVE_INFINITY, guards: state.guards });
    } else if (event.type === 'limits.lifted' || event.type === 'run.retried') {
      state = { ...state, ...limitsAfter(state, event.limits) };
      limits.push({ time, guards: state.guards });
    }
  }
  return limits;
}
