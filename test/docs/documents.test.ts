import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesIn, DOCUMENTS, type Document, documentAt, ROOT, TABLES, table } from './document.js';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));

/** The text of a document without its examples. */
function prose({ text }: Document): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, '');
}

/** Targets of links, as they are written. */
function linksIn(document: Document): string[] {
  return Array.from(prose(document).matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target);
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsIn(document: Document): string[] {
  return Array.from(prose(document).matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link. */
function problemOf(target: string, { path }: Document): string | undefined {
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? path : join(dirname(path), file);
  if (!existsSync(join(ROOT, found))) return `${path}: ${target} leads to no file`;
  if (anchor === undefined || anchorsIn(documentAt(found)).includes(anchor)) return undefined;
  return `${path}: ${target} leads to no heading`;
}

describe('the documents', () => {
  it('have links that lead somewhere', () => {
    const links = DOCUMENTS.flatMap((document) => linksIn(document).map((target) => ({ target, document })));
    const inside = links.filter(({ target }) => !/^https?:/.test(target));
    expect(inside.length).toBeGreaterThan(50);
    expect(inside.map(({ target, document }) => problemOf(target, document)).filter(Boolean)).toEqual([]);
  });

  it('know a link that leads nowhere', () => {
    const document = documentAt('docs/graphs.md');
    expect(problemOf('api.md#limits', document)).toBeUndefined();
    expect(problemOf('api.md#no-limits', document)).toContain('no heading');
    expect(problemOf('no-such.md', document)).toContain('no file');
  });

  it('have the pictures that they show, and no others', () => {
    const sources = DOCUMENTS.flatMap((document) =>
      Array.from(document.text.matchAll(/\bsrc(?:set)?="([^"]+)"/g), ([, source = '']) =>
        join(dirname(document.path), source),
      ),
    );
    const pictures = readdirSync(join(ROOT, 'docs/pictures')).map((name) => `docs/pictures/${name}`);
    expect(pictures).not.toEqual([]);
    expect(sources.sort()).toEqual(pictures.sort());
  });

  it('name scripts that there are', () => {
    const names = DOCUMENTS.flatMap(({ text }) =>
      Array.from(text.matchAll(/\bnpm (?:run )?(?:--silent )?([a-z][a-z:-]*)/g), ([, name = '']) => name),
    );
    expect(names).toContain('bench');
    const known = [...Object.keys(manifest.scripts), 'ci', 'pack', 'install'];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('say nothing twice in their tables', () => {
    const rows = TABLES.flatMap(({ path, rows }) => rows.map((row) => ({ path, row })));
    expect(rows.length).toBeGreaterThan(200);
    const seen = new Map<string, string>();
    for (const { path, row } of rows) {
      expect(seen.get(row), `${path}: ${row}`).toBeUndefined();
      seen.set(row, path);
    }
  });
});

describe('the README', () => {
  const { text } = documentAt('README.md');

  it('is short', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(300);
  });

  it('leads to every page, as the index of the pages does', () => {
    const index = documentAt('docs/README.md').text;
    for (const page of pages) {
      expect(text).toContain(`(docs/${page})`);
      if (page !== 'README.md') expect(index).toContain(`(${page})`);
    }
  });
});

describe('the map of the code', () => {
  it('names files that are there, and every folder', () => {
    const files = table('To find').flatMap(([, places]) => codesIn(places));
    expect(files.length).toBeGreaterThan(15);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const found = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).map(({ name }) => name.replace('.ts', ''));
    for (const name of found.filter((name) => name !== 'index')) expect(files.join()).toContain(`src/${name}`);
  });
});
