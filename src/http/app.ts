import { randomBytes } from 'node:crypto';
import fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { InSlices } from '../core/base/steps.js';
import type { Engine } from '../engine/engine.js';
import { type AccessOptions, guardAccess, SECURITY_HEADERS } from './access.js';
import { LargeAnswers } from './answers/large-answers.js';
import { answerClientError, answerOddRequests } from './errors/client-error.js';
import { sendError } from './errors/problem.js';
import { answerUnknownRoutes } from './errors/unknown-routes.js';
import { acceptJsonOnly } from './input/bodies.js';
import { validatorCompiler } from './input/validation.js';
import { describeApi } from './openapi/openapi.js';
import { ROUTES, type RouteOptions, SERVICE_ROUTES } from './routes.js';
import { pageRoutes } from './service/page.js';
import { dropUnread, type UnreadOptions } from './unread-answers.js';

/** The version of the API that the OpenAPI document describes. */
const API_VERSION = '1.0.0';
/** Node reads 16 KiB of request line and headers at most, so no path parameter is longer. */
const MAX_PARAM_LENGTH = 16_384;
/** Time that a client has to send a request: slow ones would keep their connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** An approval link with slashes behind it, as mail programs and people write it. It is the same link. */
const LINK_WITH_SLASH = /^(\/answers\/[^/?]+)\/+(?=\?|$)/;

const VERBOSE: ReadonlySet<string> = new Set(['debug', 'trace']);

export interface AppOptions extends AccessOptions, Omit<RouteOptions, 'answers' | 'version'>, UnreadOptions {
  readonly engine: Engine;
  /** A pino logger; without it nothing is logged. Gets a line at debug for each request, and our own faults as errors. */
  readonly logger?: FastifyBaseLogger;
  /** Does work on large bodies. */
  readonly inSlices: InSlices;
  /** Only `/health/…` and `/metrics`: for a server that drives runs and takes no requests. */
  readonly isServiceOnly?: boolean;
  /** The folder of the page at `/`, see `findPage`; without it there is no page. */
  readonly page?: string | undefined;
  /** Called after each answer, with the pattern of its route if there is one. */
  readonly onAnswered?: (request: Answered) => void;
}

/** The application: Fastify's instance, with all of its ways. */
export type HttpApp = FastifyInstance;

interface Answered {
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly tookMs: number;
}

/**
 * Builds the HTTP application, without listening. The caller listens, and closes it; before that it stops the engine, so
 * that waiting requests are answered.
 */
export async function buildApp(options: AppOptions): Promise<HttpApp> {
  const app = fastify(serverOptions(options)).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Mappers make the responses, and their types follow from the schemas; checking them again costs more than making them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(sendError);
  answerOddRequests(app.server);
  const dropOnStop = dropUnread(app.server, options);
  app.addHook('preClose', (done) => {
    dropOnStop();
    done();
  });
  guardAccess(app, options);
  if (options.logger !== undefined && VERBOSE.has(options.logger.level)) logRequests(app);
  if (options.onAnswered !== undefined) observeAnswers(app, options.onAnswered);
  answerUnknownRoutes(app);
  acceptJsonOnly(app, options.inSlices);
  if (!options.isServiceOnly) await describeApi(app, API_VERSION, options.publicUrl);
  const answers = new LargeAnswers(options.engine);
  answers.countAll(app);
  for (const addRoutes of options.isServiceOnly ? SERVICE_ROUTES : ROUTES)
    addRoutes(app, options.engine, { ...options, answers, version: API_VERSION });
  if (options.page !== undefined && !options.isServiceOnly) await pageRoutes(app, options.page);
  await app.ready();
  return app;
}

function serverOptions({ logger, maxBodyBytes }: AppOptions): FastifyHttpOptions<RawServerDefault> {
  return {
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestIds(),
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestTimeout: REQUEST_TIMEOUT_MS,
    rewriteUrl: ({ url = '' }) => url.replace(LINK_WITH_SLASH, '$1'),
    // A stopping engine answers with a problem document itself.
    return503OnClosing: false,
    // The first hook refuses a missing Host, with a problem document.
    http: { requireHostHeader: false },
    // These errors come before the hooks.
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply.headers(SECURITY_HEADERS)),
    clientErrorHandler: answerClientError,
  };
}

/** Ids that also differ between starts of the server, so that one id finds one request in its log. */
function createRequestIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return () => `${start}-${++count}`;
}

function observeAnswers(app: FastifyInstance, onAnswered: (request: Answered) => void): void {
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode: status, elapsedTime: tookMs }, done) => {
    onAnswered({ method, route: routeOptions.url, status, tookMs });
    done();
  });
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, routeOptions } = request;
    const took = Math.round(reply.elapsedTime);
    request.log.debug(
      { method, route: routeOptions.url ?? withoutToken(url), status: reply.statusCode, took_ms: took },
      'request',
    );
    done();
  });
}

/** What can be the token of an approval link, wherever it stands; ids of runs are shorter. */
const TOKEN_LIKE = /[\w-]{40}/;

/** A path that no route takes, if nothing in it must stay secret: it can be an approval link that was written wrongly. */
function withoutToken(url: string): string {
  const path = decoded(decoded(decoded(url)));
  return /answers/i.test(path) || TOKEN_LIKE.test(path) || ENCODED.test(path) ? '…' : url;
}

const ENCODED = /%[\da-f]{2}/i;

function decoded(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
