import { type GraphDefinition, graphDefinitionSchema } from '../../core/graph/definition.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { type PlaceOptions, placeProblems, placing } from '../input/places.js';
import { DEMO_GRAPH_ID, UPDATED_DEMO } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { graphParamsSchema } from '../schemas.js';
import { savedGraphSchema, toSavedGraph } from './schemas.js';

export function updateGraphRoute(app: App, engine: Engine, options: PlaceOptions): void {
  app.put(
    '/graph/:graph_id',
    {
      ...placing(options),
      schema: {
        operationId: 'updateGraph',
        summary: 'Save a new version',
        description: 'Runs in progress keep the version they started with. An identical graph makes no new version.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        body: graphDefinitionSchema.meta({ examples: [UPDATED_DEMO] }),
        response: describeResponses({ 200: { description: 'Saved, or unchanged.', schema: savedGraphSchema } }, [
          'invalid_graph',
          'graph_not_found',
          'graph_exists',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { graph_id } = request.params;
      const saved = await engine.updateGraph(graph_id, withoutId(graph_id, request.body));
      const { changed, version } = saved;
      if (changed) request.log.info({ graph_id, version }, 'graph updated');
      const warnings = await placeProblems(request, saved.warnings, options);
      return toSavedGraph(
        { ...saved, warnings },
        changed ? `Version ${version} saved.` : `Nothing changed since version ${version}.`,
      );
    },
  );
}

/** The document without its id, which must be that of the path if there is one. */
function withoutId(graphId: string, { graph_id: idInBody, ...definition }: GraphDefinition): GraphDefinition {
  if (idInBody === undefined || idInBody === graphId) return definition;
  const message = `Not the id in the path, "${graphId.slice(0, 100)}".`;
  const errors = [{ pointer: '/graph_id', code: 'invalid_value', message }];
  throw new ApiError('invalid_request', 'The body names another graph than the path.', { errors });
}
