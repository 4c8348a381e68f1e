import type { Steps } from '../../base/steps.js';
import { compileExpression, evaluateList, Meter } from '../../expressions/expressions.js';
import type { GraphDefinition } from '../definition.js';
import { type BranchEdge, edgesOf, isBranchEdge } from '../edges.js';
import type { GraphWarning } from './codes.js';
import type { LinkedGraph, LinkedNode } from './links.js';

/** An edge that starts branches, with the nodes where they begin, and how many branches begin at each. */
interface CountedEdge {
  readonly pointer: string;
  readonly join: LinkedNode | undefined;
  readonly starts: readonly LinkedNode[];
  readonly times: number;
}

/** A list that says nothing of a run is evaluated without one. */
const NO_RUN = { input_data: null, data: {}, run: {} };

/**
 * Warns of edges that start more runs than a run can have inside it: their branches, and those that branches start. Known
 * are the branches of parallel edges, and those of lists that read nothing; others count as none, and so do the runs of
 * other graphs.
 * @param maxDescendants runs that a run can have inside it
 */
export function* findTooManyBranches(
  definition: GraphDefinition,
  { nodes }: LinkedGraph,
  maxDescendants: number,
): Steps<GraphWarning[]> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const leaving = new Map<LinkedNode, CountedEdge>();
  const meter = new Meter();
  for (const edge of edgesOf(definition).filter(isBranchEdge)) {
    const from = byName.get(edge.from.name);
    const starts = edge.starts.flatMap(({ name }) => byName.get(name) ?? []);
    const times = edge.kind === 'parallel' ? 1 : countItems(edge, meter);
    if (from !== undefined)
      leaving.set(from, { pointer: edge.pointer, join: byName.get(edge.join.name), starts, times });
    yield;
  }
  const counts = new Map<CountedEdge, number>();
  const warnings: GraphWarning[] = [];
  for (const edge of leaving.values()) {
    const count = countRuns(edge, leaving, counts);
    if (count > maxDescendants) {
      const message = `These branches, and those that they start, are ${count} runs. A run can have ${maxDescendants} inside it, or as many as MAX_DESCENDANTS of the server says.`;
      warnings.push({ pointer: edge.pointer, code: 'too_many_descendants', message });
    }
    yield;
  }
  return warnings;
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

/** How many runs an edge starts: its branches, and what the edges start that they come to. Loops count once. */
function countRuns(
  edge: CountedEdge,
  leaving: ReadonlyMap<LinkedNode, CountedEdge>,
  counts: Map<CountedEdge, number>,
): number {
  const known = counts.get(edge);
  if (known !== undefined) return known;
  // An edge that its own branches come to is refused.
  counts.set(edge, 0);
  let count = 0;
  for (const start of edge.starts) {
    const reached = new Set([start]);
    for (const node of reached) {
      const inner = leaving.get(node);
      if (inner !== undefined) count += countRuns(inner, leaving, counts);
      for (const next of node.to) if (next !== edge.join) reached.add(next);
    }
    count += 1;
  }
  counts.set(edge, count * edge.times);
  return count * edge.times;
}
