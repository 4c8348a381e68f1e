import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { type Received, startHttpServer } from './http-server.js';

/** A secret of callbacks, as a setting has it. */
export const HOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** A callback that has arrived. */
export interface Callback {
  readonly id: string;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  readonly body: any;
  /** What it was answered. */
  readonly status: number;
}

/** Checks the signature of a callback. @throws WebhookVerificationError */
export function verify({ body, headers }: Pick<Received, 'body' | 'headers'>, secret = HOOK_SECRET): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

/**
 * A receiver of callbacks, which refuses those that are not signed right.
 * @param answer the status for each; a function that answers itself, or not at all
 */
export async function startReceiver(
  answer: (callback: Omit<Callback, 'status'>, count: number) => number | ((response: ServerResponse) => void) = () =>
    204,
) {
  const callbacks: Callback[] = [];
  const server = await startHttpServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    const body = verify(request);
    const callback = { id, path: request.url, body };
    const answered = answer(callback, callbacks.length);
    if (typeof answered === 'number') {
      callbacks.push({ ...callback, status: answered });
      response.writeHead(answered).end();
    } else {
      callbacks.push({ ...callback, status: 0 });
      answered(response);
    }
  });
  return { ...server, callbacks };
}
