import { type ConditionalEdgeDefinition, type GraphDefinition, type LimitsDefinition, paramsOf } from './graph.js';
import { freezeJson, type JsonObject } from './json.js';
import type { Registry } from './registry.js';
import type { AnyTool, Condition } from './tool.js';

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
    };

/** A node with its tool at hand. `tool` is missing when it is not registered any more. */
export interface CompiledNode {
  readonly name: string;
  readonly toolName: string;
  readonly tool: AnyTool | undefined;
  readonly params: JsonObject;
  readonly route: Route;
}

/** A graph version made ready for the interpreter: every look-up is by name. */
export interface CompiledGraph {
  readonly graphId: string;
  readonly version: number;
  readonly entryPoint: string;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly limits: LimitsDefinition | undefined;
}

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
  const routes = new Map<string, Route>();
  for (const edge of definition.edges) routes.set(edge.from_node, { kind: 'edge', to: edge.to_node });
  for (const edge of definition.conditional_edges ?? []) {
    routes.set(edge.from_node, conditionRoute(edge, registry, nodes));
  }
  for (const node of definition.nodes) {
    nodes.set(node.name, {
      name: node.name,
      toolName: node.tool_name,
      tool: registry.tools.get(node.tool_name),
      params: freezeJson(paramsOf(node)),
      route: routes.get(node.name) ?? { kind: 'none' },
    });
  }
  return { ...identity, entryPoint: definition.entry_point, nodes, limits: definition.limits };
}

function conditionRoute(
  edge: ConditionalEdgeDefinition,
  registry: Registry,
  targets: ReadonlyMap<string, CompiledNode>,
): Route {
  return {
    kind: 'condition',
    name: edge.condition_function,
    condition: registry.conditions.get(edge.condition_function),
    routes: new Map(Object.entries(edge.routes ?? {})),
    targets,
  };
}
