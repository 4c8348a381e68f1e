import type { LinkedNode } from '../../src/core/graph/doctor/links.js';

/** Links nodes by name; those in `ends` can end the run. */
export function linked(arrows: Record<string, readonly string[]>, ends: readonly string[] = []): LinkedNode[] {
  const names = Object.keys(arrows);
  const nodes = names.map((name, position): LinkedNode => {
    return { name, position, to: new Set(), starts: new Set(), ends: ends.includes(name), open: false };
  });
  for (const node of nodes) for (const target of arrows[node.name]!) node.to.add(nodes[names.indexOf(target)]!);
  return nodes;
}
