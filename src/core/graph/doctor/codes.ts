import type { Problem } from '../../base/errors.js';

/** Every code of an error of the doctor. A graph with an error is refused because ... */
export const GRAPH_ERRORS = {
  unknown_node: 'an edge, a route or the entry point names a node that does not exist',
  unknown_tool: 'no tool of this name is registered',
  unknown_condition: 'no condition of this name is registered',
  unknown_outcome: 'the condition can answer something that is neither a node nor has a route',
  duplicate_node: 'two nodes have the same name',
  reserved_name: '`END` is the name of a node, or an edge begins at it',
  conflicting_edges: 'more than one edge, of any kind, leaves a node',
  invalid_params: 'the params of a node do not fit the schema of its tool',
  invalid_expression: 'an expression cannot be read, or can never give what is needed there',
  invalid_schema: '`input_schema` is not a JSON Schema, or one that is refused',
  empty_branch: 'a branch begins at its join',
  overlapping_branches: 'branches of one edge share a node, or lead back to where they began',
  crossing_joins: 'branches inside branches can run past the join of the outer ones',
  unreachable_join: 'a branch leads neither to its join nor to an end',
  impossible_join: 'a join needs more branches than there are, or fields of a branch edge exclude each other',
  endless_recursion: 'the graph runs itself and waits for it, with no way to an end before that',
  more_errors: 'it has over 1,000 errors: this says how many are not listed',
} as const;

/** Every code of a warning of the doctor. A graph with a warning is saved, but ... */
export const GRAPH_WARNINGS = {
  unreachable_node: 'no path leads from the entry point to this node',
  endless_cycle: 'no path leads out of a cycle to an end',
  no_path_to_end: 'every path from this node leads into such a cycle',
  unused_route: 'a route is for something that the condition never answers',
  unset_secret: 'params, or `notify`, name a secret that this server does not have',
  unknown_graph: 'a node runs a graph, or a version of one, that does not exist',
  unreachable_entry: 'earlier entries of `retry` or `on_error` take all errors that an entry, or a code of it, is for',
  unthrown_code: '`on` names a code that nothing there fails with',
  unused_setting:
    'a field does nothing: `retry` or `timeout_seconds` of a tool that only waits, or `collect_errors_as` of an edge that fails with the first branch that does',
  double_braces: 'params have `{{ name }}`, which is no expression',
  unknown_format: 'a JSON Schema has a `format` that is not checked',
  undescribed_tool:
    '`expose_as_tool` is set, and a `description` or an `input_schema` is missing, so agents do not know when or how to call it',
  too_many_descendants: 'branches, and those that they start, are more runs than a run can have inside it',
  more_warnings: 'with errors it has over 1,000 findings: this says how many warnings are not listed',
} as const;

/** Why a graph cannot be run. */
export type GraphError = Problem<keyof typeof GRAPH_ERRORS>;

/** Why a graph probably does not run as it was meant to. */
export type GraphWarning = Problem<keyof typeof GRAPH_WARNINGS>;
