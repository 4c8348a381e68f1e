import { readFileSync } from 'node:fs';
import { OpenDatabaseError } from './store/errors.js';

/**
 * Loads what needs the packages for Postgres, which people install who want it.
 * @throws OpenDatabaseError that says how to install them
 */
export async function withPostgresPackages<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !/'(pg|pg-boss)'/.test(thrown.message)) throw thrown;
    const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const packages = Object.entries(peerDependencies).map(([name, version]) => `${name}@${version}`);
    throw new OpenDatabaseError(`Postgres needs two more packages. Install them: npm install ${packages.join(' ')}`, {
      cause: thrown,
    });
  }
}
