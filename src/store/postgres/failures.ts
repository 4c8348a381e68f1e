import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';
import { StoreUnavailableError } from '../errors.js';

/** What the driver threw; Drizzle wraps it. */
export function unwrap(thrown: unknown): unknown {
  return thrown instanceof DrizzleQueryError ? thrown.cause : thrown;
}

/** The error that the server answered with; `undefined` for anything else, such as a connection that was lost. */
export function serverError(thrown: unknown): pg.DatabaseError | undefined {
  const error = unwrap(thrown);
  return error instanceof pg.DatabaseError ? error : undefined;
}

/** pg-boss hands on copies of errors, which have their fields and no class. */
function isCopyOf(thrown: unknown, name: string): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === name;
}

/** The code of what the server answered, such as `23505`. */
export function sqlState(thrown: unknown): string | undefined {
  return serverError(thrown)?.code;
}

/** A statement got no answer: the connection could not be made, was lost, or kept silent for too long. */
export class ConnectionError extends Error {
  constructor(cause: unknown) {
    super('The connection to the database was lost.', { cause });
    this.name = 'ConnectionError';
  }
}

/** Classes of codes that speak of the server and not of the statement, and single codes of other classes. */
const SERVER_FAILURE = /^(08|28|3D|53|57|58|F0|XX)|^(25006|25P02|25P03|55P03|40001|40003|40P01)$/;

/**
 * True when it is the database that failed, or the way to it, and not the statement.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isDatabaseFailure(thrown: unknown): boolean {
  if (thrown instanceof ConnectionError || isCopyOf(thrown, 'ConnectionError')) return true;
  const error = serverError(thrown);
  if (error !== undefined) return SERVER_FAILURE.test(error.code ?? '');
  // What Drizzle wraps comes from the driver.
  return thrown instanceof DrizzleQueryError;
}

/** True for what two transactions did to each other, which another try can undo: a deadlock, or a lock that took too long. */
export function isCollision(thrown: unknown): boolean {
  return /^(40001|40P01|55P03)$/.test(sqlState(thrown) ?? '');
}

/** True while the server takes no more connections, or is starting or stopping. */
export function isBusy(thrown: unknown): boolean {
  return /^(53300|57P03)$/.test(sqlState(thrown) ?? '');
}

/**
 * Waits for what reads the database.
 * @throws StoreUnavailableError when it fails
 */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw isDatabaseFailure(thrown) ? new StoreUnavailableError(unwrap(thrown)) : unwrap(thrown);
  }
}
