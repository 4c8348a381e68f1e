import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { parseAnswerJson } from '../../core/base/answer-json.js';
import { messageOf } from '../../core/base/errors.js';
import { encodeForForm } from '../../core/base/url-encoding.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { shortened } from '../result.js';
import { tlsHint } from '../tls-hint.js';
import { decodeText } from './answer-body.js';
import { encodeBasic } from './authorization.js';
import { ACCEPTED_ENCODINGS, discardBody, readCapped } from './capped-body.js';
import { ForbiddenAddressError } from './checked-addresses.js';
import type { HttpErrorCode } from './error-codes.js';
import { contentTypeOf, encodingOf } from './headers.js';
import type { ClientCredentials } from './params.js';
import type { HttpAnswer, HttpRequest } from './request-rules.js';

/** Sends a request, without following redirects. */
export type SendOnce = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

const MAX_TOKENS_KEPT = 1000;
const MAX_ANSWER_BYTES = 65_536;
const FETCH_TIMEOUT_MS = 30_000;
/** How long a token is used whose server does not say when it expires. */
const UNKNOWN_LIFE_SECONDS = 300;
/** A token is fetched anew this long before it expires, or after nine tenths of a short life. */
const EARLY_SECONDS = 60;

const tokenSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().min(0).optional().catch(undefined),
});

interface Token {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly useUntil: number;
}

/** The tokens of client credentials (RFC 6749 section 4.4). They are kept in memory only. */
export class OauthTokens {
  readonly #kept = new LRUCache<string, Token>({ max: MAX_TOKENS_KEPT });
  /** Steps that need the same token at the same time share one request. */
  readonly #underWay = new Map<string, Promise<Token>>();

  /** @param now milliseconds since 1970 */
  constructor(
    private readonly send: SendOnce,
    private readonly now: () => number,
  ) {}

  /**
   * A token for these credentials: one that is kept, or a new one.
   * @param refused a token that the service has refused before its time: another one is fetched
   * @throws FatalError, RetryableError with the code `http_auth`
   */
  async tokenFor(credentials: ClientCredentials, signal: AbortSignal, refused?: string): Promise<string> {
    const { token_url, client_id, client_secret, scope } = credentials;
    const key = JSON.stringify([token_url, client_id, client_secret, scope]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.useUntil > this.now() && kept.text !== refused) return kept.text;
    const underWay = this.#underWay.get(key) ?? this.#start(key, credentials);
    return (await unlessAborted(underWay, signal)).text;
  }

  #start(key: string, credentials: ClientCredentials): Promise<Token> {
    const fetching = this.#fetch(credentials);
    this.#underWay.set(key, fetching);
    const end = () => this.#underWay.delete(key);
    fetching.then((token) => {
      this.#kept.set(key, token);
      end();
    }, end);
    return fetching;
  }

  /** Shows the secret in a header, as RFC 6749 section 2.3.1 wants it; in the body to servers that refuse that. */
  async #fetch(credentials: ClientCredentials): Promise<Token> {
    const origin = new URL(credentials.token_url).origin;
    try {
      const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
      const inHeader = await this.send(tokenRequest(credentials, 'header'), signal);
      if (inHeader.status !== 400 && inHeader.status !== 401) return await this.#read(inHeader, origin);
      discardBody(inHeader.body);
      return await this.#read(await this.send(tokenRequest(credentials, 'body'), signal), origin);
    } catch (thrown) {
      const isNamed = thrown instanceof FatalError || thrown instanceof RetryableError;
      if (isNamed || thrown instanceof ForbiddenAddressError) throw thrown;
      throw failure(`There is no token from ${origin}: ${shortened(messageOf(thrown))}${tlsHint(thrown)}`, true);
    }
  }

  async #read(answer: HttpAnswer, origin: string): Promise<Token> {
    const { status } = answer;
    const { bytes } = await readCapped(answer.body, encodingOf(answer), MAX_ANSWER_BYTES);
    const parsed = status === 200 ? tokenSchema.safeParse(parseOrNothing(bytes, answer)) : undefined;
    if (parsed?.success === true) {
      const { access_token: text, expires_in: life = UNKNOWN_LIFE_SECONDS } = parsed.data;
      return { text, useUntil: this.now() + (life - Math.min(EARLY_SECONDS, life / 10)) * 1000 };
    }
    // An answer that holds a token is not quoted.
    const quote = status === 200 ? '' : `: ${shortened(decodeText(bytes, contentTypeOf(answer)).trim())}`;
    const what = status === 200 ? 'without a bearer token' : String(status);
    throw failure(`The token endpoint ${origin} answered ${what}${quote}`, status === 429 || status >= 500, { status });
  }
}

function parseOrNothing(bytes: Buffer, answer: HttpAnswer): unknown {
  try {
    return parseAnswerJson(decodeText(bytes, contentTypeOf(answer)));
  } catch {
    return undefined;
  }
}

function failure(message: string, isRetryable: boolean, details?: { readonly status: number }): Error {
  const code: HttpErrorCode = 'http_auth';
  return isRetryable ? new RetryableError(message, { code, details }) : new FatalError(message, { code, details });
}

function tokenRequest(credentials: ClientCredentials, secretIn: 'header' | 'body'): HttpRequest {
  const { token_url, client_id, client_secret, scope } = credentials;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) form.set('scope', scope);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': ACCEPTED_ENCODINGS,
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'graphrunner',
  };
  if (secretIn === 'header')
    headers.authorization = `Basic ${encodeBasic(encodeForForm(client_id), encodeForForm(client_secret))}`;
  else {
    form.set('client_id', client_id);
    form.set('client_secret', client_secret);
  }
  return { method: 'POST', url: new URL(token_url), headers, body: form.toString() };
}

/** Leaves a promise that others share when this step is stopped. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
