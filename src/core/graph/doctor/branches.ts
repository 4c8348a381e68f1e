import type { Steps } from '../../base/steps.js';
import { END, type GraphDefinition } from '../definition.js';
import { edgesOf, isBranchEdge } from '../edges.js';
import type { GraphError } from './codes.js';
import type { LinkedGraph, LinkedNode } from './links.js';
import { type Ending, endingSearch } from './reachability.js';

/** An edge that starts branches, with its nodes. */
interface LinkedBranches {
  /** Of the edge in the document. */
  readonly pointer: string;
  readonly from: LinkedNode;
  /** `undefined` for END. */
  readonly join: LinkedNode | undefined;
  readonly joinName: string;
  readonly branches: readonly Branch[];
}

interface Branch {
  readonly start: LinkedNode;
  /** Of its name in the document. */
  readonly pointer: string;
}

/** What the branches of an edge can run: each node with the branch that reached it first. */
type Region = ReadonlyMap<LinkedNode, Branch>;

/**
 * Finds edges whose branches cannot be joined as they were meant to be.
 *
 * A branch is a run of its own. Its *region* is every node that it, or a branch that it starts, can come to without
 * entering the join; ways that cannot be known (a condition without `outcomes`) add nothing to it. Refused are:
 * - `empty_branch`: it begins at the join, so there is nothing to run.
 * - `overlapping_branches`: two regions of one edge have a node in common (a branch named twice included), or a
 *   region holds the node that the branches come from: each visit there would start them all over again, inside one.
 * - `crossing_joins`: in a region, branches with another join can enter this one: they would run on beyond it.
 * - `unreachable_join`: a branch has no way to the join, to END or to a node that nothing leaves, all of which count
 *   as joined. It would run until it has used up its steps, and all wait for it.
 *
 * Edges that name unknown nodes are omitted: those are reported elsewhere.
 */
export function* findBranchErrors(definition: GraphDefinition, { nodes }: LinkedGraph): Steps<GraphError[]> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const edges = linkBranches(definition, byName);
  const regions = new Map<LinkedBranches, Region>();
  const problems = new Map<LinkedBranches, GraphError[]>();
  const endingFor = endingSearch(nodes);
  for (const edge of edges) {
    const found = emptyBranches(edge);
    regions.set(edge, walkRegions(edge, found));
    found.push(...endlessBranches(edge, endingFor(edge.join)));
    problems.set(edge, found);
    yield;
  }
  for (const [edge, region] of regions) {
    problems.get(edge)?.push(...crossingJoins(edge, region, regions));
    yield;
  }
  return [...problems.values()].flat();
}

/** The edges that start branches, without those that name unknown nodes. */
function linkBranches(definition: GraphDefinition, byName: ReadonlyMap<string, LinkedNode>): LinkedBranches[] {
  return edgesOf(definition)
    .filter(isBranchEdge)
    .flatMap(({ pointer, from: { name }, join: { name: joinName }, starts }) => {
      const from = byName.get(name);
      const join = byName.get(joinName);
      const branches = starts.flatMap((place) => {
        const start = byName.get(place.name);
        return start === undefined ? [] : [{ start, pointer: place.pointer }];
      });
      const isKnown = branches.length === starts.length && (join !== undefined || joinName === END);
      return from === undefined || !isKnown ? [] : [{ pointer, from, join, joinName, branches }];
    });
}

function emptyBranches({ branches, join, joinName }: LinkedBranches): GraphError[] {
  return branches
    .filter(({ start }) => start === join)
    .map(({ pointer }) => {
      const message = `A branch that begins at its join_node "${joinName}" has nothing to run. Remove it, or join later.`;
      return { pointer, code: 'empty_branch', message };
    });
}

/**
 * Walks the branches of an edge, one after the other, and takes each node once. Adds what is wrong; after one overlap
 * it stops, so that a graph in which everything leads everywhere stays cheap.
 */
function walkRegions({ branches, from, join, joinName }: LinkedBranches, problems: GraphError[]): Region {
  const region = new Map<LinkedNode, Branch>();
  for (const branch of branches) {
    if (branch.start === join) continue;
    const message = walk(branch, region, { from, join, joinName });
    if (message === undefined) continue;
    problems.push({ pointer: branch.pointer, code: 'overlapping_branches', message });
    return region;
  }
  return region;
}

/** Adds what one branch can run to the region, up to the first node that it must not come to, and says why. */
function walk(
  branch: Branch,
  region: Map<LinkedNode, Branch>,
  { from, join, joinName }: Pick<LinkedBranches, 'from' | 'join' | 'joinName'>,
): string | undefined {
  const { start } = branch;
  const own = new Set([start]);
  for (const node of own) {
    if (node === from) {
      return `The branch from "${start.name}" runs back into "${node.name}", where it came from. Lead it to "${joinName}", or to "${END}".`;
    }
    const other = region.get(node);
    if (other !== undefined) return overlap(branch, other, node, joinName);
    region.set(node, branch);
    for (const next of [...node.to, ...node.starts]) if (next !== join) own.add(next);
  }
  return undefined;
}

function overlap({ start }: Branch, other: Branch, node: LinkedNode, joinName: string): string {
  if (start === other.start) return `Two branches begin at "${start.name}". Name each node once.`;
  const way = `Only the join_node "${joinName}" can be shared: give each branch nodes of its own.`;
  return `The branches from "${other.start.name}" and "${start.name}" both run into "${node.name}". ${way}`;
}

function endlessBranches({ branches, joinName }: LinkedBranches, ending: Ending): GraphError[] {
  return branches
    .filter(({ start }) => !ending.has(start))
    .map(({ pointer, start }) => {
      const message = `The branch from "${start.name}" never comes to its join_node "${joinName}", nor to an end. Give it a way there.`;
      return { pointer, code: 'unreachable_join', message };
    });
}

/** Branches inside branches that can enter the outer join before their own. */
function crossingJoins(
  { pointer, join, joinName, from }: LinkedBranches,
  region: Region,
  regions: ReadonlyMap<LinkedBranches, Region>,
): GraphError[] {
  if (join === undefined) return [];
  for (const [inner, innerRegion] of regions) {
    const isInside = inner.from !== from && region.has(inner.from);
    if (!isInside || inner.join === join || !innerRegion.has(join)) continue;
    const outer = `the join_node of ${pointer}`;
    const message = `These branches can run into "${joinName}", ${outer} that they are part of, before they are joined at "${inner.joinName}". Join them first.`;
    return [{ pointer: `${inner.pointer}/join_node`, code: 'crossing_joins', message }];
  }
  return [];
}
