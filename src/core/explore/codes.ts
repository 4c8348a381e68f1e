/** Every code of a finding. The documentation lists them; a test compares. */
export const FINDINGS = {
  endless_loop: 'No outcome of any call leads out of a loop to an end: a run goes round until a limit stops it.',
  expression_fails: 'An expression has no value after an outcome that can be: a key is missing, or has another type.',
  items_no_list: 'The `items` of a for_each edge are no list after an outcome that can be.',
  invalid_params: 'The params of a node, with the values of its expressions, do not fit the schema of its tool.',
  invalid_outcome: 'A condition answers something that is neither a node nor has a route.',
  condition_fails: 'A condition throws, or answers no text.',
  join_conflict: 'Branches set a key to different values, and no merge rule says what to do.',
  branch_failed: 'The branches of an edge can fail, or be too few, and the edge has no `on_error` for it.',
  unhandled_failure: 'A step can fail with an error that no `on_error` is for, and the run fails with it.',
  wait_unended: 'A step waits for an answer or a signal, and nothing ends the wait if none comes.',
  limit_reached: 'A run can come to one of its limits.',
  unreached_node: 'No explored run came to a node.',
  unknown_outcomes: 'Nothing is known of what a tool returns, so it was guessed from what the graph reads.',
} as const;

export type FindingCode = keyof typeof FINDINGS;

export type Severity = 'error' | 'warning';
