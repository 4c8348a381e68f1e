import { addFormFixes as formFixSteps } from '../../src/core/base/form-fixes.js';
import { parseLargeJson as parseSteps } from '../../src/core/base/json-parse.js';
import type { Steps } from '../../src/core/base/steps.js';
import { compileTemplate as templateSteps } from '../../src/core/expressions/templates.js';
import { compileGraph as graphSteps } from '../../src/core/graph/compile.js';
import { findBranchErrors as branchSteps } from '../../src/core/graph/doctor/branches.js';
import { diagnose as diagnosisSteps } from '../../src/core/graph/doctor/doctor.js';
import { findErrors as errorSteps } from '../../src/core/graph/doctor/errors.js';
import { diagnoseWithFixes as fixSteps } from '../../src/core/graph/doctor/fixes.js';
import { readSnapshot as snapshotSteps } from '../../src/core/run/journal.js';
import { compareData as compareSteps } from '../../src/engine/diff.js';

/** Returns a function that does all steps at once: tests have nobody to wait for them. */
function allAtOnce<A extends unknown[], T>(begin: (...args: A) => Steps<T>): (...args: A) => T {
  return (...args) => {
    const steps = begin(...args);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  };
}

export const compileTemplate = allAtOnce(templateSteps);
export const compileGraph = allAtOnce(graphSteps);
export const findBranchErrors = allAtOnce(branchSteps);
export const readSnapshot = allAtOnce(snapshotSteps);
export const compareData = allAtOnce(compareSteps);
export const parseLargeJson = allAtOnce(parseSteps);
export const diagnose = allAtOnce(diagnosisSteps);
export const diagnoseWithFixes = allAtOnce(fixSteps);
export const addFormFixes = allAtOnce(formFixSteps);
export const findErrors = (...args: Parameters<typeof errorSteps>) => allAtOnce(errorSteps)(...args).errors;
