import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../core/base/errors.js';
import { OpenDatabaseError } from '../errors.js';

/**
 * The real path of a database: absolute, with symbolic links followed, so that two names of one file are one lock.
 * Takes a path or a `file:` URL; the file need not exist, its folder must.
 * @throws OpenDatabaseError for other databases, for `:memory:`, and where there is no such folder.
 */
export function locateDatabase(location: string): string {
  const path = pathOf(location);
  try {
    return realPathOf(path, 0);
  } catch (thrown) {
    throw new OpenDatabaseError(`The database ${path} cannot be reached: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function pathOf(location: string): string {
  // A letter alone before the colon is a drive of Windows.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  const rest = scheme === 'file' ? location.slice('file:'.length) : location;
  if (/^(\/\/)?:memory:/.test(rest)) {
    throw new OpenDatabaseError(
      'A database in memory would lose its runs. Give the path of a file instead of :memory:.',
    );
  }
  if (rest.trim() === '') throw new OpenDatabaseError('The database has no path.');
  if (scheme === 'postgres' || scheme === 'postgresql') {
    throw new OpenDatabaseError('PostgreSQL is not supported yet. Give the path of a SQLite file.');
  }
  if (scheme === undefined) return location;
  if (scheme === 'file') return pathOfUrl(location, rest);
  if (!rest.includes('://')) return location;
  throw new OpenDatabaseError(`${scheme}:// is no database that is supported. Give the path of a SQLite file.`);
}

function pathOfUrl(url: string, rest: string): string {
  if (/[?#]/.test(rest)) throw new OpenDatabaseError(`The database URL ${url} has parameters, and none are supported.`);
  try {
    return rest.startsWith('//') ? fileURLToPath(url) : decodeURIComponent(rest);
  } catch (thrown) {
    throw new OpenDatabaseError(`The database URL ${url} is malformed: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40;

/** Never opens the file: closing it again would drop the locks that this process may hold on it (POSIX fcntl). */
function realPathOf(path: string, links: number): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || links > MAX_LINKS) throw thrown;
  }
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink) return realPathOf(resolve(dirname(path), readlinkSync(path)), links + 1);
  return join(realpathSync(dirname(resolve(path))), basename(path));
}
