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
    const prefix = host.prefix.replace(/\/+$/, '');
    const serve = ({ raw }: Mounted, reply: Reply): unknown => {
      const [path = '', ...query] = (raw.url ?? '/').split('?');
      // The page names its parts by where it is itself.
      if (prefix !== '' && path === prefix) return reply.redirect([`${prefix}/`, ...query].join('?'));
      reply.hijack();
      raw.url = (raw.url ?? '/').slice(prefix.length);
      app.routing(raw, reply.raw);
      return undefined;
    };
    host.all('/', serve);
    host.all('/*', serve);
  };
}
