import { z } from 'zod';
import { EngineError, type Problem } from '../core/base/errors.js';
import { addFormFixes } from '../core/base/form-fixes.js';
import { type Json, type JsonObject, MAX_JSON_DEPTH } from '../core/base/json.js';
import { isSameJson } from '../core/base/json-same.js';
import { scanJson } from '../core/base/json-scan.js';
import { addNumberProblems, type DocumentProblem, problemsOf } from '../core/base/problems.js';
import { UnreadableError } from '../core/base/stored.js';
import { type GraphDefinition, graphDefinitionSchema, graphIdSchema } from '../core/graph/definition.js';
import type { GraphError, GraphWarning } from '../core/graph/doctor/codes.js';
import { diagnoseWithFixes } from '../core/graph/doctor/fixes.js';
import { graphsNamedIn, type KnownGraphs } from '../core/graph/doctor/unknown-graphs.js';
import type { ExampleGraph } from '../core/graph/example.js';
import { readDefinitionInSteps } from '../core/graph/stored-graph.js';
import type { Registry } from '../core/tool/registry.js';
import type { AnyTool } from '../core/tool/tool.js';
import { ifReadable } from '../runs/readable.js';
import type { Turns } from '../runs/turns.js';
import { UnreadableGraphError } from '../store/errors.js';
import { type GraphUse, MAX_NAMED_USES } from '../store/schedules.js';
import type { GraphVersion, ListedGraph, SaveGraphResult, Store } from '../store/store.js';
import { graphCursorAfter, readGraphCursor } from './cursors.js';
import type { LargeReads } from './large-reads.js';
import type { Page } from './shared.js';

/** Most bytes of a parsed definition for each of its text: a document of small values takes so much. */
const PARSED_SIZE = 10;
/** How many graphs of a list are read in one turn. */
const SUMMARIES_AT_A_TIME = 5;

/** Ids among which the nearest to a misspelt one is looked for. */
const MAX_HINTED_IDS = 1000;

/** What the graph doctor says of a document. */
export interface GraphVerdict {
  readonly valid: boolean;
  readonly errors: readonly (DocumentProblem | GraphError)[];
  readonly warnings: readonly GraphWarning[];
}

export interface SavedGraph {
  readonly graphId: string;
  readonly version: number;
  readonly warnings: readonly GraphWarning[];
  /** False when the document was identical to the latest version, so that none was made. */
  readonly changed: boolean;
}

export interface ToolInfo {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (2020-12) of the params; null where the tool checks nothing. */
  readonly params: JsonObject | null;
  /** Every code that its errors have, besides those of any step; null where it does not say. */
  readonly errors: readonly string[] | null;
}

export interface ConditionInfo {
  readonly name: string;
  readonly description: string;
  /** Everything the condition can answer; null where it does not say. */
  readonly outcomes: readonly string[] | null;
}

/** An example, and whether a graph has its id. */
export interface ListedExample extends ExampleGraph {
  readonly isSaved: boolean;
}

export interface GraphDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly examples: readonly ExampleGraph[];
  /** The secrets that have a value. */
  readonly secretNames: ReadonlySet<string>;
  /** Runs that a run can have inside it. */
  readonly maxDescendants: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly turns: Turns;
  readonly reads: LargeReads;
}

/** The use-cases of graphs. */
export class GraphUseCases {
  constructor(private readonly deps: GraphDeps) {}

  /** Says everything that is wrong with a document, whatever its shape. Saves nothing. */
  async validateGraph(document: unknown): Promise<GraphVerdict> {
    const parsed = graphDefinitionSchema.safeParse(document);
    if (!parsed.success) {
      const found = problemsOf(graphDefinitionSchema, document, parsed.error.issues);
      const problems = await this.deps.turns.inSlices(addFormFixes(graphDefinitionSchema, document as Json, found));
      return { valid: false, errors: await this.#addNumberProblems(document, problems), warnings: [] };
    }
    const { errors, warnings } = await this.#diagnose(parsed.data);
    return { valid: errors.length === 0, errors, warnings };
  }

  /**
   * Creates a graph from a document of any shape, or saves the next version if there is a graph with its id.
   * @throws EngineError `invalid_graph` with everything that is wrong, `graph_exists` if the name is that of another graph,
   * `server_busy`.
   */
  async saveGraph(document: unknown): Promise<SavedGraph> {
    const parsed = graphDefinitionSchema.safeParse(document);
    if (!parsed.success) throw invalidGraph((await this.validateGraph(document)).errors);
    const { graph_id: graphId } = parsed.data;
    const isThere = graphId !== undefined && (await this.deps.store.findGraph(graphId)) !== undefined;
    return isThere ? this.updateGraph(graphId, parsed.data) : this.createGraph(parsed.data);
  }

  /** @throws EngineError `invalid_graph` or `graph_exists`. */
  async createGraph(definition: GraphDefinition): Promise<SavedGraph> {
    const warnings = await this.#accept(definition);
    const { graph_id: given, $schema: _, ...document } = definition;
    const { store, turns } = this.deps;
    const isTaken = async (id: string) => (await store.findGraph(id)) !== undefined;
    const graphId = given ?? (await this.#idFor(definition.name, isTaken));
    await turns.next();
    const saved = await store.createGraph(this.#version(graphId, document));
    refuseTaken(saved.result, graphId, definition.name);
    return { graphId, version: saved.version, warnings, changed: true };
  }

  /**
   * Saves the next version; runs under way keep theirs.
   * @throws EngineError `graph_not_found`, `invalid_graph`, `graph_exists`, `server_busy`.
   */
  async updateGraph(graphId: string, definition: GraphDefinition): Promise<SavedGraph> {
    const { store, turns } = this.deps;
    // One that cannot be read is replaced.
    const latest = await ifReadable(this.getGraph(graphId));
    const warnings = await this.#accept(definition);
    const { graph_id: _id, $schema: _schema, ...document } = definition;
    if (latest !== undefined && (await turns.inSlices(isSameJson(latest.definition, document)))) {
      return { graphId, version: latest.version, warnings, changed: false };
    }
    await turns.next();
    const saved = await store.updateGraph(this.#version(graphId, document));
    if (saved.result === 'missing') throw graphNotFound(graphId);
    refuseTaken(saved.result, graphId, definition.name);
    return { graphId, version: saved.version, warnings, changed: true };
  }

  /** @throws EngineError `graph_not_found`, or `graph_in_use` while runs of it are active, or something uses it. */
  async deleteGraph(graphId: string): Promise<void> {
    const result = await this.deps.store.deleteGraph(graphId, this.deps.now());
    if (result === 'missing') throw graphNotFound(graphId);
    if (typeof result === 'object') throw graphUsed(graphId, result.usedBy);
    if (result === 'active') {
      throw new EngineError(
        'graph_in_use',
        `Graph "${graphId}" has active runs. Cancel them, or wait for them to end.`,
      );
    }
  }

  /** @throws EngineError `graph_not_found`, `server_busy`. @throws UnreadableGraphError */
  async getGraph(graphId: string, version?: number): Promise<GraphVersion> {
    const { store, turns, reads } = this.deps;
    const found = await store.findGraphText(graphId, version === undefined ? {} : { version });
    if (found === undefined) throw graphNotFound(graphId, version);
    const { text, isJson, ...identity } = found;
    const key = `graph ${graphId} ${found.version} ${found.createdAt}`;
    return reads.share(key, PARSED_SIZE * text.length, async () => {
      try {
        return { ...identity, definition: await turns.inSlices(readDefinitionInSteps(text, isJson)) };
      } catch (thrown) {
        if (!(thrown instanceof UnreadableError)) throw thrown;
        throw new UnreadableGraphError(graphId, found.version, `its definition ${thrown.message}`, thrown);
      }
    });
  }

  /** The latest version of each graph, by id; only those with a text in their id or name, if there is one. */
  async listGraphs({
    limit,
    cursor,
    search,
  }: Page & { readonly search?: string }): Promise<{ graphs: readonly ListedGraph[]; nextCursor: string | null }> {
    const after = cursor === undefined ? undefined : readGraphCursor(cursor);
    const found = await this.#summaries(after, limit + 1, search);
    const graphs = found.slice(0, limit);
    const last = found.length > limit ? graphs.at(-1) : undefined;
    return { graphs, nextCursor: last === undefined ? null : graphCursorAfter(last.graphId) };
  }

  /** Reads a few at a time: reading the description of a graph of 1 MiB takes 4 ms. */
  async #summaries(after: string | undefined, limit: number, search?: string): Promise<readonly ListedGraph[]> {
    const { store, turns } = this.deps;
    const found: ListedGraph[] = [];
    for (let isLast = false; !isLast; ) {
      const wanted = Math.min(limit - found.length, SUMMARIES_AT_A_TIME);
      const next = await store.listGraphs(found.at(-1)?.graphId ?? after, wanted, search);
      found.push(...next);
      isLast = next.length < wanted || found.length >= limit;
      if (!isLast) await turns.next();
    }
    return found;
  }

  /** Graphs to start from, with a run of each: the tour is the first. None on a server without the demo. */
  listExamples(): Promise<readonly ListedExample[]> {
    const { examples, store } = this.deps;
    const listed = examples.map(async (example) => {
      return { ...example, isSaved: await store.hasGraph(example.definition.graph_id) };
    });
    return Promise.all(listed);
  }

  /** Every tool that nodes can call, by name. */
  listTools(): readonly ToolInfo[] {
    return [...this.deps.registry.tools.values()].map(toolInfo).sort(byName);
  }

  /** Every condition that conditional edges can use, by name. */
  listConditions(): readonly ConditionInfo[] {
    const infos = [...this.deps.registry.conditions.values()].map(({ name, description = '', outcomes = null }) => {
      return { name, description, outcomes };
    });
    return infos.sort(byName);
  }

  async #diagnose(definition: GraphDefinition): Promise<Pick<GraphVerdict, 'errors' | 'warnings'>> {
    const { registry, secretNames, maxDescendants, turns } = this.deps;
    const isSecretSet = (name: string) => secretNames.has(name);
    const surroundings = { isSecretSet, maxDescendants, graphs: await this.#knownGraphs(definition) };
    const diagnosis = await turns.inSlices(diagnoseWithFixes(definition, registry, surroundings));
    return { errors: await this.#addNumberProblems(definition, diagnosis.errors), warnings: diagnosis.warnings };
  }

  /** Asks for the graphs that nodes run; for the ids of others only if one of them is not there. */
  async #knownGraphs(definition: GraphDefinition): Promise<KnownGraphs> {
    const { store, turns } = this.deps;
    const missing = new Set<string>();
    for (const { graphId, version } of graphsNamedIn(definition)) {
      // A graph can name thousands.
      if (turns.isOver()) await turns.next();
      if (!(await store.hasGraph(graphId, version))) missing.add(`${graphId}@${version ?? ''}`);
      if (version !== undefined && !(await store.hasGraph(graphId))) missing.add(`${graphId}@`);
    }
    const ids = missing.size === 0 ? [] : await store.listGraphIds(MAX_HINTED_IDS);
    return { isThere: ({ graphId, version }) => !missing.has(`${graphId}@${version ?? ''}`), ids };
  }

  /** What is found is told; that there is nothing, which is usual, is found out in slices. */
  async #addNumberProblems<Code extends string>(document: unknown, problems: readonly Problem<Code>[]) {
    const { hasInfinity } = await this.deps.turns.inSlices(scanJson(document, MAX_JSON_DEPTH));
    return hasInfinity ? addNumberProblems(document, problems) : problems;
  }

  async #accept(definition: GraphDefinition): Promise<readonly GraphWarning[]> {
    const { errors, warnings } = await this.#diagnose(definition);
    if (errors.length === 0) return warnings;
    throw invalidGraph(errors);
  }

  #version(graphId: string, document: GraphDefinition): Omit<GraphVersion, 'version'> {
    return { graphId, name: document.name, definition: document, createdAt: this.deps.now() };
  }

  /** A free id that reads like the name. */
  async #idFor(name: string, isTaken: (id: string) => Promise<boolean>): Promise<string> {
    const words = name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
    const slug = words.slice(0, 60).replace(/^-+|-+$/g, '') || 'graph';
    if (graphIdSchema.safeParse(slug).success && !(await isTaken(slug))) return slug;
    return `${slug}-${this.deps.newId().slice(-12)}`;
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function toolInfo({ name, description = '', params, errors }: AnyTool): ToolInfo {
  return { name, description, params: params === undefined ? null : jsonSchemaOf(params), errors: errors ?? null };
}

/** The JSON Schema of a tool's params. A schema of a library other than ours can be checked with, but not shown. */
function jsonSchemaOf(params: NonNullable<AnyTool['params']>): JsonObject | null {
  if (params.jsonSchema !== undefined) return params.jsonSchema;
  try {
    return z.toJSONSchema(params as unknown as z.ZodType, { io: 'input', unrepresentable: 'any' }) as JsonObject;
  } catch {
    return null;
  }
}

function refuseTaken(result: SaveGraphResult, graphId: string, name: string): void {
  if (result === 'id_taken') throw new EngineError('graph_exists', `A graph with the id "${graphId}" exists already.`);
  if (result === 'name_taken') throw new EngineError('graph_exists', `A graph with the name "${name}" exists already.`);
}

function graphUsed(graphId: string, uses: readonly GraphUse[]): EngineError {
  const names = uses.map(({ kind, id }) => `${kind} "${id}"`).join(', ');
  const more = uses.length < MAX_NAMED_USES ? '' : ', and perhaps more';
  return new EngineError('graph_in_use', `Graph "${graphId}" is used by ${names}${more}. Delete that first.`);
}

/** The error for a graph, or a version of it, that is not there. */
export function graphNotFound(graphId: string, version?: number): EngineError {
  const what = `"${graphId.slice(0, 200)}"`;
  const detail = version === undefined ? `No graph has the id ${what}.` : `Graph ${what} has no version ${version}.`;
  return new EngineError('graph_not_found', `Graph not found. ${detail}`);
}

function invalidGraph(errors: readonly Problem[]): EngineError {
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  return new EngineError('invalid_graph', `The graph has ${count}; nothing was saved.`, { errors });
}
