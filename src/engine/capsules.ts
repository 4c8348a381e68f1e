import { createHash } from 'node:crypto';
import { EngineError, type Problem } from '../core/base/errors.js';
import type { JsonObject } from '../core/base/json.js';
import type { Capsule, CapsuleGraph } from '../core/capsule/document.js';
import { graphsIn } from '../core/capsule/graphs-in.js';
import { makeCapsule } from '../core/capsule/make-capsule.js';
import { type ReadCapsule, readCapsule } from '../core/capsule/read-capsule.js';
import type { GraphRef } from '../core/replay/recording.js';
import { RecordingTooLargeError, readRecording } from '../runs/recordings.js';
import type { RequestUseCases } from './requests.js';
import { measureJournal, type RunDeps, runNotFound } from './shared.js';

/** What the use-cases of capsules need. */
export interface CapsuleDeps extends Pick<RunDeps, 'store' | 'turns' | 'reads' | 'now' | 'newId'> {
  /** The release of this server, such as `1.0.0`. */
  readonly release: string;
}

const newHash = () => createHash('sha256');

export interface UseCapsule {
  /** Called before it is read, with about the size of it; what it throws ends the reading. */
  readonly admit?: (bytes: number) => void;
}

/**
 * Makes the capsule of a run, and does with it what is to be done: all of that before another large one is read.
 * @throws EngineError `run_not_found`, `run_is_child`, `run_unreadable`, `graph_deleted`, `capsule_too_large`, `server_busy`.
 */
export async function useCapsule<T>(
  deps: CapsuleDeps,
  requests: Pick<RequestUseCases, 'isChild'>,
  runId: string,
  { admit }: UseCapsule,
  use: (capsule: Capsule) => Promise<T>,
): Promise<T> {
  const { store, reads } = deps;
  const outline = await store.outlineRun(runId);
  if (outline === undefined) throw runNotFound(runId);
  const { parentRunId } = outline;
  if (parentRunId !== null) throw await requests.isChild({ runId, parentRunId });
  const bytes = await measureJournal(deps, runId);
  // Each is made anew, and takes as much as one of another run.
  return reads.inTurn(`${runId} capsule ${deps.newId()}`, bytes, async () => {
    admit?.(bytes);
    return use(await exportRun(deps, runId));
  });
}

async function exportRun(deps: CapsuleDeps, runId: string): Promise<Capsule> {
  const { turns, now, release } = deps;
  const recording = await readRecording(deps, runId).catch(refuseTooLarge);
  if (recording === undefined) throw runNotFound(runId);
  const graphs: CapsuleGraph[] = [];
  for (const ref of await turns.inSlices(graphsIn(recording))) graphs.push(await graphOf(deps, ref));
  return turns.inSlices(makeCapsule({ recording, graphs, exportedAt: now(), release }, newHash));
}

function refuseTooLarge(error: unknown): never {
  if (!(error instanceof RecordingTooLargeError)) throw error;
  throw new EngineError('capsule_too_large', `${error.message} That is the most that a capsule holds.`);
}

async function graphOf({ store, turns }: CapsuleDeps, { graphId, version }: GraphRef): Promise<CapsuleGraph> {
  const found = await store.findGraph(graphId, { version, withDeleted: true });
  if (found === undefined)
    throw new EngineError('graph_deleted', `Version ${version} of graph "${graphId}" was deleted.`);
  if (turns.isOver()) await turns.next();
  // A definition is a document as it is.
  return { graph_id: graphId, version, definition: found.definition as unknown as JsonObject };
}

/**
 * Reads a capsule that somebody has sent.
 * @param pointer where it stands in the request
 * @throws EngineError `invalid_capsule` with everything that is wrong
 */
export async function openCapsule(
  { turns }: Pick<CapsuleDeps, 'turns'>,
  document: unknown,
  pointer: string,
): Promise<ReadCapsule> {
  const { capsule, problems } = await turns.inSlices(readCapsule(document, newHash));
  if (problems === undefined) return capsule;
  throw invalidCapsule(problems, pointer);
}

/** The error for a capsule that has these problems. */
export function invalidCapsule(problems: readonly Problem[], pointer: string): EngineError {
  const errors = problems.map((problem) => ({ ...problem, pointer: pointer + problem.pointer }));
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? '' : ` at ${first.pointer.slice(0, 200)}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new EngineError('invalid_capsule', `This is no capsule that can be read${where}${more}: ${first?.message}`, {
    errors,
  });
}
