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

/** A version of a graph of a capsule. */
export interface GivenVersion {
  readonly graph: CapsuleGraph;
  /** Where its definition stands in the capsule. */
  readonly pointer: string;
}

type ImportDeps = Pick<RunDeps, 'store' | 'turns' | 'now' | 'newId'>;

/**
 * Finds the graphs of a capsule here, or saves them: under their ids if nothing else has them, else under ids and names
 * that end with the beginning of its digest.
 */
export class GraphImport {
  readonly problems: Problem[] = [];

  /** @param mark what ids of graphs end with whose own id is taken */
  constructor(
    private readonly deps: ImportDeps,
    private readonly graphs: Pick<GraphUseCases, 'validateGraph'>,
    private readonly mark: string,
  ) {}

  /**
   * The versions here that stand for versions of one graph of a capsule, all of one graph here: a run can have been moved
   * from one to another. `undefined` if {@link problems} say what is wrong with them.
   */
  async place(versions: readonly GivenVersion[]): Promise<readonly GraphRef[] | undefined> {
    const [{ graph }] = versions as readonly [GivenVersion, ...GivenVersion[]];
    const { graph_id: graphId } = graph;
    const other = `${graphId.slice(0, MAX_ID - this.mark.length - 1).replace(/-$/, '')}-${this.mark}`;
    const here = await this.#findAll(versions, ({ version, definition }) => this.#findIn(graphId, version, definition));
    if (here.every(isThere)) return here;
    const beside = await this.#findAll(versions, ({ definition }) => this.#findAmong(other, definition));
    if (beside.every(isThere)) return beside;
    const documents: GraphDefinition[] = [];
    for (const { graph: given, pointer } of versions) {
      const document = await this.#check(given.definition, pointer);
      if (document !== undefined) documents.push(document);
    }
    if (documents.length < versions.length) return undefined;
    const isFree = !(await this.deps.store.hasGraph(graphId));
    const saved: GraphRef[] = [];
    for (const [index, document] of documents.entries()) {
      const known = isFree ? undefined : beside[index];
      saved.push(known ?? (await this.#save(isFree ? graphId : other, document)));
    }
    return saved;
  }

  async #findAll(
    versions: readonly GivenVersion[],
    find: (graph: CapsuleGraph) => Promise<GraphRef | undefined>,
  ): Promise<(GraphRef | undefined)[]> {
    const found: (GraphRef | undefined)[] = [];
    for (const { graph } of versions) found.push(await find(graph));
    return found;
  }

  async #findIn(graphId: string, version: number, definition: object): Promise<GraphRef | undefined> {
    return (
      (await this.#findSame(graphId, version, definition)) ?? (await this.#findSame(graphId, undefined, definition))
    );
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
      const isKnown = await store.hasGraph(graphId);
      const saved = isKnown ? await store.updateGraph(version) : await store.createGraph(version);
      if (saved.result === 'saved') return { graphId, version: saved.version };
    }
    throw new EngineError('graph_exists', `A graph with the id "${graphId}" was made at the same time. Try again.`);
  }
}

function isThere(ref: GraphRef | undefined): ref is GraphRef {
  return ref !== undefined;
}
