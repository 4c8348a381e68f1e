import { z } from 'zod';
import { definedOnly } from '../base/defined-only.js';
import type { JsonObject } from '../base/json.js';
import { jsonObjectSchema } from '../base/json-object-schema.js';
import { notifySchema } from '../base/notify.js';
import {
  type Guards,
  guardsIn,
  MAX_DEADLINE_SECONDS,
  nameSchema,
  runLimitsSchema,
  WELL_FORMED,
} from '../base/run-options.js';

/** The reserved target: a run that is routed here is complete. */
export const END = 'END';

/** Words in paths of the API, which cannot be graph ids. */
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
/** Nodes of a graph. The doctor's search for cycles recurses once for each, and overflows the stack past 2,000. */
export const MAX_NODES = 1000;
const MAX_EDGES = 5000;
/** Most edges that start branches, of each kind: the doctor walks the branches of every one. */
const MAX_BRANCH_EDGES = 200;

/** The longest delay of a Node timer, in seconds. */
const MAX_TIMEOUT_SECONDS = 2_147_483;
const seconds = z.number().min(0).max(MAX_DEADLINE_SECONDS);

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** A graph id: a slug that is not a reserved word. */
export const graphIdSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(SLUG, 'must be a slug: a-z, 0-9 and single hyphens between them')
  .refine((id) => !RESERVED_GRAPH_IDS.includes(id), 'is a reserved word');

/** Limits of a run, as documents have them. */
export const limitsSchema = runLimitsSchema.meta({ id: 'Limits' });

/** How often a failing step is tried, and how long it waits in between. */
const retrySchema = z
  .strictObject({
    max_attempts: z.int().min(1).max(1000).describe('Tries in all.'),
    interval_seconds: seconds.default(1).describe('Delay before the second try.'),
    backoff_rate: z.number().min(1).max(100).default(2).describe('What each delay is multiplied by for the next.'),
    max_delay_seconds: seconds.optional().describe('No delay is longer.'),
    jitter: z.enum(['none', 'full']).default('none').describe('full: anything between nothing and the delay.'),
  })
  .meta({ id: 'Retry' });

/** Most entries of a list of `retry` or `on_error`, and most codes of one. */
const MAX_ERROR_ENTRIES = 20;
const MAX_ERROR_CODES = 50;

/** Which errors an entry of `retry` or `on_error` is for. */
const errorFilter = {
  on: z
    .array(
      z
        .string()
        .max(100)
        .regex(/^[a-z0-9_]+$/, 'must have the characters a-z, 0-9 and "_" only'),
    )
    .min(1)
    .max(MAX_ERROR_CODES)
    .optional()
    .describe('Codes of errors. Any code if it is omitted.'),
  when: z
    .string()
    .min(1)
    .max(4096)
    .refine(...WELL_FORMED)
    .optional()
    .describe('A CEL expression that must be true as well. It can read error.code, .message, .details and .attempt.'),
};

const retryEntrySchema = z.strictObject({ ...errorFilter, ...retrySchema.shape }).meta({ id: 'RetryEntry' });

const errorExitSchema = z.strictObject({ ...errorFilter, to_node: nameSchema }).meta({ id: 'ErrorExit' });

/** Where a run goes when something fails: one node, or the first entry that is for the error. */
const onErrorSchema = z.union([nameSchema, z.array(errorExitSchema).min(1).max(MAX_ERROR_ENTRIES)], {
  error: 'must be the name of a node, or a list of entries',
});

const nodeSchema = z
  .strictObject({
    name: nameSchema.describe('Unique in the graph. END is reserved.'),
    tool_name: nameSchema.describe('A registered tool; see GET /graph/tools.'),
    params: jsonObjectSchema.optional().describe('Passed to the tool at each call. Strings may hold ${ expressions }.'),
    timeout_seconds: z
      .number()
      .positive()
      .max(MAX_TIMEOUT_SECONDS)
      .optional()
      .describe('Longest that an attempt may take.'),
    retry: z
      .union([retrySchema, z.array(retryEntrySchema).min(1).max(MAX_ERROR_ENTRIES)], {
        error: 'must be a policy, or a list of policies',
      })
      .optional()
      .describe(
        'One policy for all errors that another try can help with, or a list: the first entry that is for the error.',
      ),
    on_error: onErrorSchema
      .optional()
      .describe(
        'Where the run goes when the tries are used up; data.error says why. A list: the first entry that is for the error.',
      ),
  })
  .meta({ id: 'Node' });

const edgeSchema = z.strictObject({ from_node: nameSchema, to_node: nameSchema }).meta({ id: 'Edge' });

const caseSchema = z
  .strictObject({
    when: z
      .string()
      .min(1)
      .max(4096)
      .refine(...WELL_FORMED)
      .describe('A CEL expression that is true or false.'),
    to_node: nameSchema,
  })
  .meta({ id: 'Case' });

/** The fields of each form of a conditional edge, for schemas of JSON: one way to choose excludes the other. */
export const CONDITIONAL_EDGE_FORMS = [
  { required: ['from_node', 'condition_function'], optional: ['routes'] },
  { required: ['from_node', 'cases', 'otherwise'], optional: [] },
] as const;

const conditionalEdgeSchema = z
  .strictObject({
    from_node: nameSchema,
    condition_function: nameSchema.optional().describe('A registered condition; see GET /graph/conditions.'),
    routes: z
      .record(nameSchema, nameSchema)
      .optional()
      .describe('Outcome -> target, for outcomes that are not themselves names of nodes.'),
    cases: z.array(caseSchema).min(1).max(100).optional().describe('Instead of a condition: the first that is true.'),
    otherwise: nameSchema.optional().describe('Where it goes when no case is true.'),
  })
  .refine(({ condition_function, routes, cases, otherwise }) => {
    const byFunction = condition_function !== undefined && cases === undefined && otherwise === undefined;
    return (
      byFunction || (condition_function === undefined && routes === undefined && !!cases && otherwise !== undefined)
    );
  }, 'needs either condition_function, or cases and otherwise')
  .meta({ id: 'ConditionalEdge' });

/** Most items of a for_each. */
const MAX_BRANCHES = 10_000;

const maxParallelSchema = z.int().min(1).max(1000).optional().describe('Most branches at once. Default 10.');
const joinSchema = z
  .union([z.enum(['all', 'any']), z.int().min(1).max(MAX_BRANCHES)], {
    error: `must be "all", "any", or a number from 1 to ${MAX_BRANCHES}`,
  })
  .optional()
  .describe(
    'How many branches have to complete: all (default), any (the first), or a number (the first so many). The others are cancelled then.',
  );
const maxFailuresSchema = z
  .int()
  .min(0)
  .max(MAX_BRANCHES)
  .optional()
  .describe('Branches that can fail or be cancelled without failing the edge. Default 0. Not together with join.');
const collectErrorsSchema = nameSchema
  .optional()
  .describe('The key of data that becomes the list of the errors of branches: { index, node, code, message }.');
const branchesOnError = onErrorSchema
  .optional()
  .describe(
    'Where the run goes when a branch fails; data.error says why. A list: the first entry that is for the error.',
  );

const parallelEdgeSchema = z
  .strictObject({
    from_node: nameSchema,
    to_nodes: z.array(nameSchema).min(1).max(100).describe('Where the branches begin.'),
    join_node: nameSchema.describe('Where the run goes on when all branches have ended.'),
    join: joinSchema,
    max_failures: maxFailuresSchema,
    collect_errors_as: collectErrorsSchema,
    max_parallel: maxParallelSchema,
    on_error: branchesOnError,
  })
  .meta({ id: 'ParallelEdge' });

const forEachEdgeSchema = z
  .strictObject({
    from_node: nameSchema,
    items: z
      .string()
      .min(1)
      .max(4200)
      .refine(...WELL_FORMED)
      .describe('A list, as one ${ expression }.'),
    to_node: nameSchema.describe('Where the branch of each item begins; run.item and run.index tell it which.'),
    join_node: nameSchema.describe('Where the run goes on when all branches have ended.'),
    collect_as: nameSchema.describe(
      'The key of data that becomes the list of what each branch set, with null for those that are not joined.',
    ),
    join: joinSchema,
    max_failures: maxFailuresSchema,
    collect_errors_as: collectErrorsSchema,
    max_parallel: maxParallelSchema,
    on_error: branchesOnError,
  })
  .meta({ id: 'ForEachEdge' });

/** What happens to a run for which there is no slot: it waits in line, is refused, or takes the place of the oldest. */
export const ON_FULL = ['queue', 'refuse', 'cancel_oldest'] as const;
export type OnFull = (typeof ON_FULL)[number];

/** Most runs of a graph, or of one key of it, that can be under way at a time. */
const MAX_CONCURRENCY = 10_000;

const concurrencySchema = z
  .strictObject({
    limit: z
      .int()
      .min(1)
      .max(MAX_CONCURRENCY)
      .describe(
        'Runs that are under way at a time: that have begun, and not ended. The latest version of the graph counts.',
      ),
    key: z
      .string()
      .min(1)
      .max(4200)
      .refine(...WELL_FORMED)
      .optional()
      .describe(
        'The limit is for runs with the same key. A text with ${ expressions } over input_data and run, such as "${ input_data.tenant }". It is stored as it is, so it must not be a secret.',
      ),
    on_full: z
      .enum(ON_FULL)
      .optional()
      .describe(
        'What happens to a run that would be one too many. queue (default): it waits. refuse: it is not started. cancel_oldest: the oldest is cancelled for it.',
      ),
  })
  .meta({ id: 'Concurrency' });

/** The document that describes a graph. Stored and sent as it is, so its keys are the wire's. */
export const graphDefinitionSchema = z
  .strictObject({
    $schema: z.string().max(2000).optional().describe('For editors: where the JSON Schema is. It is not stored.'),
    name: nameSchema.describe('Unique on the server.'),
    graph_id: graphIdSchema.optional().describe('A slug. Made from the name when it is left out.'),
    description: z
      .string()
      .max(10_000)
      .refine(...WELL_FORMED)
      .optional(),
    entry_point: nameSchema.describe('The node where runs begin.'),
    nodes: z.array(nodeSchema).min(1).max(MAX_NODES),
    edges: z.array(edgeSchema).max(MAX_EDGES).default([]),
    conditional_edges: z.array(conditionalEdgeSchema).max(MAX_EDGES).optional(),
    parallel_edges: z.array(parallelEdgeSchema).max(MAX_BRANCH_EDGES).optional(),
    for_each_edges: z.array(forEachEdgeSchema).max(MAX_BRANCH_EDGES).optional(),
    merge: z
      .record(nameSchema, z.enum(['append', 'sum', 'last']))
      .optional()
      .describe('What to do with a key that several branches set to different values.'),
    input_schema: z
      .union([jsonObjectSchema, z.boolean()])
      .optional()
      .describe('JSON Schema that input_data must fit. Defaults of missing properties are filled in.'),
    expose_as_tool: z
      .boolean()
      .optional()
      .describe('The MCP server has a tool that runs this graph, with input_schema as the form of its arguments.'),
    limits: limitsSchema.optional(),
    notify: notifySchema.optional(),
    concurrency: concurrencySchema.optional(),
  })
  .meta({ id: 'GraphDefinition' });

export type GraphDefinition = z.output<typeof graphDefinitionSchema>;
export type NodeDefinition = GraphDefinition['nodes'][number];
export type ConditionalEdgeDefinition = NonNullable<GraphDefinition['conditional_edges']>[number];
export type ParallelEdgeDefinition = NonNullable<GraphDefinition['parallel_edges']>[number];
export type ForEachEdgeDefinition = NonNullable<GraphDefinition['for_each_edges']>[number];
export type BranchEdgeDefinition = ParallelEdgeDefinition | ForEachEdgeDefinition;
export type RetryPolicy = z.output<typeof retrySchema>;
export type OnErrorDefinition = z.output<typeof onErrorSchema>;
export type MergeRule = NonNullable<GraphDefinition['merge']>[string];
export type LimitsDefinition = z.output<typeof limitsSchema>;

/** How much a run can use. */
export interface RunLimits {
  readonly maxSteps: number;
  /** Seconds from submission to the deadline; omitted if there is none. */
  readonly deadlineSeconds?: number;
  readonly guards?: Guards;
}

/** The limits of a run: those of its start before those of its graph before the defaults, one by one. */
export function resolveLimits(graph: LimitsDefinition | undefined, run: LimitsDefinition | undefined): RunLimits {
  const limits = { ...graph, ...run };
  const { max_steps: maxSteps = DEFAULT_MAX_STEPS, deadline_seconds: deadlineSeconds } = limits;
  return definedOnly({ maxSteps, deadlineSeconds, guards: guardsIn(limits) });
}

/** The params of a node as the tool gets them, before its schema. */
export function paramsOf(node: NodeDefinition): JsonObject {
  return (node.params ?? {}) as JsonObject;
}
