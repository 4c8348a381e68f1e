import { createPacer, type Steps } from '../../base/steps.js';
import { compileExpression, evaluateList, Meter } from '../../expressions/expressions.js';
import { END, type GraphDefinition } from '../definition.js';
import { type BranchEdge, edgesOf, isBranchEdge } from '../edges.js';
import type { GraphWarning } from './codes.js';
import type { LinkedGraph, LinkedNode } from './links.js';

/** An edge that starts branches, with the nodes where they begin, and how many branches begin at each. */
interface CountedEdge {
  readonly pointer: string;
  /** `undefined` for END. */
  readonly join: LinkedNode | undefined;
  readonly starts: readonly LinkedNode[];
  readonly times: number;
}

/** What counting needs. */
interface Counting {
  readonly leaving: ReadonlyMap<LinkedNode, CountedEdge>;
  /** More than this is not counted. */
  readonly limit: number;
  /** The runs of branches that were counted, by their join, and then by where they begin. */
  readonly counted: Map<LinkedNode | undefined, Map<LinkedNode, number>>;
  readonly isDue: () => boolean;
}

/** A list that says nothing of a run is evaluated without one. */
const NO_RUN = { input_data: null, data: {}, run: {} };

/**
 * Warns of edges that start more runs than a run can have inside it: their branches, and those that branches start. Known
 * are the branches of parallel edges, and those of lists that read nothing; others count as none, and so do the runs of
 * other graphs. Meant for definitions without branch errors: with them it ends, but what it counts says little.
 * @param maxDescendants runs that a run can have inside it
 */
export function* findTooManyBranches(
  definition: GraphDefinition,
  { nodes }: LinkedGraph,
  maxDescendants: number,
): Steps<GraphWarning[]> {
  const leaving = yield* countedEdges(definition, new Map(nodes.map((node) => [node.name, node])));
  const counting = { leaving, limit: maxDescendants, counted: new Map(), isDue: createPacer() };
  const warnings: GraphWarning[] = [];
  for (const edge of leaving.values()) {
    if ((yield* countRuns(edge, counting)) > maxDescendants) {
      const message = `These branches, and those that they start, are more than ${maxDescendants} runs. A run cannot have more inside it: start fewer, or raise MAX_DESCENDANTS of the server.`;
      warnings.push({ pointer: edge.pointer, code: 'too_many_descendants', message });
    }
    yield;
  }
  return warnings;
}

/** The edges that are known to start branches, by the node that they leave; without those that name unknown nodes. */
function* countedEdges(
  definition: GraphDefinition,
  byName: ReadonlyMap<string, LinkedNode>,
): Steps<Map<LinkedNode, CountedEdge>> {
  const leaving = new Map<LinkedNode, CountedEdge>();
  const meter = new Meter();
  for (const edge of edgesOf(definition).filter(isBranchEdge)) {
    const from = byName.get(edge.from.name);
    const join = byName.get(edge.join.name);
    const starts = edge.starts.flatMap(({ name }) => byName.get(name) ?? []);
    const isKnown = starts.length === edge.starts.length && (join !== undefined || edge.join.name === END);
    const times = edge.kind === 'parallel' ? 1 : countItems(edge, meter);
    if (from !== undefined && isKnown && times > 0) leaving.set(from, { pointer: edge.pointer, join, starts, times });
    yield;
  }
  return leaving;
}

/** How many items a list has that reads nothing of a run; 0 if that is not known. */
function countItems({ items }: Extract<BranchEdge, { kind: 'for_each' }>, meter: Meter): number {
  if (items.source === undefined) return 0;
  const { expression } = compileExpression(items.source, { secrets: false, result: 'list' });
  if (expression === undefined) return 0;
  try {
    const { value, reads } = evaluateList(expression, NO_RUN, meter);
    return reads.length === 0 ? value.length : 0;
  } catch {
    // It needs a run, or is wrong, which is told elsewhere.
    return 0;
  }
}

/** How many runs an edge starts: its branches, and what they start. One more than the limit stands for all above it. */
function* countRuns({ starts, join, times }: CountedEdge, counting: Counting): Steps<number> {
  const { limit, isDue } = counting;
  let runs = 0;
  for (const start of starts) {
    runs += yield* countBranch(start, join, counting);
    if (runs > limit) break;
    if (isDue()) yield;
  }
  return Math.min(runs * times, limit + 1);
}

/** A branch, and how many runs the edges start that it comes to before its join. */
function* countBranch(start: LinkedNode, join: LinkedNode | undefined, counting: Counting): Steps<number> {
  const { leaving, limit, counted, isDue } = counting;
  const ofJoin = counted.get(join) ?? new Map<LinkedNode, number>();
  counted.set(join, ofJoin);
  const known = ofJoin.get(start);
  if (known !== undefined) return known;
  // So that a branch ends that comes to itself, although that is refused.
  ofJoin.set(start, 0);
  let runs = 1;
  const reached = new Set([start]);
  for (const node of reached) {
    const inner = leaving.get(node);
    if (inner !== undefined) runs += yield* countRuns(inner, counting);
    if (runs > limit) break;
    for (const next of node.to) {
      if (next !== join) reached.add(next);
      if (isDue()) yield;
    }
  }
  ofJoin.set(start, runs);
  return runs;
}
