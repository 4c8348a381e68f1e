import { isDeeperThan, type Json, jsonBytes, MAX_JSON_DEPTH } from '../core/base/json.js';
import { FatalError } from '../core/tool/tool-errors.js';

/** Size of a result as JSON text, in bytes: a patch may have 1 MiB, and this leaves room for what is around it. */
export const MAX_RESULT_BYTES = 1_048_576 - 16_384;

/** How much of what a server says goes into the message of an error, in characters. */
const MAX_EXCERPT = 300;

/** Words of others for a message. Where they are cut they end with a sign, by which the parts of secrets are hidden. */
export function shortened(words: string, most = MAX_EXCERPT): string {
  return words.length > most ? `${words.slice(0, most)}…` : words;
}

/**
 * The patch that keeps a result under a key.
 * @throws FatalError when the result is larger or deeper than a patch may be.
 */
export function resultPatch(key: string, result: Json): Record<string, Json> {
  const patch = { [key]: result };
  if (isDeeperThan(patch, MAX_JSON_DEPTH)) {
    throw new FatalError(`The result is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  const bytes = jsonBytes(result);
  if (bytes > MAX_RESULT_BYTES) {
    throw new FatalError(`The result takes ${bytes} bytes as JSON; a step can keep ${MAX_RESULT_BYTES}.`);
  }
  return patch;
}
