import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../helpers/server-process.js';

/** What a server did to others while it was at work. */
export interface Watched {
  /** How long `/health/live` took, of a hundred probes all but one. */
  readonly p99Ms: number;
  /** The longest that it took. */
  readonly longestMs: number;
  /** The most memory that the process had. */
  readonly memoryMb: number;
}

/** Pause between two probes. */
const PAUSE_MS = 10;

/** Asks a server for `/health/live`, again and again, until it is told to stop; then says what that took. */
export function watch({ url, child }: ServerProcess): () => Promise<Watched> {
  const tookMs: number[] = [];
  let isStopped = false;
  const probe = async (): Promise<void> => {
    while (!isStopped) {
      const begunAt = performance.now();
      const answer = await fetch(`${url}/health/live`);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`/health/live was answered ${answer.status}`);
      tookMs.push(performance.now() - begunAt);
      await sleep(PAUSE_MS);
    }
  };
  const probing = probe();
  return async () => {
    isStopped = true;
    await probing;
    const sorted = tookMs.sort((a, b) => a - b);
    const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
    return { p99Ms, longestMs: sorted.at(-1) ?? Number.NaN, memoryMb: peakMemoryMb(child.pid) };
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
