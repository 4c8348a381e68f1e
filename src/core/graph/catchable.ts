import type { RunErrorCode } from '../base/errors.js';

/**
 * What an error comes from, as far as it has a way to be caught: any step; a step that waits, for time, people or another
 * run; the branches of an edge.
 */
export type CatchableBy = 'node' | 'wait' | 'edge';

/** What gives each code of the server to a `retry` or `on_error`. A code that nothing gives ends the run. */
const SOURCES: Readonly<Record<RunErrorCode, readonly CatchableBy[]>> = {
  tool_failed: ['node'],
  tool_missing: ['node'],
  invalid_params: ['node'],
  invalid_patch: ['node', 'edge'],
  data_too_large: ['node', 'edge'],
  timeout: ['node'],
  condition_failed: [],
  max_steps_exceeded: [],
  max_tokens_exceeded: [],
  max_cost_exceeded: [],
  max_visits_exceeded: [],
  no_progress: [],
  deadline_exceeded: [],
  expression_failed: ['node'],
  wait_expired: ['wait'],
  invalid_signal: ['wait'],
  branch_failed: ['edge'],
  join_failed: ['edge'],
  child_failed: ['wait'],
  depth_exceeded: ['wait'],
  queue_full: ['wait'],
  concurrency_full: ['wait'],
  too_many_descendants: [],
  recovery_exhausted: [],
  run_unreadable: [],
};

const CODES = Object.keys(SOURCES) as readonly RunErrorCode[];

const CODES_OF: Readonly<Record<CatchableBy, readonly RunErrorCode[]>> = {
  node: codesOf('node'),
  wait: codesOf('wait'),
  edge: codesOf('edge'),
};

/** The codes of the server that `on` can name for errors of this kind. */
export function catchableBy(source: CatchableBy): readonly RunErrorCode[] {
  return CODES_OF[source];
}

function codesOf(source: CatchableBy): readonly RunErrorCode[] {
  return CODES.filter((code) => SOURCES[code].includes(source));
}
