import { z } from 'zod';
import { addFixes } from './certain-fixes.js';
import type { Problem } from './errors.js';
import { type Json, pathOf, toPointer } from './json.js';
import { type JsonPatch, parentOf, valueAtPointer } from './json-patch.js';
import { surelyMeant, surelyMeantKey } from './nearest-name.js';
import { knownKeys, problemsOf, schemaAt } from './problems.js';
import type { Steps } from './steps.js';

/**
 * Adds fixes to the problems of a document that does not fit its schema: unknown keys whose name is almost right, words
 * that are almost one of a few, numbers that are written as strings, and single values in place of lists.
 * @param problems of {@link problemsOf}; others get no fix
 */
export function* addFormFixes<P extends Problem>(
  schema: z.ZodType,
  document: Json,
  problems: readonly P[],
): Steps<readonly P[]> {
  const found = { errors: problems, warnings: [] };
  const fixed = yield* addFixes(document, found, {
    propose: (problem) => proposeFix(schema, document, problem),
    // biome-ignore lint/correctness/useYield: a schema checks a document at once.
    *check(changed) {
      const { error } = schema.safeParse(changed);
      return { errors: error === undefined ? [] : problemsOf(schema, changed, error.issues), warnings: [] };
    },
  });
  return fixed.errors;
}

/** What probably corrects a problem of a document. */
export function proposeFix(schema: z.ZodType, document: Json, { code, pointer }: Problem): JsonPatch | undefined {
  if (code === 'unknown_key') return renameKey(schema, document, pointer);
  if (code !== 'invalid_type' && code !== 'invalid_value') return undefined;
  const value = valueAtPointer(document, pointer) as Json;
  const meant = meantValue(schemaAt(schema, pathIn(document, pointer)), value);
  return meant === undefined ? undefined : [{ op: 'replace', path: pointer, value: meant }];
}

/** A key that has a value already is not meant. */
function renameKey(schema: z.ZodType, document: Json, pointer: string): JsonPatch | undefined {
  const parent = parentOf(pointer);
  const key = pathOf(pointer).at(-1) as string;
  const meant = surelyMeantKey(key, knownKeys(schema, pathIn(document, parent)));
  if (meant === undefined) return undefined;
  const path = parent + toPointer([meant]);
  return valueAtPointer(document, path) === undefined ? [{ op: 'move', from: pointer, path }] : undefined;
}

/** The value of another type, or in another spelling, that a schema takes. */
function meantValue(schema: unknown, value: Json): Json | undefined {
  if (schema instanceof z.ZodEnum) return surelyMeant(String(value), schema.options.map(String));
  if (schema instanceof z.ZodArray) return [value];
  if (schema instanceof z.ZodNumber && typeof value === 'string' && value.trim() !== '') return Number(value);
  return undefined;
}

/** The path of a pointer, with numbers for the items of lists. */
function pathIn(document: Json, pointer: string): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (const key of pathOf(pointer)) {
    const isItem = Array.isArray(valueAtPointer(document, toPointer(path)));
    path.push(isItem ? Number(key) : key);
  }
  return path;
}
