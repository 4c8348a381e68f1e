import type { CompiledGraph } from '../../core/graph/compile.js';
import type { Registry } from '../../core/tool/registry.js';

/** The tools and conditions of a registry. */
export function namesOf({ tools, conditions }: Registry): readonly string[] {
  return [...[...tools.keys()].map(toolName), ...[...conditions.keys()].map(conditionName)];
}

/** The tools and conditions that a graph uses, and that are there. */
export function namesIn({ nodes }: CompiledGraph): readonly string[] {
  const names = new Set<string>();
  for (const { tool, route } of nodes.values()) {
    if (tool !== undefined) names.add(toolName(tool.name));
    if (route.kind === 'condition' && route.condition !== undefined) names.add(conditionName(route.name));
  }
  return [...names];
}

function toolName(name: string): string {
  return `tool ${name}`;
}

function conditionName(name: string): string {
  return `condition ${name}`;
}
