import {
  ClientCredentialsProvider,
  type FetchLike,
  type OAuthTokens,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Agent, fetch, type RequestInit as UndiciInit, type Response as UndiciResponse } from 'undici';
import type { HttpServerConfig } from './config.js';
import { ExactNumbers } from './exact-numbers.js';

/** Size of one answer or event, decoded, in bytes. What a run can keep is smaller; schemas and progress come along. */
export const MAX_MESSAGE_BYTES = 4_194_304;

/** Longest request for a token, or for where to get one, in milliseconds. */
const OAUTH_TIMEOUT_MS = 30_000;

/** How the client resumes a broken stream: three tries within 4 s. */
const RECONNECTION = {
  initialReconnectionDelay: 500,
  maxReconnectionDelay: 2000,
  reconnectionDelayGrowFactor: 2,
  maxRetries: 3,
};

/** Bodies that a Response with this status cannot have (Fetch standard, null body status). */
const NULL_BODY: readonly number[] = [101, 204, 205, 304];

/** What a transport over HTTP reports. */
export interface HttpEvents {
  /** How many requests to the server are open, whenever the number changes. The stream of {@link onStreamEnd} is none. */
  onOpen(count: number): void;
  /** The stream has ended on which a server sends what belongs to no request. */
  onStreamEnd(): void;
  /** There is a new token, which must not be shown. */
  onToken(token: string): void;
}

/**
 * A transport over streamable HTTP. It has no timeouts, since a tool can take long and the signal of the step is the
 * limit, and it stops reading answers at {@link MAX_MESSAGE_BYTES}.
 */
export function httpTransport(config: HttpServerConfig, events: HttpEvents): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(config.url), {
    ...optionsOf(config, events),
    reconnectionOptions: RECONNECTION,
  });
}

/** A transport over HTTP with one stream of Server-Sent Events for all answers (MCP 2024-11-05), with the same limits. */
export function sseTransport(config: HttpServerConfig, events: HttpEvents): SSEClientTransport {
  return new SSEClientTransport(new URL(config.url), optionsOf(config, events));
}

function optionsOf(config: HttpServerConfig, events: HttpEvents) {
  return {
    requestInit: { headers: { ...config.headers } },
    fetch: watchedFetch(events),
    ...(config.oauth !== undefined && { authProvider: new TokenProvider(config.oauth, events.onToken) }),
  };
}

/** Gets tokens by client credentials (RFC 6749 section 4.4), and keeps them in memory. */
class TokenProvider extends ClientCredentialsProvider {
  constructor(
    { issuer, client_id, client_secret, scope }: NonNullable<HttpServerConfig['oauth']>,
    private readonly onToken: (token: string) => void,
  ) {
    super({
      clientId: client_id,
      clientSecret: client_secret,
      // The secret goes to no other server, whatever the MCP server says.
      expectedIssuer: issuer,
      clientName: 'graphrunner',
      ...(scope !== undefined && { scope }),
    });
  }

  override saveTokens(tokens: OAuthTokens): void {
    this.onToken(tokens.access_token);
    super.saveTokens(tokens);
  }
}

function watchedFetch(events: HttpEvents): FetchLike {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  let open = 0;
  const change = (by: number): void => {
    open += by;
    events.onOpen(open);
  };
  return async (url, init = {}) => {
    const isUnasked = isForUnasked(init);
    if (!isUnasked) change(1);
    const end = isUnasked ? () => undefined : () => change(-1);
    try {
      const signal = isForOauth(url, init) ? AbortSignal.timeout(OAUTH_TIMEOUT_MS) : init.signal;
      const request = { ...init, signal: signal ?? null } as unknown as UndiciInit;
      const answer = await fetch(String(url), { ...request, dispatcher: agent });
      return toResponse(answer, isUnasked, isUnasked && answer.status === 200 ? () => events.onStreamEnd() : end);
    } catch (error) {
      end();
      throw error;
    }
  };
}

/** @param onEnd called when the body has been read, or left */
function toResponse(answer: UndiciResponse, isEndless: boolean, onEnd: () => void): Response {
  const { status, statusText, headers } = answer;
  const wrapped = { status, statusText, headers: [...headers] };
  if (answer.body === null || NULL_BODY.includes(status)) {
    onEnd();
    return new Response(null, wrapped);
  }
  const exact = new ExactNumbers(/^text\/event-stream/i.test(headers.get('content-type') ?? ''));
  const body = withExactNumbers(capped(answer.body, isEndless, onEnd), exact);
  return new Response(ReadableStream.from(body), wrapped);
}

/**
 * True for the stream on which a server sends what belongs to no request. Servers ask there too (to ping, to sample, to
 * elicit), and would wait for an answer if nobody read it.
 */
function isForUnasked({ method = 'GET', headers }: RequestInit): boolean {
  const sent = new Headers(headers);
  const isStream = sent.get('accept')?.includes('text/event-stream') === true;
  return method === 'GET' && isStream && !sent.has('last-event-id');
}

async function* withExactNumbers(body: AsyncIterable<Uint8Array>, exact: ExactNumbers): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield exact.push(chunk);
  yield exact.end();
}

function isForOauth(url: string | URL, { headers }: RequestInit): boolean {
  const isForm = new Headers(headers).get('content-type')?.includes('form-urlencoded') === true;
  return isForm || String(url).includes('/.well-known/');
}

/** @param isEndless a stream of events, of which each counts by itself */
async function* capped(
  body: AsyncIterable<Uint8Array>,
  isEndless: boolean,
  onEnd: () => void,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of body) {
      length = isEndless && endsEvent(chunk) ? 0 : length + chunk.length;
      if (length > MAX_MESSAGE_BYTES) throw new Error(`an answer is larger than ${MAX_MESSAGE_BYTES} bytes`);
      yield chunk;
    }
  } finally {
    onEnd();
  }
}

/** True if there is a line without text in the chunk, which ends an event. */
function endsEvent(chunk: Uint8Array): boolean {
  return /\r\n\r\n|\n\n|\r\r/.test(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'));
}
