import { EngineError, type Problem } from '../core/base/errors.js';
import { isSameJson } from '../core/base/json-same.js';
import type { CapsuleGraph } from '../core/capsule/document.js';
import { type GraphDefinition, graphDefinitionSchema } from '../core/graph/definition.js';
import type { GraphRef } from '../core/replay/recording.js';
import { ifReadable } from '../runs/readable.js';
import type { GraphUseCases } from './graphs.js';
import type { RunDeps } from './shared.js';

/** What a run can be looked at without, and what keeps it from being called here. */
const MISSING_HERE: readonly string[] = ['unknown_tool', 'unknown_condition'];
/** Versions of a graph of an earlier import that are compared, the latest first. */
const COMPARED_VERSIONS = 10;
const MAX_ID = 100;
const MAX_NAME = 200;

type ImportDeps = Pick<RunDeps, 'store' | 'turns' | 'now' | 'newId'>;

/**
 * Finds the graphs of a capsule here, or saves them: under their ids if nothing else has them, else under ids and names
 * that end with the beginning of its digest.
 */
export class GraphImport {
  readonly problems: Problem[] = [];
  /** Ids under which this import has saved graphs: other versions of them follow. */
  readonly #ours = new Set<string>();

  /** @param mark what ids of graphs end with whose own id is taken */
  constructor(
    private readonly deps: ImportDeps,
    private readonly graphs: Pick<GraphUseCases, 'validateGraph'>,
    private readonly mark: string,
  ) {}

  /** The version here that stands for a graph of a capsule; `undefined` if {@link problems} say what is wrong with it. */
  async place(graph: CapsuleGraph, pointer: string): Promise<GraphRef | undefined> {
    const { graph_id: graphId, version, definition } = graph;
    const other = `${graphId.slice(0, MAX_ID - this.mark.length - 1).replace(/-$/, '')}-${this.mark}`;
    const found =
      (await this.#findSame(graphId, version, definition)) ??
      (await this.#findSame(graphId, undefined, definition)) ??
      (await this.#findAmong(other, definition));
    if (found !== undefined) return found;
    const document = await this.#check(definition, pointer);
    if (document === undefined) return undefined;
    const isFree = this.#ours.has(graphId) || !(await this.deps.store.hasGraph(graphId));
    return this.#save(isFree ? graphId : other, document);
  }

  async #findAmong(graphId: string, definition: object): Promise<GraphRef | undefined> {
    const latest = await ifReadable(this.deps.store.findGraph(graphId));
    if (latest === undefined) return undefined;
    const oldest = Math.max(1, latest.version - COMPARED_VERSIONS + 1);
    for (let version = latest.version; version >= oldest; version--) {
      const found = await this.#findSame(graphId, version, definition);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A version, or the latest, if its definition is the same: what it is called does not matter. */
  async #findSame(graphId: string, version: number | undefined, definition: object): Promise<GraphRef | undefined> {
    const { store, turns } = this.deps;
    const found = await ifReadable(store.findGraph(graphId, version === undefined ? {} : { version }));
    if (found === undefined) return undefined;
    const isSame = await turns.inSlices(isSameJson({ ...found.definition, name: '' }, { ...definition, name: '' }));
    return isSame ? { graphId, version: found.version } : undefined;
  }

  async #check(definition: object, pointer: string): Promise<GraphDefinition | undefined> {
    const { errors } = await this.graphs.validateGraph(definition);
    const found = errors.filter(({ code }) => !MISSING_HERE.includes(code));
    for (const { fix: _, ...error } of found) this.problems.push({ ...error, pointer: pointer + error.pointer });
    if (found.length > 0) return undefined;
    const { graph_id: _, $schema: __, ...document } = graphDefinitionSchema.parse(definition);
    return document;
  }

  async #save(graphId: string, document: GraphDefinition): Promise<GraphRef> {
    const marked = (mark: string) => `${document.name.slice(0, MAX_NAME - mark.length - 3)} (${mark})`;
    for (const name of [document.name, marked(this.mark), marked(this.deps.newId())]) {
      const { store, turns, now } = this.deps;
      await turns.next();
      const version = { graphId, name, definition: { ...document, name }, createdAt: now() };
      const isThere = await store.hasGraph(graphId);
      const saved = isThere ? await store.updateGraph(version) : await store.createGraph(version);
      if (saved.result === 'saved') {
        this.#ours.add(graphId);
        return { graphId, version: saved.version };
      }
    }
    throw new EngineError('graph_exists', `A graph with the id "${graphId}" was made at the same time. Try again.`);
  }
}
