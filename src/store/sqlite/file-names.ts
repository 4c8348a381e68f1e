import { lstatSync, readFileSync } from 'node:fs';
import { messageOf } from '../../core/base/errors.js';
import { OpenDatabaseError } from '../errors.js';

/**
 * Checks that a database has one name. The write-ahead log and the lock stand beside the file, by its name: a server
 * that comes by another name finds neither, and both write over each other's pages.
 * @param realPath the database, as `locateDatabase` returns it; it need not exist
 * @throws OpenDatabaseError if the file, or its write-ahead log, has hard links, or is mounted by itself
 */
export function checkFileNames(realPath: string): void {
  for (const path of [realPath, `${realPath}-wal`]) {
    if (countLinks(path) > 1) {
      const advice = `Delete the others (\`find -samefile ${path}\` lists them), and back up with copies instead of links.`;
      throw new OpenDatabaseError(`The file ${path} has more than one name (hard links). ${advice}`);
    }
    if (isMountPoint(path)) {
      const advice = 'Mount its folder instead, so that the files beside it, which belong to it, are mounted too.';
      throw new OpenDatabaseError(`The file ${path} is mounted by itself. ${advice}`);
    }
  }
}

function countLinks(path: string): number {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.nlink : 1;
  } catch (thrown) {
    throw new OpenDatabaseError(`The file ${path} cannot be reached: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** The mounts of this process (proc_pid_mountinfo(5)). Only Linux can mount a file by itself. */
const MOUNTS = '/proc/self/mountinfo';

function isMountPoint(path: string): boolean {
  let mounts: string;
  try {
    mounts = readFileSync(MOUNTS, 'utf8');
  } catch {
    return false;
  }
  // The fifth field is the mount point, with blanks and backslashes as octal numbers.
  return mounts.split('\n').some((mount) => unescapeOctal(mount.split(' ')[4] ?? '') === path);
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
