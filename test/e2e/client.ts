import { once } from 'node:events';
import type { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  readonly body: any;
}

/** `ask(server, 'POST /graph/run', { ... })` over the network. */
export async function ask(
  server: Pick<ServerProcess, 'url'>,
  request: string,
  payload?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const body = payload === undefined ? {} : { body: JSON.stringify(payload) };
  const json = payload === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(server.url + path, { method, headers: { ...json, ...headers }, ...body });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
}

/** Starts a run; resolves with its id. */
export async function startRun(server: ServerProcess, graphId: string, options: object = {}): Promise<string> {
  const { status, body } = await ask(server, 'POST /graph/run', { graph_id: graphId, ...options });
  if (status !== 202) throw new Error(`the run of ${graphId} was answered ${status}: ${JSON.stringify(body)}`);
  return body.run_id;
}

/** Resolves with the state of a run when it has ended, or when it or a run inside it waits for input. */
export async function waitForRest(server: ServerProcess, runId: string): Promise<Answer['body']> {
  return (await ask(server, `GET /graph/state/${runId}?wait=60`)).body;
}

/** Resolves when the run waits for something. */
export async function waitForWait(server: ServerProcess, runId: string): Promise<Answer['body']> {
  return until(async () => {
    const { body } = await ask(server, `GET /graph/state/${runId}`);
    return body.status === 'WAITING' ? body : undefined;
  });
}

/** Resolves when a server that was told to stop says that it is not ready. */
export async function waitForStopping(server: ServerProcess): Promise<void> {
  await until(async () => (await ask(server, 'GET /health/ready')).status === 503);
}

/** Resolves with the log line that has this message. */
export async function waitForLog(server: ServerProcess, message: string): Promise<Record<string, unknown>> {
  for (;;) {
    const found = server.lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === message);
    if (found !== undefined) return found;
    await once(server.child.stdout!, 'data');
  }
}

/** Resolves with the exit code of a server that ends by itself. */
export async function waitForExit({ child }: ServerProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
