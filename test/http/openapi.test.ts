import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; example?: unknown }[];
  requestBody?: { content: { 'application/json': { example?: unknown } } };
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
}

const ROUTES = [
  'delete /graph/runs/{run_id}',
  'delete /graph/{graph_id}',
  'get /graph',
  'get /graph/conditions',
  'get /graph/runs',
  'get /graph/runs/{run_id}/steps',
  'get /graph/state/{run_id}',
  'get /graph/tools',
  'get /graph/{graph_id}',
  'get /health/live',
  'get /health/ready',
  'post /graph/create',
  'post /graph/run',
  'post /graph/runs/{run_id}/cancel',
  'post /graph/validate',
  'put /graph/{graph_id}',
];

describe('the documentation', () => {
  let server: TestServer;
  let operations: Map<string, Operation>;
  beforeAll(async () => {
    server = await startTestServer();
    const { paths } = (await server.app.inject('/docs/json')).json();
    operations = new Map(
      Object.entries<Record<string, Operation>>(paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
      ),
    );
  });
  afterAll(() => server.stop());

  it('is a valid OpenAPI 3.1 document', async () => {
    const document = (await server.app.inject('/docs/json')).json();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(document)).toEqual({ valid: true });
  });

  it('has every route', () => {
    expect([...operations.keys()].sort()).toEqual(ROUTES);
  });

  it.each(ROUTES)('says what %s is and every answer it can give', (route) => {
    const { operationId, summary, description, tags, responses } = operations.get(route)!;
    expect([operationId, summary, description]).toEqual(Array(3).fill(expect.stringMatching(/.{5}/)));
    expect(tags).toHaveLength(1);
    for (const [status, answer] of Object.entries(responses)) {
      expect(answer.description, status).not.toBe('Default Response');
      if (Number(status) < 400 || route === 'get /health/ready') continue;
      expect(answer.content?.['application/problem+json']?.schema.$ref).toBe('#/components/schemas/Problem');
    }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '500', '503']));
  });

  it('has an example for every path parameter and every body, and each body works as it is', async () => {
    for (const [route, { parameters = [], requestBody }] of operations) {
      for (const parameter of parameters.filter((each) => each.in === 'path')) {
        expect(parameter.example, `${route} ${parameter.name}`).toEqual(expect.any(String));
      }
      const [method = '', path = ''] = route.split(' ');
      if (requestBody === undefined) continue;
      const values = new Map(parameters.map((parameter) => [parameter.name, String(parameter.example)]));
      const url = path.replace(/\{(.+?)\}/g, (_, name) => values.get(name)!);
      const { example } = requestBody.content['application/json'];
      expect(example, route).toBeDefined();
      const answer = await server.ask(`${method.toUpperCase()} ${url}`, example as object);
      expect(answer.status, `${route} ${answer.text}`).toBeLessThan(300);
    }
  });

  it('shows the demo as the example of a run', () => {
    const { example } = operations.get('post /graph/run')!.requestBody!.content['application/json'];
    expect(example).toMatchObject({
      graph_id: 'demo-review',
      input_data: expect.stringContaining('def messy_function'),
    });
  });

  it('is a page that loads nothing from elsewhere', async () => {
    for (const page of ['/docs', '/docs/']) {
      const answer = await server.app.inject(page);
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      const sources = [...answer.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
      expect(sources.length).toBeGreaterThan(3);
      for (const source of sources) {
        const url = new URL(source, `http://localhost${page}`);
        expect(url.host).toBe('localhost');
        expect((await server.app.inject(url.pathname)).statusCode, source).toBe(200);
      }
      expect(answer.body).not.toMatch(/<script(?![^>]*src=)/);
    }
    const setup = (await server.app.inject('/docs/static/swagger-initializer.js')).body;
    expect(setup).toContain('"tryItOutEnabled":true');
  });
});
