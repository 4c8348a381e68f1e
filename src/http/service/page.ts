import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app-type.js';
import { SVG_STYLE_SOURCE } from '../diagram-response.js';
import type { Asset, Page } from './page-files.js';

/** Scripts and styles from here alone, none inline but the style of pictures; talks to this server alone. */
const PAGE_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${SVG_STYLE_SOURCE}`,
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page that shows graphs and runs. Open to all: it holds no data, and asks the API for it with the visitor's key. */
export function pageRoutes(app: App, { document, parts }: Page): void {
  const schema = { hide: true };
  app.get('/', { schema }, (request, reply) => sendAsset(document, request, reply));
  for (const [name, asset] of parts) {
    app.get(`/web/${name}`, { schema }, (request, reply) => sendAsset(asset, request, reply));
  }
}

/** Browsers keep assets and ask whether they are still good: a new version of the server shows at once. */
function sendAsset({ content, mediaType, etag }: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ etag, 'cache-control': 'no-cache', 'content-security-policy': PAGE_CSP });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(mediaType).send(content);
}
