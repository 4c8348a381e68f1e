import { END, type GraphDefinition } from '../core/graph/definition.js';
import { edgesOf, isBranchEdge } from '../core/graph/edges.js';

/** Nodes that run in the branches of one node, by their ids; none if branches lead back to before they began. */
export interface Group {
  readonly label: string;
  readonly nodes: readonly string[];
}

interface Link {
  readonly from: string;
  readonly to: string;
}

/**
 * The nodes of the branches that each node starts, up to where they join.
 * @param links all links, by the names of nodes, but for those into joins that are drawn alone
 */
export function groupsOf(
  definition: GraphDefinition,
  links: readonly Link[],
  ids: ReadonlyMap<string, string>,
): readonly Group[] {
  const branchEdges = edgesOf(definition).filter(isBranchEdge);
  const next = nextOf(branchEdges, links);
  return branchEdges.map(({ kind, from, starts, join }) => {
    const inside = insideOf(
      starts.map(({ name }) => name),
      join.name,
      next,
    );
    // Branches that lead back to before they began cannot be told from the rest.
    const isApart = !inside.includes(from.name) && !inside.includes(definition.entry_point);
    const nodes = isApart ? inside.flatMap((name) => ids.get(name) ?? []) : [];
    return { label: kind === 'for_each' ? 'for each item' : 'side by side', nodes };
  });
}

/** Where each node leads, the joins of branches with those of the nodes that start them. */
export function nextOf(
  branchEdges: readonly { readonly from: { readonly name: string }; readonly join: { readonly name: string } }[],
  links: readonly Link[],
): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, string[]>();
  const add = (from: string, to: string): void => {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  };
  for (const { from, to } of links) add(from, to);
  for (const { from, join } of branchEdges) add(from.name, join.name);
  return next;
}

/** The nodes of branches, by their names. */
export function insideOf(
  starts: readonly string[],
  join: string,
  next: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const inside = new Set(starts);
  // A set goes on to what is added while it is gone through.
  for (const node of inside) {
    for (const to of next.get(node) ?? []) if (to !== join && to !== END) inside.add(to);
  }
  return [...inside];
}
