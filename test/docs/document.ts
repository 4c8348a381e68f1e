import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

export const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** A fenced example. */
export interface Block {
  readonly language: string;
  /** The name of the file that it shows: what stands after the language. */
  readonly file: string | undefined;
  readonly text: string;
}

const FENCED = /^```(\w+)(?: (\S+))?\n(.*?)^```$/gms;

/** Every fenced example, in order. */
export const BLOCKS: readonly Block[] = Array.from(README.matchAll(FENCED), ([, language = '', file, text = '']) => {
  return { language, file, text };
});

/** The cells of the table whose first column has this heading, without the heading. */
export function table(heading: string): string[][] {
  const lines = README.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start < 0) throw new Error(`The README has no table "${heading}"`);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
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
