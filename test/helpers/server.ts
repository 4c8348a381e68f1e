import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { demoDefinitions } from '../../src/demo/definitions.js';
import { demoExamples } from '../../src/demo/examples/all-examples.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import type { Engine } from '../../src/engine/engine.js';
import { type AppOptions, buildApp } from '../../src/http/app.js';
import { Turns } from '../../src/runs/turns.js';
import { contractOf } from './contract.js';
import { startEngine, type TestEngine, type TestEngineOptions } from './engine.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>;
  /** The parsed body; undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape, which the contract has checked.
  readonly body: any;
  readonly text: string;
}

type Payload = string | Buffer | object;
type Headers = Record<string, string>;

/** Asks the app without a network. Every answer is checked against the OpenAPI document. */
export type Ask = (request: string, payload?: Payload, headers?: Headers) => Promise<Answer>;

export interface TestServer extends TestEngine {
  readonly app: FastifyInstance;
  readonly ask: Ask;
}

export interface TestServerOptions
  extends TestEngineOptions,
    Pick<AppOptions, 'page' | 'renderMetrics' | 'onRunStarted' | 'onAnswered' | 'unreadMs' | 'maxDeliveryBytes'> {
  readonly apiKeys?: readonly string[];
  readonly namedApiKeys?: AppOptions['namedApiKeys'];
  readonly readApiKeys?: readonly string[];
  readonly loopbackOnly?: boolean;
  readonly maxBodyBytes?: number;
  readonly logger?: FastifyBaseLogger;
}

/** A whole server on a real database file, with the demo loaded into a new one. It does not listen. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const engine = await startEngine({
    examples: demoExamples,
    ...options,
    definitions: [...demoDefinitions, ...(options.definitions ?? [])],
  });
  if (options.path === undefined) await engine.engine.createGraph(codeReviewGraph);
  const app = await appOf(engine.engine, options);
  const stop = async (graceMs?: number): Promise<void> => {
    await engine.drain(graceMs ?? 5000);
    await app.close();
    await engine.close();
  };
  return { ...engine, app, ask: asker(app), stop };
}

/** Makes an app listen on a free port of loopback; resolves with its URL. */
export function listen({ app }: Pick<TestServer, 'app'>): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 });
}

/** A test server with a run, of graph `waits`, that waits for a person. */
export async function startServerWithWait(): Promise<{ server: TestServer; runId: string }> {
  const server = await startTestServer();
  const waits = { name: 'w', tool_name: 'wait_for_input', params: { message: '?' } };
  await server.ask('POST /graph/create', { graph_id: 'waits', name: 'waits', entry_point: 'w', nodes: [waits] });
  const { body } = await server.ask('POST /graph/run?wait=10', { graph_id: 'waits' });
  return { server, runId: body.run_id };
}

/** An app on any engine. */
export function appOf(engine: Engine, options: Omit<TestServerOptions, keyof TestEngineOptions> = {}) {
  const { inSlices } = new Turns();
  return buildApp({ apiKeys: [], loopbackOnly: false, maxBodyBytes: 1_048_576, inSlices, ...options, engine });
}

/** `ask('POST /graph/run', { ... })` */
export function asker(app: FastifyInstance): Ask {
  const check = contractOf(app);
  return async (request, payload, headers = {}) => {
    const space = request.indexOf(' ');
    const method = request.slice(0, space);
    const url = request.slice(space + 1);
    const answer = await app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    if (method !== 'HEAD' && !url.startsWith('/docs')) check(method.toLowerCase(), url, answer);
    if (answer.statusCode === 500) throw new Error(`${request.slice(0, 200)} answered 500`);
    const isJson = String(answer.headers['content-type']).includes('json');
    const body = isJson && answer.body !== '' ? answer.json() : undefined;
    return { status: answer.statusCode, headers: answer.headers, body, text: answer.body };
  };
}
