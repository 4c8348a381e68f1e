import { writeCanonicalJson } from '../base/canonical-json.js';
import type { Json } from '../base/json.js';
import { createPacer, type Steps } from '../base/steps.js';
import type { CapsuleEvent } from './document.js';

/** A hash that text is put into piece by piece, as `createHash('sha256')` of Node is one. */
export interface Hash {
  update(text: string): unknown;
  digest(encoding: 'hex'): string;
}

/** Begins a SHA-256. */
export type NewHash = () => Hash;

/** A run of a capsule: its id and its events. */
interface RunEvents {
  readonly runId: string;
  readonly events: readonly CapsuleEvent[];
}

/**
 * The digest of a capsule: a chain of SHA-256, each over the hex digits of the one before and the canonical JSON (RFC 8785)
 * of the next link. The first link is the capsule without `events`, `children` and `digest`. Then comes each event of each
 * run, as `[run_id, event]`, a run before those inside it. It tells what was changed by accident, and is no signature.
 */
export function* digestOf(head: Json, runs: Iterable<RunEvents>, newHash: NewHash): Steps<string> {
  const isDue = createPacer();
  let chain = yield* addLink('', head, newHash);
  for (const { runId, events } of runs) {
    for (const event of events) {
      chain = yield* addLink(chain, [runId, event as unknown as Json], newHash);
      if (isDue()) yield;
    }
  }
  return `sha256:${chain}`;
}

function* addLink(before: string, value: Json, newHash: NewHash): Steps<string> {
  const hash = newHash();
  hash.update(before);
  yield* writeCanonicalJson(value, (text) => hash.update(text));
  return hash.digest('hex');
}
