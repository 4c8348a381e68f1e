import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** A request listener of `node:http`. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What a plugin needs of the Fastify that it is registered with, which can be of another version than ours. */
interface Host {
  readonly prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, body: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(path: string, handler: (request: Mounted, reply: Reply) => unknown): unknown;
}

interface Mounted {
  readonly raw: IncomingMessage;
}

interface Reply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  redirect(url: string): unknown;
}

export type Plugin = (host: Host) => Promise<void>;

/** The application as a listener: it routes by `request.url`, which must begin with `/`. */
export function handlerOf(app: FastifyInstance): Handler {
  return (request, response) => app.routing(request, response);
}

/**
 * The application as a plugin: it is a part of another one, below a prefix, and stays whole. Bodies, errors, limits and
 * keys are its own; hooks of the host that run before a handler run first.
 */
export function pluginOf(app: FastifyInstance): Plugin {
  return async (host) => {
    // The bodies are read by the application itself.
    host.removeAllContentTypeParsers();
    host.addContentTypeParser('*', (_request, _body, done) => done(null));
    const prefix = prefixPattern(host.prefix);
    const serve = ({ raw }: Mounted, reply: Reply): unknown => {
      const [url = '/', base = ''] = prefix.exec(raw.url ?? '/') ?? [];
      const rest = (raw.url ?? '/').slice(url.length);
      // The page names its parts by where it is itself. What is relative leads nowhere else, whatever the path is.
      if (base !== '' && !rest.startsWith('/')) return reply.redirect(`./${base}/${rest}`);
      reply.hijack();
      raw.url = rest;
      app.routing(raw, reply.raw);
      return undefined;
    };
    host.all('/', serve);
    host.all('/*', serve);
  };
}

/**
 * The part of a URL that a prefix stands for, and its last segment. Counted in segments: the prefix can have parameters, and a
 * URL can have it in another spelling, or a host before it.
 */
function prefixPattern(prefix: string): RegExp {
  const segments = prefix.split('/').filter((segment) => segment !== '').length;
  return new RegExp(`^(?:https?://[^/?]*)?${segments === 0 ? '' : `(?:/+[^/?]*){${segments - 1}}/+([^/?]*)`}`, 'i');
}
