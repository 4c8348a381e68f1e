import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type DiagramFormat, type Engine, SVG_STYLE } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers } from '../openapi/answers.js';
import { DEMO_GRAPH_ID } from '../openapi/examples.js';
import { graphDiagramQuerySchema, runDiagramQuerySchema } from '../runs/event-schemas.js';
import { graphParamsSchema, runParamsSchema } from '../schemas.js';

/** Allows the one style that pictures have, by its hash (CSP 3, section 2.3.1), and nothing else. */
export const SVG_STYLE_SOURCE = `'sha256-${createHash('sha256').update(SVG_STYLE).digest('base64')}'`;
const SVG_CSP = `default-src 'none'; style-src ${SVG_STYLE_SOURCE}; sandbox; frame-ancestors 'none'`;

const MEDIA_TYPES: Readonly<Record<DiagramFormat, string>> = { mermaid: 'text/plain', svg: 'image/svg+xml' };
const PICTURE = { schema: z.string(), mediaTypes: Object.values(MEDIA_TYPES) };

/** Pictures of graphs, and of runs on them. */
export function diagramRoutes(app: App, engine: Engine): void {
  app.get(
    '/graph/:graph_id/diagram',
    {
      schema: {
        operationId: 'drawGraph',
        summary: 'Draw a graph',
        description: 'As Mermaid text or as a picture (SVG) in the colours that the reader prefers, light or dark.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        querystring: graphDiagramQuerySchema,
        response: answers({ 200: { description: 'The graph.', ...PICTURE } }, [
          'invalid_request',
          'diagram_too_large',
          'graph_not_found',
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid', version } = request.query;
      return sendPicture(reply, format, await engine.drawGraph(request.params.graph_id, format, version));
    },
  );

  app.get(
    '/graph/runs/:run_id/diagram',
    {
      schema: {
        operationId: 'drawRun',
        summary: 'Draw a run',
        description:
          'Its graph with the run on it: how often each node was visited, where the run is, and what failed. Its branches are on it too, the latest hundred of them.',
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: runDiagramQuerySchema,
        response: answers({ 200: { description: 'The run.', ...PICTURE } }, [
          'invalid_request',
          'diagram_too_large',
          'run_not_found',
          'graph_not_found',
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid' } = request.query;
      return sendPicture(reply, format, await engine.drawRun(request.params.run_id, format));
    },
  );
}

function sendPicture(reply: FastifyReply, format: DiagramFormat, picture: string): FastifyReply {
  if (format === 'svg') reply.header('content-security-policy', SVG_CSP);
  return reply.type(`${MEDIA_TYPES[format]}; charset=utf-8`).send(picture);
}
