import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { graphJsonSchema } from '../../src/http/graphs/graph-schema.js';
import { APPROVAL_GRAPH, MY_GRAPH, PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { DOCUMENTS, ROOT } from '../docs/document.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const validate = new Ajv2020().compile(graphJsonSchema());

const EXAMPLES = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('graph.json'),
);

/** Graphs that people read: by the document or file that has them. */
const GRAPHS: [string, string][] = [
  ...DOCUMENTS.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ file, text }) => file?.endsWith('.json') && text.includes('"entry_point"'))
      .map(({ file, text }): [string, string] => [`${path} ${file}`, text]),
  ),
  ...EXAMPLES.map((name): [string, string] => [name, readFileSync(join(ROOT, 'examples', name), 'utf8')]),
  ...[MY_GRAPH, APPROVAL_GRAPH, PARALLEL_GRAPH].map((graph): [string, string] => [graph.name, JSON.stringify(graph)]),
];

const CONDITION = { from_node: 'analyze', condition_function: 'quality_gate' };

const BROKEN: [string, object][] = [
  ['a field is misspelt', { ...MY_GRAPH, entrypoint: 'extract' }],
  ['there is no entry point', { name: 'x', nodes: MY_GRAPH.nodes }],
  ['there are no nodes', { ...MY_GRAPH, nodes: [] }],
  ['a node has no tool', { ...MY_GRAPH, nodes: [{ name: 'extract' }] }],
  ['params are a list', { ...MY_GRAPH, nodes: [{ name: 'extract', tool_name: 'x', params: [] }] }],
  ['a retry has no number of tries', { ...MY_GRAPH, nodes: [{ name: 'a', tool_name: 'x', retry: {} }] }],
  ['an edge names a node by a key of another language', { ...MY_GRAPH, edges: [{ from: 'extract', to: 'analyze' }] }],
  ['an edge has both forms', { ...MY_GRAPH, conditional_edges: [{ ...CONDITION, otherwise: 'END' }] }],
  ['an edge has neither form', { ...MY_GRAPH, conditional_edges: [{ from_node: 'analyze' }] }],
  ['$schema is no text', { $schema: 1, ...MY_GRAPH }],
];

describe('the JSON Schema of graphs', () => {
  it('is the file of the package', async () => {
    const text = `${JSON.stringify(graphJsonSchema(), null, 2)}\n`;
    await expect(text, 'run `npm run generate:graph-schema`').toMatchFileSnapshot('../../schemas/graph.json');
  });

  it('is asked about many graphs', () => {
    expect(GRAPHS.length).toBeGreaterThan(12);
  });

  it.each(GRAPHS)('takes the graph of %s', (_name, text) => {
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(BROKEN)('refuses a graph in which %s, as the server does', (_name, graph) => {
    expect([validate(graph), graphDefinitionSchema.safeParse(graph).success]).toEqual([false, false]);
  });

  it('says what a field means, and the default of one that can be omitted', () => {
    const { $defs } = graphJsonSchema() as unknown as { $defs: Record<string, { properties: Record<string, object> }> };
    expect($defs.Node?.properties.tool_name).toMatchObject({
      description: expect.stringContaining('GET /graph/tools'),
    });
    expect($defs.Retry?.properties.jitter).toMatchObject({ description: expect.stringContaining('Default "none"') });
  });
});

describe('the schema in use', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ apiKeys: ['key'] });
  });
  afterAll(() => server.stop());
  const ask = (request: string, body?: object) => server.ask(request, body, { authorization: 'Bearer key' });

  it('is answered without a key', async () => {
    const { status, headers, body } = await server.ask('GET /schemas/graph.json');
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^application\/schema\+json/)]);
    expect(body).toEqual(graphJsonSchema());
    expect((await server.ask('GET /schemas/graph.json')).body).toEqual(body);
  });

  it('can be named by a graph, and is not stored with it', async () => {
    const $schema = './node_modules/graphrunner/schemas/graph.json';
    const graph = { $schema, ...MY_GRAPH };
    expect((await ask('POST /graph/validate', graph)).body).toEqual({ valid: true, errors: [], warnings: [] });
    expect((await ask('POST /graph/create', graph)).status).toBe(201);
    const { definition } = (await ask(`GET /graph/${MY_GRAPH.graph_id}`)).body;
    expect(definition).not.toHaveProperty('$schema');
    const same = await ask(`PUT /graph/${MY_GRAPH.graph_id}`, { ...graph, $schema: 'elsewhere.json' });
    expect(same.body).toMatchObject({ version: 1 });
    const next = await ask(`PUT /graph/${MY_GRAPH.graph_id}`, { ...graph, description: 'Another.' });
    expect(next.body).toMatchObject({ version: 2 });
    expect((await ask(`GET /graph/${MY_GRAPH.graph_id}`)).body.definition).not.toHaveProperty('$schema');
  });
});
