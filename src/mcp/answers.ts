import { EngineError, type Problem } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { estimateBytes } from '../core/base/json-size.js';
import { readOf } from '../core/expressions/reads.js';

/** What a call of a tool is answered with. `isError`: it did not do what was asked, and the agent can see why. */
export interface ToolAnswer {
  readonly content: { readonly type: 'text'; readonly text: string }[];
  readonly structuredContent: Record<string, unknown>;
  readonly isError?: true;
}

/** Larger values of `data`, and those that are too much together, are shown as type and size: agents read all that they are sent. */
const MAX_SHOWN_BYTES = 16_384;
const MAX_SHOWN_TOGETHER = 4 * MAX_SHOWN_BYTES;

/** A document, as structured content and, for clients that read only text, as JSON. */
export function answerWith(document: object): ToolAnswer {
  return {
    content: [{ type: 'text', text: JSON.stringify(document) }],
    structuredContent: { ...document },
  };
}

/** An error, as the problem documents of the REST API have it. */
export function answerWithError(
  code: string,
  message: string,
  errors?: readonly Problem[],
  more: object = {},
): ToolAnswer {
  const document = { code, message, ...(errors !== undefined && { errors }), ...more };
  return { ...answerWith(document), isError: true };
}

/** The answer to a call that threw. */
export function answerThrown(thrown: unknown, onFault: (error: unknown) => void): ToolAnswer {
  if (thrown instanceof EngineError) {
    const { code, message, errors, retryAfterSeconds } = thrown;
    return answerWithError(code, message, errors, {
      ...(retryAfterSeconds !== undefined && { retry_after_seconds: retryAfterSeconds }),
    });
  }
  onFault(thrown);
  return answerWithError('internal_error', 'Something went wrong inside the server. Its log has the details.');
}

/** A document with `data` of which large values are cut: their type and size stand there, and `cut` lists their keys. */
export function withoutLargeData<T extends { readonly data: Readonly<Record<string, unknown>> }>(document: T): object {
  const { values: data, cut } = cutLarge(document.data);
  return { ...document, data, ...cut };
}

/** A step whose patch is cut as data is. */
export function withoutLargePatch<T extends { readonly patch: Readonly<Record<string, unknown>> | null }>(
  step: T,
): object {
  if (step.patch === null) return step;
  const { values: patch, cut } = cutLarge(step.patch);
  return { ...step, patch, ...cut };
}

function cutLarge(all: Readonly<Record<string, unknown>>): { values: object; cut: { readonly cut?: string[] } } {
  const cut: string[] = [];
  let left = MAX_SHOWN_TOGETHER;
  const values = Object.entries(all).map(([key, value]) => {
    const bytes = estimateBytes(value as Json, MAX_SHOWN_BYTES);
    const { path: _, ...shown } = readOf('', value);
    // Short ones are shown whichever way.
    const isShown = (bytes <= MAX_SHOWN_BYTES && bytes <= left) || !('type' in shown);
    if (!isShown) cut.push(key);
    else left -= bytes;
    return [key, isShown ? value : shown];
  });
  return { values: Object.fromEntries(values), cut: cut.length > 0 ? { cut } : {} };
}
