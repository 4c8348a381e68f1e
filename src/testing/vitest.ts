import type {} from 'vitest';
import { checkCompletion, checkFailure, checkPath, checkWait, type Equality, type Fault } from './checks.js';
import type { TestRun } from './test-run.js';

interface RunMatchers<R = unknown> {
  /** The nodes of the steps, in order. */
  toHaveTakenPath(path: readonly string[]): R;
  /** The run has completed; if `data` is given, with this. */
  toHaveCompletedWith(data?: unknown): R;
  /** The run has failed with an error of this code. */
  toHaveFailedWith(code: string): R;
  /** The run waits: for `input`, `signal`, `timer`, `retry`, `limit` and so on. */
  toBeWaitingFor(kind: string): R;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: it has to be declared as vitest declares it.
  interface Matchers<T = any> extends RunMatchers<T> {}
}

interface MatcherContext {
  readonly isNot: boolean;
  readonly equals: Equality;
}

/**
 * Matchers of vitest (and Jest) for runs of a test kit.
 * @example expect.extend(runMatchers);
 */
export const runMatchers = {
  toHaveTakenPath(this: MatcherContext, run: TestRun, path: readonly string[]) {
    return resultOf(checkPath(run, path, this.equals), 'to take this path');
  },
  toHaveCompletedWith(this: MatcherContext, run: TestRun, data?: unknown) {
    return resultOf(checkCompletion(run, data, this.equals), 'to complete so');
  },
  toHaveFailedWith(run: TestRun, code: string) {
    return resultOf(checkFailure(run, code), `to fail with ${code}`);
  },
  toBeWaitingFor(run: TestRun, kind: string) {
    return resultOf(checkWait(run, kind), `to wait for ${kind}`);
  },
};

function resultOf(fault: Fault, what: string) {
  const message = (): string => fault?.message ?? `The run was not expected ${what}, and does.`;
  return { pass: fault === undefined, message, actual: fault?.actual, expected: fault?.expected };
}
