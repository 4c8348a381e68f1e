import type { JsonObject } from '../base/json.js';
import type { RunError } from './events.js';
import { isJsonObject, isMetadata, isRunError } from './stored-events.js';

/** The metadata in the row of a run; `undefined` if it cannot be read. */
export function readMetadata(stored: string): Readonly<Record<string, string>> | undefined {
  const value = parse(stored);
  return isMetadata(value) ? value : undefined;
}

/** The error in the row of a run that failed; one that says so if it cannot be read. */
export function readRunError(stored: string): RunError {
  const value = parse(stored);
  if (isRunError(value)) return value;
  return { code: 'run_unreadable', message: 'What is stored of the error cannot be read.', node: null, step: null };
}

/** The final data in the row of a run; `undefined` if it cannot be read. */
export function readData(stored: string): JsonObject | undefined {
  const value = parse(stored);
  return isJsonObject(value) ? value : undefined;
}

function parse(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
