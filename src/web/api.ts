/** Asks the API, with the visitor's key where it wants one. The key lives as long as the tab. */

const KEY = 'graphrunner.api-key';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly { pointer: string; message: string; hint?: string }[] = [],
  ) {
    super(message);
  }
}

let onUnauthorized = (): void => {};

/** Calls back when the API wants a key, or another one. */
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

async function send(path: string, init: RequestInit = {}): Promise<Response> {
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
  if (answer.ok) return answer;
  if (answer.status === 401) onUnauthorized();
  throw await problemOf(answer);
}

async function problemOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  try {
    const { code, detail, errors } = JSON.parse(text);
    return new ApiError(answer.status, String(code), String(detail), errors ?? []);
  } catch {
    return new ApiError(answer.status, 'unknown', `The server answered ${answer.status}.`);
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, signal === undefined ? {} : { signal })).json() as Promise<T>;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await send(path, signal === undefined ? {} : { signal })).text();
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await send(path, { method: 'POST', ...init })).json() as Promise<T>;
}

export interface StreamedEvent {
  readonly seq: number;
  readonly type: string;
  readonly time: string;
}

/**
 * Follows a run: calls back for each event after a seq. Resolves with how it ended: `over` when the run has, `cut` when
 * the connection has. By fetch, since EventSource cannot send a key.
 */
export async function follow(
  runId: string,
  after: number,
  onEvent: (event: StreamedEvent) => void,
  signal: AbortSignal,
): Promise<'over' | 'cut'> {
  const answer = await send(`graph/runs/${encodeURIComponent(runId)}/events?after=${after}`, { signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let isTerminal = false;
  for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
    text += chunk.value;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data === undefined) continue;
      const event = JSON.parse(data.slice(6)) as StreamedEvent;
      isTerminal = /^run\.(completed|failed|cancelled)$/.test(event.type);
      onEvent(event);
    }
  }
  return isTerminal ? 'over' : 'cut';
}
