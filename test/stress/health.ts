import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ServerProcess } from '../helpers/server-process.js';

/** What a server did while it was under load. */
export interface Observed {
  /** The longest answer to `GET /health/live`, in milliseconds. */
  readonly longestMs: number;
  readonly count: number;
}

/** Asks again and again, from a thread of its own, so that what else the test does is not measured. */
const PROBE = `
const { get, Agent } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let longestMs = 0, count = 0, stopping = false;
const ask = () => new Promise((resolve, reject) =>
  get(workerData + '/health/live', { agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject));
parentPort.once('message', () => { stopping = true; });
(async () => {
  while (!stopping) {
    const begun = performance.now();
    await ask();
    longestMs = Math.max(longestMs, performance.now() - begun);
    count += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  parentPort.postMessage({ longestMs, count });
})();
`;

/** Watches the health of a server until it is stopped. */
export async function watchHealth({ url }: ServerProcess): Promise<{ stop(): Promise<Observed> }> {
  const worker = new Worker(PROBE, { eval: true, workerData: url });
  await once(worker, 'online');
  return {
    stop: async () => {
      worker.postMessage('stop');
      const [observed] = await once(worker, 'message');
      await worker.terminate();
      return observed;
    },
  };
}

/** The most memory that a server has had, in MB. */
export function peakMemoryOf({ child }: ServerProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
