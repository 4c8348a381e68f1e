import { EngineError } from '../core/base/errors.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { graphsOf, type Recording, submittedOf } from '../core/replay/recording.js';
import { replay as walkAgain } from '../core/replay/replay.js';
import type { Replayed } from '../core/replay/replayed.js';
import type { GraphSource } from '../core/replay/setting.js';
import { ifReadable } from '../runs/readable.js';
import { RecordingTooLargeError, readRecording } from '../runs/recordings.js';
import { compileDraft, findVersion, type Through } from './candidate.js';
import type { GraphDeps, GraphUseCases } from './graphs.js';
import { type RunDeps, runNotFound } from './shared.js';

/** Events of which a run is measured before it is read: longer journals count as these do. */
const MAX_MEASURED_EVENTS = 10_000;

/** Which run to replay, and through which graph: its own version if that is omitted. */
export interface ReplayRequest {
  readonly runId: string;
  readonly through?: Through;
}

type ReplayDeps = Pick<RunDeps, 'store' | 'turns' | 'graphs' | 'reads'> & Pick<GraphDeps, 'registry'>;

/** A run with the graphs that it used. */
interface Replayable {
  readonly recording: Recording;
  readonly graphs: GraphSource;
}

/**
 * Walks a run again through a graph, with the recorded results in place of calls. Calls no tool.
 * @throws EngineError `run_not_found`, `run_unreadable`, `run_too_large`, `graph_not_found`, `invalid_request`, `server_busy`
 */
export async function replayRun(
  deps: ReplayDeps,
  useCases: Pick<GraphUseCases, 'validateGraph'>,
  { runId, through }: ReplayRequest,
): Promise<Replayed> {
  const bytes = await deps.store.measureEvents(runId, 0, MAX_MEASURED_EVENTS);
  return deps.reads.inTurn(`replay ${runId}`, bytes, async () => {
    const { recording, graphs } = await readStored(deps, runId);
    const { graph_id: graphId } = submittedOf(recording);
    const as = through && (await candidateFor(deps, useCases, graphId, through));
    return deps.turns.inSlices(walkAgain(recording, graphs, { as }));
  });
}

async function readStored(deps: ReplayDeps, runId: string): Promise<Replayable> {
  const recording = await readRecording(deps, runId).catch((error: unknown) => {
    throw error instanceof RecordingTooLargeError ? tooLarge(error) : error;
  });
  if (recording === undefined) throw runNotFound(runId);
  const found = new Map<string, CompiledGraph | undefined>();
  for (const { graphId, version } of graphsOf(recording)) {
    found.set(`${graphId}@${version}`, await ifReadable(deps.graphs.pinned(graphId, version)));
  }
  return { recording, graphs: { get: (graphId, version) => found.get(`${graphId}@${version}`) } };
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
  return new EngineError('run_too_large', error.message, { cause: error });
}
