import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { takingCapsule } from '../input/capsule-bodies.js';
import { idempotencyOf } from '../input/idempotency.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema } from '../schemas.js';
import type { Wire } from '../wire.js';
import { NEW_RUN_HEADERS, newRunHeadersSchema, setNewRunHeaders } from './new-run.js';
import { importedFromSchema, startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

const importRunSchema = z
  .strictObject({
    capsule: jsonObjectSchema.describe('What `GET /graph/runs/{run_id}/capsule` has answered, as it is.'),
    continue: z
      .boolean()
      .exactOptional()
      .describe('A run that has not ended goes on here from its step. It is cancelled if this is false or omitted.'),
  })
  .meta({ id: 'ImportRun' });

const importedRunSchema = startedRunSchema
  .extend({ imported_from: importedFromSchema, graph_id: z.string(), graph_version: z.int() })
  .meta({ id: 'ImportedRun' });

const IMPORTED = { description: 'Taken in: the copy.', schema: importedRunSchema, headers: NEW_RUN_HEADERS };

export function importRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/import',
    {
      ...takingCapsule(app),
      schema: {
        operationId: 'importRun',
        summary: 'Import a run',
        description:
          'Takes in the run of a capsule as a copy with ids of its own, to look at, retry, fork and compare. Its graphs are saved if they are not there yet. The body can have 64 MiB.',
        tags: ['Runs'],
        headers: newRunHeadersSchema,
        body: importRunSchema,
        response: describeResponses({ 201: IMPORTED }, [
          'invalid_header',
          'invalid_capsule',
          'graph_exists',
          'graph_unreadable',
          'run_unreadable',
          'run_not_found',
          'idempotency_mismatch',
          'concurrency_full',
          'queue_full',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { capsule, continue: goesOn = false } = request.body;
      // The digest stands for the capsule: to go through 64 MiB once more would take a second.
      const said = { digest: capsule.digest, goesOn };
      const imported = await engine.importRun({
        capsule,
        goesOn,
        ...idempotencyOf(request, said),
        ...actorOf(request),
      });
      setNewRunHeaders(reply, imported);
      return reply.code(201).send(toImportedRun(imported));
    },
  );
}

function toImportedRun(run: Awaited<ReturnType<Engine['importRun']>>): Wire<typeof importedRunSchema> {
  const { importedFrom: imported_from, graphId: graph_id, graphVersion: graph_version } = run;
  return { ...toStartedRun(run), imported_from, graph_id, graph_version };
}
