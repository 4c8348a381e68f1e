import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

const MOUNT = 'mount';
const UNMOUNT = 'umount';

/**
 * Mounts a file or a folder on another one until the test has finished.
 * @returns why that cannot be done here; most systems let only root do it
 */
export function bindMount(from: string, to: string): string | undefined {
  const { status, stderr, error } = spawnSync(MOUNT, ['--bind', from, to], { encoding: 'utf8' });
  if (status !== 0) return error?.message ?? stderr;
  onTestFinished(() => void spawnSync(UNMOUNT, [to]));
  return undefined;
}
