import { z } from 'zod';
import type { JsonObject } from './json.js';

/** The reserved target: a run that is routed here is complete. */
export const END = 'END';

/** Words that stand in our paths and so cannot be graph ids. */
export const RESERVED_GRAPH_IDS: readonly string[] = [
  'create',
  'run',
  'runs',
  'state',
  'validate',
  'tools',
  'conditions',
];

/** Limits a run has unless its graph or its start says otherwise. */
export const DEFAULT_MAX_STEPS = 1000;
const MAX_STEPS = 1_000_000;
const MAX_NODES = 1000;
const MAX_EDGES = 5000;
/** A hundred years: longer than any run, and still an exact time in milliseconds. */
const MAX_DEADLINE_SECONDS = 3_153_600_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

/** A name that people give: 1 to 200 characters, none of them a control character. */
export const nameSchema = z.string().min(1).max(200).regex(NO_CONTROL, 'must not hold control characters');

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** A graph id: a slug that is not a word of our paths. */
export const graphIdSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(SLUG, 'must be a slug: a-z, 0-9 and single hyphens between them')
  .refine((id) => !RESERVED_GRAPH_IDS.includes(id), 'is a reserved word');

/** Limits of a run, as documents say them. */
export const limitsSchema = z
  .strictObject({
    max_steps: z.int().min(1).max(MAX_STEPS).optional().describe('Most steps a run may take. Default 1000.'),
    deadline_seconds: z
      .number()
      .positive()
      .max(MAX_DEADLINE_SECONDS)
      .optional()
      .describe('The run fails when it is not finished this long after it was submitted; queueing and downtime count.'),
  })
  .meta({ id: 'Limits' });

const nodeSchema = z
  .strictObject({
    name: nameSchema.describe('Unique in the graph. END is reserved.'),
    tool_name: nameSchema.describe('A registered tool; see GET /graph/tools.'),
    params: z.record(z.string(), z.unknown()).optional().describe('Passed to the tool at each call.'),
  })
  .meta({ id: 'Node' });

const edgeSchema = z.strictObject({ from_node: nameSchema, to_node: nameSchema }).meta({ id: 'Edge' });

const conditionalEdgeSchema = z
  .strictObject({
    from_node: nameSchema,
    condition_function: nameSchema.describe('A registered condition; see GET /graph/conditions.'),
    routes: z
      .record(nameSchema, nameSchema)
      .optional()
      .describe('Outcome -> target, for outcomes that are not themselves names of nodes.'),
  })
  .meta({ id: 'ConditionalEdge' });

/** The document that describes a graph. Stored and sent as it is, so its keys are the wire's. */
export const graphDefinitionSchema = z
  .strictObject({
    name: nameSchema.describe('Unique on the server.'),
    graph_id: graphIdSchema.optional().describe('A slug. Made from the name when it is left out.'),
    description: z.string().max(10_000).optional(),
    entry_point: nameSchema.describe('The node where runs begin.'),
    nodes: z.array(nodeSchema).min(1).max(MAX_NODES),
    edges: z.array(edgeSchema).max(MAX_EDGES).default([]),
    conditional_edges: z.array(conditionalEdgeSchema).max(MAX_EDGES).optional(),
    limits: limitsSchema.optional(),
  })
  .meta({ id: 'GraphDefinition' });

export type GraphDefinition = z.output<typeof graphDefinitionSchema>;
export type NodeDefinition = GraphDefinition['nodes'][number];
export type ConditionalEdgeDefinition = NonNullable<GraphDefinition['conditional_edges']>[number];
export type LimitsDefinition = z.output<typeof limitsSchema>;

/** What a run may use up. */
export interface RunLimits {
  readonly maxSteps: number;
  /** Seconds from submission to the deadline, where there is one. */
  readonly deadlineSeconds?: number;
}

/** The limits of a run: those of its start before those of its graph before the defaults, one by one. */
export function resolveLimits(graph: LimitsDefinition | undefined, run: LimitsDefinition | undefined): RunLimits {
  const merged = { ...graph, ...run };
  return {
    maxSteps: merged.max_steps ?? DEFAULT_MAX_STEPS,
    ...(merged.deadline_seconds === undefined ? {} : { deadlineSeconds: merged.deadline_seconds }),
  };
}

/** The params of a node as the tool gets them, before its schema. */
export function paramsOf(node: NodeDefinition): JsonObject {
  return (node.params ?? {}) as JsonObject;
}
