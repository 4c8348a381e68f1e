import { z } from 'zod';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { Engine, ReplayRequest } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { REPLAY } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { replaySchema, toReplay } from './replay-schemas.js';

/** Capsules are larger than other bodies. */
const MAX_BODY_BYTES = 67_108_864;

/** What runs are replayed through: a document, or a version that is stored. */
export const throughShape = {
  graph: graphDefinitionSchema.exactOptional().describe('A graph document, which is not saved.'),
  version: z.int().min(1).exactOptional().describe('A version of the graph that is stored.'),
};

const replayRequestSchema = z
  .strictObject({
    run_id: z.string().exactOptional().describe('A run of this server, finished or not.'),
    capsule: z.looseObject({}).exactOptional().describe('A run as a document, with the graphs that it used.'),
    ...throughShape,
  })
  .refine(({ run_id, capsule }) => (run_id === undefined) !== (capsule === undefined), {
    message: 'Must have either `run_id` or `capsule`.',
  })
  .refine(({ graph, version }) => graph === undefined || version === undefined, {
    message: 'Cannot have both `graph` and `version`.',
  })
  .meta({ id: 'ReplayRequest' })
  .meta({ examples: [REPLAY] });

export function replayRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/replay',
    {
      config: { changesNothing: true },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        operationId: 'replayRun',
        summary: 'Replay a run',
        description:
          'Walks a run again through a graph: the version that it was of, another one, or a document. Recorded results stand in for calls, so no tool is called, and nothing is stored.',
        tags: ['Runs'],
        body: replayRequestSchema,
        response: describeResponses({ 200: { description: 'What it comes to.', schema: replaySchema } }, [
          'run_not_found',
          'graph_not_found',
          'run_unreadable',
          'graph_unreadable',
          'invalid_request',
          'invalid_capsule',
          'run_too_large',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const bytes = Number(request.headers['content-length'] ?? MAX_BODY_BYTES);
      return toReplay(await engine.replayRun(toReplayRequest(request.body, bytes)));
    },
  );
}

function toReplayRequest(
  { run_id: id = '', capsule, ...through }: z.output<typeof replayRequestSchema>,
  bytes: number,
): ReplayRequest {
  const run = capsule === undefined ? { id } : { capsule, bytes };
  return { run, ...toThrough(through) };
}

/** What a body says to replay through. */
export function toThrough({
  graph,
  version,
}: Pick<z.output<typeof replayRequestSchema>, 'graph' | 'version'>): Pick<ReplayRequest, 'through'> {
  if (graph !== undefined) return { through: { graph } };
  return version === undefined ? {} : { through: { version } };
}
