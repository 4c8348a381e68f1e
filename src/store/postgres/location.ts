import { messageOf } from '../../core/base/errors.js';
import { OpenDatabaseError } from '../errors.js';
import { isDatabaseFailure, sqlState } from './failures.js';

/** How messages call a database: its URL without what is secret in it. */
export function describeLocation(url: string): string {
  const location = URL.canParse(url) ? new URL(url) : undefined;
  // Of a password that is not encoded, a part can look like a path.
  if (location === undefined || location.pathname.includes('@')) return 'The Postgres database';
  const host = location.host === '' ? (location.searchParams.get('host') ?? 'localhost') : location.host;
  return `The database postgres://${host}${location.pathname}`;
}

/** Explains, to the person who starts the server, why the start failed with a database. */
export function explainOpening(database: string, thrown: unknown): Error {
  if (thrown instanceof OpenDatabaseError) return thrown;
  return new OpenDatabaseError(`${database} ${describeFailure(thrown)}`, { cause: thrown });
}

function describeFailure(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const message = messageOf(cause);
  switch (sqlState(thrown)) {
    case '28P01':
    case '28000':
      return `refuses the user: ${message}. Check the user and the password in DATABASE_URL, and pg_hba.conf.`;
    case '3D000':
      return `is not there: ${message}. Make it (CREATE DATABASE), or correct DATABASE_URL.`;
    case '42501':
      return `cannot be used: ${message}. Make the user of DATABASE_URL the owner of the database.`;
    case '53300':
      return `takes no more connections: ${message}. Raise max_connections; a server needs 10.`;
    default:
  }
  // Not the server's answer: the way to it.
  if (sqlState(thrown) === undefined && !isDatabaseFailure(thrown) && !isSocketError(cause)) {
    return `cannot be opened: ${message}`;
  }
  return `cannot be reached: ${message}. Check that it runs, and the host and the port in DATABASE_URL.`;
}

function isSocketError(thrown: unknown): boolean {
  return thrown instanceof Error && ('syscall' in thrown || /timeout|terminated/i.test(thrown.message));
}
