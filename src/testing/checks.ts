import type { TestRun } from './test-run.js';

/** What a matcher and an assertion find: undefined if the run is as expected. */
export type Fault = { readonly message: string; readonly actual: unknown; readonly expected: unknown } | undefined;

/** How data is compared. */
export type Equality = (actual: unknown, expected: unknown) => boolean;

/** Whether a run has taken this path: the nodes of its steps, in order. */
export function checkPath(run: TestRun, expected: readonly string[], isEqual: Equality): Fault {
  const { path: actual } = run;
  const message = `The run was expected to take the path ${shown(expected)}, and took ${shown(actual)}.${whyOf(run)}`;
  return isEqual(actual, expected) ? undefined : { message, actual, expected };
}

/** Whether a run has completed; if `expected` is given, with this data. */
export function checkCompletion(run: TestRun, expected: unknown, isEqual: Equality): Fault {
  const { status, data: actual } = run;
  if (status !== 'COMPLETED') {
    const message = `The run was expected to complete, and is ${status}.${whyOf(run)}`;
    return { message, actual: status, expected: 'COMPLETED' };
  }
  if (expected === undefined || isEqual(actual, expected)) return undefined;
  return { message: 'The run has completed with other data than was expected.', actual, expected };
}

/** Whether a run has failed with an error of this code. */
export function checkFailure(run: TestRun, expected: string): Fault {
  const actual = run.error?.code ?? run.status;
  const message = `The run was expected to fail with ${expected}, and is ${run.status}.${whyOf(run)}`;
  return actual === expected ? undefined : { message, actual, expected };
}

/** Whether a run waits for this: `input`, `signal`, `timer` and so on. */
export function checkWait(run: TestRun, expected: string): Fault {
  const actual = run.waiting?.kind ?? run.status;
  const message = `The run was expected to wait for ${expected}, and is ${run.status}.${whyOf(run)}`;
  return actual === expected ? undefined : { message, actual, expected };
}

function shown(path: readonly string[]): string {
  return path.length === 0 ? '(none)' : path.join(' -> ');
}

/** What whoever reads a failed test asks next. */
function whyOf({ error, waiting }: TestRun): string {
  if (error !== null) return ` It failed at "${error.node}" with ${error.code}: ${error.message}`;
  if (waiting !== null) return ` It waits for ${waiting.kind} at "${waiting.node}".`;
  return '';
}
