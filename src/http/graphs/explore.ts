import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { Json } from '../../core/base/json.js';
import { FINDINGS } from '../../core/explore/codes.js';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { Engine, ExploredGraph } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { type PlaceOptions, placeProblems, placing } from '../input/places.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { capsuleSchema } from '../runs/capsule-schemas.js';
import { jsonSchema, kindSchema, versionSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

/** What an exploration does at most, unless the request says otherwise. */
const DEFAULT_BUDGET = { runs: 10_000, steps: 100_000, seconds: 10 } as const;

const budgetSchema = z
  .strictObject({
    runs: z.int().min(1).max(100_000).exactOptional().describe('Runs that are walked. Default 10,000.'),
    steps: z.int().min(1).max(1_000_000).exactOptional().describe('Choices that are made. Default 100,000.'),
    seconds: z
      .number()
      .min(0.1)
      .max(10)
      .exactOptional()
      .describe('Time. A slow server explores less in it. Default 10.'),
  })
  .meta({ id: 'ExploreBudget' });

const bodySchema = z
  .strictObject({
    graph: graphDefinitionSchema.exactOptional().describe('The document to explore.'),
    graph_id: z.string().exactOptional().describe('Instead of a document: the graph to explore.'),
    version: versionSchema,
    inputs: z.array(jsonSchema).min(1).max(100).exactOptional().describe('What runs are started with.'),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .exactOptional()
      .describe('The same seed and budget give the same answer. Default 1.'),
    budget: budgetSchema.exactOptional(),
  })
  .refine(
    ({ graph, graph_id, version }) =>
      (graph === undefined) !== (graph_id === undefined) && (version === undefined || graph === undefined),
    'needs either graph, or graph_id and perhaps version',
  )
  .meta({ id: 'Explore' })
  .meta({ examples: [{ graph_id: 'demo-review' }] });

const traceStepSchema = z
  .object({
    step: z.int(),
    node: z.string(),
    branch: z.array(z.int()).optional().describe('The places of the branch among its siblings, from the outermost on.'),
    outcome: z.string().describe('What the step came to, in short.'),
    to_node: z.string().nullable(),
  })
  .meta({ id: 'TraceStep' });

const findingSchema = z
  .object({
    code: kindSchema('What was found', FINDINGS),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    pointer: z.string().describe('A JSON Pointer (RFC 6901) into the graph.'),
    line: z.int().optional().describe('Where that is in the text of the body.'),
    column: z.int().optional(),
    node: z.string().nullable(),
    trace: z.array(traceStepSchema).describe('The shortest way to it: its last 200 steps.'),
    capsule: capsuleSchema
      .nullable()
      .describe('The run that came to it; null if no run shows it, or the answer would be too large.'),
  })
  .meta({ id: 'Finding' });

const boundSchema = z
  .object({ at_most: z.union([z.number(), z.literal('unbounded')]), reason: z.string() })
  .meta({ id: 'Bound' });
const hopSchema = z.object({ from_node: z.string(), to_node: z.string() });

const exploredSchema = z
  .object({
    findings: z.array(findingSchema).describe('Errors first.'),
    coverage: z.object({
      nodes: z.object({ visited: z.int(), total: z.int(), missed: z.array(z.string()) }),
      edges: z.object({ visited: z.int(), total: z.int(), missed: z.array(hopSchema) }),
    }),
    bounds: z.object({ steps: boundSchema, tokens: boundSchema, cost_usd: boundSchema }),
    runs: z.int(),
    seed: z.int(),
    complete: z.boolean().describe('Every way was walked that the outcomes lead to which were tried.'),
  })
  .meta({ id: 'Explored' });

export function exploreGraphRoute(app: App, engine: Engine, options: PlaceOptions): void {
  const placed = placing(options);
  app.post(
    '/graph/explore',
    {
      ...placed,
      config: { ...placed.config, changesNothing: true },
      schema: {
        operationId: 'exploreGraph',
        summary: 'Explore a graph',
        description:
          'Walks the runs that a graph can have, with outcomes in place of calls: what tools declare, what schemas allow, what past runs came to, errors, answers that do not come. Finds what goes wrong before anybody runs it. No tool is called, and nothing is stored.',
        tags: ['Graphs'],
        body: bodySchema,
        response: describeResponses({ 200: { description: 'What was found.', schema: exploredSchema } }, [
          'invalid_graph',
          'invalid_input',
          'graph_not_found',
          'graph_unreadable',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { graph, graph_id: graphId = '', version, inputs, seed = 1, budget: given = {} } = request.body;
      const budget = { ...DEFAULT_BUDGET, ...given };
      const what = graph === undefined ? { graphId, ...definedOnly({ version }) } : { graph };
      const more = definedOnly({ inputs: inputs as readonly Json[] | undefined });
      const explored = await engine.exploreGraph({ ...what, ...more, seed, budget });
      // The places are those in the text, where the graph stands under a key.
      const inBody = explored.findings.map((finding) => ({ ...finding, pointer: `/graph${finding.pointer}` }));
      const found = graph === undefined ? [] : await placeProblems(request, inBody, options);
      return toExplored(explored, found);
    },
  );
}

function toExplored(
  { findings, coverage, bounds, runs, seed, complete }: ExploredGraph,
  places: readonly { readonly line?: number; readonly column?: number }[],
): Wire<typeof exploredSchema> {
  const { nodes, edges } = coverage;
  const missed = edges.missed.map(({ from, to }) => ({ from_node: from, to_node: to }));
  return {
    findings: findings.map(({ trace, ...finding }, index) => ({
      ...finding,
      ...definedOnly({ line: places[index]?.line, column: places[index]?.column }),
      trace: trace.map(({ toNode: to_node, ...step }) => ({ ...step, to_node })),
    })),
    coverage: { nodes, edges: { ...edges, missed } },
    bounds: { steps: toBound(bounds.steps), tokens: toBound(bounds.tokens), cost_usd: toBound(bounds.costUsd) },
    runs,
    seed,
    complete,
  } as Wire<typeof exploredSchema>;
}

function toBound({ atMost: at_most, reason }: ExploredGraph['bounds']['steps']) {
  return { at_most, reason };
}
