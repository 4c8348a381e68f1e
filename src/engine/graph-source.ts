import type { CompiledGraph } from '../core/graph/compile.js';
import type { GraphRef } from '../core/replay/recording.js';
import type { GraphSource } from '../core/replay/setting.js';

/**
 * The graphs that a replay asks for, loaded before it begins, one after the other.
 * @param load `undefined` for one that is not there
 */
export async function loadGraphs<R extends GraphRef>(
  refs: Iterable<R>,
  load: (ref: R) => Promise<CompiledGraph | undefined>,
): Promise<GraphSource> {
  const found = new Map<string, CompiledGraph | undefined>();
  for (const ref of refs) found.set(keyOf(ref), await load(ref));
  return { get: (graphId, version) => found.get(keyOf({ graphId, version })) };
}

function keyOf({ graphId, version }: GraphRef): string {
  return `${graphId}@${version}`;
}
