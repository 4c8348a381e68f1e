import { randomBytes } from 'node:crypto';
import fastify, {
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { API_ERRORS, EngineError } from '../core/base/errors.js';
import type { Engine } from '../engine/engine.js';
import { type AccessOptions, guardAccess, SECURITY_HEADERS } from './access.js';
import { answerClientError } from './errors/client-error.js';
import { sendError } from './errors/problem.js';
import { acceptJsonOnly } from './input/bodies.js';
import { validatorCompiler } from './input/validation.js';
import { describeApi } from './openapi/openapi.js';
import { ROUTES, type RouteOptions } from './routes.js';
import { pageRoutes } from './service/page.js';
import type { Page } from './service/page-files.js';

/** The version of the API that the OpenAPI document describes. */
const API_VERSION = '1.0.0';
/** Node reads 16 KiB of request line and headers at most, so no path parameter is longer. */
const MAX_PARAM_LENGTH = 16_384;
/** Time that a client has for sending a request: slow ones would hold their connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

const VERBOSE: ReadonlySet<string> = new Set(['debug', 'trace']);

export interface AppOptions extends AccessOptions, RouteOptions {
  readonly engine: Engine;
  /** A pino logger; without it nothing is logged. Gets a line at debug for each request, and our own faults as errors. */
  readonly logger?: FastifyBaseLogger;
  /** Size limit of a request body. */
  readonly maxBodyBytes: number;
  /** The page at `/`; without it there is none. */
  readonly page?: Page | undefined;
}

/**
 * Builds the HTTP application. Never listens: `listen` and `close` are the caller's, who first stops the engine,
 * so that requests that wait are answered.
 */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify(serverOptions(options)).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Answers are made by mappers whose types follow from the schemas; checking them again costs more than making them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(sendError);
  guardAccess(app, options);
  if (options.logger !== undefined && VERBOSE.has(options.logger.level)) logRequests(app);
  app.setNotFoundHandler((request, reply) => sendError(noRoute(), request, reply));
  acceptJsonOnly(app);
  await describeApi(app, API_VERSION);
  for (const addRoutes of ROUTES) addRoutes(app, options.engine, options);
  if (options.page !== undefined) pageRoutes(app, options.page);
  await app.ready();
  return app;
}

function serverOptions({ logger, maxBodyBytes, loopbackOnly }: AppOptions): FastifyHttpOptions<RawServerDefault> {
  return {
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A stopping engine says so itself, as a problem document.
    return503OnClosing: false,
    // A missing Host is refused like a foreign one where Hosts are looked at; elsewhere node refuses it (RFC 9112, 3.2).
    http: { requireHostHeader: !loopbackOnly },
    // These never get as far as the hooks.
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply.headers(SECURITY_HEADERS)),
    clientErrorHandler: answerClientError,
  };
}

/** Ids that differ between starts of the server too, so that they can be looked for in its log. */
function requestIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return () => `${start}-${++count}`;
}

function noRoute(): EngineError {
  return new EngineError('not_found', API_ERRORS.not_found);
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url, routeOptions } = request;
    const took = Math.round(reply.elapsedTime);
    request.log.debug({ method, route: routeOptions.url ?? url, status: reply.statusCode, took_ms: took }, 'request');
    done();
  });
}
