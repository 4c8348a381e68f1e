import type { Json, JsonObject } from '../base/json.js';
import { isBudget } from '../run/limits.js';
import { cursorOf } from '../run/state.js';
import type { Frame, World } from './world.js';

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
  return JSON.stringify(parts);
}

function partOf({ graph, state, failing, results, first }: Frame, relevance: Relevance): Json {
  const { phase, data, own, inputData, item, parent } = state;
  const cursor = cursorOf(state);
  const keys = graph === relevance.graph ? relevance.keys : undefined;
  return [
    `${graph.graphId}@${graph.version}`,
    phase.kind,
    cursor?.node ?? null,
    cursor === null ? 0 : [cursor.tries, failing?.step === cursor.step ? failing.label : null],
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
    guards?.max_visits === undefined ? null : ((visits as Json) ?? null),
    guards?.no_progress === undefined ? null : ((progress as unknown as Json) ?? null),
    isBudget(guards) ? (usage as unknown as Json) : null,
    limits?.max_steps === undefined ? null : (cursorOf(state)?.step ?? 0),
  ];
}

function pick(data: JsonObject, keys: ReadonlySet<string>): JsonObject {
  const kept: [string, Json][] = [];
  for (const key of keys) if (Object.hasOwn(data, key)) kept.push([key, data[key] as Json]);
  return Object.fromEntries(kept);
}
