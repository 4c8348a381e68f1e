import type { Registrable } from '../core/tool/registry.js';
import { checkComplexity } from './check-complexity.js';
import { demoWork } from './demo-work.js';
import { extractCode } from './extract-code.js';
import { generateImprovements } from './generate-improvements.js';
import { qualityGate } from './quality-gate.js';

/** Everything that the code-review graph names. */
export const codeReviewDefinitions: readonly Registrable[] = [
  extractCode,
  checkComplexity,
  generateImprovements,
  qualityGate,
];

/** Everything that the graphs of the demo name, beside what is built in. */
export const demoDefinitions: readonly Registrable[] = [...codeReviewDefinitions, demoWork];
