import { z } from 'zod';
import { messageOf } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { type AnyTool, defineTool, type ToolContext } from '../core/tool/tool.js';
import { FatalError, RetryableError } from '../core/tool/tool-errors.js';
import { type AllowList, parseAllowList } from './http/allow-list.js';
import { ACCEPTED_ENCODINGS, readCapped } from './http/capped-body.js';
import { ForbiddenAddressError, type Resolve, systemResolve } from './http/checked-addresses.js';
import { type HttpAnswer, type HttpRequest, METHODS, whyNotRequestable } from './http/request-rules.js';
import { parseRetryAfter, retryOptions } from './http/retry-after.js';
import { MAX_RESULT_BYTES, resultPatch, shortened } from './result.js';
import { saveAsSchema } from './save-as.js';

/** How much of an error's body goes into the message. */
const EXCERPT_BYTES = 2048;
/** Size of all headers that a result keeps, in characters. */
const MAX_HEADER_CHARACTERS = 8192;

/** Headers that belong to the connection, not to the request (RFC 9110 section 7.6.1), or follow from the body. */
const REFUSED_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Methods that only read (RFC 9110 section 9.2.1), and so need no key against doing things twice. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);

const paramsSchema = z
  .strictObject({
    method: z.enum(METHODS).default('GET'),
    url: z.string().max(8192).superRefine(checkUrl).describe('http:// or https://, without user and password.'),
    headers: z.record(z.string().superRefine(checkHeaderName), scalarSchema).default({}),
    query: z
      .record(z.string(), z.union([scalarSchema, z.null(), z.array(scalarSchema)]))
      .default({})
      .describe('Added to the URL. A list repeats its key; null leaves it out.'),
    json: z.unknown().optional().describe('A body, sent as JSON.'),
    body: z.string().optional().describe('A body, sent as it is.'),
    save_as: saveAsSchema,
    max_bytes: z.int().min(1).max(MAX_RESULT_BYTES).default(MAX_RESULT_BYTES).describe('The largest body to take.'),
  })
  .refine(({ json, body }) => json === undefined || body === undefined, {
    path: ['body'],
    message: 'There can be json or body, not both',
  });

type Params = z.output<typeof paramsSchema>;

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
export function httpRequest(options: HttpRequestOptions): AnyTool {
  const allowList = parseAllowList(options.allow);
  let opened: Promise<Send> | undefined;
  const { now } = options;
  return defineTool<Params>({
    name: 'http_request',
    description:
      'Sends an HTTP request and keeps { status, headers, body }. Addresses outside the public internet are refused unless HTTP_ALLOW lists them.',
    params: paramsSchema,
    secrets: true,
    async run(_state, context) {
      const request = requestOf(context);
      try {
        opened ??= openClient(allowList, options.resolve ?? systemResolve);
        const send = await opened;
        const answer = await send(request, context.signal);
        const result = await resultOf(answer, context, now());
        return resultPatch(context.params.save_as ?? context.node, result);
      } catch (thrown) {
        throw failureOf(thrown, request, context.signal);
      }
    },
  });
}

type Send = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** Loaded at the first call: undici takes 20 MB and 80 ms, and many servers never send a request. */
async function openClient(allowList: AllowList, resolve: Resolve): Promise<Send> {
  const [{ exchange }, { guardedAgent }] = await Promise.all([
    import('./http/exchange.js'),
    import('./http/guarded-agent.js'),
  ]);
  const agent = guardedAgent(allowList, resolve);
  return (request, signal) => exchange(agent, request, signal);
}

function requestOf({ params, idempotencyKey }: ToolContext<Params>): HttpRequest {
  const { method } = params;
  const url = new URL(params.url);
  for (const [key, value] of Object.entries(params.query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null) url.searchParams.append(key, String(item));
    }
  }
  const headers: Record<string, string> = { 'user-agent': 'graphrunner', 'accept-encoding': ACCEPTED_ENCODINGS };
  if (!SAFE_METHODS.includes(method)) headers['idempotency-key'] = idempotencyKey;
  if (params.json !== undefined) headers['content-type'] = 'application/json';
  if (params.body !== undefined) headers['content-type'] = 'text/plain; charset=utf-8';
  for (const [name, value] of Object.entries(params.headers)) headers[name.toLowerCase()] = String(value);
  const body = params.json === undefined ? params.body : JSON.stringify(params.json);
  return { method, url, headers, body };
}

async function resultOf(answer: HttpAnswer, { params, log }: ToolContext<Params>, now: number): Promise<Json> {
  const { status, request } = answer;
  log(`${request.method} ${request.url.origin}: ${status}`);
  const encoding = hasBody(answer) ? String(answer.headers['content-encoding'] ?? '') : '';
  if (status >= 400) throw await refusalOf(answer, encoding, now);
  const { bytes, isCut } = await readCapped(answer.body, encoding, params.max_bytes);
  if (isCut) throw new FatalError(`The body of the answer is larger than max_bytes, ${params.max_bytes} bytes.`);
  return { status, headers: shownHeaders(answer.headers), body: parseBody(bytes, answer.headers['content-type']) };
}

/** Answers to HEAD, 204 and 304 have headers about a body that is not there (RFC 9110 section 6.4.1). */
function hasBody({ request, status }: HttpAnswer): boolean {
  return request.method !== 'HEAD' && status !== 204 && status !== 304;
}

/** 429 and 5xx are worth another try (RFC 9110 section 15.6, RFC 6585 section 4); other answers from 400 on are not. */
async function refusalOf(answer: HttpAnswer, encoding: string, now: number): Promise<Error> {
  const { status, headers, request } = answer;
  const { bytes, isCut } = await readCapped(answer.body, encoding, EXCERPT_BYTES);
  const text = decodeText(bytes, headers['content-type']).replaceAll(/\s+/g, ' ').trim();
  const excerpt = shortened(isCut ? `${text}…` : text);
  const message = `${request.method} ${request.url.origin} answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  if (status !== 429 && status < 500) return new FatalError(message);
  const after = headers['retry-after'];
  return new RetryableError(message, retryOptions(parseRetryAfter(typeof after === 'string' ? after : '', now)));
}

/** The headers of a result. Cookies are omitted: they open sessions, and results are stored and shown. */
function shownHeaders(headers: HttpAnswer['headers']): Record<string, string> {
  const shown: Record<string, string> = {};
  let room = MAX_HEADER_CHARACTERS;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie') continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    room -= name.length + text.length;
    if (room < 0) break;
    shown[name] = text;
  }
  return shown;
}

/** JSON if the type says so (RFC 8259, RFC 6839 section 3.1); text for the rest, and for JSON that is broken. */
function parseBody(bytes: Buffer, contentType: string | string[] | undefined): Json {
  const text = decodeText(bytes, contentType);
  if (!/^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(String(contentType ?? ''))) return text;
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function decodeText(bytes: Buffer, contentType: string | string[] | undefined): string {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(String(contentType ?? ''))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** Turns what was thrown into the error that the engine needs. Messages name only the origin: paths and queries can hold secrets. */
function failureOf(thrown: unknown, { method, url }: HttpRequest, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (thrown instanceof FatalError || thrown instanceof RetryableError) return thrown;
  if (thrown instanceof ForbiddenAddressError) return new FatalError(thrown.message);
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const words = messageOf(thrown);
  const reason = words.includes(code) ? words : `${code} ${words}`;
  const message = `${method} ${url.origin} failed: ${shortened(reason)}`;
  if (code === 'UND_ERR_INVALID_ARG') return new FatalError(message);
  return new RetryableError(message, { cause: thrown });
}

function checkUrl(text: string, context: z.core.$RefinementCtx): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const reason = url === undefined ? 'This is no URL' : whyNotRequestable(url);
  if (reason !== undefined) context.addIssue(reason);
}

function checkHeaderName(name: string, context: z.core.$RefinementCtx): void {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) context.addIssue('This is no name of a header');
  if (REFUSED_HEADERS.includes(name.toLowerCase())) context.addIssue('This header cannot be set');
}
