import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from './cli-error.js';
import { isFolder, readText } from './read-input.js';
import type { Terminal } from './terminal.js';

/** A file with a graph. */
export interface GraphFile {
  readonly path: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly document: unknown;
}

/** A file that is not JSON. */
export interface BrokenFile {
  readonly path: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** What files are there to be read: those that are named, and those in folders that are named. */
export async function findGraphFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (await isFolder(path)) found.push(...(await jsonFilesIn(path)));
    else found.push(path);
  }
  if (found.length === 0) throw new CliError(`There is no .json file in ${paths.join(', ')}.`);
  return [...new Set(found)];
}

/** The JSON files below a folder, by name. What is installed or hidden is left alone. */
async function jsonFilesIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const lists = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      if (entry.isDirectory()) return jsonFilesIn(path);
      return isGraphFileName(entry.name) ? [path] : [];
    }),
  );
  return lists.flat();
}

/** True for names that files with graphs have. */
export function isGraphFileName(name: string): boolean {
  return name.endsWith('.json') && name !== 'package.json' && name !== 'package-lock.json';
}

/**
 * Reads a file that should have a graph.
 * @throws CliError if it cannot be read
 */
export async function readGraphFile(path: string, terminal: Pick<Terminal, 'stdin'>): Promise<GraphFile | BrokenFile> {
  const text = await readText(path, terminal);
  try {
    return { path, text, document: JSON.parse(text) };
  } catch (error) {
    const { message } = error as Error;
    return { path, message: message.replace(/ \(line.*\)$/, ''), ...placeIn(text, positionIn(message, text)) };
  }
}

/**
 * Reads a file that must have a graph, or other JSON at least.
 * @throws CliError if it cannot be read, or is not JSON: with the place
 */
export async function requireGraphFile(path: string, terminal: Pick<Terminal, 'stdin'>): Promise<GraphFile> {
  const file = await readGraphFile(path, terminal);
  if (isBroken(file)) throw notJson(file);
  return file;
}

/** The error for a file that is not JSON. */
export function notJson({ path, line, column, message }: BrokenFile): CliError {
  return new CliError(`${path}:${line}:${column} is not JSON: ${message}`);
}

/** True for a file that is not JSON. */
export function isBroken(file: GraphFile | BrokenFile): file is BrokenFile {
  return !('document' in file);
}

/** Where `JSON.parse` stopped; at the end, if its message names no place. */
function positionIn(message: string, text: string): number {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  return position === undefined ? text.trimEnd().length : Number(position);
}

function placeIn(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position);
  return { line: before.split('\n').length, column: position - before.lastIndexOf('\n') };
}

/** True for a file that is JSON. */
export function isGraph(file: GraphFile | BrokenFile): file is GraphFile {
  return !isBroken(file);
}

/** The id that a graph has, if it says so. */
export function graphIdIn(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || !('graph_id' in document)) return undefined;
  return typeof document.graph_id === 'string' ? document.graph_id : undefined;
}
