import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { App } from '../app-type.js';
import { SVG_STYLE_SOURCE } from '../diagram-response.js';

/** Scripts and styles of this server alone, none inline but the style of diagrams; connections to this server alone. */
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

/** Browsers keep the files and ask each time whether they have changed: a new version of the server shows at once. */
const HEADERS = { 'cache-control': 'no-cache', 'content-security-policy': PAGE_CSP };

/** The routes of the page. Each serves one file: a path from a request never names a file. */
const FILES: Readonly<Record<string, { readonly file: string; readonly mediaType: string }>> = {
  '/': { file: 'index.html', mediaType: 'text/html; charset=utf-8' },
  '/web/app.js': { file: 'app.js', mediaType: 'text/javascript; charset=utf-8' },
  '/web/cron-words.js': { file: 'cron-words.js', mediaType: 'text/javascript; charset=utf-8' },
  '/web/graph-editor.js': { file: 'graph-editor.js', mediaType: 'text/javascript; charset=utf-8' },
  '/web/app.css': { file: 'app.css', mediaType: 'text/css; charset=utf-8' },
  '/web/icon.svg': { file: 'icon.svg', mediaType: 'image/svg+xml' },
};

/** The first of these folders that has the built page; `undefined` if none has it. */
export function findPage(folders: readonly string[]): string | undefined {
  return folders.find((folder) => existsSync(join(folder, 'app.js')));
}

/**
 * The page that shows graphs and runs, from the folder that it was built into. Needs no API key: it holds no data, and
 * asks the API for it with the visitor's key.
 */
export async function pageRoutes(app: App, folder: string): Promise<void> {
  await app.register(async (scope) => {
    // `serve: false`: only `sendFile` is added. Its media types for scripts are not those of RFC 9239.
    const options = { acceptRanges: false, cacheControl: false, contentType: false, lastModified: false };
    await scope.register(fastifyStatic, { root: folder, serve: false, index: false, ...options });
    for (const [path, { file, mediaType }] of Object.entries(FILES)) {
      scope.get(path, { schema: { hide: true } }, (_request, reply) =>
        reply.headers(HEADERS).type(mediaType).sendFile(file),
      );
    }
  });
}
