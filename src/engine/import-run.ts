import { type CopiedRun, copyRuns } from '../core/capsule/copy-runs.js';
import type { ReadCapsule } from '../core/capsule/read-capsule.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import type { GraphRef } from '../core/replay/recording.js';
import type { Actor } from '../core/run/actor.js';
import { type RunStatus, statusOf } from '../core/run/state.js';
import { creationOf } from '../runs/units.js';
import { ReplayError, TooManyDescendantsError } from '../store/errors.js';
import type { Idempotency, Unit } from '../store/store.js';
import { type CapsuleDeps, invalidCapsule, openCapsule } from './capsules.js';
import type { GraphUseCases } from './graphs.js';
import { type GivenVersion, GraphImport } from './import-graphs.js';
import { loadRun, type RunDeps, replay } from './shared.js';

export interface ImportRun extends Actor {
  /** A capsule, or whatever was sent as one. */
  readonly capsule: unknown;
  /** A run that has not ended goes on here; it is cancelled otherwise. */
  readonly goesOn: boolean;
  readonly idempotency?: Idempotency;
}

export interface ImportedRun {
  readonly runId: string;
  readonly status: RunStatus;
  readonly importedFrom: { readonly run_id: string };
  readonly graphId: string;
  readonly graphVersion: number;
  readonly replayed: boolean;
}

type ImportDeps = RunDeps & CapsuleDeps & { readonly maxDescendants: number };

const POINTER = '/capsule';
/** Characters of the digest that tell the graphs of a capsule from others. */
const MARK_LENGTH = 8;
const DIGEST_PREFIX = 'sha256:';

/**
 * Takes in the run of a capsule, with all inside it, as a copy that has ids of its own. The graphs come with it.
 * @throws EngineError `invalid_capsule`, `idempotency_mismatch`, `concurrency_full`, `queue_full`, `shutting_down`,
 * `server_busy`, `store_unavailable`, `graph_exists`.
 */
export async function importRun(
  deps: ImportDeps,
  graphs: Pick<GraphUseCases, 'validateGraph'>,
  request: ImportRun,
): Promise<ImportedRun> {
  const { idempotency } = request;
  const earlier = idempotency && (await deps.store.findByIdempotencyKey(idempotency.key));
  if (earlier !== undefined) return answer(deps, earlier, idempotency);
  const capsule = await openCapsule(deps, request.capsule, POINTER);
  const bytes = capsule.recording.records.reduce((sum, { payload }) => sum + payload.length, 0);
  try {
    return await deps.reads.inTurn(`${deps.newId()} import`, bytes, () => takeIn(deps, graphs, capsule, request));
  } catch (error) {
    if (error instanceof ReplayError) return answer(deps, error, idempotency);
    if (!(error instanceof TooManyDescendantsError)) throw error;
    const message = 'The run has more runs inside it than a run can have here. Raise MAX_DESCENDANTS of the server.';
    throw invalidCapsule([{ pointer: '/children', code: 'too_big', message }], POINTER);
  }
}

async function answer(
  deps: ImportDeps,
  owner: { runId: string; fingerprint: string },
  idempotency: Idempotency | undefined,
): Promise<ImportedRun> {
  const { runId, replayed } = replay(owner, idempotency);
  const { startedBy, graphId, graphVersion, phase } = await loadRun(deps, runId);
  return {
    runId,
    status: statusOf({ phase }),
    importedFrom: { run_id: startedBy?.id ?? '' },
    graphId,
    graphVersion,
    replayed,
  };
}

async function takeIn(
  deps: ImportDeps,
  graphs: Pick<GraphUseCases, 'validateGraph'>,
  capsule: ReadCapsule,
  { goesOn, by, idempotency }: ImportRun,
): Promise<ImportedRun> {
  const graphFor = await placeGraphs(deps, graphs, capsule);
  const options = { newId: deps.newId, graphFor, goesOn, now: deps.now(), ...(by !== undefined && { by }) };
  const { runs, problems } = await deps.turns.inSlices(copyRuns(capsule.recording, options));
  if (problems !== undefined) throw invalidCapsule(problems, POINTER);
  const unit: Unit = {
    appends: runs.map((run, index) => appendOf(run, index === 0 ? idempotency : undefined)),
    wakes: goesOn ? runs.flatMap(({ wakes }) => wakes) : [],
    maxDescendants: deps.maxDescendants,
  };
  const store = () => deps.store.commit(unit);
  await (goesOn ? deps.admission.admit(store) : store());
  const [{ state }] = runs as readonly [CopiedRun, ...CopiedRun[]];
  const { runId, graphId, graphVersion } = state;
  const importedFrom = { run_id: capsule.recording.runId };
  return { runId, status: statusOf(state), importedFrom, graphId, graphVersion, replayed: false };
}

function appendOf(run: CopiedRun, idempotency: Idempotency | undefined) {
  const { slotSeq } = run;
  return creationOf(run, { ...(slotSeq !== null && { slotSeq }), ...(idempotency !== undefined && { idempotency }) });
}

/** Finds or saves the graphs of a capsule. @throws EngineError `invalid_capsule` */
async function placeGraphs(
  deps: ImportDeps,
  graphs: Pick<GraphUseCases, 'validateGraph'>,
  { digest, graphs: documents }: ReadCapsule,
): Promise<(ref: GraphRef) => CompiledGraph | undefined> {
  const mark = digest.slice(DIGEST_PREFIX.length, DIGEST_PREFIX.length + MARK_LENGTH);
  const importing = new GraphImport(deps, graphs, mark);
  const placed = new Map<string, CompiledGraph>();
  const byId = new Map<string, GivenVersion[]>();
  for (const [index, graph] of documents.entries()) {
    const versions = byId.get(graph.graph_id) ?? [];
    versions.push({ graph, pointer: `/graphs/${index}/definition` });
    byId.set(graph.graph_id, versions);
  }
  for (const [graphId, versions] of byId) {
    const refs = (await importing.place(versions)) ?? [];
    for (const [index, ref] of refs.entries()) {
      const version = versions[index]?.graph.version ?? 0;
      placed.set(keyOf({ graphId, version }), await deps.graphs.pinned(ref.graphId, ref.version));
    }
  }
  if (importing.problems.length > 0) throw invalidCapsule(importing.problems, POINTER);
  return (ref) => placed.get(keyOf(ref));
}

function keyOf({ graphId, version }: GraphRef): string {
  return `${version}@${graphId}`;
}
