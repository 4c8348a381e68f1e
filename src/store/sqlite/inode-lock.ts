import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';

/** The kernel's list of Unix sockets, with an at sign for each zero byte. */
const SOCKETS = '/proc/net/unix';
/** Bytes in the name of a Unix socket (unix(7)). Names are filled up to it, since versions of Node differ in padding. */
const NAME_BYTES = 107;

/**
 * Takes a lock on a file by its device and inode, whatever names it has, and whatever happens to the files beside it: an
 * abstract Unix socket, whose name nobody can delete, and which the system drops with the process. No handle to the
 * file is involved, because closing one would drop SQLite's own locks (POSIX fcntl).
 *
 * Linux only, and among processes that share a network; elsewhere there is just the lock file.
 * @returns a function that gives the lock back, or undefined if another server has it
 */
export function lockInode(path: string): (() => void) | undefined {
  if (process.platform !== 'linux') return () => undefined;
  const { dev, ino } = statSync(path, { bigint: true });
  const name = `graphrunner:${dev}:${ino}:`.padEnd(NAME_BYTES, '-');
  const socket = createServer((caller) => caller.destroy());
  // Reported a turn later than it is known.
  socket.on('error', () => undefined);
  socket.listen(`\0${name}`);
  socket.unref();
  if (socket.listening) return () => void socket.close();
  // Refused for another reason, such as a sandbox without Unix sockets: then there is just the lock file.
  return isTaken(name) ? undefined : () => undefined;
}

function isTaken(name: string): boolean {
  try {
    return readFileSync(SOCKETS, 'utf8').includes(`@${name}`);
  } catch {
    return false;
  }
}
