import { pointerToken } from '../base/json.js';
import { splitTemplate } from '../expressions/template-text.js';
import type {
  BranchEdgeDefinition,
  ConditionalEdgeDefinition,
  ForEachEdgeDefinition,
  GraphDefinition,
  NodeDefinition,
  ParallelEdgeDefinition,
} from './definition.js';
import { type ErrorExit, exitsOf, expressionsOf } from './error-entries.js';
import type { PlacedExpression, PlacedName } from './placed.js';

/*
 * Every kind of edge is read here and nowhere else: the compiler, the doctor and the diagrams work on `Edge`.
 *
 * The aim: a new kind of edge touches at most 8 files in `src`, and the compiler names each of them. Its schema goes into
 * definition.ts, its type and reader into this file, what a run needs of it into compile.ts (`Route`), what the journal
 * says of it into run/events.ts (`Decision`). Then run/routing.ts, doctor/errors.ts and diagram/model.ts do
 * not compile until they handle it.
 */

/** What every edge has. */
interface EdgeParts {
  /** Of the edge; for `on_error`, of its node. */
  readonly pointer: string;
  /** The node that it leaves. */
  readonly from: PlacedName;
  /** Where the run itself can go: every target that the edge names, `END` included. */
  readonly targets: readonly PlacedName[];
  /** Where branches begin, which are runs of their own. */
  readonly starts: readonly PlacedName[];
  readonly expressions: readonly PlacedExpression[];
}

/** Which branches have to complete. */
export type JoinRule =
  /** All but some: so many can fail or be cancelled. */
  | { readonly kind: 'all'; readonly maxFailures: number }
  /** The first so many. The others are cancelled then. */
  | { readonly kind: 'first'; readonly needed: number };

/** What both edges that start branches have. */
interface BranchParts extends EdgeParts {
  /** Where the run goes on when all branches have ended. */
  readonly join: PlacedName;
  readonly joinRule: JoinRule;
  /** The key of `data` that becomes the list of errors. */
  readonly collectErrorsAs: string | undefined;
  /** Most branches at once. */
  readonly maxParallel: number;
  /** Where the run goes if a branch fails, or branches cannot be joined. */
  readonly onError: readonly ErrorExit[];
}

/** One of `edges`. */
interface PlainEdge extends EdgeParts {
  readonly kind: 'edge';
  readonly to: PlacedName;
}

/** One of `conditional_edges`, by a registered function. It leads to more nodes than its targets; see `targetOf`. */
export interface ConditionEdge extends EdgeParts {
  readonly kind: 'condition';
  readonly condition: PlacedName;
  /** Outcome -> target. */
  readonly routes: ReadonlyMap<string, PlacedName>;
}

/** One of `conditional_edges`, by expressions. */
export interface CasesEdge extends EdgeParts {
  readonly kind: 'cases';
  readonly cases: readonly { readonly when: PlacedExpression; readonly to: PlacedName }[];
  readonly otherwise: PlacedName;
}

/** One of `parallel_edges`. */
interface ParallelEdge extends BranchParts {
  readonly kind: 'parallel';
}

/** One of `for_each_edges`. */
export interface ForEachEdge extends BranchParts {
  readonly kind: 'for_each';
  readonly items: PlacedExpression;
  readonly start: PlacedName;
  readonly collectAs: string;
}

/** The `on_error` of a node. */
export interface ErrorEdge extends EdgeParts {
  readonly kind: 'error';
  readonly exits: readonly ErrorExit[];
}

/** An edge that starts branches. */
export type BranchEdge = ParallelEdge | ForEachEdge;

/** A way from one node to others, of any kind. */
export type Edge = PlainEdge | ConditionEdge | CasesEdge | BranchEdge | ErrorEdge;

/** The keys of a definition that hold edges. A new one does not compile until it is read here. */
type EdgeList = Extract<keyof GraphDefinition, 'edges' | `${string}_edges`>;

/** Most branches of a node at once, unless its edge says otherwise. */
const DEFAULT_MAX_PARALLEL = 10;

/**
 * Reads all edges of a definition, in the order of the document: those of nodes (`on_error`), then `edges`,
 * `conditional_edges`, `parallel_edges`, `for_each_edges`. What they name need not exist.
 */
export function edgesOf(definition: GraphDefinition): readonly Edge[] {
  const { nodes, edges, conditional_edges = [], parallel_edges = [], for_each_edges = [] } = definition;
  const lists = {
    edges: edges.map((edge, index) => readPlain(edge, `/edges/${index}`)),
    conditional_edges: conditional_edges.map((edge, index) => readConditional(edge, `/conditional_edges/${index}`)),
    parallel_edges: parallel_edges.map((edge, index) => readParallel(edge, `/parallel_edges/${index}`)),
    for_each_edges: for_each_edges.map((edge, index) => readForEach(edge, `/for_each_edges/${index}`)),
  } satisfies Record<EdgeList, readonly Edge[]>;
  return [...nodes.flatMap((node, index) => readOnError(node, `/nodes/${index}`)), ...Object.values(lists).flat()];
}

/** Where an outcome of a condition leads: to the target of its route, else to the node that has its name. */
export function targetOf({ routes }: ConditionEdge, outcome: string): string {
  return routes.get(outcome)?.name ?? outcome;
}

/** True for the edges that start branches. */
export function isBranchEdge(edge: Edge): edge is BranchEdge {
  switch (edge.kind) {
    case 'parallel':
    case 'for_each':
      return true;
    case 'edge':
    case 'condition':
    case 'cases':
    case 'error':
      return false;
  }
}

function readOnError({ name, on_error }: NodeDefinition, pointer: string): ErrorEdge[] {
  if (on_error === undefined) return [];
  const from = { name, pointer: `${pointer}/name` };
  const exits = exitsOf(on_error, `${pointer}/on_error`);
  const targets = exits.map(({ to }) => to);
  return [{ kind: 'error', pointer, from, exits, targets, starts: [], expressions: expressionsOf(exits) }];
}

function readPlain({ from_node, to_node }: GraphDefinition['edges'][number], pointer: string): PlainEdge {
  const to = { name: to_node, pointer: `${pointer}/to_node` };
  return { kind: 'edge', pointer, from: readFrom(from_node, pointer), to, targets: [to], starts: [], expressions: [] };
}

function readConditional(edge: ConditionalEdgeDefinition, pointer: string): ConditionEdge | CasesEdge {
  const from = readFrom(edge.from_node, pointer);
  return edge.condition_function === undefined
    ? readCases(edge, from, pointer)
    : readCondition(edge, { name: edge.condition_function, pointer: `${pointer}/condition_function` }, from, pointer);
}

function readCondition(
  edge: ConditionalEdgeDefinition,
  condition: PlacedName,
  from: PlacedName,
  pointer: string,
): ConditionEdge {
  const routes = new Map(
    Object.entries(edge.routes ?? {}).map(([outcome, name]) => [
      outcome,
      { name, pointer: `${pointer}/routes${pointerToken(outcome)}` },
    ]),
  );
  return {
    kind: 'condition',
    pointer,
    from,
    condition,
    routes,
    targets: [...routes.values()],
    starts: [],
    expressions: [],
  };
}

function readCases(edge: ConditionalEdgeDefinition, from: PlacedName, pointer: string): CasesEdge {
  if (edge.cases === undefined || edge.otherwise === undefined) {
    throw new Error(`${pointer} has neither a condition_function nor cases and otherwise; the schema refuses it.`);
  }
  const cases = edge.cases.map(({ when, to_node }, index) => {
    const place = `${pointer}/cases/${index}`;
    return { when: readWhen(when, `${place}/when`), to: { name: to_node, pointer: `${place}/to_node` } };
  });
  const otherwise = { name: edge.otherwise, pointer: `${pointer}/otherwise` };
  const targets = [...cases.map(({ to }) => to), otherwise];
  return {
    kind: 'cases',
    pointer,
    from,
    cases,
    otherwise,
    targets,
    starts: [],
    expressions: cases.map(({ when }) => when),
  };
}

function readParallel(edge: ParallelEdgeDefinition, pointer: string): ParallelEdge {
  const starts = edge.to_nodes.map((name, index) => ({ name, pointer: `${pointer}/to_nodes/${index}` }));
  const branches = readBranches(edge, pointer);
  return { kind: 'parallel', ...branches, starts, expressions: expressionsOf(branches.onError) };
}

function readForEach(edge: ForEachEdgeDefinition, pointer: string): ForEachEdge {
  const items = readItems(edge.items, `${pointer}/items`);
  const start = { name: edge.to_node, pointer: `${pointer}/to_node` };
  const branches = readBranches(edge, pointer);
  return {
    kind: 'for_each',
    ...branches,
    items,
    start,
    collectAs: edge.collect_as,
    starts: [start],
    expressions: [items, ...expressionsOf(branches.onError)],
  };
}

function readBranches(edge: BranchEdgeDefinition, pointer: string): Omit<BranchParts, 'starts' | 'expressions'> {
  const { from_node, join_node, max_parallel: maxParallel = DEFAULT_MAX_PARALLEL, on_error } = edge;
  const { collect_errors_as: collectErrorsAs } = edge;
  const join = { name: join_node, pointer: `${pointer}/join_node` };
  const onError = exitsOf(on_error, `${pointer}/on_error`);
  const targets = [join, ...onError.map(({ to }) => to)];
  const joinRule = readJoinRule(edge);
  return {
    pointer,
    from: readFrom(from_node, pointer),
    join,
    joinRule,
    collectErrorsAs,
    maxParallel,
    onError,
    targets,
  };
}

function readJoinRule({ join = 'all', max_failures: maxFailures = 0 }: BranchEdgeDefinition): JoinRule {
  if (join === 'all') return { kind: 'all', maxFailures };
  return { kind: 'first', needed: join === 'any' ? 1 : join };
}

function readFrom(name: string, pointer: string): PlacedName {
  return { name, pointer: `${pointer}/from_node` };
}

function readWhen(text: string, pointer: string): PlacedExpression {
  return { pointer, text, source: text, start: 0, result: 'boolean', readsError: false };
}

/** Items are one `${ expression }`, with nothing but white space around it. */
function readItems(text: string, pointer: string): PlacedExpression {
  const [part, ...others] =
    splitTemplate(text).parts?.filter((one) => typeof one !== 'string' || one.trim() !== '') ?? [];
  const isOne = typeof part === 'object' && others.length === 0;
  return { pointer, text, ...(isOne ? part : { source: undefined, start: 0 }), result: 'list', readsError: false };
}
