import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractOf } from '../helpers/contract.js';
import { DEMO_DATA, DEMO_LOGS, MESSY_CODE } from '../helpers/demo.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask, startRun, waitForRest } from './client.js';

interface Operation {
  parameters?: { name: string; in: string; example?: unknown }[];
  requestBody?: { content: { 'application/json': Media } };
}

interface Media {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

/** All examples of a body; one that is nothing where there is no body. */
function bodiesOf({ requestBody }: Operation): unknown[] {
  const { example, examples } = requestBody?.content['application/json'] ?? {};
  return examples === undefined ? [example] : Object.values(examples).map(({ value }) => value);
}

/** What "Try it out" sends for each operation, in the order of the document; runs are made as they are needed. */
async function* requestsOf(server: ServerProcess, { paths }: { paths: Record<string, Record<string, Operation>> }) {
  // Without a PUBLIC_URL there are no approval links, which have tests of their own.
  for (const [path, item] of Object.entries(paths).filter(([each]) => !each.startsWith('/answers/'))) {
    for (const [method, operation] of Object.entries(item).filter(([name]) => name !== 'delete')) {
      const url = await urlFor(server, path, operation);
      for (const example of bodiesOf(operation)) yield { method, path, url, example };
    }
  }
}

async function urlFor(server: ServerProcess, path: string, { parameters = [] }: Operation): Promise<string> {
  let url = path;
  for (const { name, example } of parameters.filter((parameter) => parameter.in === 'path')) {
    const isRun = ['run_id', 'a', 'b'].includes(name);
    const made = isRun ? await runFor(server, path) : name === 'delivery_id' ? await deliveryOf(server) : undefined;
    url = url.replace(`{${name}}`, made ?? String(example));
  }
  return url;
}

/** A callback that cannot be delivered. */
async function deliveryOf(server: ServerProcess): Promise<string> {
  const notify = [{ url: 'http://127.0.0.1:9/', on: ['completed'], secret: 'NOT_SET' }];
  const runId = await startRun(server, 'demo-review', { input_data: 'pass', notify });
  await waitForRest(server, runId);
  return (await ask(server, `GET /deliveries?run_id=${runId}`)).body.deliveries[0].delivery_id;
}

/** A run that the examples for a route are right for. There is no telling which runs a server has. */
async function runFor(server: ServerProcess, path: string): Promise<string> {
  const limits = path.endsWith('/retry') ? { limits: { max_steps: 1 } } : {};
  const waits = ['/resume', '/cancel', '/pause', '/unpause', '/signals/{name}'].some((end) => path.endsWith(end));
  const runId = await startRun(server, waits ? 'approval' : 'demo-review', { input_data: 'if a: pass', ...limits });
  await waitForRest(server, runId);
  return runId;
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
    expect(server.lines.join('\n')).toContain(
      `listening on ${server.url}; open it in a browser, or try ${server.url}/docs`,
    );
  });

  it('runs the demo to the promised end', async () => {
    const started = await ask(server, 'POST /graph/run', { graph_id: 'demo-review', input_data: MESSY_CODE });
    expect(started.status).toBe(202);
    expect(started.body).toEqual({ run_id: expect.any(String), status: 'SUBMITTED' });
    expect(started.headers.get('location')).toBe(`/graph/state/${started.body.run_id}`);
    const state = await waitForRest(server, started.body.run_id);
    expect(state).toMatchObject({
      status: 'COMPLETED',
      input_data: MESSY_CODE,
      graph_id: 'demo-review',
      graph_version: 1,
    });
    expect(state.logs).toEqual(DEMO_LOGS);
    expect(state.data).toEqual(DEMO_DATA);
  });

  it.skipIf(process.platform !== 'linux')('tries a graph on past runs, in threads of its own', async () => {
    const countThreads = (): number => readdirSync(`/proc/${server.child.pid}/task`).length;
    const before = countThreads();
    const { body } = await ask(server, 'POST /graph/demo-review/backtest', { version: 1 });
    expect(body).toMatchObject({ runs: 1, same: 1, complete: 1, unknown_groups: [] });
    expect(countThreads()).toBeGreaterThan(before);
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
    for await (const { method, path, url, example } of requestsOf(server, document)) {
      const { status, headers, body } = await ask(server, `${method.toUpperCase()} ${url}`, example);
      const answered = { 'content-type': headers.get('content-type') };
      check(method, url, { statusCode: status, headers: answered, body: JSON.stringify(body) });
      expect(status, `${method} ${url} ${JSON.stringify(body)}`).toBeLessThan(300);
      tried.push(`${method} ${path}`);
    }
    const some = ['post /graph/create', 'post /graph/run', 'put /graph/{graph_id}', 'post /graph/runs/{run_id}/resume'];
    expect(tried).toEqual(expect.arrayContaining(some));
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
  const runId = await startRun(first, 'demo-review', { input_data: 'pass' });
  await waitForRest(first, runId);
  expect((await ask(first, 'DELETE /graph/demo-review')).status).toBe(204);
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await startServer(folder);
  expect((await ask(second, 'GET /graph')).body).toEqual({ graphs: [], next_cursor: null });
  expect((await ask(second, 'GET /graph/demo-review')).status).toBe(404);
  expect((await ask(second, `GET /graph/state/${runId}`)).body).toMatchObject({ status: 'COMPLETED' });
  expect(await second.end('SIGTERM')).toBe(0);
});
