import type { Client as Requests } from 'openapi-fetch';
import { dataOf } from './api-error.js';
import type { components, paths } from './api-types.js';
import { type Patience, pause, persist } from './persist.js';

export type RunState = components['schemas']['RunState'];

/** The longest that the API holds an answer back, in seconds. */
const MAX_WAIT_SECONDS = 60;
/** A server that stops answers at once: milliseconds before it is asked again. */
const PAUSE_MS = 250;

/** Reads the state of a run until it is at rest, or the time is up. */
export async function waitForRun(
  requests: Pick<Requests<paths>, 'GET'>,
  runId: string,
  timeoutSeconds: number,
  patience: Patience,
): Promise<RunState> {
  const until = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const askedAt = Date.now();
    const wait = Math.ceil(Math.min(Math.max((until - askedAt) / 1000, 1), MAX_WAIT_SECONDS));
    const params = { path: { run_id: runId }, query: { wait } };
    const { signal } = patience;
    const state = await persist(
      async () => dataOf(await requests.GET('/graph/state/{run_id}', { params, signal: signal ?? null })),
      patience,
    );
    if (isAtRest(state) || Date.now() >= until) return state;
    if (Date.now() - askedAt < PAUSE_MS) await pause(PAUSE_MS, signal);
  }
}

/** When an answer with `?wait=` is not held back any more. */
function isAtRest({ status, waiting }: RunState): boolean {
  if (status !== 'WAITING') return status !== 'SUBMITTED' && status !== 'RUNNING';
  return waiting !== null && (waiting.kind === 'input' || waiting.kind === 'limit' || waiting.children.length > 0);
}
