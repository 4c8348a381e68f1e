import { createHash } from 'node:crypto';
import { EngineError, type Problem } from '../core/base/errors.js';
import { type Json, type JsonObject, jsonBytes } from '../core/base/json.js';
import { estimateBytes } from '../core/base/json-size.js';
import type { Capsule, CapsuleGraph } from '../core/capsule/document.js';
import { graphsIn } from '../core/capsule/graphs-in.js';
import { makeCapsule } from '../core/capsule/make-capsule.js';
import { type Explored, explore } from '../core/explore/explore.js';
import type { Finding } from '../core/explore/findings.js';
import { START } from '../core/explore/world.js';
import { type CompiledGraph, compileGraph } from '../core/graph/compile.js';
import type { GraphDefinition } from '../core/graph/definition.js';
import { graphsNamedIn, type NamedGraph } from '../core/graph/doctor/unknown-graphs.js';
import { type Recording, runsOf } from '../core/replay/recording.js';
import type { Registry } from '../core/tool/registry.js';
import type { GraphUseCases } from './graphs.js';
import type { RunDeps } from './shared.js';

/** What is to be explored: a document, or a graph that is stored. */
export type ExploreGraph = (
  | { readonly graph: GraphDefinition; readonly graphId?: undefined }
  | { readonly graph?: undefined; readonly graphId: string; readonly version?: number | undefined }
) & {
  readonly inputs?: readonly Json[] | undefined;
  readonly seed: number;
  readonly budget: { readonly runs: number; readonly steps: number; readonly seconds: number };
};

/** A finding, with the run that shows it. */
export interface ShownFinding extends Omit<Finding, 'recording'> {
  /** Null if there is none that a replay would walk again, or if it would make the answer too large. */
  readonly capsule: Capsule | null;
}

export interface ExploredGraph extends Omit<Explored, 'findings'> {
  readonly findings: readonly ShownFinding[];
}

export interface ExploreDeps extends Pick<RunDeps, 'store' | 'graphs' | 'turns' | 'now'> {
  readonly registry: Registry;
  /** The release of this server, such as `1.0.0`. */
  readonly release: string;
}

/** Runs of the graph whose results are tried, and events of each of them. */
const PAST_RUNS = 50;
const PAST_EVENTS = 200;
/** Different results of one node that are tried, and the largest, as JSON text. */
const PAST_PATCHES = 5;
const PAST_BYTES = 16_384;
/** Graphs that steps run, at any depth. */
const MAX_GRAPHS = 100;
/** The size of all capsules of one answer, as JSON text: making it takes some 20 ms for each megabyte. */
const MAX_CAPSULE_BYTES = 4_194_304;

/** Of each event, besides what it says. */
const RECORD_BYTES = 60;

/** A version of a graph, as a document and compiled. */
interface Known {
  readonly definition: GraphDefinition;
  readonly compiled: CompiledGraph;
}

/**
 * Explores the runs that a graph can have; nothing is stored, and no tool is called that does anything.
 * @throws EngineError `invalid_graph`, `invalid_input`, `graph_not_found`.
 */
export async function exploreGraph(
  deps: ExploreDeps,
  graphs: GraphUseCases,
  request: ExploreGraph,
): Promise<ExploredGraph> {
  const { turns, registry, now } = deps;
  const { inputs, seed, budget } = request;
  const root = await readRoot(deps, graphs, request);
  if (inputs !== undefined) checkInputs(root.compiled, inputs);
  const known = await readGraphs(deps, graphs, root);
  const examples = await readExamples(deps, root);
  const end = now() + budget.seconds * 1000;
  const isTimeOver = () => now() >= end;
  const explored = await turns.inSlices(
    explore({
      definition: root.definition,
      graph: root.compiled,
      registry,
      findGraph: (graphId, version) =>
        known.get(keyOf({ graphId, ...(version !== undefined && { version }) }))?.compiled,
      ...(inputs !== undefined && { inputs }),
      examples,
      seed,
      budget: { runs: budget.runs, steps: budget.steps, isTimeOver },
    }),
  );
  let left = MAX_CAPSULE_BYTES;
  const definitions = new Set([root, ...known.values()].map(({ definition }) => definition));
  const definitionBytes = estimateBytes([...definitions] as unknown as Json);
  const findings: ShownFinding[] = [];
  for (const { recording, ...finding } of explored.findings) {
    const bytes = recording === null ? 0 : sizeOf(recording, definitionBytes, left);
    const isShown = recording !== null && bytes <= left;
    if (isShown) left -= bytes;
    findings.push({ ...finding, capsule: isShown ? await capsuleOf(deps, recording, root, known) : null });
    if (turns.isOver()) await turns.next();
  }
  return { ...explored, findings };
}

/** The graph itself; of a document the errors are told with their places in the request. */
async function readRoot(deps: ExploreDeps, graphs: GraphUseCases, request: ExploreGraph): Promise<Known> {
  const { turns, registry } = deps;
  if (request.graph === undefined) {
    const { definition, graphId, version } = await graphs.getGraph(request.graphId, request.version);
    const { errors } = await graphs.validateGraph({ ...definition, graph_id: graphId });
    if (errors.length > 0) throw invalidGraph(errors);
    return { definition, compiled: await turns.inSlices(compileGraph(definition, registry, { graphId, version })) };
  }
  const { errors } = await graphs.validateGraph(request.graph);
  if (errors.length > 0) throw invalidGraph(errors.map((error) => ({ ...error, pointer: `/graph${error.pointer}` })));
  const { graph_id: graphId = 'explored', $schema: _, ...definition } = request.graph;
  return { definition, compiled: await turns.inSlices(compileGraph(definition, registry, { graphId, version: 1 })) };
}

function invalidGraph(errors: readonly Problem[]): EngineError {
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return new EngineError('invalid_graph', `The graph has ${count}; it was not explored.`, { errors });
}

function checkInputs({ inputSchema }: CompiledGraph, inputs: readonly Json[]): void {
  const errors = inputs.flatMap((input, index) => {
    const { problems } = inputSchema?.accept(input) ?? { problems: [] };
    return problems.map((problem) => ({ ...problem, pointer: `/inputs/${index}${problem.pointer}` }));
  });
  if (errors.length === 0) return;
  throw new EngineError('invalid_input', 'An input does not fit the input_schema of the graph.', { errors });
}

function keyOf({ graphId, version }: NamedGraph): string {
  return `${graphId}@${version ?? ''}`;
}

/** The graphs that steps run, and that steps of those run. */
async function readGraphs({ graphs }: ExploreDeps, saved: GraphUseCases, root: Known): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  const wanted = graphsNamedIn(root.definition);
  // A list that grows during its iteration is a queue.
  for (const named of wanted) {
    const compiled = known.size < MAX_GRAPHS ? await graphs.find(named.graphId, named.version) : undefined;
    if (compiled === undefined || known.has(keyOf(named))) continue;
    const { definition } = await saved.getGraph(compiled.graphId, compiled.version);
    known.set(keyOf(named), { definition, compiled });
    known.set(keyOf(compiled), { definition, compiled });
    wanted.push(...graphsNamedIn(definition));
  }
  return known;
}

/** What calls came to in the latest runs of the graph, by node. */
async function readExamples({ store, turns }: ExploreDeps, { compiled }: Known): Promise<Map<string, JsonObject[]>> {
  const examples = new Map<string, Map<string, JsonObject>>();
  for (const { runId } of await store.listRuns({ graphId: compiled.graphId, limit: PAST_RUNS })) {
    for (const { event } of await store.readEvents(runId, 0, PAST_EVENTS)) {
      if (event.type !== 'step.completed' || !compiled.nodes.has(event.node)) continue;
      const patches = examples.get(event.node) ?? new Map<string, JsonObject>();
      examples.set(event.node, patches);
      if (patches.size >= PAST_PATCHES || jsonBytes(event.patch) > PAST_BYTES) continue;
      patches.set(JSON.stringify(event.patch), event.patch);
    }
    if (turns.isOver()) await turns.next();
  }
  return new Map([...examples].map(([node, patches]) => [node, [...patches.values()]]));
}

/** About the bytes of a capsule, with the graphs that it can hold; stops counting above a limit. */
function sizeOf(recording: Recording, definitionBytes: number, limit: number): number {
  let bytes = definitionBytes;
  for (const { records } of runsOf(recording)) {
    for (const { event } of records) {
      if (bytes > limit) return bytes;
      bytes += RECORD_BYTES + estimateBytes(event as unknown as Json, limit - bytes);
    }
  }
  return bytes;
}

/** Its time is that of the exploration, so that the same exploration gives the same capsules. */
async function capsuleOf(
  { turns, release }: ExploreDeps,
  recording: Recording,
  root: Known,
  known: ReadonlyMap<string, Known>,
): Promise<Capsule> {
  const refs = await turns.inSlices(graphsIn(recording));
  const graphs = refs.flatMap(({ graphId: graph_id, version }): CapsuleGraph[] => {
    const isRoot = graph_id === root.compiled.graphId && version === root.compiled.version;
    const found = isRoot ? root : known.get(keyOf({ graphId: graph_id, version }));
    if (found === undefined) return [];
    // A definition is a document as it is.
    return [{ graph_id, version, definition: found.definition as unknown as JsonObject }];
  });
  const parts = { recording, graphs, exportedAt: START, release };
  return turns.inSlices(makeCapsule(parts, () => createHash('sha256')));
}
