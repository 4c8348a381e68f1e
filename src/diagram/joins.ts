import { definedOnly } from '../core/base/defined-only.js';
import type { GraphDefinition } from '../core/graph/definition.js';
import { type Edge, edgesOf, isBranchEdge, type JoinRule } from '../core/graph/edges.js';
import { insideOf, nextOf } from './groups.js';

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
  const next = nextOf(branchEdges, links);
  return branchEdges.flatMap(({ from: { name: from }, starts, join: { name: join }, joinRule }): JoinLink[] => {
    const inside = insideOf(
      starts.map(({ name }) => name),
      join,
      next,
    );
    const label = labelOf(joinRule);
    const ends = inside.filter((node) => !leaving.has(node));
    const entering = inside.filter((node) => next.get(node)?.includes(join));
    // The links that lead into the join say how it is made, if not all branches have to come to it.
    const links = [...ends, ...(label === undefined ? [] : entering)];
    if (links.length > 0) return links.map((node) => ({ from: node, to: join, ...definedOnly({ label }) }));
    if (entering.length > 0) return [];
    return [{ from, to: join, label: label === undefined ? 'join' : `join ${label}` }];
  });
}

/** Which branches a join takes, in a few words; nothing for one that takes all. */
function labelOf(rule: JoinRule): string | undefined {
  if (rule.kind === 'first') return rule.needed === 1 ? 'the first' : `the first ${rule.needed}`;
  return rule.maxFailures === 0 ? undefined : `all but ${rule.maxFailures}`;
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
