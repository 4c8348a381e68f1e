import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { definedOnly } from '../core/base/defined-only.js';
import { END, type GraphDefinition } from '../core/graph/definition.js';
import type { Registry } from '../core/tool/registry.js';
import { type Coverage, marksOf } from '../diagram/marks.js';
import { toMermaid } from '../diagram/mermaid.js';
import { type Diagram, diagramOf, END_ID, linkKey, type TakenLink } from '../diagram/model.js';
import { toSvg } from '../diagram/svg.js';
import { type Walk, Walker } from '../diagram/walk.js';
import { ifReadable } from '../runs/readable.js';
import { journalPages } from '../store/journal-pages.js';
import { isLastPage, type Store } from '../store/store.js';
import { graphNotFound } from './graphs.js';
import type { LayoutWorker } from './layout-thread.js';
import { Layouts } from './layouts.js';
import { runNotFound } from './shared.js';

export type DiagramFormat = 'mermaid' | 'svg';

export interface DiagramDeps {
  readonly store: Store;
  readonly registry: Registry;
  /** Starts a thread for large pictures. */
  readonly startLayouts?: (() => LayoutWorker) | undefined;
}

/** Most branches on the diagram of their run: each is a query. */
const MAX_BRANCHES = 100;
/** How many runs' walks are kept, so that drawing a run again reads only its new events. */
const MAX_WALKERS = 500;
/** Counting this many takes about 2 ms; then others get their turn. */
const EVENTS_AT_A_TIME = 500;

/** The use-cases of diagrams. */
export class DiagramUseCases {
  readonly #layouts: Layouts;
  readonly #walkers = new LRUCache<string, Walker>({ max: MAX_WALKERS });

  constructor(private readonly deps: DiagramDeps) {
    this.#layouts = new Layouts(deps.startLayouts);
  }

  /** The diagram of a graph. @throws EngineError `graph_not_found`, `diagram_too_large`, `server_busy`. */
  async drawGraph(graphId: string, format: DiagramFormat, version?: number): Promise<string> {
    const graph = await this.deps.store.findGraph(graphId, version === undefined ? {} : { version });
    if (graph === undefined) throw graphNotFound(graphId, version);
    const diagram = this.#diagram(graph.definition);
    if (format === 'mermaid') return toMermaid(diagram);
    return toSvg(diagram.title, await this.#layouts.find(keyOf(graph), diagram));
  }

  /** The diagram of a document that is not saved. What is wrong with its edges is left out. @throws as {@link drawGraph} */
  async drawDocument(definition: GraphDefinition, format: DiagramFormat): Promise<string> {
    const diagram = this.#diagram(definition);
    if (format === 'mermaid') return toMermaid(diagram);
    const key = createHash('sha256').update(JSON.stringify(diagram)).digest('base64');
    return toSvg(diagram.title, await this.#layouts.find(key, diagram));
  }

  /** The diagram of a graph with a run on it. @throws EngineError `run_not_found`, `diagram_too_large`, `server_busy`. */
  async drawRun(runId: string, format: DiagramFormat): Promise<string> {
    const [first] = await this.deps.store.readEvents(runId, 0, 1);
    if (first?.event.type !== 'run.submitted') throw runNotFound(runId);
    const { graph_id: graphId, graph_version: version } = first.event;
    const graph = await this.deps.store.findGraph(graphId, { version, withDeleted: true });
    if (graph === undefined) throw graphNotFound(graphId, version);
    const { walks, coverage } = await this.#walks(runId);
    const taken = this.#undeclaredLinks(graph.definition, walks);
    const diagram = this.#diagram(graph.definition, taken);
    const marks = { ...marksOf(diagram, walks), ...definedOnly({ coverage }) };
    if (format === 'mermaid') return toMermaid(diagram, marks);
    const layout = await this.#layouts.find(`${keyOf(graph)} ${JSON.stringify(taken)}`, diagram);
    return toSvg(diagram.title, layout, marks);
  }

  /** Gives up what is being drawn. */
  stop(): void {
    this.#layouts.stop();
  }

  #diagram(definition: GraphDefinition, taken: readonly TakenLink[] = []): Diagram {
    const { conditions } = this.deps.registry;
    return diagramOf(definition, (name) => conditions.get(name)?.outcomes, taken);
  }

  /** Links that the run took and that the definition does not have: conditions need not declare their outcomes. */
  #undeclaredLinks(definition: GraphDefinition, walks: readonly Walk[]): TakenLink[] {
    const taken = new Map(walks.flatMap((walk) => [...walk.links]));
    const { links, nodes } = this.#diagram(definition);
    const ids = new Map([...nodes.map(({ id, name }) => [name, id] as const), [END, END_ID] as const]);
    const declared = new Set(links.map(({ from, to }) => linkKey(from, to)));
    return [...taken.values()]
      .filter(({ from, to, isJoin }) => !isJoin && !declared.has(linkKey(ids.get(from) ?? '', ids.get(to) ?? '')))
      .map(({ from, to }) => ({ from, to }))
      .sort((a, b) => (linkKey(a.from, a.to) < linkKey(b.from, b.to) ? -1 : 1));
  }

  /** Where a run and its branches, at any depth, have been: the latest {@link MAX_BRANCHES} of them, and how many that is. */
  async #walks(runId: string): Promise<{ walks: Walk[]; coverage?: Coverage }> {
    const walks: Walk[] = [];
    const left = [runId];
    let isCut = false;
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const walk = await (id === runId ? this.#walk(id) : ifReadable(this.#walk(id)));
      if (walk === undefined) continue;
      // A child that is not a branch runs another graph.
      if (id !== runId && !walk.isBranch) continue;
      walks.push(walk);
      const limit = MAX_BRANCHES + 1 - walks.length - left.length;
      if (walk.branchCount === 0) continue;
      const branches = limit <= 0 ? [] : await this.deps.store.listRuns({ parentRunId: id, limit });
      if (branches.length >= limit) isCut = true;
      left.push(...branches.map((branch) => branch.runId));
    }
    return isCut ? { walks, ...definedOnly({ coverage: coverageOf(walks) }) } : { walks };
  }

  /** Where a run has been. Reads only the events that are new since the last time, if its walk is still kept. */
  async #walk(runId: string): Promise<Walker> {
    const walker = this.#walkers.get(runId) ?? new Walker();
    this.#walkers.set(runId, walker);
    for await (const records of journalPages(this.deps.store, runId, walker.seq, EVENTS_AT_A_TIME)) {
      // Requests share a walker: another one can have counted these while this one read. Gaps in `seq` are passed over,
      // because forks of release 1.0 have one.
      for (const record of records) if (record.seq > walker.seq) walker.read(record);
      if (!isLastPage(records, EVENTS_AT_A_TIME)) await nextTurn();
    }
    return walker;
  }
}

/** How many of the branches are counted; undefined if all are. Branches of branches that were not read are not known. */
function coverageOf(walks: readonly Walk[]): Coverage | undefined {
  const [, ...branches] = walks;
  const begun = walks.reduce((sum, { branchCount }) => sum + branchCount, 0);
  if (begun <= branches.length) return undefined;
  return { counted: branches.length, begun, isLeast: branches.some(({ branchCount }) => branchCount > 0) };
}

function keyOf({ graphId, version, createdAt }: { graphId: string; version: number; createdAt: number }): string {
  return `${graphId}@${version}@${createdAt}`;
}
