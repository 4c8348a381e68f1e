import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { polishDocument, restoreDropped } from './document.js';

const DESCRIPTION = `Runs workflows that are described as graphs: nodes call registered tools, edges link them, and
conditional edges choose where to go next, so that runs can branch and loop.

Create a graph (or take \`demo-review\`), start a run with \`POST /graph/run\`, and follow it with
\`GET /graph/state/{run_id}\`. Every step is stored before the next one begins: a run survives a crash of the server.
A run that waits for input goes on with \`POST /graph/runs/{run_id}/resume\`, one that failed with \`.../retry\`.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`.`;

const TAGS = [
  { name: 'Graphs', description: 'Definitions and their versions.' },
  { name: 'Runs', description: 'Executions of graphs.' },
  { name: 'Schedules', description: 'What starts runs at certain times.' },
  { name: 'Callbacks', description: 'What runs have told others, and are still to tell them.' },
  { name: 'Hooks', description: 'Addresses for deliveries of other services.' },
  { name: 'Registry', description: 'What graphs can name.' },
  { name: 'Service', description: 'Health.' },
];

/** The page and its parts come from this server alone; Swagger UI draws with inline styles and data: images. */
const DOCS_CSP = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/**
 * Must be called before the routes are added: it registers a hook for them.
 * @param publicUrl what people reach the server by: behind a proxy, or in another application, it can have a path
 */
export async function describeApi(app: FastifyInstance, version: string, publicUrl?: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'graphrunner',
        version,
        description: DESCRIPTION,
        contact: { name: 'graphrunner contributors' },
        license: { name: 'MIT', identifier: 'MIT' },
      },
      // Relative, so that it is right behind any host name and port.
      servers: [{ url: publicUrl === undefined ? '/' : new URL(publicUrl).pathname }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'One of API_KEYS or NAMED_API_KEYS, or for what only reads one of READ_API_KEYS, if the server has any.',
          },
        },
      },
      security: [{}, { bearer: [] }],
    },
    transform: (route) => restoreDropped(route.schema, jsonSchemaTransform(route)),
    transformObject: (document) => polishDocument(jsonSchemaTransformObject(document)),
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    theme: { title: 'graphrunner API' },
    uiConfig: { tryItOutEnabled: true, docExpansion: 'list', displayRequestDuration: true, persistAuthorization: true },
  });
}
