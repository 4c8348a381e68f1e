import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { CliError } from './cli-error.js';
import type { Terminal } from './terminal.js';

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The text of a file, without a byte order mark.
 * @param path a path, or `-` for standard input
 * @throws CliError that names the file, if it cannot be read or is not UTF-8
 */
export async function readText(path: string, terminal: Pick<Terminal, 'stdin'>): Promise<string> {
  const bytes = path === '-' ? await readAll(terminal.stdin) : await readBytes(path);
  const name = path === '-' ? 'Standard input' : path;
  if (!isUtf8(bytes)) throw new CliError(`${name} is not UTF-8 text.`);
  const text = bytes.toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

async function readAll(stdin: Terminal['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
};

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new CliError(`${path} cannot be read: ${REASONS[code] ?? message}.`);
  }
}

/** True for a path at which there is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ?? false;
}

/** True for a path at which there is a file. */
export async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}

/**
 * JSON that a command line gives: as it is, as `@FILE`, or as `-` for standard input.
 * @param option how the message names what is wrong
 * @example await readJson('--input', '@input.json', terminal)
 * @throws CliError
 */
export async function readJson(option: string, value: string, terminal: Pick<Terminal, 'stdin'>): Promise<unknown> {
  const isRead = value === '-' || value.startsWith('@');
  const text = isRead ? await readText(value.replace(/^@/, ''), terminal) : value;
  try {
    const value: unknown = JSON.parse(text);
    // What is nested too deeply can be read, but not sent.
    JSON.stringify(value);
    return value;
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(`${option} is nested too deeply.`);
    const hint = isRead ? '' : ' Text has to be in quotes, as in \'"text"\'; a file is given as @FILE.';
    throw new CliError(`${option} is not JSON: ${error instanceof Error ? error.message : error}.${hint}`);
  }
}

/** Pairs `KEY=VALUE` of an option that can be repeated. @throws CliError */
export function readPairs(option: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliError(`${option} takes KEY=VALUE, not ${JSON.stringify(pair)}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
