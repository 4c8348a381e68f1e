import { CliError } from './cli-error.js';
import { readText } from './read-input.js';
import type { Terminal } from './terminal.js';

/**
 * The capsule that a file holds. Whether it is whole is for the server to say.
 * @param path a path, or `-` for standard input
 * @throws CliError if the file cannot be read, or is no JSON object
 */
export async function readCapsuleFile(
  path: string,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<Record<string, unknown>> {
  const text = await readText(path, terminal);
  const name = path === '-' ? 'Standard input' : path;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(`${name} is not JSON: ${(error as Error).message}. Was the file cut? Export the run again.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CliError(`${name} is no capsule: that is a JSON object, as "graphrunner export" writes it.`);
}
