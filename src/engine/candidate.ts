import { EngineError } from '../core/base/errors.js';
import { type CompiledGraph, compileGraph } from '../core/graph/compile.js';
import type { GraphDefinition } from '../core/graph/definition.js';
import type { GraphCache } from '../runs/graph-cache.js';
import { type GraphDeps, type GraphUseCases, graphNotFound } from './graphs.js';

/** A graph to replay runs through: a document, or a version that is stored. */
export type Through = { readonly graph: unknown } | { readonly version: number };

interface CandidateDeps extends Pick<GraphDeps, 'registry' | 'turns'> {
  readonly graphs: GraphCache;
}

/** A document that is not stored. */
export interface Draft {
  readonly compiled: CompiledGraph;
  readonly definition: GraphDefinition;
}

/**
 * Compiles a document as a version of a graph that is not stored, in slices.
 * @throws EngineError `invalid_request` with all that is wrong with it, with pointers below `/graph`; `server_busy`
 */
export async function compileDraft(
  { registry, turns }: CandidateDeps,
  useCases: Pick<GraphUseCases, 'validateGraph'>,
  graphId: string,
  document: unknown,
): Promise<Draft> {
  const { errors } = await useCases.validateGraph(document);
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    // Fixes are for the document, and the body holds it.
    const placed = errors.map(({ fix: _, ...problem }) => ({ ...problem, pointer: `/graph${problem.pointer}` }));
    throw new EngineError('invalid_request', `The graph has ${count}.`, { errors: placed });
  }
  // It has the form: that is one of the errors.
  const { graph_id: _id, $schema: _schema, ...definition } = document as GraphDefinition;
  const compiled = await turns.inSlices(compileGraph(definition, registry, { graphId, version: 0 }));
  return { compiled, definition };
}

/**
 * A version of a graph, ready to be replayed through: the latest if none is named.
 * @throws EngineError `graph_not_found`. @throws UnreadableGraphError
 */
export async function findVersion(
  { graphs }: Pick<CandidateDeps, 'graphs'>,
  graphId: string,
  version: number | undefined,
): Promise<CompiledGraph> {
  const found = await graphs.find(graphId, version);
  if (found === undefined) throw graphNotFound(graphId, version);
  return found;
}
