import { styleText } from 'node:util';
import type { Output, Terminal } from './terminal.js';

/** A colour or a weight of text. */
export type Style = Parameters<typeof styleText>[0];

/** Colours text if it goes to a terminal that takes colours, and `NO_COLOR` is not set. */
export type Paint = (style: Style, text: string) => string;

/** How to colour what is written to a stream. */
export function paintFor(output: Output): Paint {
  if (output.isTTY !== true) return (_style, text) => text;
  // It looks at NO_COLOR and FORCE_COLOR.
  return (style, text) => styleText(style, text, { stream: output as never, validateStream: true });
}

/** Writes a line. */
export function writeLine(output: Output, line: string): void {
  output.write(`${line}\n`);
}

/** Writes a value as JSON that people can read. */
export function writeJson({ stdout }: Pick<Terminal, 'stdout'>, value: unknown): void {
  writeLine(stdout, withoutControls(JSON.stringify(value, undefined, 2)));
}

/** Writes a value as JSON in one line, as streams have it. */
export function writeJsonLine({ stdout }: Pick<Terminal, 'stdout'>, value: unknown): void {
  writeLine(stdout, withoutControls(JSON.stringify(value)));
}

/** Escapes the control characters that JSON lets be: some terminals obey them. */
function withoutControls(json: string): string {
  return json.replaceAll(/[\u007f-\u009f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
}

/**
 * Writes rows under a head, in columns as wide as their longest cell.
 * @param rows cells as plain text, which can hold anything
 */
export function writeTable(
  { stdout }: Pick<Terminal, 'stdout'>,
  head: readonly string[],
  cells: readonly string[][],
): void {
  const rows = cells.map((row) => row.map(inOneLine));
  const widths = head.map((cell, index) => Math.max(cell.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(index === row.length - 1 ? 0 : (widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  writeLine(stdout, paintFor(stdout)('bold', lineOf(head)));
  for (const row of rows) writeLine(stdout, lineOf(row));
}

/** Text that came from elsewhere, in one line and without what would move the cursor of a terminal. */
export function inOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

/** Text cut to a width, with a sign that it was. */
export function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
