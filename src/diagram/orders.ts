import type { GraphDefinition } from '../core/graph/definition.js';
import { edgesOf } from '../core/graph/edges.js';

/** Ids of a node, and of one that is right of it. */
export interface SideBySide {
  readonly left: string;
  readonly right: string;
}

/**
 * Which branches stand beside each other: those of a parallel edge, in the order of its `to_nodes`. Of edges that contradict
 * each other the first counts, because a layout loses nodes that have to be left of themselves.
 */
export function ordersOf(definition: GraphDefinition, ids: ReadonlyMap<string, string>): SideBySide[] {
  const next = new Map<string, string[]>();
  const orders: SideBySide[] = [];
  for (const edge of edgesOf(definition)) {
    if (edge.kind !== 'parallel') continue;
    const starts = edge.starts.flatMap(({ name }) => ids.get(name) ?? []);
    for (const [index, right] of starts.slice(1).entries()) {
      const left = starts[index];
      if (left === undefined || leads(right, left, next)) continue;
      next.set(left, [...(next.get(left) ?? []), right]);
      orders.push({ left, right });
    }
  }
  return orders;
}

/** True if one is the other, or is left of it by what is known. */
function leads(from: string, to: string, next: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set([from]);
  // A set goes on to what is added while it is gone through.
  for (const id of seen) for (const each of next.get(id) ?? []) seen.add(each);
  return seen.has(to);
}
