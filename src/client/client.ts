import createRequests, { type Client as Requests } from 'openapi-fetch';
import { ApiError, dataOf, unreachable } from './api-error.js';
import type { components, paths } from './api-types.js';
import { persist } from './persist.js';
import { type RunState, waitForRun } from './wait-for-run.js';
import { type RunEvent, type StepOutput, type WatchOptions, watchRun } from './watch-run.js';

/** What programs import that talk to a server. It works in browsers too. */
export { ApiError, dataOf, type ProblemItem } from './api-error.js';
export type { components, paths } from './api-types.js';
export type { RunState } from './wait-for-run.js';
export type { RunEvent, StepOutput, WatchOptions } from './watch-run.js';

type Schemas = components['schemas'];
/** A graph as it is created. */
export type Graph = Schemas['Graph'];
export type StartRun = Schemas['StartRun'];
export type StartedRun = Schemas['StartedRun'];

export interface ClientOptions {
  /** Where the server is, with the prefix of its routes if there is one; `http://127.0.0.1:8000` if it is omitted. */
  readonly url?: string | undefined;
  /** One of the keys of the server, if it has any. */
  readonly apiKey?: string | undefined;
  /** Sends the requests; `fetch` of the platform if it is omitted. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How long `startRun`, `waitForRun` and `watchRun` try again while the server cannot be reached; 300 if it is omitted. */
  readonly reconnectSeconds?: number;
}

export interface StartOptions {
  /** Up to 255 characters: the same key and run start only one. A random one if it is omitted. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** After these seconds the state is returned as it is then; there is no limit if it is omitted. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface AnswerOptions {
  /** `waiting.id` of the wait to answer: a late answer then never ends another wait. */
  readonly waitId?: string;
  readonly signal?: AbortSignal;
}

/**
 * The routes of the API as typed methods, which resolve with `data` or `error` ({@link dataOf} makes an exception of the
 * latter), and what is done with runs. All of it throws ApiError `unreachable` if there is no answer.
 */
export interface Client extends Pick<Requests<paths>, 'GET' | 'POST' | 'PUT' | 'DELETE'> {
  /**
   * Starts a run, once: it is tried again until the server has answered.
   * @example const { run_id } = await client.startRun({ graph_id: 'demo-review', input_data: 'x = 1' });
   * @throws ApiError `graph_not_found`, `invalid_input` and others
   */
  startRun(run: StartRun, options?: StartOptions): Promise<StartedRun>;
  /**
   * Resolves with the state of a run when it has ended, or when it or a run inside it waits for a person. Goes on waiting
   * while the server starts again.
   * @throws ApiError `run_not_found` and others
   */
  waitForRun(runId: string, options?: WaitOptions): Promise<RunState>;
  /**
   * Yields the events of a run, as they are stored, until it has ended: each once and none omitted, also if the
   * connection is lost or the server starts again.
   * @throws ApiError `run_not_found` and others
   */
  watchRun(runId: string, options?: WatchOptions & { readonly output?: false }): AsyncGenerator<RunEvent, void>;
  watchRun(runId: string, options: WatchOptions): AsyncGenerator<RunEvent | StepOutput, void>;
  /**
   * Answers what a run waits for.
   * @throws ApiError `run_not_waiting`, `invalid_answer` and others
   */
  answer(runId: string, payload: unknown, options?: AnswerOptions): Promise<StartedRun>;
}

/** A server sends a comment every 15 seconds. */
const SILENT_MS = 45_000;

/**
 * A client of a server.
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:8000', apiKey });
 * const { run_id } = await client.startRun({ graph_id: 'demo-review', input_data: 'x = 1' });
 * const { status, data } = await client.waitForRun(run_id);
 */
export function createClient(options: ClientOptions = {}): Client {
  const { url = 'http://127.0.0.1:8000', apiKey, reconnectSeconds = 300 } = options;
  const requests = createRequests<paths>({
    baseUrl: url,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
  });
  requests.use({
    onError: ({ error, request }) =>
      request.signal.aborted || error instanceof ApiError ? undefined : unreachable(url, error),
  });
  const { GET, POST, PUT, DELETE } = requests;
  return {
    ...{ GET, POST, PUT, DELETE },
    startRun(run, { idempotencyKey = randomKey(), signal } = {}) {
      const params = { header: { 'idempotency-key': idempotencyKey } };
      const start = async (): Promise<StartedRun> =>
        dataOf(await POST('/graph/run', { params, body: run, signal: signal ?? null })) as StartedRun;
      return persist(start, { reconnectSeconds, signal });
    },
    waitForRun: (runId, { timeoutSeconds = Number.POSITIVE_INFINITY, signal } = {}) =>
      waitForRun(requests, runId, timeoutSeconds, { reconnectSeconds, signal }),
    watchRun: (runId: string, watch: WatchOptions = {}) =>
      watchRun(requests, runId, watch, { url, reconnectSeconds, silentMs: SILENT_MS }) as AsyncGenerator<
        RunEvent,
        void
      >,
    async answer(runId, payload, { waitId, signal } = {}) {
      const params = { path: { run_id: runId } };
      const body = { payload, ...(waitId === undefined ? {} : { wait_id: waitId }) };
      return dataOf(await POST('/graph/runs/{run_id}/resume', { params, body, signal: signal ?? null }));
    },
  };
}

/** Not `crypto.randomUUID`, which pages have only over TLS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
