import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractOf } from '../helpers/contract.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask, ended, start } from './client.js';

const MESSY =
  'def messy_function():\n    if x:\n        for i in list:\n            while True:\n                nested=True';

const PROMISED_LOGS = [
  'Executing Node: extract',
  'Executing Node: analyze',
  'Calculated complexity score: 20 (Round 0)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 15 (Round 1)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 10 (Round 2)',
  'Condition met. Routing to: improve',
  'Executing Node: improve',
  'Executing Node: analyze',
  'Calculated complexity score: 5 (Round 3)',
  'Condition met. Routing to: END',
  'Workflow reached END.',
];

interface Operation {
  parameters?: { name: string; in: string; example?: unknown }[];
  requestBody?: { content: { 'application/json': { example?: unknown } } };
}

describe('a server started in an empty folder', () => {
  const folder = temporaryFolder();
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer(folder);
  });
  afterAll(() => server.end('SIGTERM'));

  it('makes its database there, and nothing else', () => {
    expect(readdirSync(folder).filter((name) => !name.startsWith('workflow.db'))).toEqual([]);
    expect(existsSync(join(folder, 'workflow.db'))).toBe(true);
  });

  it('says where it listens and where its documentation is', () => {
    expect(server.lines.join('\n')).toContain(`listening on ${server.url}; try ${server.url}/docs`);
  });

  it('runs the demo to the promised end', async () => {
    const started = await ask(server, 'POST /graph/run', { graph_id: 'demo-review', input_data: MESSY });
    expect(started.status).toBe(202);
    expect(started.body).toEqual({ run_id: expect.any(String), status: 'SUBMITTED' });
    expect(started.headers.get('location')).toBe(`/graph/state/${started.body.run_id}`);
    const state = await ended(server, started.body.run_id);
    expect(state).toMatchObject({ status: 'COMPLETED', input_data: MESSY, graph_id: 'demo-review', graph_version: 1 });
    expect(state.logs).toEqual(PROMISED_LOGS);
    expect(state.data).toEqual({ functions: ['messy_function'], review_round: 3, complexity_score: 5 });
  });

  it('has a valid OpenAPI 3.1 document', async () => {
    const { body } = await ask(server, 'GET /docs/json');
    expect(body.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(body)).toEqual({ valid: true });
  });

  it('gives the documented answers to every example of the documentation, posted as it is', async () => {
    const { body: document } = await ask(server, 'GET /docs/json');
    const check = contractOf({ swagger: () => document } as unknown as FastifyInstance);
    const tried: string[] = [];
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const [method, { parameters = [], requestBody }] of Object.entries(item)) {
        if (method === 'delete') continue;
        const values = new Map(parameters.map(({ name, example }) => [name, String(example)]));
        const url = path.replace(/\{(.+?)\}/g, (_, name) => values.get(name) ?? name);
        const example = requestBody?.content['application/json'].example;
        const { status, headers, body } = await ask(server, `${method.toUpperCase()} ${url}`, example);
        const answered = { 'content-type': headers.get('content-type') };
        check(method, url, { statusCode: status, headers: answered, body: JSON.stringify(body) });
        // There is no telling which runs a server has, so the example of a run's id finds none.
        expect(status === 404, `${method} ${url} ${status}`).toBe(path.includes('{run_id}'));
        if (status !== 404) expect(status).toBeLessThan(300);
        tried.push(`${method} ${path}`);
      }
    }
    expect(tried).toEqual(expect.arrayContaining(['post /graph/create', 'post /graph/run', 'put /graph/{graph_id}']));
  });

  it('serves the whole page of its documentation by itself', async () => {
    const page = await ask(server, 'GET /docs');
    expect(page.status).toBe(200);
    const sources = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), (match) => (match as string[])[1] ?? '');
    expect(sources.length).toBeGreaterThan(3);
    const loaded = [page.body];
    for (const source of sources) {
      const url = new URL(source, `${server.url}/docs`);
      expect(url.origin).toBe(server.url);
      const answer = await ask(server, `GET ${url.pathname}`);
      expect(answer.status, source).toBe(200);
      // The bundles are full of names of XML and JSON schemas that look like addresses.
      if (/\.css$|initializer/.test(source)) loaded.push(answer.body);
    }
    for (const text of loaded) {
      expect(text).not.toMatch(/(?:url\(|@import|src=|href=)\s*['"]?(?:https?:)?\/\//);
    }
    const csp = page.headers.get('content-security-policy');
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("connect-src 'self'");
  });
});

it('loads the demo into a new database only: one that was deleted stays deleted', async () => {
  const folder = temporaryFolder();
  const first = await startServer(folder);
  const runId = await start(first, 'demo-review', { input_data: 'pass' });
  await ended(first, runId);
  expect((await ask(first, 'DELETE /graph/demo-review')).status).toBe(204);
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await startServer(folder);
  expect((await ask(second, 'GET /graph')).body).toEqual({ graphs: [], next_cursor: null });
  expect((await ask(second, 'GET /graph/demo-review')).status).toBe(404);
  expect((await ask(second, `GET /graph/state/${runId}`)).body).toMatchObject({ status: 'COMPLETED' });
  expect(await second.end('SIGTERM')).toBe(0);
});
