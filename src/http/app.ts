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
import { newGraphRoutes } from './graphs/create.js';
import { diagramRoutes } from './graphs/diagram.js';
import { registryRoutes } from './graphs/tools.js';
import { graphRoutes } from './graphs/update.js';
import { acceptJsonOnly } from './input/bodies.js';
import { validatorCompiler } from './input/validation.js';
import { describeApi } from './openapi/openapi.js';
import { diffRunsRoute } from './runs/diff.js';
import { eventRoutes } from './runs/events.js';
import { forkRunRoute } from './runs/fork.js';
import { continueRunRoutes } from './runs/retry.js';
import { startRunRoute } from './runs/start.js';
import { runRoutes } from './runs/state.js';
import { healthRoutes } from './service/health.js';
import { metricsRoute } from './service/metrics.js';
import { pageRoutes } from './service/page.js';
import type { Page } from './service/page-files.js';

/** The version of the API that the OpenAPI document describes. */
const API_VERSION = '1.0.0';
/** Node reads 16 KiB of request line and headers at most, so no path parameter is longer. */
const MAX_PARAM_LENGTH = 16_384;
/** Time that a client has for sending a request: slow ones would hold their connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** All but the metrics and the page, which need no engine. */
const ROUTES = [
  newGraphRoutes,
  startRunRoute,
  registryRoutes,
  runRoutes,
  graphRoutes,
  eventRoutes,
  diagramRoutes,
  healthRoutes,
  continueRunRoutes,
  forkRunRoute,
  diffRunsRoute,
];

const VERBOSE: ReadonlySet<string> = new Set(['debug', 'trace']);

export interface AppOptions extends AccessOptions {
  readonly engine: Engine;
  /** A pino logger, or nothing for silence. Gets one line at debug for each request, and errors for faults of ours. */
  readonly logger?: FastifyBaseLogger;
  /** Largest request body. */
  readonly maxBodyBytes: number;
  /** The page at `/`; without it there is none. */
  readonly page?: Page | undefined;
  /** The Prometheus text; without it the answer is empty. */
  readonly renderMetrics?: () => Promise<string>;
  /** Hears which request started a run. */
  readonly onRunStarted?: (runId: string, requestId: string) => void;
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
  metricsRoute(app, options.renderMetrics);
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
