import { readFileSync } from 'node:fs';
import { MESSY_CODE } from '../../helpers/demo.js';
import { startServer } from '../../helpers/server-process.js';
import { benchFolder } from '../measure.js';
import { cpuSecondsOf } from '../processor-time.js';

/** The body that starts a run of the demo. */
export const DEMO_RUN = { graph_id: 'demo-review', input_data: MESSY_CODE };

/** The server as it is shipped: built, with its flags, its metrics and its log. */
export interface BuiltServer {
  readonly url: string;
  /** Seconds of processor time that the process has taken so far, on all threads. */
  cpuSeconds(): number;
  /** The most memory that the process ever had. */
  peakMegabytes(): number;
  /** Posts JSON; returns the answer's. */
  post<T>(path: string, body: unknown): Promise<T>;
  /** Stops it, and removes its file unless it was given. */
  end(): Promise<void>;
}

/** Starts the built server on a file of its own, or on the one that is given. */
export async function startBuiltServer(databasePath?: string): Promise<BuiltServer> {
  const folder = benchFolder();
  const env = { DATABASE_URL: databasePath ?? folder.path('workflow.db'), LOG_LEVEL: 'info' };
  const { url, child, end } = await startServer(folder.path('.'), env);
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(child.pid ?? Number.NaN),
    peakMegabytes: () => peakMegabytesOf(child.pid),
    post: async <T>(path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    end: async () => {
      await end('SIGTERM');
      folder.remove();
    },
  };
}

/** The kernel's own record of a process (proc_pid_status(5), VmHWM), which no sampling misses. */
function peakMegabytesOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
}
