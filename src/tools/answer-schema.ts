import type { z } from 'zod';
import type { Problem } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { compileJsonSchema } from '../core/json-schema/json-schema.js';

/** A JSON Schema that can check values, or what is wrong with it. */
export type AnswerSchema =
  | { readonly validate: (value: Json) => readonly Problem[]; readonly problems?: undefined }
  | { readonly problems: readonly Problem[]; readonly validate?: undefined };

/** Compiles the JSON Schema of an answer, or of arguments. Never throws; says what is wrong with the schema instead. */
export function compileAnswerSchema(schema: unknown): AnswerSchema {
  const { schema: compiled, problems } = compileJsonSchema(schema);
  return compiled === undefined ? { problems } : { validate: (value) => compiled.validate(value) };
}

/** Problems in one line. */
export function inWords(problems: readonly Problem[]): string {
  const shown = problems
    .slice(0, 5)
    .map(({ pointer, message }) => `${pointer === '' ? 'the whole' : pointer}: ${message}`);
  const more = problems.length - shown.length;
  return more > 0 ? `${shown.join(' ')} And ${more} more.` : shown.join(' ');
}

/** For params that are JSON Schemas: finds when a graph is saved what the call could not use. */
export function checkSchema(schema: unknown, context: z.core.$RefinementCtx): void {
  for (const { pointer, message } of compileAnswerSchema(schema).problems ?? []) {
    context.addIssue({ code: 'custom', path: pointer.split('/').slice(1), message });
  }
}
