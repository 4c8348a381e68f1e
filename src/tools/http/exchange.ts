import { type Dispatcher, request as send } from 'undici';
import { FatalError } from '../../core/tool/tool-errors.js';
import { followRedirect, type HttpAnswer, type HttpRequest, whyNotRequestable } from './request-rules.js';

/** Most redirects of one request. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a request and follows redirects, each through the same agent and its checks.
 * @throws FatalError for an address that cannot be asked, or too many redirects; otherwise what undici throws.
 */
export async function exchange(agent: Dispatcher, first: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const refusal = whyNotRequestable(request.url);
    if (refusal !== undefined) throw new FatalError(refusal);
    const { method, url, headers, body = null } = request;
    const answer = await send(url, { dispatcher: agent, method, headers, body, signal });
    const location = answer.headers.location;
    if (!REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') {
      return { request, status: answer.statusCode, headers: answer.headers, body: answer.body };
    }
    // Not read, since it can be of any length. Destroying it emits an error.
    answer.body.on('error', () => undefined).destroy();
    if (redirects === MAX_REDIRECTS) throw new FatalError(`There were more than ${MAX_REDIRECTS} redirects.`);
    request = followRedirect(request, answer.statusCode, location);
  }
}
