import { definedOnly } from '../core/base/defined-only.js';
import { type Json, jsonBytes, MAX_JSON_DEPTH } from '../core/base/json.js';
import { isDeeperThan } from '../core/base/json-scan.js';
import { FatalError } from '../core/tool/tool-errors.js';

/** Largest result as JSON text, in bytes: a patch can have 1 MiB, and this leaves room for what is around it. */
export const MAX_RESULT_BYTES = 1_048_576 - 16_384;

/** Most characters of a server's text in the message of an error. */
const MAX_EXCERPT = 300;

/** Cuts the text of others for a message. A cut ends with "…", by which masks find parts of secrets. */
export function shortened(words: string, most = MAX_EXCERPT): string {
  return words.length > most ? `${words.slice(0, most)}…` : words;
}

/**
 * The patch that keeps a result under a key.
 * @param code the code of the error
 * @throws FatalError if the result is larger or deeper than a patch can be.
 */
export function resultPatch(key: string, result: Json, code?: string): Record<string, Json> {
  const patch = { [key]: result };
  if (isDeeperThan(patch, MAX_JSON_DEPTH)) {
    throw new FatalError(`The result is nested deeper than ${MAX_JSON_DEPTH} levels.`, definedOnly({ code }));
  }
  const bytes = jsonBytes(result);
  if (bytes > MAX_RESULT_BYTES) {
    throw new FatalError(
      `The result takes ${bytes} bytes as JSON; a step can keep ${MAX_RESULT_BYTES}.`,
      definedOnly({ code }),
    );
  }
  return patch;
}
