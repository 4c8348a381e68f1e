import { z } from 'zod';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { SavedGraph } from '../../engine/engine.js';
import { WARNING_CODES } from '../errors/problem-codes.js';
import { APPROVAL_GRAPH, MY_GRAPH, PARALLEL_GRAPH } from '../openapi/examples.js';
import { NAMED_EXAMPLES, type NamedExamples } from '../openapi/named-examples.js';
import { problemItemSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

/** Schemas of graphs that several operations share. */

const NEW_GRAPHS: NamedExamples = {
  review: { summary: 'A loop: review until the code is simple enough', value: MY_GRAPH },
  approval: { summary: 'A wait for a person, then another graph as a step', value: APPROVAL_GRAPH },
  parallel: { summary: 'Branches that run side by side', value: PARALLEL_GRAPH },
};

export const newGraphSchema = graphDefinitionSchema.meta({ [NAMED_EXAMPLES]: NEW_GRAPHS });

const warningSchema = problemItemSchema
  .extend({ code: z.enum(WARNING_CODES).describe('A stable code.') })
  .meta({ id: 'GraphWarning' });

export const warningsSchema = z
  .array(warningSchema)
  .describe('What is probably a mistake; the graph is accepted all the same.');

export const savedGraphSchema = z
  .object({ graph_id: z.string(), version: z.int(), message: z.string(), warnings: warningsSchema })
  .meta({ id: 'SavedGraph' });

export function toSavedGraph(saved: SavedGraph, message: string): Wire<typeof savedGraphSchema> {
  return { graph_id: saved.graphId, version: saved.version, message, warnings: saved.warnings };
}
