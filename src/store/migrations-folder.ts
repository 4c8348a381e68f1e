import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A folder with migrations, which stands beside `src` and `dist`: looked for upwards, because builds put files at different
 * depths.
 * @param name such as `drizzle`
 * @param from the folder to begin at
 */
export function findMigrations(name: string, from: string): string {
  const found = join(from, name);
  if (existsSync(join(found, 'meta', '_journal.json'))) return found;
  const parent = dirname(from);
  if (parent === from) throw new Error(`The folder "${name}" with the migrations is missing from this installation.`);
  return findMigrations(name, parent);
}
