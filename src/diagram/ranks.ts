import { type Diagram, START_ID } from './model.js';

/** The longest path to each node, without links that lead back. */
export function ranksOf({ nodes, links }: Pick<Diagram, 'nodes' | 'links'>): Map<string, number> {
  const next = new Map<string, string[]>();
  for (const { from, to } of links) next.set(from, [...(next.get(from) ?? []), to]);
  const order = forwardOrder([...new Set([START_ID, ...nodes.map(({ id }) => id)])], next);
  const place = new Map(order.map((id, index) => [id, index]));
  const ranks = new Map<string, number>();
  for (const id of order) {
    const rank = ranks.get(id) ?? 0;
    ranks.set(id, rank);
    for (const target of next.get(id) ?? []) {
      const isForward = (place.get(target) ?? -1) > (place.get(id) ?? 0);
      if (isForward) ranks.set(target, Math.max(ranks.get(target) ?? 0, rank + 1));
    }
  }
  return ranks;
}

/** Nodes in reverse postorder of a search from the first: links that lead back in it close a cycle. */
function forwardOrder(ids: readonly string[], next: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>();
  const done: string[] = [];
  for (const root of ids) {
    // Without recursion: a chain of a thousand nodes is as deep.
    const stack: { id: string; index: number }[] = [{ id: root, index: 0 }];
    if (seen.has(root)) continue;
    seen.add(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = next.get(top.id)?.[top.index];
      top.index += 1;
      if (target === undefined) {
        done.push(top.id);
        stack.pop();
      } else if (!seen.has(target)) {
        seen.add(target);
        stack.push({ id: target, index: 0 });
      }
    }
  }
  return done.reverse();
}
