import { lstatSync } from 'node:fs';
import { DatabaseLostError } from './failures.js';
import { lockPathOf } from './lock.js';

/** How often the files are looked at, in milliseconds. */
const INTERVAL_MS = 500;

interface FileIdentity {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/**
 * The files of an open database, as they were when it was opened. If one is deleted or replaced, SQLite goes on with
 * the old one, which has no name any more: whatever is stored is gone when the process ends.
 */
export class DatabaseFiles {
  /** What holds commits. */
  readonly #stored: readonly FileIdentity[];
  /** What keeps other processes in step: the index of the write-ahead log, and the lock. */
  readonly #others: readonly FileIdentity[];
  #timer: NodeJS.Timeout | undefined;

  /** @param realPath a database that is open, in WAL mode, and locked */
  constructor(realPath: string) {
    this.#stored = [realPath, `${realPath}-wal`].map(identify);
    this.#others = [`${realPath}-shm`, lockPathOf(realPath)].map(identify);
  }

  /**
   * Checks the files that hold commits: called after each commit, before anybody is told that it is stored. Takes 5 µs.
   * @throws DatabaseLostError if one was deleted or replaced
   */
  confirm(): void {
    const lost = this.#stored.find(isLost);
    if (lost !== undefined) throw new DatabaseLostError(lost.path);
  }

  /** Looks at all files from time to time, and calls back once if one was deleted or replaced. */
  watch(onLost: (error: DatabaseLostError) => void): void {
    const timer = setInterval(() => {
      const lost = [...this.#stored, ...this.#others].find(isLost);
      if (lost === undefined) return;
      this.unwatch();
      onLost(new DatabaseLostError(lost.path));
    }, INTERVAL_MS);
    this.#timer = timer.unref();
  }

  unwatch(): void {
    clearInterval(this.#timer);
  }
}

function identify(path: string): FileIdentity {
  const { dev, ino } = lstatSync(path);
  return { path, device: dev, inode: ino };
}

function isLost({ path, device, inode }: FileIdentity): boolean {
  const stats = look(path);
  return stats !== 'unknown' && (stats?.dev !== device || stats.ino !== inode);
}

/** What is there; `unknown` if it cannot be seen, for example because of a network file system that does not answer. */
function look(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}
