import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config.js';
import { messageOf } from '../core/base/errors.js';
import { openGraphrunner } from '../graphrunner.js';
import { CliError } from './cli-error.js';
import { engineOptions } from './engine-options.js';
import type { ServerOptions } from './options.js';

/** How long steps under way have when a command is over. */
const GRACE_SECONDS = 1;

/**
 * Does something with an engine in this process, on a database that is deleted afterwards. It has the settings of the
 * working directory. It is reached as any other server: on loopback, with a key that nobody else has.
 * @param toolModules modules of tools, beside those of `TOOLS`
 * @throws CliError if the settings or the modules cannot be used
 */
export async function withLocalServer<T>(
  toolModules: readonly string[],
  use: (server: Pick<ServerOptions, 'url' | 'apiKey'>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'graphrunner-'));
  try {
    const { graphrunner, apiKey } = await open(join(folder, 'local.db'), toolModules);
    const app = await graphrunner.app();
    try {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      await graphrunner.start();
      return await use({ url, apiKey });
    } finally {
      // A connection on which nothing was asked keeps a server open for a minute.
      app.server.closeAllConnections();
      await graphrunner.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(database: string, toolModules: readonly string[]) {
  const apiKey = randomBytes(24).toString('base64url');
  try {
    const settings = engineOptions(loadConfig());
    const graphrunner = await openGraphrunner({
      ...settings,
      databaseListenUrl: undefined,
      database,
      toolModules: [...new Set([...(settings.toolModules ?? []), ...toolModules])],
      role: 'all',
      apiKeys: [apiKey],
      namedApiKeys: [],
      readApiKeys: [],
      shutdownGraceSeconds: GRACE_SECONDS,
    });
    return { graphrunner, apiKey };
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}
