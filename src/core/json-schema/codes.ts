import type { Problem } from '../base/errors.js';

/** Every code of a problem of a schema itself. */
export const SCHEMA_PROBLEMS = {
  invalid_schema: 'The document is no JSON Schema, or one that is refused.',
} as const;

/** Every code of a problem that a schema finds in a value. */
export const VALUE_PROBLEMS = {
  required: 'A key is missing.',
  unknown_key: 'The key is not allowed.',
  invalid_type: 'The value is of another type.',
  invalid_value: 'The value does not fit.',
} as const;

/** What is wrong with a schema. */
export type SchemaProblem = Problem<keyof typeof SCHEMA_PROBLEMS>;

/** What is wrong with a value. */
export type ValueProblem = Problem<keyof typeof VALUE_PROBLEMS>;
