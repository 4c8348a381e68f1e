import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import type { Steps } from '../base/steps.js';
import type { CompiledGraph } from '../graph/compile.js';
import { type GraphDefinition, resolveLimits } from '../graph/definition.js';
import { edgesOf } from '../graph/edges.js';
import { limitsDocument } from '../run/children.js';
import { openRun } from '../run/journal.js';
import { cursorOf } from '../run/state.js';
import type { Registry } from '../tool/registry.js';
import { Walker } from './advance.js';
import { type Bounds, boundsOf } from './bounds.js';
import type { Knowledge } from './choice.js';
import { type Coverage, CoverageCounter, hopsOf, namesOf } from './coverage.js';
import { type Finding, FindingList } from './findings.js';
import { ExploredGraphs, type FindGraph } from './graphs.js';
import { guess, type Option } from './guess.js';
import { type Hint, hintsOf } from './hints.js';
import { findLoops, findWaits } from './loops.js';
import { Places } from './places.js';
import { createRandom } from './random.js';
import { valuesOf } from './schema-values.js';
import { type Budget, Search } from './search.js';
import { keysOfUnknown, unknownNodes } from './unknown-tools.js';
import { frameOf, runIdOf, START, type World } from './world.js';

/** What is explored. */
export interface Exploration {
  /** One that the graph doctor has accepted. */
  readonly definition: GraphDefinition;
  /** The same, compiled with the registry. */
  readonly graph: CompiledGraph;
  readonly registry: Registry;
  /** Finds the graphs that steps run. */
  readonly findGraph: FindGraph;
  /** What runs are started with. Omitted: what the `input_schema` says, or what expressions look for. */
  readonly inputs?: readonly Json[];
  /** Patches that calls came to in past runs, by node. */
  readonly examples?: ReadonlyMap<string, readonly JsonObject[]>;
  /** The same seed gives the same result. */
  readonly seed: number;
  readonly budget: Budget;
}

/** What an exploration comes to. */
export interface Explored {
  /** Errors first. That there are none means something only if `complete` is true. */
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly bounds: Bounds;
  readonly runs: number;
  readonly seed: number;
  /** Every way was walked that the outcomes lead to which were tried. */
  readonly complete: boolean;
}

/**
 * Walks the runs that a graph can have, with outcomes in place of calls: what tools declare, what schemas allow, errors,
 * answers that do not come. No tool is called, but for those whose result follows from their params. Deterministic for a
 * seed and a budget of steps.
 *
 * @example
 * await turns.inSlices(explore({ definition, graph, registry, findGraph, seed: 1, budget }));
 */
export function* explore(given: Exploration): Steps<Explored> {
  const { definition, registry, examples = new Map(), seed, budget } = given;
  const edges = edgesOf(definition);
  const hints = hintsOf(definition, edges);
  yield;
  const unknown = unknownNodes(definition, registry, examples);
  const names = new Set(unknown.map(({ name }) => name));
  const knowledge: Knowledge = { hints, examples, keysOfUnknown: keysOfUnknown(definition, edges, names, hints) };
  const places = new Places(definition, edges);
  const findings = new FindingList(places);
  const coverage = new CoverageCounter(namesOf(definition), hopsOf(edges, registry));
  const graphs = new ExploredGraphs(given.graph, given.findGraph);
  const walker = new Walker(graphs, (world, records) => {
    if (world.frame.graph !== graphs.root) return;
    const node = cursorOf(world.frame.state)?.node;
    if (node !== undefined) coverage.visit(node);
    for (const { event } of records) coverage.watch(event);
    findings.watch(world, records);
  });
  const relevance = { graph: graphs.root, keys: hints.keys };
  const search = new Search(walker, knowledge, relevance, budget, createRandom(seed));
  const complete = yield* search.explore(inputsOf(given, hints.inputData).map((input) => startOf(graphs.root, input)));
  findLoops(search, graphs.root, findings, places);
  findWaits(search, graphs.root, findings, places);
  for (const { tool_name: tool, name } of unknown) {
    const message = `Nobody has said what "${tool}" returns, so it was guessed from what the graph reads. Give the tool \`outcomes\`.`;
    findings.add({ code: 'unknown_outcomes', pointer: places.node(name), node: name, message, isWarning: true }, undefined);
  }
  const counted = coverage.count();
  for (const node of counted.nodes.missed) {
    const message = `None of ${search.runs} explored runs came to this node.`;
    findings.add({ code: 'unreached_node', pointer: places.node(node), node, message, isWarning: true }, undefined);
  }
  const bounds = boundsOf(definition, edges, registry);
  return { findings: findings.list(), coverage: counted, bounds, runs: search.runs, seed, complete };
}

function inputsOf({ definition, graph, inputs }: Exploration, hint: Hint): readonly Option[] {
  const { input_schema: schema } = definition;
  const given = inputs?.map((value) => ({ value, isAssumed: false }));
  const made = schema === undefined ? guessInputs(hint) : valuesOf(schema as Json, hint);
  const all = given ?? (made.length === 0 ? [{ value: null, isAssumed: true }] : made);
  return all.map(({ value, isAssumed }) => ({ value: graph.inputSchema?.accept(value).value ?? value, isAssumed }));
}

/** What nothing reads decides nothing. */
function guessInputs(hint: Hint): readonly Option[] {
  const { fields, item, kinds, constants } = hint;
  const isRead = fields.size + kinds.size + constants.length > 0 || item !== undefined;
  return isRead ? guess(hint) : [{ value: null, isAssumed: false }];
}

/** A run that was submitted, and nothing more. */
function startOf(graph: CompiledGraph, { value, isAssumed }: Option): World {
  const opened = openRun(
    runIdOf(1),
    {
      type: 'run.submitted',
      graph_id: graph.graphId,
      graph_version: graph.version,
      input_data: freezeJson(value),
      limits: limitsDocument(resolveLimits(graph.limits, undefined)),
      metadata: {},
    },
    START,
  );
  const frame = frameOf(graph, opened, null);
  return { now: START, runs: 1, frame, trace: null, label: null, isAssumed, isScripted: false, path: null };
}
