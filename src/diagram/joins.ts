import { END, type GraphDefinition } from '../core/graph/definition.js';
import { type Edge, edgesOf, isBranchEdge } from '../core/graph/edges.js';

interface Link {
  readonly from: string;
  readonly to: string;
}

interface JoinLink extends Link {
  readonly label?: string;
}

/**
 * Links to where branches join, from the nodes at which a branch ends without an edge. The node that starts the branches has a
 * link of its own if no branch has any.
 * @param links all others
 */
export function joinsOf(definition: GraphDefinition, links: readonly Link[]): JoinLink[] {
  const edges = edgesOf(definition);
  const branchEdges = edges.filter(isBranchEdge);
  const leaving = leavingOf(edges);
  const next = new Map<string, string[]>();
  for (const { from, to } of links) next.set(from, [...(next.get(from) ?? []), to]);
  for (const { from, join } of branchEdges) next.set(from.name, [...(next.get(from.name) ?? []), join.name]);
  return branchEdges.flatMap(({ from: { name: from }, starts, join: { name: join } }): JoinLink[] => {
    const inside = insideOf(
      starts.map(({ name }) => name),
      join,
      next,
    );
    const ends = inside.filter((node) => !leaving.has(node));
    if (ends.length > 0) return ends.map((node) => ({ from: node, to: join }));
    const isReached = inside.some((node) => next.get(node)?.includes(join));
    return isReached ? [] : [{ from, to: join, label: 'join' }];
  });
}

/** The nodes of the branches. */
function insideOf(starts: readonly string[], join: string, next: ReadonlyMap<string, readonly string[]>): string[] {
  const inside = new Set(starts);
  // A set goes on to what is added while it is gone through.
  for (const node of inside) {
    for (const to of next.get(node) ?? []) if (to !== join && to !== END) inside.add(to);
  }
  return [...inside];
}

/** Nodes at which a run ends because no edge leads on, except those where only branches end. */
export function endsOf(definition: GraphDefinition, joins: readonly Link[]): string[] {
  const leaving = leavingOf(edgesOf(definition));
  for (const { from } of joins) leaving.add(from);
  return definition.nodes.map(({ name }) => name).filter((name) => !leaving.has(name));
}

/** Nodes that an edge leads on from, if all goes well. */
function leavingOf(edges: readonly Edge[]): Set<string> {
  return new Set(edges.flatMap(({ kind, from }) => (kind === 'error' ? [] : [from.name])));
}
