import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import { sendError } from './problem.js';

/** A route as it is registered, such as `/graph/state/:run_id`. */
interface KnownRoute {
  readonly pattern: RegExp;
  readonly isStatic: boolean;
  readonly methods: Set<string>;
}

/**
 * Answers what no route takes: 405 with `Allow` if the path is one of ours, else 404. A path without parameters comes before
 * one with parameters, whatever the method: `GET /graph/run` does not ask for a graph "run". Must be called before the
 * routes are added: it takes note of each.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes = new Map<string, KnownRoute>();
  app.addHook('onRoute', (options) => {
    const { url, method } = options;
    const route = routes.get(url) ?? { pattern: patternOf(url), isStatic: !/[:*]/.test(url), methods: new Set() };
    routes.set(url, route);
    for (const each of [method].flat()) route.methods.add(each);
    if (!route.isStatic) options.onRequest = [options.onRequest ?? [], refuseStaticPaths(route, routes)].flat();
  });
  app.setNotFoundHandler((request, reply) => {
    const allow = methodsAt(pathOf(request), routes.values());
    return sendError(allow.length === 0 ? new ApiError('not_found') : notAllowed(request, allow), request, reply);
  });
}

/** Makes a hook of a route with parameters that refuses the paths of routes without them, which it fits too. */
function refuseStaticPaths({ pattern }: KnownRoute, routes: ReadonlyMap<string, KnownRoute>) {
  let paths: ReadonlyMap<string, KnownRoute> | undefined;
  return (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void => {
    // Not before the first request: only then are all routes known.
    paths ??= new Map([...routes].filter(([url, { isStatic }]) => isStatic && pattern.test(url)));
    const route = paths.size === 0 ? undefined : paths.get(pathOf(request));
    done(route && notAllowed(request, [...route.methods].sort()));
  };
}

function notAllowed({ method }: FastifyRequest, allow: readonly string[]): ApiError {
  const message = `This path does not take ${method}. It takes ${allow.join(', ')}.`;
  return new ApiError('method_not_allowed', message, { allow });
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

/** The methods that a path takes. */
function methodsAt(path: string, routes: Iterable<KnownRoute>): string[] {
  const fitting = [...routes].filter(({ pattern }) => pattern.test(path));
  const exact = fitting.filter(({ isStatic }) => isStatic);
  const methods = (exact.length > 0 ? exact : fitting).flatMap((route) => [...route.methods]);
  return [...new Set(methods)].sort();
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replaceAll(/[^\w-]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
