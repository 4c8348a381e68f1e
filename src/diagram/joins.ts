import { END, type GraphDefinition } from '../core/graph/definition.js';

interface Link {
  readonly from: string;
  readonly to: string;
}

interface JoinLink extends Link {
  readonly label?: string;
}

interface Branching {
  readonly from: string;
  readonly starts: readonly string[];
  readonly join: string;
}

/**
 * Links to where branches join, from the nodes that end a branch without one. The node that starts the branches has a
 * link of its own where no branch has any.
 * @param links all others
 */
export function joinsOf(definition: GraphDefinition, links: readonly Link[]): JoinLink[] {
  const branchings = branchingsOf(definition);
  const next = new Map<string, string[]>();
  const leaving = new Set(branchings.map(({ from }) => from));
  for (const { from_node } of [...definition.edges, ...(definition.conditional_edges ?? [])]) leaving.add(from_node);
  for (const { from, to } of links) next.set(from, [...(next.get(from) ?? []), to]);
  for (const { from, join } of branchings) next.set(from, [...(next.get(from) ?? []), join]);
  return branchings.flatMap(({ from, starts, join }): JoinLink[] => {
    const inside = insideOf(starts, join, next);
    const ends = inside.filter((node) => !leaving.has(node));
    if (ends.length > 0) return ends.map((node) => ({ from: node, to: join }));
    const isReached = inside.some((node) => next.get(node)?.includes(join));
    return isReached ? [] : [{ from, to: join, label: 'join' }];
  });
}

function branchingsOf({ parallel_edges = [], for_each_edges = [] }: GraphDefinition): Branching[] {
  return [
    ...parallel_edges.map(({ from_node, to_nodes, join_node }) => ({
      from: from_node,
      starts: to_nodes,
      join: join_node,
    })),
    ...for_each_edges.map(({ from_node, to_node, join_node }) => ({
      from: from_node,
      starts: [to_node],
      join: join_node,
    })),
  ];
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
