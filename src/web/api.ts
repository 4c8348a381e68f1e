import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type CapsuleEvent, readStreamed } from './evidence/capsule-document.js';
import type { StreamedOutput } from './types.js';
import type { Problem } from './wire-types.js';

/** Calls the API, with the visitor's key if it needs one. The key is kept as long as the tab is open. */

const KEY = 'graphrunner.api-key';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: NonNullable<Problem['errors']> = [],
  ) {
    super(message);
  }
}

let onUnauthorized = (): void => {};

/** Sets what is called when the API needs a key, or another one. */
export function whenUnauthorized(callback: () => void): void {
  onUnauthorized = callback;
}

export function keepKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY);
}

export function hasKey(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

/** Sends a request with the visitor's key. @throws ApiError unless it is answered well */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
  }
  // 304 comes only to those who ask for it.
  if (answer.ok || answer.status === 304) return answer;
  if (answer.status === 401) onUnauthorized();
  throw await problemOf(answer);
}

async function problemOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  try {
    const { code, detail, errors } = JSON.parse(text) as Problem;
    return new ApiError(answer.status, String(code), String(detail), errors);
  } catch {
    return new ApiError(answer.status, 'unknown', `The server answered ${answer.status}.`);
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, { signal: signal ?? null })).json() as Promise<T>;
}

/** What was read, with the tag of its version. */
export interface Tagged<T> {
  readonly tag: string | null;
  readonly value: T;
}

/** Reads something again; what is known is kept if it has not changed. */
export async function getTagged<T>(
  path: string,
  known: Tagged<T> | undefined,
  signal: AbortSignal,
): Promise<Tagged<T>> {
  const headers = known?.tag ? { 'if-none-match': known.tag } : {};
  const answer = await send(path, { signal, headers });
  if (answer.status === 304 && known !== undefined) return known;
  return { tag: answer.headers.get('etag'), value: (await answer.json()) as T };
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await send(path, { signal: signal ?? null })).text();
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  return (await send(path, { method: 'POST', ...jsonBody(body) })).json() as Promise<T>;
}

/** Posts something of which a text is made. */
export async function postForText(path: string, body: unknown, signal?: AbortSignal): Promise<string> {
  return (await send(path, { method: 'POST', signal: signal ?? null, ...jsonBody(body) })).text();
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await send(path, { method: 'PUT', ...jsonBody(body) })).json() as Promise<T>;
}

function jsonBody(body: unknown): RequestInit {
  return body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export interface Follower {
  onEvent(event: CapsuleEvent): void;
  onOutput(output: StreamedOutput): void;
}

/**
 * Follows a run: calls `onEvent` for each event after a seq, and `onOutput` for what the step under way sends. Resolves with `over` if the run has ended, with `cut` if the
 * connection has. Uses fetch, since EventSource cannot send a key.
 */
export async function follow(
  runId: string,
  after: number,
  follower: Follower,
  signal: AbortSignal,
): Promise<'over' | 'cut'> {
  const { body } = await send(`graph/runs/${encodeURIComponent(runId)}/events?after=${after}&output=true`, { signal });
  const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
  let isTerminal = false;
  for (let next = await events?.read(); next?.done === false; next = await events?.read()) {
    if (next.value.event?.startsWith('output') === true) {
      follower.onOutput(JSON.parse(next.value.data) as StreamedOutput);
      continue;
    }
    const event = readStreamed(JSON.parse(next.value.data));
    // A run that has ended stays so when it is moved to another version of its graph.
    if (event.type !== 'run.migrated') isTerminal = /^run\.(completed|failed|cancelled)$/.test(event.type);
    follower.onEvent(event);
  }
  return isTerminal ? 'over' : 'cut';
}
