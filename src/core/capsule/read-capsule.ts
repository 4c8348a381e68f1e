import type { Problem } from '../base/errors.js';
import { isPlainObject, type Json, MAX_JSON_DEPTH } from '../base/json.js';
import { scanJson } from '../base/json-scan.js';
import { problemsOf } from '../base/problems.js';
import type { Steps } from '../base/steps.js';
import type { Recording } from '../replay/recording.js';
import { digestOf, type NewHash } from './digest.js';
import { CAPSULE_VERSION, type CapsuleGraph, type CapsuleProblemCode, capsuleSchema } from './document.js';
import { graphsIn } from './graphs-in.js';
import { RunReader } from './read-runs.js';

/** Nesting of a capsule: of what is in an event, and of the runs inside each other. */
export const MAX_CAPSULE_DEPTH = 2 * MAX_JSON_DEPTH;

/** What a capsule holds. */
export interface ReadCapsule {
  readonly graphs: readonly CapsuleGraph[];
  readonly recording: Recording;
  readonly digest: string;
}

/** A problem of a capsule; its pointer is a JSON Pointer (RFC 6901) into the capsule. */
export type CapsuleProblem = Problem<string> | Problem<CapsuleProblemCode>;

/** What reading a capsule comes to. */
export type CapsuleReading =
  | { readonly capsule: ReadCapsule; readonly problems?: undefined }
  | { readonly capsule?: undefined; readonly problems: readonly CapsuleProblem[] };

/**
 * Reads a capsule, in steps, and finds what is wrong with it. What is in it becomes frozen.
 * @param document parsed JSON
 * @example
 * const { capsule, problems } = finishSteps(readCapsule(JSON.parse(text), () => createHash('sha256')));
 */
export function* readCapsule(document: unknown, newHash: NewHash): Steps<CapsuleReading> {
  const { isTooDeep, hasInfinity } = yield* scanJson(document, MAX_CAPSULE_DEPTH);
  if (isTooDeep) return refuse('', 'too_deep', `Nested more than ${MAX_CAPSULE_DEPTH} levels deep.`);
  if (hasInfinity) return refuse('', 'invalid_value', 'A number is too large: numbers go up to 1.7e308.');
  if (isPlainObject(document) && document.capsule !== undefined && document.capsule !== CAPSULE_VERSION) {
    const message = `This release reads capsules of version ${CAPSULE_VERSION} only. Read it with the release that made it, or a later one.`;
    return refuse('/capsule', 'unknown_version', message);
  }
  const parsed = capsuleSchema.safeParse(document);
  if (!parsed.success) return { problems: problemsOf(capsuleSchema, document, parsed.error.issues) };
  const { events, children, digest, ...head } = parsed.data;
  const reader = new RunReader();
  const recording = yield* reader.read({ run_id: head.run.run_id, events, children }, '', undefined);
  const { problems } = reader;
  if (recording === undefined || problems.length > 0) return { problems };
  const missing = yield* findMissingGraphs(recording, head.graphs);
  if (missing.length > 0) return { problems: missing };
  const expected = yield* digestOf(head as unknown as Json, reader.documents, newHash);
  if (digest === expected) return { capsule: { graphs: head.graphs, recording, digest } };
  const message =
    'The digest does not fit what the capsule holds: it was changed, or cut, after it was made. Export the run again.';
  return refuse('/digest', 'wrong_digest', message);
}

function refuse(pointer: string, code: string, message: string): CapsuleReading {
  return { problems: [{ pointer, code, message }] };
}

/** What is wrong with the graphs: those that runs name are all there. */
function* findMissingGraphs(recording: Recording, graphs: readonly CapsuleGraph[]): Steps<readonly CapsuleProblem[]> {
  const known = new Set(graphs.map(({ graph_id, version }) => `${version}@${graph_id}`));
  const used = yield* graphsIn(recording);
  return used
    .filter(({ graphId, version }) => !known.has(`${version}@${graphId}`))
    .map(({ graphId, version }) => {
      const message = `Version ${version} of graph "${graphId}" is missing, which a run has used.`;
      return { pointer: '/graphs', code: 'missing_graph', message };
    });
}
