import type { LinkedGraph, LinkedNode } from './links.js';
import { findStrongComponents } from './strong-components.js';

/** Nodes that no path leads to from the entry point. None if the entry point is not known. */
export function findUnreachable({ nodes, entry, stray }: LinkedGraph): LinkedNode[] {
  if (entry === undefined) return [];
  const reached = new Set([entry, stray]);
  // A set that grows during its iteration is a queue that takes each node once.
  for (const node of reached) {
    if (node.open) return [];
    for (const next of node.to) reached.add(next);
    for (const start of node.starts) reached.add(start);
  }
  return nodes.filter((node) => !reached.has(node));
}

/** Nodes from which a run cannot end. */
export interface Endless {
  /** The cycles among them (strongly connected components), each in document order. */
  readonly cycles: readonly (readonly LinkedNode[])[];
  /** Those outside of cycles: all that they reach ends in one. */
  readonly leadIns: readonly LinkedNode[];
}

/** Finds the nodes that no path leads from to an end of the run. */
export function findEndless({ nodes }: LinkedGraph): Endless {
  const ending = endingSearch(nodes)();
  const cycles: LinkedNode[][] = [];
  const leadIns: LinkedNode[] = [];
  for (const component of findStrongComponents(nodes.filter((node) => !ending.has(node)))) {
    const isCycle = component.length > 1 || component.some((node) => node.to.has(node));
    if (isCycle) cycles.push(component.sort((a, b) => a.position - b.position));
    else leadIns.push(...component);
  }
  return { cycles, leadIns };
}

/** Nodes from which a path leads to an end. */
export type Ending = ReadonlySet<LinkedNode>;

/**
 * Prepares the search, backwards, for nodes that a path leads from to an end, or to one more goal. Branches that a
 * node starts do not count: they end themselves and not the run.
 */
export function endingSearch(nodes: readonly LinkedNode[]): (goal?: LinkedNode) => Ending {
  const before = new Map<LinkedNode, LinkedNode[]>();
  for (const node of nodes) {
    for (const next of node.to) {
      const list = before.get(next);
      if (list === undefined) before.set(next, [node]);
      else list.push(node);
    }
  }
  const search = (goals: Iterable<LinkedNode>): Ending => {
    const found = new Set(goals);
    for (const node of found) for (const earlier of before.get(node) ?? []) found.add(earlier);
    return found;
  };
  const ending = search(nodes.filter((node) => node.ends || node.open));
  return (goal) => (goal === undefined || ending.has(goal) ? ending : search([...ending, goal]));
}
