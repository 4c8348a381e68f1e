import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ServerProcess } from '../helpers/server-process.js';

/** What a server did to others while it was under load. */
export interface Watched {
  /** How long `/health/live` took, of a hundred probes all but one. */
  readonly p99Ms: number;
  /** The longest that it took. */
  readonly longestMs: number;
  readonly probes: number;
  /** The most memory that the process had. */
  readonly memoryMb: number;
}

/** Asks again and again, from a thread of its own, so that what else the test does is not measured. */
const PROBE = `
const { get, Agent } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const tookMs = [];
let stopping = false;
const ask = () => new Promise((resolve, reject) =>
  get(workerData + '/health/live', { agent }, (answer) => answer.resume().on('end', resolve)).on('error', reject));
parentPort.once('message', () => { stopping = true; });
(async () => {
  while (!stopping) {
    const begun = performance.now();
    await ask();
    tookMs.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  parentPort.postMessage(tookMs);
})();
`;

/** Asks a server for `/health/live`, again and again, until it is told to stop; then says what that took. */
export async function watch({ url, child }: ServerProcess): Promise<() => Promise<Watched>> {
  const worker = new Worker(PROBE, { eval: true, workerData: url });
  await once(worker, 'online');
  return async () => {
    worker.postMessage('stop');
    const [tookMs] = (await once(worker, 'message')) as [number[]];
    await worker.terminate();
    const sorted = tookMs.sort((a, b) => a - b);
    const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
    return { p99Ms, longestMs: sorted.at(-1) ?? Number.NaN, probes: sorted.length, memoryMb: peakMemoryMb(child.pid) };
  };
}

/** The most memory that a process has had, of which the system keeps note (proc(5), VmHWM). */
function peakMemoryMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Prints figures under a title. */
export function print(title: string, figures: Readonly<Record<string, number | string>>): void {
  const parts = Object.entries(figures).map(([name, value]) =>
    typeof value === 'number' ? `${name} ${Math.round(value)}` : `${name} ${value}`,
  );
  console.info(`${title}: ${parts.join(', ')}`);
}
