import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the page. */
export interface Asset {
  readonly content: Buffer;
  readonly mediaType: string;
  /** Changes with the content (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

/** The page at `/`, with its parts by name. */
export interface Page {
  readonly document: Asset;
  readonly parts: ReadonlyMap<string, Asset>;
}

const DOCUMENT = 'index.html';
const PARTS: Readonly<Record<string, string>> = {
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Reads the page from the first of these folders that has it; it is some 50 kB. `undefined` where it was not built. */
export function loadPage(folders: readonly string[]): Page | undefined {
  const folder = folders.find((each) => existsSync(join(each, 'app.js')));
  if (folder === undefined) return undefined;
  const parts = Object.entries(PARTS).map(([name, type]) => [name, assetOf(join(folder, name), type)] as const);
  return { document: assetOf(join(folder, DOCUMENT), 'text/html; charset=utf-8'), parts: new Map(parts) };
}

function assetOf(file: string, mediaType: string): Asset {
  const content = readFileSync(file);
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  return { content, mediaType, etag };
}
