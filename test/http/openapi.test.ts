import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { MY_GRAPH } from '../../src/http/openapi/examples.js';
import { EVENT_MEANINGS } from '../../src/http/runs/event-schemas.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; example?: unknown }[];
  requestBody?: { required: boolean; content: { 'application/json': Media } };
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
}

/** What a list can hold without a name of its own. */
const SCALARS: readonly unknown[] = ['string', 'integer'];
type Item = { readonly type?: string };

const ROUTES = [
  'delete /graph/runs/{run_id}',
  'delete /graph/{graph_id}',
  'delete /hooks/{hook_id}',
  'delete /schedules/{schedule_id}',
  'get /answers/{token}',
  'get /deliveries',
  'get /deliveries/{delivery_id}',
  'get /examples',
  'get /graph',
  'get /graph/conditions',
  'get /graph/runs',
  'get /graph/runs/counts',
  'get /graph/runs/{a}/diff/{b}',
  'get /graph/runs/{run_id}/capsule',
  'get /graph/runs/{run_id}/diagram',
  'get /graph/runs/{run_id}/events',
  'get /graph/runs/{run_id}/steps',
  'get /graph/state/{run_id}',
  'get /graph/tools',
  'get /graph/{graph_id}',
  'get /graph/{graph_id}/diagram',
  'get /health/live',
  'get /health/ready',
  'get /hooks',
  'get /hooks/{hook_id}',
  'get /hooks/{hook_id}/deliveries',
  'get /metrics',
  'get /schedules',
  'get /schedules/{schedule_id}',
  'get /schemas/graph.json',
  'post /answers/{token}',
  'post /deliveries/{delivery_id}/retry',
  'post /graph/create',
  'post /graph/diagram',
  'post /graph/explore',
  'post /graph/replay',
  'post /graph/run',
  'post /graph/runs/bulk',
  'post /graph/runs/import',
  'post /graph/runs/{run_id}/cancel',
  'post /graph/runs/{run_id}/fork',
  'post /graph/runs/{run_id}/pause',
  'post /graph/runs/{run_id}/resume',
  'post /graph/runs/{run_id}/retry',
  'post /graph/runs/{run_id}/signals/{name}',
  'post /graph/runs/{run_id}/unpause',
  'post /graph/validate',
  'post /graph/{graph_id}/backtest',
  'post /graph/{graph_id}/migrate',
  'post /hooks',
  'post /hooks/{hook_id}/deliveries',
  'post /mcp',
  'post /schedules',
  'post /schedules/preview',
  'post /schedules/{schedule_id}/trigger',
  'put /graph/{graph_id}',
  'put /hooks/{hook_id}',
  'put /schedules/{schedule_id}',
];

/** The examples of a body, the one that is shown first. */
function examplesOf({ example, examples }: Media): unknown[] {
  return examples === undefined ? [example] : Object.values(examples).map(({ value }) => value);
}

describe('the documentation', () => {
  let server: TestServer;
  let operations: Map<string, Operation>;
  beforeAll(async () => {
    server = await startTestServer({ publicUrl: 'http://127.0.0.1:8000' });
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
    const { operationId, summary, description, tags, responses, security } = operations.get(route)!;
    expect([operationId, summary, description]).toEqual(Array(3).fill(expect.stringMatching(/.{5}/)));
    expect(tags).toHaveLength(1);
    for (const [status, answer] of Object.entries(responses)) {
      expect(answer.description, status).not.toBe('Default Response');
      if (Number(status) < 400 || route === 'get /health/ready') continue;
      expect(answer.content?.['application/problem+json']?.schema.$ref).toBe('#/components/schemas/Problem');
    }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['403', '500', '503']));
    const isSigned = route === 'post /hooks/{hook_id}/deliveries';
    const isOpen = /\/(answers|health|schemas)\//.test(route);
    expect([security, '401' in responses]).toEqual([isOpen || isSigned ? [] : undefined, !isOpen]);
    if (isSigned) expect(responses['401']?.description).toMatch(/^`invalid_signature`: [^`]*`detail`[^`]*$/);
  });

  it('says that an approval link takes what its form sends, too', () => {
    const { content } = operations.get('post /answers/{token}')!.requestBody! as { content: Record<string, Media> };
    expect(Object.keys(content)).toEqual(['application/json', 'application/x-www-form-urlencoded']);
    expect(content['application/x-www-form-urlencoded']).toMatchObject({
      schema: { type: 'object', additionalProperties: { type: 'string' } },
      example: { 'answer.approved': 'true' },
    });
    expect(content['application/json']!.schema).toEqual({ $ref: '#/components/schemas/AnswerByLink' });
  });

  it('names all kinds of keys', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    for (const name of ['API_KEYS', 'NAMED_API_KEYS', 'READ_API_KEYS']) {
      expect(components.securitySchemes.bearer.description).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  it('has an example for every path parameter and every body, and each body works as it is', async () => {
    for (const [route, { parameters = [], requestBody }] of operations) {
      for (const parameter of parameters.filter((each) => each.in === 'path')) {
        expect(parameter.example, `${route} ${parameter.name}`).toEqual(expect.any(String));
      }
      if (requestBody === undefined) continue;
      const [method = '', path = ''] = route.split(' ');
      const url = await urlFor(path, parameters);
      for (const example of examplesOf(requestBody.content['application/json'])) {
        expect(example, route).toBeDefined();
        const answer = await server.ask(`${method.toUpperCase()} ${url}`, example as object);
        expect(answer.status, `${route} ${answer.text}`).toBeLessThan(300);
      }
    }
  });

  async function urlFor(path: string, parameters: NonNullable<Operation['parameters']>): Promise<string> {
    const values = new Map(parameters.map((parameter) => [parameter.name, String(parameter.example)]));
    if (values.has('run_id')) values.set('run_id', await runFor(path));
    if (values.has('token')) values.set('token', await tokenFor(path));
    return path.replace(/\{(.+?)\}/g, (_, name) => values.get(name)!);
  }

  /** A run that the example for a route is right for. There is no telling which runs a server has. */
  async function runFor(path: string): Promise<string> {
    const limits = path.endsWith('/retry') ? { max_steps: 1 } : {};
    const graph_id = /\/resume$|\/signals\/|^\/answers\//.test(path) ? 'approval' : 'demo-review';
    const { body } = await server.ask('POST /graph/run', { graph_id, input_data: 'if a: pass', limits });
    await server.ask(`GET /graph/state/${body.run_id}?wait=10`);
    return body.run_id;
  }

  async function tokenFor(path: string): Promise<string> {
    const { body } = await server.ask(`GET /graph/state/${await runFor(path)}`);
    return body.waiting.token;
  }

  it('shows the demo as the first example of a run', () => {
    const [example] = examplesOf(operations.get('post /graph/run')!.requestBody!.content['application/json']);
    expect(example).toMatchObject({
      graph_id: 'demo-review',
      input_data: expect.stringContaining('def messy_function'),
    });
  });

  it('says which body can be left out', () => {
    const optional = [...operations].filter(([, { requestBody }]) => requestBody?.required === false);
    expect(optional.map(([route]) => route)).toEqual([
      'post /graph/runs/{run_id}/retry',
      'post /hooks/{hook_id}/deliveries',
    ]);
  });

  it('describes every field of a graph that is not said by its name', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    const { Node, ConditionalEdge, ParallelEdge, ForEachEdge } = components.schemas;
    for (const schema of [Node, ...ConditionalEdge.oneOf, ParallelEdge, ForEachEdge]) {
      for (const [name, field] of Object.entries<{ description?: string; $ref?: string }>(schema.properties)) {
        if (name !== 'from_node') expect(field.description ?? field.$ref, name).toBeDefined();
      }
    }
    expect(JSON.stringify(components)).not.toContain('x-examples');
  });

  it('names a schema for every body and every list item, and refers to it', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    const REFERENCE = expect.stringMatching(/^#\/components\/schemas\/\w+$/);
    const bodies = [...operations.values()].flatMap(({ requestBody, responses }) => [
      requestBody?.content['application/json'].schema,
      ...Object.values(responses).map((response) => response.content?.['application/json']?.schema),
    ]);
    for (const schema of bodies.filter((each) => each !== undefined)) expect(schema).toMatchObject({ $ref: REFERENCE });
    expect(bodies.filter((each) => each !== undefined).length).toBeGreaterThan(20);
    const schemas = Object.values<{ properties?: Record<string, { items?: Item }> }>(components.schemas);
    const items = schemas.flatMap(({ properties = {} }) => Object.values(properties).map((field) => field.items));
    const named = items.filter((item) => item !== undefined && !SCALARS.includes(item.type));
    expect(named.length).toBeGreaterThan(10);
    for (const item of named) expect(item).toEqual({ $ref: REFERENCE });
  });

  it('has a schema for requests and another for answers only if they differ', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    const names = Object.keys(components.schemas).filter((name) => name.endsWith('Input'));
    const ofGraphs = ['GraphDefinitionInput', 'NodeInput', 'RetryEntryInput', 'RetryInput'];
    const ofRuns = ['BacktestRequestInput', 'ExploreInput', 'ReplayRequestInput'];
    const ofSchedules = ['ScheduleDefinitionInput', 'SchedulePreviewInput'];
    expect(names.toSorted()).toEqual([...ofGraphs, ...ofRuns, ...ofSchedules].toSorted());
  });

  it('says nothing that misleads generators of clients', async () => {
    const { components, paths } = (await server.app.inject('/docs/json')).json();
    expect(JSON.stringify({ components, paths })).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(JSON.stringify(components)).not.toContain('"default"');
    const { GraphDefinitionInput: graph, RetryInput: retry } = components.schemas;
    expect([graph.required, retry.required]).toEqual([['name', 'entry_point', 'nodes'], ['max_attempts']]);
    expect(retry.properties.jitter.description).toContain('Default "none".');
  });

  it('has the two forms of a conditional edge, as the server does', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    const validate = new Ajv2020({ strict: false, schemas: [{ $id: 'api', components }] }).compile({
      $ref: 'api#/components/schemas/ConditionalEdge',
    });
    const fields = {
      condition_function: 'quality_gate',
      routes: { END: 'END' },
      cases: [{ when: 'true', to_node: 'END' }],
      otherwise: 'END',
    };
    const names = Object.keys(fields);
    for (let chosen = 0; chosen < 2 ** names.length; chosen += 1) {
      const edge = Object.fromEntries(
        Object.entries(fields).filter((_field, index) => Math.floor(chosen / 2 ** index) % 2 === 1),
      );
      const document = { from_node: 'analyze', ...edge };
      const graph = { ...MY_GRAPH, conditional_edges: [document] };
      expect(validate(document), JSON.stringify(document)).toBe(graphDefinitionSchema.safeParse(graph).success);
    }
  });

  it('has a schema for every type of event, and each stored event fits its own', async () => {
    const { components } = (await server.app.inject('/docs/json')).json();
    const ajv = new Ajv2020({ strict: false, validateFormats: false, schemas: [{ $id: 'api', components }] });
    const validate = ajv.compile({ $ref: 'api#/components/schemas/RunEvent' });
    const types = new Set<string>();
    for (const release of ['1.0', '1.1', '1.2', '1.3', '1.5', '1.5-errors', '1.5-run-graph']) {
      const { runs } = JSON.parse(readFileSync(`test/fixtures/journal-${release}.json`, 'utf8'));
      for (const { seq, type, payload } of runs.flatMap(({ records }: { records: object[] }) => records)) {
        const event = { seq, type, time: '2026-01-01T00:00:00.000Z', ...JSON.parse(payload) };
        expect(validate(event), `${payload} ${JSON.stringify(validate.errors)}`).toBe(true);
        types.add(type);
      }
    }
    expect(Object.keys(EVENT_MEANINGS)).toEqual(expect.arrayContaining([...types]));
    expect(types.size).toBeGreaterThan(14);
    expect(validate({ seq: 1, type: 'run.paused', time: '2026-01-01T00:00:00.000Z' })).toBe(false);
    expect(components.schemas.RunEvent.oneOf).toHaveLength(Object.keys(EVENT_MEANINGS).length);
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
