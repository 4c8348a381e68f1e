import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve, sep } from 'node:path';

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** A fenced example. */
export interface Block {
  readonly language: string;
  /** The name of the file that it shows: what stands after the language. */
  readonly file: string | undefined;
  readonly text: string;
}

export interface Document {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Every fenced example, in order. */
  readonly blocks: readonly Block[];
}

const FENCED = /^```(\w+)(?: (\S+))?\n(.*?)^```$/gms;

/** Every document of the repository. */
export const DOCUMENTS: readonly Document[] = [
  ...markdownIn('.', false),
  ...['docs', 'examples', 'src'].flatMap((folder) => markdownIn(folder, true).map((name) => `${folder}/${name}`)),
].map(readDocument);

/** The Markdown files of a folder. */
function markdownIn(folder: string, recursive: boolean): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.md')).map((name) => name.split(sep).join(posix.sep));
}

function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = Array.from(text.matchAll(FENCED), ([, language = '', file, example = '']) => {
    return { language, file, text: example };
  });
  return { path, text, blocks };
}

/** The document at a path. */
export function documentAt(path: string): Document {
  const found = DOCUMENTS.find((document) => document.path === path);
  if (found === undefined) throw new Error(`There is no document ${path}`);
  return found;
}

/** The rows of every table of a document, in order, without the two lines of its head. */
function tablesOf({ text }: Document): { readonly heading: string; readonly rows: readonly string[] }[] {
  const withoutCode = text.replaceAll(/^ *```.*?^ *```$/gms, '');
  return Array.from(withoutCode.matchAll(/^\|.*\n\|[-|: ]+\|\n((?:\|.*\n?)*)/gm), ([whole, body = '']) => {
    return { heading: cellsOf(whole.split('\n', 1)[0] ?? '')[0] ?? '', rows: body.trimEnd().split('\n') };
  });
}

/** All tables of all documents. */
export const TABLES = DOCUMENTS.flatMap((document) =>
  tablesOf(document).map((found) => ({ ...found, path: document.path })),
);

/** The cells of the only table whose first column has this heading, without the heading. */
export function table(heading: string): string[][] {
  const [found, ...others] = TABLES.filter((each) => each.heading === heading);
  if (found === undefined) throw new Error(`No document has a table "${heading}"`);
  if (others.length > 0) throw new Error(`Several documents have a table "${heading}"`);
  return found.rows.map(cellsOf);
}

function cellsOf(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands in backticks in a cell. */
export function codesIn(cell = ''): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}

/** The names in the first column of a table. */
export function namesIn(heading: string): string[] {
  return table(heading).flatMap(([cell]) => codesIn(cell));
}
