import type { Form } from './form.js';
import { isPlainObject } from './json.js';

/**
 * What is stored has no form that this release can read. The message says what is wrong, as the end of a sentence that
 * names the record, such as "is not JSON".
 */
export class UnreadableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UnreadableError';
  }
}

/** What is stored is well-formed, and has something that this release does not know: a newer one may have written it. */
export class UnknownKindError extends UnreadableError {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownKindError';
  }
}

/** Parses a stored object. @throws UnreadableError if it is not JSON, or has another form */
export function parseStored<T>(stored: string, form: Form<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch (thrown) {
    throw new UnreadableError('is not JSON', thrown);
  }
  return checkForm(value, form);
}

/** A value as what it was stored for. @throws UnreadableError if it has another form */
export function checkForm<T>(value: unknown, form: Form<T>): T {
  if (!isPlainObject(value)) throw new UnreadableError('is not a JSON object');
  const misfit = form.findMisfit(value);
  if (misfit === undefined) return value as T;
  throw new UnknownKindError(`has a \`${misfit}\` that this release cannot read`);
}
