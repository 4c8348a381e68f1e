import { type Fingerprint, isSameFingerprint, patchFingerprint, ZERO } from '../base/fingerprint.js';
import type { Json, JsonObject } from '../base/json.js';
import type { Guards } from '../base/run-options.js';
import { readOf } from '../expressions/reads.js';

/** What is kept of a run that has a limit of visits without progress, or that asks at its limits. */
export interface Progress {
  /** Of `data`, counted from when this began to be kept. Null without a limit of visits without progress. */
  readonly fingerprint: Fingerprint | null;
  /** By node: the fingerprint at its last visit, and how many visits in a row had found `data` unchanged. */
  readonly entries: Readonly<Record<string, Entry>>;
  /** What the latest visits changed, for whoever is asked; the oldest first. Null if nobody is. */
  readonly changes: readonly VisitChanges[] | null;
}

interface Entry {
  readonly fingerprint: Fingerprint;
  readonly unchanged: number;
}

export interface VisitPlace {
  readonly step: number;
  readonly node: string;
}

/** What one visit changed of `data`. */
export interface VisitChanges extends VisitPlace {
  /** Before and after: scalars up to 200 characters, anything else as type and size. */
  readonly data: Readonly<Record<string, readonly [Json, Json]>>;
}

/** Visits whose changes are kept, and keys of each of them. */
export const MAX_CHANGES = 200;
export const MAX_CHANGED_KEYS = 10;
/** Visits of one node that are shown. */
const MAX_SHOWN = 10;

/** What is to be kept from now on for these limits; what is kept already stays. */
export function keepProgress(progress: Progress | null, { no_progress, on_limit }: Guards): Progress | null {
  const counts = no_progress !== undefined;
  const asks = on_limit === 'wait';
  if (!counts && !asks) return null;
  const { fingerprint, entries, changes } = progress ?? { fingerprint: null, entries: {}, changes: null };
  return {
    fingerprint: counts ? (fingerprint ?? ZERO) : null,
    entries: counts ? entries : {},
    changes: asks ? (changes ?? []) : null,
  };
}

/** After a patch: of a visit, or of nobody's. */
export function notePatch(progress: Progress, data: JsonObject, patch: JsonObject, visit?: VisitPlace): Progress {
  const { fingerprint, changes } = progress;
  return {
    ...progress,
    fingerprint: fingerprint === null ? null : patchFingerprint(fingerprint, data, patch),
    changes: changes === null || visit === undefined ? changes : noteChanges(changes, data, patch, visit),
  };
}

/** A visit that chooses its way again changes nothing more. */
function noteChanges(
  changes: readonly VisitChanges[],
  data: JsonObject,
  patch: JsonObject,
  visit: VisitPlace,
): readonly VisitChanges[] {
  if (changes.at(-1)?.step === visit.step && Object.keys(patch).length === 0) return changes;
  return [...changes.slice(1 - MAX_CHANGES), describeChanges(data, patch, visit)];
}

/** A visit to a node begins. */
export function noteVisit(progress: Progress, node: string): Progress {
  const { fingerprint, entries } = progress;
  if (fingerprint === null) return progress;
  const unchanged = countUnchanged(progress, node);
  return { ...progress, entries: { ...entries, [node]: { fingerprint, unchanged } } };
}

/**
 * How many visits in a row find `data` unchanged, with one that would begin now.
 * @param patch what is to be set before it
 */
export function countUnchanged(
  progress: Progress | null,
  node: string,
  data: JsonObject = {},
  patch = NO_PATCH,
): number {
  const before = progress?.fingerprint ?? null;
  const last = lastEntry(progress, node);
  if (before === null || last === undefined) return 0;
  return isSameFingerprint(last.fingerprint, patchFingerprint(before, data, patch)) ? last.unchanged + 1 : 0;
}

/** How many visits in a row have found `data` unchanged, with the one to a node that has begun. */
export function unchangedSince(progress: Progress | null, node: string): number {
  const now = progress?.fingerprint ?? null;
  const last = lastEntry(progress, node);
  return now !== null && last !== undefined && isSameFingerprint(last.fingerprint, now) ? last.unchanged : 0;
}

/** What the last visits of a node changed, the oldest first. */
export function changesAt(progress: Progress | null, node: string): readonly VisitChanges[] {
  return (progress?.changes ?? []).filter((visit) => visit.node === node).slice(-MAX_SHOWN);
}

const NO_PATCH: JsonObject = Object.freeze({});

function lastEntry(progress: Progress | null, node: string): Entry | undefined {
  return progress !== null && Object.hasOwn(progress.entries, node) ? progress.entries[node] : undefined;
}

function describeChanges(data: JsonObject, patch: JsonObject, { step, node }: VisitPlace): VisitChanges {
  const changed: [string, readonly [Json, Json]][] = [];
  for (const key of Object.keys(patch)) {
    if (changed.length === MAX_CHANGED_KEYS) break;
    const [before, after] = [Object.hasOwn(data, key) ? data[key] : null, patch[key]] as [Json, Json];
    if (before !== after) changed.push([key, [shown(before), shown(after)]]);
  }
  // Unlike assignments, fromEntries makes an own key of `__proto__` too.
  return { step, node, data: Object.fromEntries(changed) };
}

function shown(value: Json): Json {
  const { path: _, ...read } = readOf('', value);
  return 'value' in read ? read.value : read;
}
