import type { Steps } from '../base/steps.js';
import { compileInSteps } from './json-schema.js';

/** Compiles schemas in steps, ahead of who needs them: what comes of it is kept. What is wrong with one is found again. */
export function* compileSchemas(schemas: readonly unknown[]): Steps<void> {
  for (const schema of schemas) yield* compileInSteps(schema);
}
