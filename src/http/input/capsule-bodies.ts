import type { Json } from '../../core/base/json.js';
import { AT_ONCE_LENGTH, parseLargeJson } from '../../core/base/json-parse.js';
import type { Steps } from '../../core/base/steps.js';
import type { App } from '../app-type.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body can hold a capsule: it is large, and what a run made can be nested deep in it. */
    readonly holdsCapsule?: boolean;
  }
}

/** Bodies of routes that take a capsule, unless MAX_BODY_BYTES is more. */
export const MAX_CAPSULE_BODY_BYTES = 67_108_864;

/** Options of a route whose body can hold a capsule. */
export function takingCapsule(app: App) {
  return {
    bodyLimit: Math.max(MAX_CAPSULE_BODY_BYTES, app.initialConfig.bodyLimit ?? 0),
    config: { holdsCapsule: true },
  };
}

/**
 * Parses the text of a capsule, in steps if it is written without spaces, as servers and the command line write it: 64 MiB
 * take half a second at once. A fault that the steps miss is found by the digest.
 * @throws SyntaxError if it is not JSON
 */
export function* parseCapsuleBody(text: string): Steps<Json> {
  if (text.length <= AT_ONCE_LENGTH) return JSON.parse(text);
  try {
    return yield* parseLargeJson(text);
  } catch {
    return JSON.parse(text);
  }
}
