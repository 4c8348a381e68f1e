import { Agent } from 'undici';
import type { TraceContext } from '../../core/base/trace-context.js';
import type { AllowList } from '../http/allow-list.js';
import { ACCEPTED_ENCODINGS } from '../http/capped-body.js';
import type { Resolve } from '../http/checked-addresses.js';
import { exchange } from '../http/exchange.js';
import { guardedAgent } from '../http/guarded-agent.js';
import type { HttpAnswer } from '../http/request-rules.js';
import { withTrace } from '../http/trace-headers.js';
import type { Params } from './params.js';
import { buildBody } from './request-body.js';

/** Sends the request that params ask for, as a part of a trace. */
export type Ask = (params: Params, signal: AbortSignal, trace?: TraceContext) => Promise<HttpAnswer>;

/**
 * The way to models. The operator chooses `baseUrl`, so it can be any address; `base_url` of the params is chosen by
 * whoever writes a graph, and goes through the guard of http_request. Only what the params name is sent as a key.
 * Connections have no timeouts: a model can think for minutes, and the signal of the step is the limit. Redirects are
 * not followed.
 */
export function openEndpoint(baseUrl: string, allowList: AllowList, resolve: Resolve): Ask {
  const operatorAgent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const guarded = guardedAgent(allowList, resolve);
  return (params, signal, trace) => {
    const agent = params.base_url === undefined ? operatorAgent : guarded;
    const url = completionsUrl(params.base_url ?? baseUrl);
    const body = JSON.stringify(buildBody(params));
    const progress = { isSent: false, isAnswered: false };
    const options = { signal, followRedirects: false, progress };
    return exchange(agent, { method: 'POST', url, headers: headersOf(params, trace), body }, options);
  };
}

/** `/chat/completions` below a base URL, whose query stays: some providers have their version there. */
function completionsUrl(base: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

function headersOf({ headers = {}, api_key, stream }: Params, trace: TraceContext | undefined): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    // What compresses a stream holds it up.
    ...(stream === true
      ? { accept: 'text/event-stream, application/json', 'accept-encoding': 'identity' }
      : { accept: 'application/json', 'accept-encoding': ACCEPTED_ENCODINGS }),
    'user-agent': 'graphrunner',
    ...withTrace(Object.fromEntries(own), trace),
    'content-type': 'application/json',
    ...(api_key !== undefined && { authorization: `Bearer ${api_key}` }),
  };
}
