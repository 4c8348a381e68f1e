import { freezeJson } from '../base/json.js';
import { compileExpression, type Expression } from '../expressions/expressions.js';
import { splitTemplate } from '../expressions/template-text.js';
import { compileTemplate, type Template } from '../expressions/templates.js';
import { compileJsonSchema, type JsonSchema } from '../json-schema/json-schema.js';
import type { Registry } from '../tool/registry.js';
import type { AnyTool, Condition } from '../tool/tool.js';
import {
  type ConditionalEdgeDefinition,
  type ForEachEdgeDefinition,
  type GraphDefinition,
  type LimitsDefinition,
  type MergeRule,
  type NodeDefinition,
  paramsOf,
  type RetryPolicy,
} from './definition.js';

/** What both kinds of branches have in common. */
interface Joining {
  readonly join: string;
  readonly maxParallel: number;
  readonly onError: string | undefined;
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
  | (Joining & { readonly kind: 'parallel'; readonly starts: readonly string[] })
  | (Joining & {
      readonly kind: 'for_each';
      readonly items: Expression;
      readonly start: string;
      readonly collectAs: string;
    });

/** A way that starts branches. */
export type Branching = Extract<Route, { kind: 'parallel' | 'for_each' }>;

/** True for the ways that start branches. */
export function isBranching(route: Route): route is Branching {
  return route.kind === 'parallel' || route.kind === 'for_each';
}

/** A node with its tool at hand. `tool` is missing when it is not registered any more. */
export interface CompiledNode {
  readonly name: string;
  readonly toolName: string;
  readonly tool: AnyTool | undefined;
  readonly params: Template;
  readonly route: Route;
  /** Milliseconds; the server's default where it is left out. */
  readonly timeoutMs: number | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly onError: string | undefined;
}

/** A graph version made ready for the interpreter: every look-up is by name. */
export interface CompiledGraph {
  readonly graphId: string;
  readonly version: number;
  readonly entryPoint: string;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly limits: LimitsDefinition | undefined;
  readonly merge: ReadonlyMap<string, MergeRule>;
  readonly inputSchema: JsonSchema | undefined;
}

/** Most branches of a node at once, unless its edge says otherwise. */
const DEFAULT_MAX_PARALLEL = 10;

/**
 * Links a definition that the graph doctor has accepted to the functions it names.
 * Stored graphs outlive tools, so a function that is gone is not an error here: the step that needs it fails.
 */
export function compileGraph(
  definition: GraphDefinition,
  registry: Registry,
  identity: { graphId: string; version: number },
): CompiledGraph {
  const nodes = new Map<string, CompiledNode>();
  const routes = routesOf(definition, registry, nodes);
  for (const node of definition.nodes) {
    nodes.set(node.name, compileNode(node, registry, routes.get(node.name) ?? { kind: 'none' }));
  }
  const inputSchema = definition.input_schema && compileJsonSchema(definition.input_schema).schema;
  const merge = new Map(Object.entries(definition.merge ?? {}));
  return { ...identity, entryPoint: definition.entry_point, nodes, limits: definition.limits, merge, inputSchema };
}

function compileNode(node: NodeDefinition, registry: Registry, route: Route): CompiledNode {
  const tool = registry.tools.get(node.tool_name);
  const { timeout_seconds: timeout, retry, on_error: onError } = node;
  return {
    name: node.name,
    toolName: node.tool_name,
    tool,
    params: compileTemplate(freezeJson(paramsOf(node)), { secrets: tool?.secrets === true }).template,
    route,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    retry,
    onError,
  };
}

function routesOf(definition: GraphDefinition, registry: Registry, nodes: ReadonlyMap<string, unknown>) {
  const routes = new Map<string, Route>();
  for (const edge of definition.edges) routes.set(edge.from_node, { kind: 'edge', to: edge.to_node });
  for (const edge of definition.conditional_edges ?? []) {
    routes.set(edge.from_node, conditionalRoute(edge, registry, nodes));
  }
  for (const edge of definition.parallel_edges ?? []) {
    routes.set(edge.from_node, { ...branchingOf(edge), kind: 'parallel', starts: edge.to_nodes });
  }
  for (const edge of definition.for_each_edges ?? []) routes.set(edge.from_node, forEachRoute(edge));
  return routes;
}

function conditionalRoute(
  edge: ConditionalEdgeDefinition,
  registry: Registry,
  targets: ReadonlyMap<string, unknown>,
): Route {
  const { condition_function: name } = edge;
  if (name === undefined) return casesRoute(edge);
  const routes = new Map(Object.entries(edge.routes ?? {}));
  return { kind: 'condition', name, condition: registry.conditions.get(name), routes, targets };
}

function casesRoute({ cases = [], otherwise = '' }: ConditionalEdgeDefinition): Route {
  const compiled = cases.map(({ when, to_node: to }) => ({ when: accepted(when, 'boolean'), to }));
  return { kind: 'cases', cases: compiled, otherwise };
}

function forEachRoute(edge: ForEachEdgeDefinition): Route {
  const items = accepted(itemsPart(edge.items)?.source ?? '', 'list');
  return { ...branchingOf(edge), kind: 'for_each', items, start: edge.to_node, collectAs: edge.collect_as };
}

function branchingOf(edge: { join_node: string; max_parallel?: number | undefined; on_error?: string | undefined }) {
  const { join_node: join, max_parallel: maxParallel = DEFAULT_MAX_PARALLEL, on_error: onError } = edge;
  return { join, maxParallel, onError };
}

/** The expression of `items`, which is one `${ expression }` and nothing else, with its offset in them. */
export function itemsPart(items: string): { readonly source: string; readonly start: number } | undefined {
  const [part, ...others] =
    splitTemplate(items).parts?.filter((one) => typeof one !== 'string' || one.trim() !== '') ?? [];
  return typeof part === 'object' && others.length === 0 ? part : undefined;
}

/** An expression that the doctor has accepted. */
function accepted(source: string, result: 'boolean' | 'list'): Expression {
  const { expression, problem } = compileExpression(source, { secrets: false, result });
  if (expression === undefined) throw new Error(`The stored expression "${source}" cannot be read: ${problem.message}`);
  return expression;
}
