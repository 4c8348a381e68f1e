import { z } from 'zod';
import type { Problem } from './errors.js';
import { findInfinities, toPointer } from './json.js';
import { findUnsafeNumbers } from './json-numbers.js';
import { didYouMeanKey } from './nearest-name.js';
import type { Steps } from './steps.js';

/** Most problems that one answer lists: enough for any document that people write. */
export const MAX_PROBLEMS = 1000;
/** Most searches for a hint: a hostile document must stay cheap. */
const MAX_HINTS = 20;
const MAX_SHOWN_NAME = 100;

/** Every code of a problem of a body or a query that does not fit its schema. The documentation lists them; a test compares. */
export const DOCUMENT_PROBLEMS = {
  required: 'A key is missing.',
  unknown_key: 'There is no such key.',
  invalid_type: 'The value is of another type.',
  invalid_value: 'The value is not one that can be here.',
  invalid_key: 'The key of a map is not one that can be here.',
  invalid_format: 'The text has another form than it must have.',
  invalid_union: 'The value has none of the forms that it can have.',
  not_multiple_of: 'The number is not a multiple of what it must be.',
  too_small: 'The number is too small, or the text or list too short.',
  too_big: 'The number is too large, or the text or list too long.',
  too_deep: 'Lists and objects are nested too deep.',
  invalid_cursor: 'The cursor is not one of this list.',
} as const;

/** What is wrong with a body or a query. */
export type DocumentProblem = Problem<keyof typeof DOCUMENT_PROBLEMS>;

type Issue = z.core.$ZodIssue;
type UnknownKeys = z.core.$ZodIssueUnrecognizedKeys;

/**
 * Turns what a zod schema found wrong with a value into problems: at most {@link MAX_PROBLEMS}.
 * Pointers are JSON Pointers (RFC 6901) into the value; unknown keys get the nearest known key as a hint.
 */
export function problemsOf(schema: z.ZodType, value: unknown, issues: readonly Issue[]): DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  let hints = MAX_HINTS;
  for (const issue of issues.flatMap(meantIssues)) {
    if (problems.length >= MAX_PROBLEMS) break;
    if (issue.code !== 'unrecognized_keys') {
      problems.push(problemOf(issue, value));
      continue;
    }
    const known = knownKeys(schema, issue.path);
    for (const key of issue.keys.slice(0, MAX_PROBLEMS - problems.length)) {
      const hint = hints-- > 0 ? didYouMeanKey(key, known) : {};
      const pointer = toPointer([...issue.path, key]);
      problems.push({ pointer, code: 'unknown_key', message: `Unknown key ${shown(key)}.`, ...hint });
    }
  }
  return problems;
}

/**
 * Adds a problem for each number of a value that JSON cannot hold. Where there is one, other problems say less.
 * At most {@link MAX_PROBLEMS} in all.
 */
export function addNumberProblems<Code extends string>(
  value: unknown,
  problems: readonly Problem<Code>[],
): readonly (DocumentProblem | Problem<Code>)[] {
  return putNumbersFirst(findInfinities(value, MAX_PROBLEMS).map(tooLargeProblem), problems);
}

/** Puts the problems of numbers first, in place of what else is said of the same ones. */
export function putNumbersFirst<Code extends string>(
  numbers: readonly DocumentProblem[],
  problems: readonly Problem<Code>[],
): readonly (DocumentProblem | Problem<Code>)[] {
  if (numbers.length === 0) return problems;
  const pointers = new Set(numbers.map(({ pointer }) => pointer));
  return [...numbers, ...problems.filter(({ pointer }) => !pointers.has(pointer))].slice(0, MAX_PROBLEMS);
}

/**
 * Problems of the numbers in JSON text that would become other numbers: those that overflow a double, and whole numbers
 * that it does not hold. At most {@link MAX_PROBLEMS}.
 * @param text what `JSON.parse` takes
 */
export function* numberProblemsIn(text: string): Steps<readonly DocumentProblem[]> {
  const problems: DocumentProblem[] = [];
  yield* findUnsafeNumbers(text, ({ overflows, isChanged }, pointer) => {
    if (!isChanged || problems.length >= MAX_PROBLEMS) return;
    problems.push(overflows ? tooLargeProblem(pointer()) : inexactProblem(pointer()));
  });
  return problems;
}

/** What is wrong with a value that can have several forms, if only one of them has its type; else that it has none. */
function meantIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfType = (found: readonly Issue[]) =>
    found.every(({ code, path }) => code !== 'invalid_type' || path.length > 0);
  const [meant, ...others] = issue.errors.filter(isOfType);
  if (meant === undefined || others.length > 0) return [issue];
  return meant.flatMap((one) => meantIssues({ ...one, path: [...issue.path, ...one.path] }));
}

function tooLargeProblem(pointer: string): DocumentProblem {
  return { pointer, code: 'invalid_value', message: 'The number is too large: numbers go up to 1.7e308.' };
}

function inexactProblem(pointer: string): DocumentProblem {
  const message = 'The whole number has more than 53 bits, and would become another one. Send it as a string.';
  return { pointer, code: 'invalid_value', message };
}

function problemOf(issue: Exclude<Issue, UnknownKeys>, value: unknown): DocumentProblem {
  const pointer = toPointer(issue.path);
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value':
      if (isMissing(value, issue.path)) return { pointer, code: 'required', message: 'Required.' };
      return { pointer, code: issue.code, message: issue.message };
    case 'invalid_key':
      return {
        pointer,
        code: 'invalid_key',
        message: ['Invalid key.', ...issue.issues.map((each) => each.message)].join(' '),
      };
    case 'custom':
    // Of maps and sets, which JSON does not have.
    case 'invalid_element':
      return { pointer, code: 'invalid_value', message: issue.message };
    default:
      return { pointer, code: issue.code, message: issue.message };
  }
}

function shown(name: string): string {
  return JSON.stringify(name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name);
}

/** A document as a whole is missing when it is null, since that is how no body arrives. */
function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  return path.length === 0 ? (value ?? null) === null : valueAt(value, path) === undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

/** The keys that the object schema at a path knows; none if the path leads to something else. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const at = memberFor(schemaAt(schema, path), z.ZodObject);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The schema of what is at a path; undefined if the schema does not tell. Of lists, the path has numbers. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  let at: unknown = unwrapped(schema);
  for (const key of path) {
    at = memberFor(at, typeof key === 'number' ? z.ZodArray : z.ZodObject);
    if (at instanceof z.ZodObject) at = at.shape[String(key)];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else return undefined;
    at = unwrapped(at);
  }
  return at;
}

/** Of a schema of several forms the one of this kind; any other schema itself. */
function memberFor(schema: unknown, kind: typeof z.ZodArray | typeof z.ZodObject): unknown {
  return schema instanceof z.ZodUnion ? schema.options.map(unwrapped).find((one) => one instanceof kind) : schema;
}

/** The schema inside `.optional()`, `.exactOptional()`, `.nullable()` and `.default()`. */
export function unwrapped(schema: unknown): unknown {
  let at = schema;
  for (;;) {
    if (at instanceof z.ZodOptional || at instanceof z.ZodExactOptional) at = at.unwrap();
    else if (at instanceof z.ZodNullable || at instanceof z.ZodDefault) at = at.unwrap();
    else return at;
  }
}
