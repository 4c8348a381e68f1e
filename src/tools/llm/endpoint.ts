import { OpenAI } from 'openai';
import { Agent, type Dispatcher, request } from 'undici';
import { FatalError } from '../../core/tool/tool-errors.js';
import { ACCEPTED_ENCODINGS, readCapped } from '../http/capped-body.js';

/** Size of an answer as it comes over the wire, decoded, in bytes. */
export const MAX_ANSWER_BYTES = 4_194_304;

/** The longest delay of a Node timer, in milliseconds. The client has no timeout of its own; the step has. */
const NO_TIMEOUT_MS = 2_147_483_647;

/** Gives a client that sends this key, or none. */
export type ClientOf = (apiKey: string | undefined) => OpenAI;

/**
 * The endpoint of a model. Its connections have no timeouts: a model can think for minutes, and the signal of the step
 * is the limit. What the client would take from the environment (keys, organization, headers) is kept from it.
 */
export function endpoint(baseURL: string): ClientOf {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return (apiKey) =>
    new OpenAI({
      baseURL,
      fetch: endpointFetch(agent, apiKey),
      apiKey: 'unused',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      logLevel: 'off',
      maxRetries: 0,
      timeout: NO_TIMEOUT_MS,
    });
}

/**
 * The fetch that the client uses. It sends no header but those here, follows no redirects, and stops reading at
 * {@link MAX_ANSWER_BYTES}.
 * @throws FatalError, from the fetch, for an answer that is too large.
 */
function endpointFetch(agent: Dispatcher, apiKey: string | undefined) {
  return async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const answer = await request(String(url), {
      dispatcher: agent,
      method: 'POST',
      headers: {
        accept: 'application/json',
        'accept-encoding': ACCEPTED_ENCODINGS,
        'content-type': 'application/json',
        'user-agent': 'graphrunner',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: String(init.body),
      signal: init.signal ?? null,
    });
    const { statusCode: status, headers } = answer;
    const { bytes, isCut } = await readCapped(answer.body, String(headers['content-encoding'] ?? ''), MAX_ANSWER_BYTES);
    if (isCut) throw new FatalError(`The answer of the model is larger than ${MAX_ANSWER_BYTES} bytes.`);
    const kept = ['content-type', 'retry-after'].flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status, headers: kept });
  };
}
