import isDeepEqual from 'fast-deep-equal';
import { addUsage, NO_USAGE, type Usage } from '../base/usage.js';
import type { Read } from '../expressions/reads.js';
import type { Divergence, End, Missing, Outcome, Replayed, Verdict } from './replayed.js';

/** Groups of each kind that a report has, the largest first. All runs are counted, also those of other groups. */
export const MAX_GROUPS = 100;
/** Runs that are named in a group. */
export const MAX_EXAMPLES = 5;
/** Values of one path that are shown in a group, and values of all paths together. */
export const MAX_VALUES_OF_PATH = 5;
export const MAX_VALUES = 20;

/** What a backtest uses of a replay. */
export type BacktestedRun = Pick<Replayed, 'verdict' | 'firstDivergence' | 'missing' | 'end' | 'steps' | 'usage'>;

/** Why nothing is known of a run: what its replay needed first, or that it was not replayed. */
export interface Unknown {
  readonly what: Missing['what'] | 'run';
  /** Null if it is not about one node. */
  readonly node: string | null;
  readonly message: string;
}

/** Runs that went another way first at the same visit of a node, from the same outcome to the same other one. */
export interface DivergedGroup {
  readonly at: { readonly node: string; readonly visit: number };
  readonly of: Divergence['of'];
  /** The values are there if all runs of the group have the same. */
  readonly was: Outcome;
  readonly wouldBe: Outcome;
  readonly count: number;
  /** Different values that decided, a few of each path. */
  readonly read: readonly Read[];
  /** Ids of the first runs of the group. */
  readonly examples: readonly string[];
}

/** Runs of which nothing is known for the same reason. */
export interface UnknownGroup extends Unknown {
  readonly count: number;
  readonly examples: readonly string[];
}

/** Runs that ended alike, and would end alike. */
export interface EndGroup {
  readonly was: End;
  readonly wouldBe: End;
  readonly count: number;
}

/** What many replays say together. */
export interface BacktestReport extends Readonly<Record<Verdict, number>> {
  readonly runs: number;
  readonly groups: readonly DivergedGroup[];
  readonly unknownGroups: readonly UnknownGroup[];
  /** Of the runs that are not unknown. */
  readonly ends: readonly EndGroup[];
  /** Runs whose replay came to an end, and so lacked nothing. What follows is the sum of these. */
  readonly complete: number;
  readonly steps: { readonly was: number; readonly wouldBe: number };
  readonly usage: { readonly was: Usage; readonly wouldBe: Usage };
}

type Growing<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

/**
 * Gathers what replays of many runs say. It holds groups, and no runs. The same runs in the same order give the same report.
 * @example
 * const backtest = new Backtest();
 * backtest.add(runId, finishSteps(replay(recording, graphs, candidate)));
 * backtest.result().diverged
 */
export class Backtest {
  readonly #counts: Record<Verdict, number> = { same: 0, diverged: 0, unknown: 0 };
  readonly #groups = new Map<string, Growing<DivergedGroup>>();
  readonly #unknown = new Map<string, Growing<UnknownGroup>>();
  readonly #ends = new Map<string, Growing<EndGroup>>();
  #complete = 0;
  #steps = { was: 0, wouldBe: 0 };
  #usage = { was: NO_USAGE, wouldBe: NO_USAGE };

  /** Counts a run. */
  add(runId: string, replayed: BacktestedRun): void {
    const { verdict, firstDivergence, missing, end } = replayed;
    if (verdict === 'unknown') {
      this.addUnknown(runId, reasonOf(missing));
      return;
    }
    this.#counts[verdict] += 1;
    if (firstDivergence !== null) this.#addDivergence(runId, firstDivergence);
    this.#addEnd(end);
    if (missing.length === 0) this.#addSums(replayed);
  }

  /** Counts a run of which nothing can be said. */
  addUnknown(runId: string, { what, node, message }: Unknown): void {
    this.#counts.unknown += 1;
    const group = groupIn(this.#unknown, [what, node], () => ({ what, node, message, count: 0, examples: [] }));
    count(group, runId);
  }

  /** What all runs so far say. */
  result(): BacktestReport {
    const { same, diverged, unknown } = this.#counts;
    return {
      runs: same + diverged + unknown,
      same,
      diverged,
      unknown,
      groups: largest(this.#groups),
      unknownGroups: largest(this.#unknown),
      ends: largest(this.#ends),
      complete: this.#complete,
      steps: this.#steps,
      usage: this.#usage,
    };
  }

  #addDivergence(runId: string, { at: { node, visit }, of, was, wouldBe, read }: Divergence): void {
    const key = [node, visit, of, was.text, was.toNode, wouldBe.text, wouldBe.toNode];
    const group = groupIn(this.#groups, key, () => {
      return { at: { node, visit }, of, was, wouldBe, count: 0, read: [], examples: [] };
    });
    group.was = commonOf(group.was, was);
    group.wouldBe = commonOf(group.wouldBe, wouldBe);
    for (const value of read) addRead(group.read, value);
    count(group, runId);
  }

  #addEnd({ was, wouldBe }: Replayed['end']): void {
    const key = [was.status, was.errorCode, was.node, wouldBe.status, wouldBe.errorCode, wouldBe.node];
    groupIn(this.#ends, key, () => ({ was, wouldBe, count: 0 })).count += 1;
  }

  #addSums({ steps, usage }: BacktestedRun): void {
    this.#complete += 1;
    this.#steps = { was: this.#steps.was + steps.was, wouldBe: this.#steps.wouldBe + steps.wouldBe };
    this.#usage = {
      was: addUsage(this.#usage.was, usage.was),
      wouldBe: addUsage(this.#usage.wouldBe, usage.wouldBe),
    };
  }
}

/** What a replay lacked first: what it lacked later can follow from that. */
function reasonOf([first]: readonly Missing[]): Unknown {
  if (first === undefined) return { what: 'run', node: null, message: 'The replay does not say why.' };
  return { what: first.what, node: first.at.node, message: first.message };
}

function groupIn<G>(groups: Map<string, G>, parts: readonly unknown[], make: () => G): G {
  const key = JSON.stringify(parts);
  const known = groups.get(key) ?? make();
  groups.set(key, known);
  return known;
}

function count(group: { count: number; examples: string[] }, runId: string): void {
  group.count += 1;
  if (group.examples.length < MAX_EXAMPLES) group.examples.push(runId);
}

/** The outcome of a group, without a value that its runs do not share. */
function commonOf(group: Outcome, { value }: Outcome): Outcome {
  if (group.value === undefined || (value !== undefined && isDeepEqual(group.value, value))) return group;
  const { value: _, ...rest } = group;
  return rest;
}

function addRead(known: Read[], read: Read): void {
  const ofPath = known.filter(({ path }) => path === read.path);
  if (known.length >= MAX_VALUES || ofPath.length >= MAX_VALUES_OF_PATH) return;
  if (!ofPath.some((each) => isDeepEqual(each, read))) known.push(read);
}

/** The largest groups; of those of one size, those that were found first. */
function largest<G extends { readonly count: number }>(groups: ReadonlyMap<string, G>): G[] {
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, MAX_GROUPS);
}
