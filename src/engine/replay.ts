import { EngineError, messageOf } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { problemsOf } from '../core/base/problems.js';
import type { CapsuleGraph } from '../core/capsule/document.js';
import { type CompiledGraph, compileGraph } from '../core/graph/compile.js';
import { graphDefinitionSchema } from '../core/graph/definition.js';
import { graphsOf, type Recording, submittedOf } from '../core/replay/recording.js';
import { replay as walkAgain } from '../core/replay/replay.js';
import type { Replayed } from '../core/replay/replayed.js';
import type { GraphSource } from '../core/replay/setting.js';
import { ifReadable } from '../runs/readable.js';
import { RecordingTooLargeError, readRecording } from '../runs/recordings.js';
import { compileDraft, findVersion, type Through } from './candidate.js';
import { invalidCapsule, openCapsule } from './capsules.js';
import { loadGraphs } from './graph-source.js';
import type { GraphDeps, GraphUseCases } from './graphs.js';
import { measureJournal, type RunDeps, runNotFound } from './shared.js';

/** Where a capsule stands in a request. */
const POINTER = '/capsule';

/** Which run to replay, and through which graph: the version that it was of, if that is omitted. */
export interface ReplayRequest {
  /** A run that is stored, or a capsule as parsed JSON, with about how many bytes that was. */
  readonly run: { readonly id: string } | { readonly capsule: unknown; readonly bytes: number };
  readonly through?: Through;
}

type ReplayDeps = Pick<RunDeps, 'store' | 'turns' | 'graphs' | 'reads' | 'newId'> & Pick<GraphDeps, 'registry'>;

/** A run with the graphs that it has used. */
interface Replayable {
  readonly recording: Recording;
  readonly graphs: GraphSource;
}

/**
 * Walks a run again through a graph, with the recorded results in place of calls. Calls no tool, and stores nothing.
 * @throws EngineError `run_not_found`, `run_unreadable`, `capsule_too_large`, `invalid_capsule`, `graph_not_found`, `invalid_request`,
 * `server_busy`
 */
export async function replayRun(
  deps: ReplayDeps,
  useCases: Pick<GraphUseCases, 'validateGraph'>,
  { run, through }: ReplayRequest,
): Promise<Replayed> {
  if ('capsule' in run) {
    const replayCapsule = async (): Promise<Replayed> => {
      const replayable = await readGiven(deps, run.capsule);
      return replayGiven(await walk(deps, useCases, replayable, through));
    };
    return deps.reads.inTurn(`capsule ${deps.newId()}`, run.bytes, replayCapsule);
  }
  const bytes = await measureJournal(deps, run.id);
  return deps.reads.inTurn(`replay ${run.id}`, bytes, async () => {
    const steps = await walk(deps, useCases, await readStored(deps, run.id), through);
    return steps();
  });
}

/** What walks a run that was read, in slices. */
async function walk(
  deps: ReplayDeps,
  useCases: Pick<GraphUseCases, 'validateGraph'>,
  { recording, graphs }: Replayable,
  through: Through | undefined,
): Promise<() => Promise<Replayed>> {
  const { graph_id: graphId } = submittedOf(recording);
  const as = through && (await candidateFor(deps, useCases, graphId, through));
  return () => deps.turns.inSlices(walkAgain(recording, graphs, { as }));
}

/** A capsule can hold events that never follow from each other, which is no fault of the server. */
async function replayGiven(steps: () => Promise<Replayed>): Promise<Replayed> {
  try {
    return await steps();
  } catch (thrown) {
    const message = `The events do not follow from each other: ${messageOf(thrown)}`;
    throw invalidCapsule([{ pointer: '/events', code: 'invalid_value', message }], POINTER);
  }
}

async function readStored(deps: ReplayDeps, runId: string): Promise<Replayable> {
  const recording = await readRecording(deps, runId).catch((error: unknown) => {
    throw error instanceof RecordingTooLargeError ? tooLarge(error) : error;
  });
  if (recording === undefined) throw runNotFound(runId);
  const graphs = await loadGraphs(graphsOf(recording), ({ graphId, version }) =>
    ifReadable(deps.graphs.pinned(graphId, version)),
  );
  return { recording, graphs };
}

async function readGiven(deps: ReplayDeps, document: unknown): Promise<Replayable> {
  const { graphs: given, recording } = await openCapsule(deps, document, POINTER);
  const refs = given.map((graph, index) => ({ graph, index, graphId: graph.graph_id, version: graph.version }));
  const graphs = await loadGraphs(refs, ({ graph, index }) => compileGiven(deps, graph, `/graphs/${index}/definition`));
  return { recording, graphs };
}

/** Tools and conditions that are not registered here are no error: what they came to was recorded. */
async function compileGiven(
  { registry, turns }: ReplayDeps,
  { graph_id: graphId, version, definition }: CapsuleGraph,
  pointer: string,
): Promise<CompiledGraph> {
  const parsed = graphDefinitionSchema.safeParse(definition);
  if (!parsed.success) {
    const problems = problemsOf(graphDefinitionSchema, definition as Json, parsed.error.issues);
    throw invalidCapsule(
      problems.map(({ fix: _, ...problem }) => problem),
      POINTER + pointer,
    );
  }
  try {
    return await turns.inSlices(compileGraph(parsed.data, registry, { graphId, version }));
  } catch (thrown) {
    const message = `The graph cannot be used: ${messageOf(thrown)}`;
    throw invalidCapsule([{ pointer, code: 'invalid_value', message }], POINTER);
  }
}

async function candidateFor(
  deps: ReplayDeps,
  useCases: Pick<GraphUseCases, 'validateGraph'>,
  graphId: string,
  through: Through,
): Promise<CompiledGraph> {
  if ('version' in through) return findVersion(deps, graphId, through.version);
  return (await compileDraft(deps, useCases, graphId, through.graph)).compiled;
}

function tooLarge(error: RecordingTooLargeError): EngineError {
  return new EngineError('capsule_too_large', error.message, { cause: error });
}
