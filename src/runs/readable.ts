import { UnreadableGraphError, UnreadableRunError } from '../store/errors.js';

/** True for an error that stays, whenever the run is tried again. */
export function isUnreadable(error: unknown): error is UnreadableRunError | UnreadableGraphError {
  return error instanceof UnreadableRunError || error instanceof UnreadableGraphError;
}

/** What is read; `undefined` if what is stored of it cannot be read. */
export async function ifReadable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
