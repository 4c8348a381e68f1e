import type { NotifyTarget } from '../base/notify.js';
import type { Steps } from '../base/steps.js';
import { compileExpression, type Expression } from '../expressions/expressions.js';
import { compileTemplate, type Template } from '../expressions/templates.js';
import { compileInSteps, type JsonSchema } from '../json-schema/json-schema.js';
import type { Registry } from '../tool/registry.js';
import type { AnyTool, Condition } from '../tool/tool.js';
import {
  type GraphDefinition,
  type LimitsDefinition,
  type MergeRule,
  type NodeDefinition,
  type OnFull,
  paramsOf,
  type RetryPolicy,
} from './definition.js';
import { type BranchEdge, type Edge, type ErrorEdge, edgesOf, type JoinRule } from './edges.js';
import { type ErrorEntry, type ErrorExit, retryRulesOf } from './error-entries.js';
import type { PlacedExpression } from './placed.js';

/** Which errors an entry of `retry` or `on_error` is for. */
export interface ErrorMatch {
  /** The codes of the errors; undefined for any code. */
  readonly on: ReadonlySet<string> | undefined;
  /** What must be true as well. */
  readonly when: Expression | undefined;
}

/** Where a run goes for some errors. */
export interface Exit extends ErrorMatch {
  readonly to: string;
  /** It is all of `on_error`, and no entry of a list. */
  readonly isPlain: boolean;
}

/** How some errors are tried again. */
export interface Retry extends ErrorMatch {
  readonly policy: RetryPolicy;
  /** The place in the list of policies; undefined for the only policy of a node, which is for all errors. */
  readonly index: number | undefined;
}

/** What both routes that start branches have. */
interface RouteOfBranches {
  readonly join: string;
  readonly joinRule: JoinRule;
  /** The key of `data` that becomes the list of errors. */
  readonly collectErrorsAs: string | undefined;
  readonly maxParallel: number;
  /** Where the run goes if a branch fails, in order: the first that is for the error. */
  readonly onError: readonly Exit[];
}

/** How a run leaves a node. */
export type Route =
  | { readonly kind: 'none' }
  | { readonly kind: 'edge'; readonly to: string }
  | {
      readonly kind: 'condition';
      readonly name: string;
      readonly condition: Condition | undefined;
      readonly routes: ReadonlyMap<string, string>;
      /** Every node of the graph. */
      readonly targets: { has(name: string): boolean };
    }
  | {
      readonly kind: 'cases';
      readonly cases: readonly { readonly when: Expression; readonly to: string }[];
      readonly otherwise: string;
    }
  | (RouteOfBranches & { readonly kind: 'parallel'; readonly starts: readonly string[] })
  | (RouteOfBranches & {
      readonly kind: 'for_each';
      readonly items: Expression;
      readonly start: string;
      readonly collectAs: string;
    });

/** A route that starts branches. */
export type BranchRoute = Extract<Route, { kind: 'parallel' | 'for_each' }>;

/** True for the routes that start branches. */
export function isBranchRoute(route: Route): route is BranchRoute {
  switch (route.kind) {
    case 'parallel':
    case 'for_each':
      return true;
    case 'none':
    case 'edge':
    case 'condition':
    case 'cases':
      return false;
  }
}

/** A node with its tool. */
export interface CompiledNode {
  readonly name: string;
  readonly toolName: string;
  /** Undefined if it is not registered any more. */
  readonly tool: AnyTool | undefined;
  readonly params: Template;
  readonly route: Route;
  /** Undefined: the server's default. */
  readonly timeoutMs: number | undefined;
  /** How it is tried again, in order: the first that is for the error. */
  readonly retry: readonly Retry[];
  /** Where the run goes when there is no further try, in order: the first that is for the error. */
  readonly onError: readonly Exit[];
}

/** How many runs of a graph are under way at a time. */
export interface Concurrency {
  readonly limit: number;
  /** The limit is for runs with the same key; undefined: for all runs of the graph. */
  readonly key: Template | undefined;
  readonly onFull: OnFull;
}

/** A graph version, ready for the interpreter: every look-up is by name. */
export interface CompiledGraph {
  readonly graphId: string;
  readonly version: number;
  readonly entryPoint: string;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly limits: LimitsDefinition | undefined;
  /** Whom its runs tell what becomes of them. */
  readonly notify: readonly NotifyTarget[] | undefined;
  readonly merge: ReadonlyMap<string, MergeRule>;
  readonly inputSchema: JsonSchema | undefined;
  /** Undefined: any number. */
  readonly concurrency: Concurrency | undefined;
}

/**
 * Links a definition that the graph doctor has accepted to the functions it names.
 * Stored graphs outlive tools, so a function that is gone is not an error here: the step that needs it fails.
 */
export function* compileGraph(
  definition: GraphDefinition,
  registry: Registry,
  identity: { graphId: string; version: number },
): Steps<CompiledGraph> {
  const edges = edgesOf(definition);
  const nodes = new Map<string, CompiledNode>();
  const routes = yield* routesOf(edges, registry, nodes);
  const exits = new Map(edges.flatMap((edge) => (edge.kind === 'error' ? [[edge.from.name, edge.exits]] : [])));
  for (const node of definition.nodes) {
    const { name } = node;
    nodes.set(name, {
      ...(yield* linkTool(node, registry)),
      route: routes.get(name) ?? { kind: 'none' },
      onError: yield* compileExits(exits.get(name) ?? []),
    });
    yield;
  }
  const { input_schema: schema } = definition;
  const inputSchema = schema === undefined ? undefined : (yield* compileInSteps(schema)).schema;
  const merge = new Map(Object.entries(definition.merge ?? {}));
  const concurrency = yield* compileConcurrency(definition);
  const { entry_point: entryPoint, limits, notify } = definition;
  return { ...identity, entryPoint, nodes, limits, notify, merge, inputSchema, concurrency };
}

function* compileConcurrency({ concurrency }: GraphDefinition): Steps<Concurrency | undefined> {
  if (concurrency === undefined) return undefined;
  const { limit, key, on_full: onFull = 'queue' } = concurrency;
  const template = key === undefined ? undefined : (yield* compileTemplate(key, { secrets: false })).template;
  return { limit, key: template, onFull };
}

function* linkTool(node: NodeDefinition, registry: Registry): Steps<Omit<CompiledNode, 'route' | 'onError'>> {
  const tool = registry.tools.get(node.tool_name);
  const { timeout_seconds: timeout } = node;
  const { template } = yield* compileTemplate(paramsOf(node), { secrets: tool?.secrets === true });
  return {
    name: node.name,
    toolName: node.tool_name,
    tool,
    params: template,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    retry: yield* compileRetries(node),
  };
}

function* compileRetries(node: NodeDefinition): Steps<Retry[]> {
  const retries: Retry[] = [];
  for (const { policy, index, ...entry } of retryRulesOf(node, '')) {
    retries.push({ ...compileMatch(entry), policy, index });
    yield;
  }
  return retries;
}

function* compileExits(entries: readonly ErrorExit[]): Steps<Exit[]> {
  const exits: Exit[] = [];
  for (const { to, ...entry } of entries) {
    exits.push({ ...compileMatch(entry), to: to.name, isPlain: entry.pointer === to.pointer });
    yield;
  }
  return exits;
}

function compileMatch({ on, when }: ErrorEntry): ErrorMatch {
  return { on: on && new Set(on), when: when && compileAccepted(when) };
}

function* routesOf(
  edges: readonly Edge[],
  registry: Registry,
  nodes: ReadonlyMap<string, unknown>,
): Steps<Map<string, Route>> {
  const routes = new Map<string, Route>();
  for (const edge of edges) {
    // `on_error` is taken instead of the route.
    if (edge.kind !== 'error') routes.set(edge.from.name, yield* compileRoute(edge, registry, nodes));
    yield;
  }
  return routes;
}

/** The route that an edge is for its node. */
function* compileRoute(
  edge: Exclude<Edge, ErrorEdge>,
  registry: Registry,
  targets: ReadonlyMap<string, unknown>,
): Steps<Route> {
  switch (edge.kind) {
    case 'edge':
      return { kind: 'edge', to: edge.to.name };
    case 'condition': {
      const { name } = edge.condition;
      const routes = new Map([...edge.routes].map(([outcome, to]) => [outcome, to.name]));
      return { kind: 'condition', name, condition: registry.conditions.get(name), routes, targets };
    }
    case 'cases': {
      const cases: { when: Expression; to: string }[] = [];
      for (const { when, to } of edge.cases) {
        cases.push({ when: compileAccepted(when), to: to.name });
        yield;
      }
      return { kind: 'cases', cases, otherwise: edge.otherwise.name };
    }
    case 'parallel':
      return { ...(yield* branchesOf(edge)), kind: 'parallel', starts: edge.starts.map(({ name }) => name) };
    case 'for_each': {
      const { items, start, collectAs } = edge;
      const branches = yield* branchesOf(edge);
      return { ...branches, kind: 'for_each', items: compileAccepted(items), start: start.name, collectAs };
    }
  }
}

function* branchesOf(edge: BranchEdge): Steps<RouteOfBranches> {
  const { join, joinRule, collectErrorsAs, maxParallel, onError } = edge;
  return { join: join.name, joinRule, collectErrorsAs, maxParallel, onError: yield* compileExits(onError) };
}

/** Compiles an expression that the doctor has accepted. */
function compileAccepted({ text, source, result, readsError }: PlacedExpression): Expression {
  if (source === undefined) throw new Error(`The stored "${text}" cannot be read: it is not one expression.`);
  const { expression, problem } = compileExpression(source, { secrets: false, result, error: readsError });
  if (expression === undefined) throw new Error(`The stored expression "${text}" cannot be read: ${problem.message}`);
  return expression;
}
