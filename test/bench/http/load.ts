import autocannon from 'autocannon';
import { median, shown } from '../measure.js';
import type { BuiltServer } from './built-server.js';

/** What a server did under a load. Times are milliseconds. */
export interface Load {
  /** Answers per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** Milliseconds of the server's processor time per answer. */
  readonly cpu: number;
}

interface Requests {
  readonly path: string;
  readonly connections: number;
  /** Posted as JSON; without it, the requests are GET. */
  readonly body?: unknown;
}

/** Sends requests for so many seconds on so many connections, each as soon as the last one is answered. */
export function load(server: BuiltServer, { seconds, ...requests }: Requests & { seconds: number }): Promise<Load> {
  return send(server, requests, { duration: seconds });
}

/** Sends so many requests. */
export function loadAmount(server: BuiltServer, { amount, ...requests }: Requests & { amount: number }): Promise<Load> {
  return send(server, requests, { amount });
}

/** Every answer must be a 2xx. */
async function send(
  server: BuiltServer,
  { path, connections, body }: Requests,
  until: { duration: number } | { amount: number },
): Promise<Load> {
  const sent =
    body === undefined
      ? { method: 'GET' as const }
      : { method: 'POST' as const, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const before = server.cpuSeconds();
  const result = await autocannon({ url: `${server.url}${path}`, connections, ...until, ...sent });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${path}: ${result.non2xx} answers were no 2xx`);
  const { p50, p90, p99 } = result.latency;
  const answers = result['2xx'];
  return { rate: answers / result.duration, p50, p90, p99, cpu: ((server.cpuSeconds() - before) * 1000) / answers };
}

/** The medians of several measurements of one thing. */
export function medianOf(loads: readonly Load[]): Load {
  const middle = (value: (one: Load) => number): number => median(loads.map(value));
  return {
    rate: middle(({ rate }) => rate),
    p50: middle(({ p50 }) => p50),
    p90: middle(({ p90 }) => p90),
    p99: middle(({ p99 }) => p99),
    cpu: middle(({ cpu }) => cpu),
  };
}

/** As people read it: the rate, the percentiles, and the processor time of one answer. */
export function shownLoad({ rate, p50, p90, p99, cpu }: Load): string {
  return `${shown(rate)}/s (p50 ${p50}, p90 ${p90}, p99 ${p99} ms; ${shown(cpu)} ms of CPU)`;
}
