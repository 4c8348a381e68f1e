import { definedOnly } from '../core/base/defined-only.js';
import type { Json } from '../core/base/json.js';
import { type Mask, maskFor, NO_MASK } from '../core/base/mask.js';
import { ANSWER_SHAPE, type AnswerShape, type AnyTool, defineTool, type ToolContext } from '../core/tool/tool.js';
import { FatalError, RetryableError } from '../core/tool/tool-errors.js';
import { type AllowList, parseAllowList } from './http/allow-list.js';
import { readBody } from './http/answer-body.js';
import { encodeBasic } from './http/authorization.js';
import { buildRequest } from './http/build-request.js';
import { discardBody, readCapped } from './http/capped-body.js';
import { type Resolve, systemResolve } from './http/checked-addresses.js';
import { HTTP_ERRORS, type HttpErrorCode } from './http/error-codes.js';
import type { ExchangeOptions, Progress } from './http/exchange.js';
import { requestFailure, statusFailure } from './http/failures.js';
import { contentTypeOf, encodingOf, shownHeaders } from './http/headers.js';
import type { OauthTokens } from './http/oauth-tokens.js';
import { type Params, paramsSchema } from './http/params.js';
import { RefusedAnswerError } from './http/refused-answer.js';
import type { HttpAnswer, HttpRequest } from './http/request-rules.js';
import { resultPatch, shortened } from './result.js';

/** Longest URL in a log line, in characters. */
const MAX_LOGGED_URL = 2000;

export interface HttpRequestOptions {
  /** What can be reached besides the public internet: `host`, `host:port`, IP addresses, CIDR ranges. */
  readonly allow: readonly string[];
  /** Finds the addresses of names. Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes the tool that sends HTTP requests.
 * @throws Error that names the entry of `allow` that cannot be read.
 */
export function httpRequest({ allow, resolve = systemResolve, now }: HttpRequestOptions): AnyTool {
  const allowList = parseAllowList(allow);
  let opened: Promise<Client> | undefined;
  return defineTool<Params>({
    name: 'http_request',
    description:
      'Sends an HTTP request and keeps { status, headers, body }. Addresses outside the public internet are refused unless HTTP_ALLOW lists them.',
    params: paramsSchema,
    secrets: true,
    errors: Object.keys(HTTP_ERRORS),
    [ANSWER_SHAPE]: shapeOfAnswer,
    async run(_state, context) {
      opened ??= openClient(allowList, resolve, now);
      return new HttpCall(await opened, context, now).run();
    },
  });
}

/** What is kept of an answer, for who has to do without one. */
function shapeOfAnswer({ keep, save_as, accept }: Params, node: string): AnswerShape {
  const key = save_as ?? node;
  if (keep === 'body') return { key, schema: {} };
  // A class stands for its first status.
  const statuses = accept.map((each) => (typeof each === 'number' ? each : Number(`${each[0]}00`)));
  const properties = { status: { enum: [...new Set([200, ...statuses])] }, headers: { type: 'object' }, body: {} };
  return { key, schema: { type: 'object', properties, required: Object.keys(properties) } };
}

/** What calls share: connections, and tokens. */
interface Client {
  readonly send: (request: HttpRequest, options: ExchangeOptions) => Promise<HttpAnswer>;
  readonly tokens: OauthTokens;
}

/** Loaded at the first call: undici takes 20 MB and 80 ms, and many servers never send a request. */
async function openClient(allowList: AllowList, resolve: Resolve, now: () => number): Promise<Client> {
  const [{ exchange }, { guardedAgent }, { OauthTokens }] = await Promise.all([
    import('./http/exchange.js'),
    import('./http/guarded-agent.js'),
    import('./http/oauth-tokens.js'),
  ]);
  const agent = guardedAgent(allowList, resolve);
  const send: Client['send'] = (request, options) => exchange(agent, request, options);
  const sendOnce = (request: HttpRequest, signal: AbortSignal) =>
    send(request, { signal, followRedirects: false, progress: { isSent: false, isAnswered: false } });
  return { send, tokens: new OauthTokens(sendOnce, now) };
}

/** One call of the tool. */
class HttpCall {
  readonly #request: HttpRequest;
  #progress: Progress = { isSent: false, isAnswered: false };
  #answer: HttpAnswer | undefined;
  /** Hides what `auth` was made into, should a service send it back: the mask of the step does not know it. */
  #mask: Mask = NO_MASK;

  constructor(
    private readonly client: Client,
    private readonly context: ToolContext<Params>,
    private readonly now: () => number,
  ) {
    this.#request = buildRequest(context.params, context.idempotencyKey, context.trace);
  }

  async run(): Promise<Record<string, Json>> {
    const { params, node, signal } = this.context;
    try {
      const result = await this.#keep(await this.#send());
      const kept = params.keep === 'body' ? result.body : result;
      return resultPatch(params.save_as ?? node, this.#mask.value(kept), 'http_invalid_answer' satisfies HttpErrorCode);
    } catch (thrown) {
      const failure = requestFailure(thrown, this.#request, this.#progress, this.#answer, signal);
      throw maskFailure(failure, this.#mask);
    }
  }

  async #send(): Promise<HttpAnswer> {
    const credentials = this.context.params.auth?.oauth2_client_credentials;
    if (credentials === undefined) return this.#exchange(this.#authorization());
    const { signal } = this.context;
    const token = await this.client.tokens.tokenFor(credentials, signal);
    const answer = await this.#exchange(`Bearer ${this.#hide(token)}`);
    if (answer.status !== 401) return answer;
    // The service has done nothing but to refuse the token, which can end before its time.
    discardBody(answer.body);
    this.#progress = { isSent: false, isAnswered: false };
    const next = await this.client.tokens.tokenFor(credentials, signal, token);
    return this.#exchange(`Bearer ${this.#hide(next)}`);
  }

  #authorization(): string | undefined {
    const { basic, bearer } = this.context.params.auth ?? {};
    if (basic !== undefined) return `Basic ${this.#hide(encodeBasic(basic.user, basic.password))}`;
    // A token of the params is hidden by the mask of the step if it is a secret.
    return bearer === undefined ? undefined : `Bearer ${bearer}`;
  }

  #hide(credential: string): string {
    this.#mask = maskFor(['authorization'], { authorization: credential });
    return credential;
  }

  async #exchange(authorization: string | undefined): Promise<HttpAnswer> {
    const { params, signal } = this.context;
    const headers = { ...this.#request.headers, ...(authorization !== undefined && { authorization }) };
    const options = { signal, followRedirects: params.follow_redirects, progress: this.#progress };
    try {
      const answer = await this.client.send({ ...this.#request, headers }, options);
      const { origin, href } = answer.request.url;
      this.#log(`${answer.status}${href === this.#request.url.href ? '' : `, redirected to ${origin}`}`);
      return answer;
    } catch (thrown) {
      this.#log('no answer');
      throw thrown;
    }
  }

  #log(end: string): void {
    const { method, url } = this.#request;
    this.context.log(this.#mask.text(`${method} ${shortened(url.href, MAX_LOGGED_URL)}: ${end}`));
  }

  async #keep(answer: HttpAnswer): Promise<{ status: number; headers: Record<string, string>; body: Json }> {
    const { status, headers } = answer;
    const { accept, max_bytes: maxBytes, response } = this.context.params;
    if (!isAccepted(status, accept)) throw await statusFailure(this.#request, answer, this.now());
    this.#answer = answer;
    const { bytes, isCut } = await readCapped(answer.body, encodingOf(answer), maxBytes);
    if (isCut) throw new RefusedAnswerError(`The body of the answer is larger than max_bytes, ${maxBytes} bytes.`);
    const note = (line: string): void => this.context.log(this.#mask.text(line));
    const body = readBody(bytes, contentTypeOf(answer), response, note);
    return { status, headers: shownHeaders(headers), body };
  }
}

/** Statuses below 400 are answers, and those that the params name. */
function isAccepted(status: number, accept: Params['accept']): boolean {
  return status < 400 || accept.includes(status) || accept.includes(`${Math.floor(status / 100)}xx`);
}

/** Hides what the mask hides in the errors of this tool. Others, such as the reason of a stop, stay as they are. */
function maskFailure(failure: unknown, mask: Mask): unknown {
  const isFatal = failure instanceof FatalError;
  if (!isFatal && !(failure instanceof RetryableError)) return failure;
  const { code, cause } = failure;
  const options = { ...definedOnly({ code }), details: mask.value(failure.details), cause };
  const message = mask.text(failure.message);
  if (isFatal) return new FatalError(message, options);
  return new RetryableError(message, { ...options, ...definedOnly({ retryAfterSeconds: failure.retryAfterSeconds }) });
}
