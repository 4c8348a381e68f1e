import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createRegistry, type Registrable, type Registry } from '../../src/core/tool/registry.js';
import { type Mcp, startMcp } from '../../src/tools/mcp/start.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real MCP server, from the registry of npm. */
export const EVERYTHING = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

/** A server that asks of its client what that has not offered. */
export const ASKING = fileURLToPath(new URL('asking-mcp-server.mjs', import.meta.url));

export function startAskingMcp(port: number): Promise<ChildProcess> {
  return startOn(port, [ASKING, EVERYTHING]);
}

/** The entry of a server that talks over its standard streams, with the file that it writes its process id to. */
export function stdioEntry(pidFile: string, extra: object = {}): object {
  const script = `echo $$ > '${pidFile}'; exec '${process.execPath}' '${EVERYTHING}' stdio`;
  return { command: 'sh', args: ['-c', script], ...extra };
}

export function readPid(pidFile: string): number {
  return Number(readFileSync(pidFile, 'utf8'));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts the server over HTTP; killed when the test ends. */
export function startHttpMcp(port: number): Promise<ChildProcess> {
  return startOn(port, [EVERYTHING, 'streamableHttp']);
}

/** The same over the older transport, at `/sse`. */
export function startSseMcp(port: number): Promise<ChildProcess> {
  return startOn(port, [EVERYTHING, 'sse']);
}

async function startOn(port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...args], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => kill(child));
  // Read on to the end: a server whose standard error is closed ends when it writes there.
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (/listening|is running/.test(text)) resolve();
    });
    child.once('exit', () => reject(new Error('the MCP server did not start')));
  });
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface StartedMcp {
  readonly mcp: Mcp;
  readonly registry: Registry;
  readonly logged: Logged[];
  /** Resolves when a message has been logged, with its fields. */
  saw(message: string): Promise<Logged>;
}

export interface StartOptions {
  readonly secrets?: Record<string, string>;
  readonly startWaitMs?: number;
  readonly definitions?: readonly Registrable[];
}

export function writeConfig(mcpServers: object): string {
  const path = join(temporaryFolder(), 'mcp.json');
  writeFileSync(path, JSON.stringify({ mcpServers }));
  return path;
}

/** Starts clients of these servers; closed when the test ends. */
export async function startClients(mcpServers: object, options: StartOptions = {}): Promise<StartedMcp> {
  const logged: Logged[] = [];
  const waiting = new Set<() => void>();
  const at = (level: string) => (fields: object, message: string) => {
    logged.push({ level, message, fields: { ...fields } });
    for (const check of waiting) check();
  };
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn') };
  const { secrets = {}, startWaitMs } = options;
  const path = writeConfig(mcpServers);
  const mcp = await startMcp({ path, secrets, logger, ...(startWaitMs === undefined ? {} : { startWaitMs }) });
  onTestFinished(() => mcp.close());
  const saw = (message: string): Promise<Logged> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = logged.find((each) => each.message.includes(message));
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  return { mcp, registry: mcp.extend(createRegistry(options.definitions ?? [])), logged, saw };
}
