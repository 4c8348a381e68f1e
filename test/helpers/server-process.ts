import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The built program, as `npm start` runs it; for tests that start it again and again, what `bundle.ts` makes of it. */
export const MAIN = resolve(process.env.TEST_PROGRAM ?? 'dist/main.js');

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Every line of standard output so far. */
  readonly lines: string[];
  /** Sends a signal and resolves with the exit code when the process has gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the built server in a folder, on a free port, and resolves when it listens. */
export async function startServer(cwd: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const { child, lines } = spawnServer(cwd, { PORT: '0', ...env });
  const url = await listening(child, lines);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const [code] = await once(child, 'exit');
    return code;
  };
  return { url, child, lines, end };
}

/** Starts the built server where it is expected to stop by itself; resolves with its exit code and output. */
export async function runServer(
  cwd: string,
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, lines } = spawnServer(cwd, { PORT: '0', ...env }, args);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout: lines.join('\n'), stderr };
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function spawnServer(cwd: string, env: Record<string, string>, args: readonly string[] = []) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { child, lines };
}

async function listening(child: ChildProcess, lines: string[]): Promise<string> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    const look = () => {
      const address = lines.map((line) => /listening on (http:\/\/\S+?);/.exec(line)?.[1]).find((found) => found);
      if (address === undefined) return;
      child.stdout?.off('data', look);
      resolve(address);
    };
    child.stdout?.on('data', () => setImmediate(look));
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}: ${stderr}${lines.join('\n')}`)));
  });
}
