import type { BranchEdgeDefinition, GraphDefinition } from '../definition.js';
import { edgesOf, isBranchEdge, type JoinRule } from '../edges.js';
import type { GraphError, GraphWarning } from './codes.js';

/** Branch edges as the document has them, with their pointers. */
function branchEdges({ parallel_edges = [], for_each_edges = [] }: GraphDefinition): [string, BranchEdgeDefinition][] {
  return [
    ...parallel_edges.map((edge, index): [string, BranchEdgeDefinition] => [`/parallel_edges/${index}`, edge]),
    ...for_each_edges.map((edge, index): [string, BranchEdgeDefinition] => [`/for_each_edges/${index}`, edge]),
  ];
}

/**
 * Finds joins that can never be: of more branches than begin there, or by fields that exclude each other. How many branches
 * a for_each has is known only when it runs.
 */
export function findJoinErrors(definition: GraphDefinition): GraphError[] {
  return branchEdges(definition).flatMap(([pointer, edge]) => [
    ...checkNumber(pointer, edge),
    ...checkFailures(pointer, edge),
    ...checkKeys(pointer, edge),
  ]);
}

function checkNumber(pointer: string, edge: BranchEdgeDefinition): GraphError[] {
  const { join } = edge;
  if (!('to_nodes' in edge) || typeof join !== 'number' || join <= edge.to_nodes.length) return [];
  const there = edge.to_nodes.length === 1 ? 'is 1 branch' : `are ${edge.to_nodes.length} branches`;
  const message = `The join needs ${join} branches to complete, and there ${there}. Name a smaller number.`;
  return [{ pointer: `${pointer}/join`, code: 'impossible_join', message }];
}

function checkFailures(pointer: string, { join = 'all', max_failures }: BranchEdgeDefinition): GraphError[] {
  if (max_failures === undefined || join === 'all') return [];
  const message =
    'A join of the first branches tolerates as many failures as it can without them, so "max_failures" has no say. Remove one of the two.';
  return [{ pointer: `${pointer}/max_failures`, code: 'impossible_join', message }];
}

function checkKeys(pointer: string, edge: BranchEdgeDefinition): GraphError[] {
  if (!('collect_as' in edge) || edge.collect_as !== edge.collect_errors_as) return [];
  const message = `The results and the errors of the branches cannot both become "${edge.collect_as}". Name two keys.`;
  return [{ pointer: `${pointer}/collect_errors_as`, code: 'impossible_join', message }];
}

/** Warns of lists of errors that stay empty, because the first branch that fails fails its edge. */
export function warnOfErrorLists(definition: GraphDefinition): GraphWarning[] {
  return edgesOf(definition)
    .filter(isBranchEdge)
    .filter(({ collectErrorsAs, joinRule }) => collectErrorsAs !== undefined && toleratesNone(joinRule))
    .map(({ pointer }) => ({
      pointer: `${pointer}/collect_errors_as`,
      code: 'unused_setting',
      message:
        'The first branch that fails fails the edge, so the list stays empty. Have "max_failures", or a "join" of fewer than all.',
    }));
}

function toleratesNone(rule: JoinRule): boolean {
  return rule.kind === 'all' && rule.maxFailures === 0;
}
