import { type Dispatcher, request as send } from 'undici';
import { discardBody } from './capped-body.js';
import { RefusedAnswerError } from './refused-answer.js';
import { followRedirect, type HttpAnswer, type HttpRequest, whyNotRequestable } from './request-rules.js';

/** Most redirects of one request. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** How far a request has come, for whoever handles its failure. */
export interface Progress {
  /** Something of it can have reached the server. */
  isSent: boolean;
  /** The server has answered, with a redirect or for good. */
  isAnswered: boolean;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  readonly followRedirects: boolean;
  /** Kept up to date. */
  readonly progress: Progress;
}

/**
 * Sends a request and follows redirects, each through the same agent and its checks.
 * @throws RefusedAnswerError for a redirect that cannot be followed; otherwise what undici throws.
 */
export async function exchange(
  agent: Dispatcher,
  first: HttpRequest,
  { signal, followRedirects, progress }: ExchangeOptions,
): Promise<HttpAnswer> {
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const refusal = whyNotRequestable(request.url);
    if (refusal !== undefined) throw new RefusedAnswerError(refusal);
    const { method, url, headers, body = null } = request;
    progress.isSent = true;
    const answer = await send(url, { dispatcher: agent, method, headers, body, signal });
    progress.isAnswered = true;
    const location = answer.headers.location;
    if (!followRedirects || !REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') {
      return { request, status: answer.statusCode, headers: answer.headers, body: answer.body };
    }
    discardBody(answer.body);
    if (redirects === MAX_REDIRECTS) throw new RefusedAnswerError(`There were more than ${MAX_REDIRECTS} redirects.`);
    request = followRedirect(request, answer.statusCode, location);
  }
}
