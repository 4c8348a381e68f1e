import { AnswerJsonError, parseAnswerSteps } from '../base/answer-json.js';
import type { Problem } from '../base/errors.js';
import { type Json, type JsonObject, MAX_JSON_DEPTH } from '../base/json.js';
import { scanJson } from '../base/json-scan.js';
import type { Steps } from '../base/steps.js';
import type { Scope } from '../expressions/expressions.js';
import type { Headers } from './signature.js';

/** What the expressions of a hook see of a delivery. */

/** Headers with what others must not know, whatever the scheme. */
const HIDDEN: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** A body that cannot become data. */
export class UnusableBodyError extends Error {
  readonly problem: Problem;

  constructor(message: string) {
    super(message);
    this.name = 'UnusableBodyError';
    this.problem = { pointer: '', code: 'invalid_value', message };
  }
}

/**
 * Reads a body: as JSON if it is that, whatever its type, else as text.
 * @throws UnusableBodyError for JSON that no document can be
 */
export function* readDeliveryBody(text: string): Steps<Json> {
  let value: Json;
  try {
    value = yield* parseAnswerSteps(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (thrown) {
    if (thrown instanceof AnswerJsonError) throw new UnusableBodyError(`The body has ${thrown.message}.`);
    // The parser throws nothing else.
    return text;
  }
  const { isPoisoned, isTooDeep } = yield* scanJson(value, MAX_JSON_DEPTH);
  if (isTooDeep) throw new UnusableBodyError(`The body is nested more than ${MAX_JSON_DEPTH} levels deep.`);
  if (isPoisoned) throw new UnusableBodyError('The body has a key that no document can have, such as "__proto__".');
  return value;
}

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * What expressions see of headers: each as one text, without keys, cookies and signatures.
 * @param hidden names of more headers that are not seen
 */
export function shownHeaders(headers: Headers, hidden: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      if (value === undefined || HIDDEN.has(name) || hidden.includes(name)) return [];
      return [[name, typeof value === 'string' ? value : value.join(', ')]];
    }),
  );
}

/** The parameters of a query as JSON: a text each, or a list of texts if a parameter is repeated. */
export function shownQuery(query: Readonly<Record<string, string | readonly string[]>>): JsonObject {
  return Object.fromEntries(Object.entries(query));
}

export interface Delivery {
  readonly body: Json;
  readonly headers: JsonObject;
  readonly query: JsonObject;
  /** What `uuid()` is made from, another one for each delivery. */
  readonly id: string;
}

/** What the expressions of a hook can read. */
export function scopeOf({ body, headers, query, id }: Delivery): Scope {
  return { input_data: null, data: {}, run: { run_id: id, step: 0 }, body, headers, query };
}
