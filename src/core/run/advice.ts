import type { RunErrorCode } from '../base/errors.js';
import { RUN_ERRORS } from '../base/errors.js';

/** What can help a failed run: to go on as it is, with other limits, or from a corrected graph. */
export type Remedy = 'retry' | 'lift_limits' | 'correct_graph';

export interface Advice {
  readonly advice: string;
  /** What probably helps, the best first. */
  readonly remedies: readonly Remedy[];
}

const LIFT: Advice = {
  advice: 'Find out whether the run makes progress. If it does, retry it with a higher limit; else correct the graph.',
  remedies: ['lift_limits', 'correct_graph'],
};
const LATER: Advice = {
  advice: 'Other runs were in the way. Retry it when some of them have ended.',
  remedies: ['retry'],
};

/** What to do about each error of a run. A new code does not compile before it has advice. */
const ADVICE: Readonly<Record<RunErrorCode, Advice>> = {
  tool_failed: {
    advice:
      'Read the message and the details. If what the tool uses works again, retry; if its params are wrong, correct them in the graph and fork the run there.',
    remedies: ['retry', 'correct_graph'],
  },
  tool_missing: {
    advice:
      'Register the tool or the condition again and retry, or name another one in the graph and fork the run there.',
    remedies: ['retry', 'correct_graph'],
  },
  invalid_params: {
    advice:
      'The values that expressions gave do not fit the tool. Correct the params in the graph, and fork the run there.',
    remedies: ['correct_graph'],
  },
  invalid_patch: { advice: 'The tool returns something wrong. Correct the tool, and retry.', remedies: ['retry'] },
  data_too_large: {
    advice: 'Have the step keep less in data, for example a link in place of a document, and fork the run there.',
    remedies: ['correct_graph'],
  },
  timeout: {
    advice:
      'Retry it if the tool was slow only this time; else give the node a longer timeout_seconds, and fork the run there.',
    remedies: ['retry', 'correct_graph'],
  },
  condition_failed: {
    advice:
      'The tool of the step is done; only the way on is missing. Correct the condition and retry: the tool is not called again.',
    remedies: ['retry', 'correct_graph'],
  },
  max_steps_exceeded: LIFT,
  max_tokens_exceeded: LIFT,
  max_cost_exceeded: LIFT,
  max_visits_exceeded: LIFT,
  no_progress: {
    advice:
      'The run goes round in a circle: nothing in data changes. Correct the condition that should leave it, and fork the run there.',
    remedies: ['correct_graph', 'lift_limits'],
  },
  deadline_exceeded: {
    advice: 'A retry has the same time once more, or a longer deadline.',
    remedies: ['lift_limits'],
  },
  expression_failed: {
    advice:
      'A key that the expression reads is missing, or has another type. Set it with a retry, or correct the expression and fork the run there.',
    remedies: ['retry', 'correct_graph'],
  },
  wait_expired: { advice: 'A retry asks again.', remedies: ['retry'] },
  invalid_signal: { advice: 'Send a signal that fits the schema of the wait, and retry.', remedies: ['retry'] },
  branch_failed: {
    advice:
      'Explain the branch that failed: it is a run of its own. A retry of this run goes on with the branches that have not completed.',
    remedies: ['retry', 'correct_graph'],
  },
  join_failed: {
    advice:
      'Say in `merge` of the graph what to do with the key that branches set to different values, and fork the run there.',
    remedies: ['correct_graph'],
  },
  child_failed: {
    advice: 'Explain the run that failed inside this one. A retry of this run goes on with it.',
    remedies: ['retry', 'correct_graph'],
  },
  depth_exceeded: {
    advice: 'Graphs run each other without an end. Give one of them a way out.',
    remedies: ['correct_graph'],
  },
  queue_full: LATER,
  concurrency_full: LATER,
  too_many_descendants: {
    advice: 'Start fewer branches, for example with several items in each.',
    remedies: ['correct_graph'],
  },
  recovery_exhausted: {
    advice: 'The tool of this step takes the server down with it. Correct the tool before you retry.',
    remedies: ['retry'],
  },
  run_unreadable: { advice: 'Cancel and delete the run, or restore a backup.', remedies: [] },
};

/** What to do about an error, which can be one of a tool's own. */
export function adviceFor(code: string): Advice {
  return Object.hasOwn(RUN_ERRORS, code) ? ADVICE[code as RunErrorCode] : ADVICE.tool_failed;
}
