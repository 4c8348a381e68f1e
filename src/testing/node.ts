import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { checkCompletion, checkFailure, checkPath, checkWait, type Fault } from './checks.js';
import type { TestRun } from './test-run.js';

/** Asserts the nodes of the steps, in order. @throws AssertionError */
export function assertTakenPath(run: TestRun, path: readonly string[]): void {
  refuse(checkPath(run, path, isDeepStrictEqual), assertTakenPath);
}

/** Asserts that the run has completed; if `data` is given, with this. @throws AssertionError */
export function assertCompletedWith(run: TestRun, data?: unknown): void {
  refuse(checkCompletion(run, data, isDeepStrictEqual), assertCompletedWith);
}

/** Asserts that the run has failed with an error of this code. @throws AssertionError */
export function assertFailedWith(run: TestRun, code: string): void {
  refuse(checkFailure(run, code), assertFailedWith);
}

/** Asserts that the run waits: for `input`, `signal`, `timer`, `retry`, `limit` and so on. @throws AssertionError */
export function assertWaitingFor(run: TestRun, kind: string): void {
  refuse(checkWait(run, kind), assertWaitingFor);
}

/** @param of left out of the stack, so that the test is at its top */
function refuse(fault: Fault, of: (...args: never[]) => void): void {
  if (fault === undefined) return;
  throw new AssertionError({ ...fault, operator: of.name, stackStartFn: of as (...args: unknown[]) => void });
}
