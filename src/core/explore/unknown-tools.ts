import { type GraphDefinition, paramsOf } from '../graph/definition.js';
import type { Edge } from '../graph/edges.js';
import type { Registry } from '../tool/registry.js';
import { ANSWER_SHAPE, FOLLOWS_FROM_PARAMS } from '../tool/tool.js';
import type { Hints } from './hints.js';

/** The nodes of whose calls nobody has said what they return. */
export function unknownNodes({ nodes }: GraphDefinition, registry: Registry, examples: ReadonlyMap<string, unknown>) {
  return nodes.filter(({ name, tool_name }) => {
    const tool = registry.tools.get(tool_name);
    if (tool === undefined || tool[FOLLOWS_FROM_PARAMS] === true || tool[ANSWER_SHAPE] !== undefined) return false;
    return tool.outcomes === undefined && !examples.has(name);
  });
}

/**
 * The keys of `data` that nodes are taken to set, of whose tools nothing is known: those which something after them reads,
 * and no node that is known sets. Each key is set by the nearest of such nodes before a reader.
 */
export function keysOfUnknown(
  definition: GraphDefinition,
  edges: readonly Edge[],
  unknown: ReadonlySet<string>,
  { keysByNode }: Hints,
): ReadonlyMap<string, readonly string[]> {
  const known = knownKeys(definition, edges);
  const before = new Map<string, Set<string>>();
  for (const { from, targets, starts } of edges) {
    for (const { name } of [...targets, ...starts]) before.set(name, (before.get(name) ?? new Set()).add(from.name));
  }
  const keys = new Map<string, Set<string>>();
  for (const [reader, read] of keysByNode) {
    const wanted = [...read].filter((key) => !known.has(key));
    if (wanted.length === 0) continue;
    for (const setter of settersBefore(reader, before, unknown)) {
      const set = keys.get(setter) ?? new Set();
      keys.set(setter, set);
      for (const key of wanted) set.add(key);
    }
  }
  return new Map([...keys].map(([name, set]) => [name, [...set]]));
}

function settersBefore(
  reader: string,
  before: ReadonlyMap<string, ReadonlySet<string>>,
  unknown: ReadonlySet<string>,
): readonly string[] {
  const setters: string[] = [];
  const seen = new Set([reader]);
  for (const node of seen) {
    if (unknown.has(node)) setters.push(node);
    else for (const earlier of before.get(node) ?? []) seen.add(earlier);
  }
  return setters;
}

/** The keys that are set by what is known: params say so, or edges. */
function knownKeys({ nodes }: GraphDefinition, edges: readonly Edge[]): ReadonlySet<string> {
  const keys = new Set(['error']);
  for (const node of nodes) {
    const { save_as: saveAs, values } = paramsOf(node);
    if (typeof saveAs === 'string') keys.add(saveAs);
    if (typeof values === 'object' && values !== null) for (const key of Object.keys(values)) keys.add(key);
    if (node.tool_name.startsWith('wait_for') || node.tool_name === 'run_graph') keys.add(node.name);
  }
  for (const edge of edges) {
    if (edge.kind === 'for_each') keys.add(edge.collectAs);
    if ('collectErrorsAs' in edge && edge.collectErrorsAs !== undefined) keys.add(edge.collectErrorsAs);
  }
  return keys;
}
