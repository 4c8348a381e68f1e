import { patchFingerprint, ZERO } from '../base/fingerprint.js';
import type { Json, JsonObject } from '../base/json.js';
import { isBudget } from '../run/limits.js';
import { type Cursor, cursorOf } from '../run/state.js';
import type { Frame, World } from './world.js';

/** Characters of a fingerprint that is kept as it is; of a longer one its beginning is, which says where the run is. */
const MAX_TEXT = 512;
const SHOWN_TEXT = 128;

/** What tells apart the graph that is explored from those that it runs. */
export interface Relevance {
  readonly graph: Frame['graph'];
  /** The keys of its `data` that decide; undefined if all can. */
  readonly keys: ReadonlySet<string> | undefined;
}

/** The same text for worlds from which the same ways lead on. What nothing reads is not in it, nor are times and ids. */
export function fingerprintOf({ frame }: World, relevance: Relevance): string {
  const parts: Json[] = [];
  for (let at: Frame | null = frame; at !== null; at = at.above) parts.push(partOf(at, relevance));
  return inShort(JSON.stringify(parts));
}

/** Long texts by what tells them apart: all states are kept, and the data of each can be a megabyte. */
function inShort(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const [one, other] = patchFingerprint(ZERO, {}, { text });
  return `${text.length} ${one} ${other} ${text.slice(0, SHOWN_TEXT)}`;
}

function partOf({ graph, state, failing, results, first }: Frame, relevance: Relevance): Json {
  const { phase, data, own, inputData, item, parent } = state;
  // Something is to be chosen, so every run has begun.
  const cursor = cursorOf(state) as Cursor;
  const keys = graph === relevance.graph ? relevance.keys : undefined;
  return [
    `${graph.graphId}@${graph.version}`,
    phase.kind,
    cursor.node,
    [cursor.tries, failing?.step === cursor.step ? failing.label : null],
    keys === undefined ? data : pick(data, keys),
    own,
    inputData,
    item,
    parent?.index ?? null,
    first,
    results.map(({ index, status, data: set }) => [index, status, set]),
    countsOf(state, graph),
  ];
}

/** What limits count, if the graph has them: a run at its limit is another one than before it. */
function countsOf(state: Frame['state'], { limits }: Frame['graph']): Json {
  const { visits, guards, usage, progress } = state;
  return [
    guards?.max_visits === undefined ? null : (visits as Json),
    guards?.no_progress === undefined ? null : (progress as unknown as Json),
    isBudget(guards) ? (usage as unknown as Json) : null,
    limits?.max_steps === undefined ? null : (cursorOf(state) as Cursor).step,
  ];
}

function pick(data: JsonObject, keys: ReadonlySet<string>): JsonObject {
  const kept: [string, Json][] = [];
  for (const key of keys) if (Object.hasOwn(data, key)) kept.push([key, data[key] as Json]);
  return Object.fromEntries(kept);
}
