import type { ConditionInfo, Engine, SavedGraph, ToolInfo } from '../../engine/engine.js';
import type { Wire } from '../schemas.js';
import type { conditionListSchema, graphListSchema, graphSchema, savedGraphSchema, toolListSchema } from './schemas.js';

/** Graphs, from the engine's names to the wire's: camelCase to snake_case, milliseconds to RFC 3339 in UTC. */

type GraphVersion = Awaited<ReturnType<Engine['getGraph']>>;
type GraphPage = Awaited<ReturnType<Engine['listGraphs']>>;

export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function toTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toTime(ms);
}

export function toSavedGraph(saved: SavedGraph, message: string): Wire<typeof savedGraphSchema> {
  return { graph_id: saved.graphId, version: saved.version, message, warnings: saved.warnings };
}

/** The id stands beside the definition, so that the definition can be sent back, or to another server, as it is. */
export function toGraph(graph: GraphVersion): Wire<typeof graphSchema> {
  const { graph_id: _, ...definition } = graph.definition;
  return {
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    created_at: toTime(graph.createdAt),
    definition,
  };
}

export function toGraphList(page: GraphPage): Wire<typeof graphListSchema> {
  const graphs = page.graphs.map((graph) => ({
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    description: graph.definition.description ?? null,
    created_at: toTime(graph.createdAt),
  }));
  return { graphs, next_cursor: page.nextCursor };
}

export function toToolList(tools: readonly ToolInfo[]): Wire<typeof toolListSchema> {
  return { tools: tools.map(({ name, description, params }) => ({ name, description, params })) };
}

export function toConditionList(conditions: readonly ConditionInfo[]): Wire<typeof conditionListSchema> {
  return { conditions: conditions.map(({ name, description, outcomes }) => ({ name, description, outcomes })) };
}
