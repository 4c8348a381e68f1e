import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, fetch, type RequestInit as UndiciInit } from 'undici';
import type { HttpServerConfig } from './config.js';
import { ExactNumbers } from './exact-numbers.js';

/** Size of one answer, decoded, in bytes. What a run can keep is smaller; schemas and progress come along. */
export const MAX_MESSAGE_BYTES = 4_194_304;

/** How the client resumes a broken stream: three tries within 4 s. */
const RECONNECTION = {
  initialReconnectionDelay: 500,
  maxReconnectionDelay: 2000,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 3,
};

/** Reports how many requests to the server are open, whenever the number changes. */
type Watch = (open: number) => void;

/** Bodies that a Response with this status cannot have (Fetch standard, null body status). */
const NULL_BODY: readonly number[] = [101, 204, 205, 304];

/**
 * A transport over streamable HTTP. It has no timeouts, since a tool can take long and the signal of the step is the
 * limit, and it stops reading answers at {@link MAX_MESSAGE_BYTES}.
 */
export function httpTransport(config: HttpServerConfig, watch: Watch): StreamableHTTPClientTransport {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  let open = 0;
  const change = (by: number): void => {
    open += by;
    watch(open);
  };
  return new StreamableHTTPClientTransport(new URL(config.url), {
    requestInit: { headers: { ...config.headers } },
    reconnectionOptions: RECONNECTION,
    fetch: async (url, init = {}) => {
      if (isForNotifications(init)) return new Response(null, { status: 405 });
      change(1);
      try {
        const answer = await fetch(String(url), { ...(init as unknown as UndiciInit), dispatcher: agent });
        const { status, statusText, headers } = answer;
        const wrapped = { status, statusText, headers: [...headers] };
        if (answer.body === null || NULL_BODY.includes(status)) {
          change(-1);
          return new Response(null, wrapped);
        }
        const exact = new ExactNumbers(/^text\/event-stream/i.test(headers.get('content-type') ?? ''));
        const body = withExactNumbers(
          capped(answer.body, () => change(-1)),
          exact,
        );
        return new Response(ReadableStream.from(body), wrapped);
      } catch (error) {
        change(-1);
        throw error;
      }
    },
  });
}

/**
 * The stream for messages that a server sends unasked. None is needed here, and without it no connection stays open: a
 * server can refuse it, so a client can do without (MCP 2025-11-25, Transports).
 */
function isForNotifications({ method = 'GET', headers }: RequestInit): boolean {
  return method === 'GET' && !new Headers(headers).has('last-event-id');
}

async function* withExactNumbers(body: AsyncIterable<Uint8Array>, exact: ExactNumbers): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield exact.push(chunk);
  yield exact.end();
}

async function* capped(body: AsyncIterable<Uint8Array>, onEnd: () => void): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > MAX_MESSAGE_BYTES) throw new Error(`an answer is larger than ${MAX_MESSAGE_BYTES} bytes`);
      yield chunk;
    }
  } finally {
    onEnd();
  }
}
