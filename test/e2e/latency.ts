import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { ServerProcess } from '../helpers/server-process.js';

/**
 * How long GET /health/live may wait while the largest valid requests are served, in milliseconds, on a machine that does
 * the work of the yardstick in YARDSTICK_MS. A slower one, or one that is slower at the moment, may take so much longer.
 */
const P99_MS = 150;
const LONGEST_MS = 250;
/** Garbage collection and the disk are not at the same point each time: each case has some tries, and the best counts. */
const TRIES = 3;
/** A case is repeated until it has taken this long: a few pings have no 99th percentile. */
const CASE_MS = 600;
const YARDSTICK_MS = 4;

/**
 * Asks again and again, on one connection that is kept and on new ones, in a thread of its own. Measures how long the
 * server's thread works until it answers (Linux counts that), so that other work on the machine does not count. Only that
 * thread: it is the one that answers, and what the server's other threads do keeps nobody waiting. The disk is not
 * counted either, because a commit takes as long as the machine makes it.
 */
const PROBE = `
const { parentPort, workerData: { url, pid } } = require('node:worker_threads');
const { existsSync, readFileSync } = require('node:fs');
const http = require('node:http');
const file = '/proc/' + pid + '/task/' + pid + '/schedstat';
const now = existsSync(file) ? () => Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6 : () => performance.now();
const took = [];
let isOn = true;
let open = 2;
parentPort.once('message', () => { isOn = false; });
const probe = (agent) => {
  const begunAt = now();
  http.get(url + '/health/live', { agent }, (answer) => {
    answer.resume();
    answer.once('end', () => {
      took.push(now() - begunAt);
      if (isOn) { setTimeout(probe, 5, agent); return; }
      agent.destroy();
      open -= 1;
      if (open === 0) parentPort.postMessage(took);
    });
  });
};
probe(new http.Agent({ keepAlive: true, maxSockets: 1 }));
probe(new http.Agent({ keepAlive: false }));
`;

/**
 * Does the same work now and then, in a thread of its own, and measures how long it takes: the time of the processor that
 * a request needs grows with what else the machine does. A low quantile, so that waiting for a processor hardly counts.
 */
const YARDSTICK = `
const { parentPort } = require('node:worker_threads');
const text = JSON.stringify(Array.from({ length: 4000 }, (_, i) => ['key' + i, { i, a: ['x' + i, 'y'] }]));
const took = [];
const timer = setInterval(() => {
  const begunAt = performance.now();
  JSON.stringify(JSON.parse(text));
  took.push(performance.now() - begunAt);
}, 50);
parentPort.once('message', () => {
  clearInterval(timer);
  took.sort((a, b) => a - b);
  parentPort.postMessage(took[Math.floor(took.length / 4)]);
});
`;

/** Milliseconds that others waited. */
export interface Latency {
  readonly pings: number;
  readonly p99: number;
  readonly longest: number;
  /** How many times longer the machine took for the yardstick, at least 1. */
  readonly slowness: number;
}

/** What serves GET /health/live, and the process that does. */
type Server = Pick<ServerProcess, 'url'> & { readonly child: Pick<ServerProcess['child'], 'pid'> };

/** How often cases were done so far. */
let rounds = 0;

/** How long others wait while something is done, again and again for some time. */
export async function latencyDuring(server: Server, work: (round: number) => Promise<unknown>): Promise<Latency> {
  const worker = new Worker(PROBE, { eval: true, workerData: { url: server.url, pid: server.child.pid } });
  const yardstick = new Worker(YARDSTICK, { eval: true });
  try {
    await Promise.all([once(worker, 'online'), once(yardstick, 'online')]);
    const begunAt = performance.now();
    while (performance.now() - begunAt < CASE_MS) {
      await work(rounds);
      rounds += 1;
    }
    worker.postMessage('stop');
    const [took] = (await once(worker, 'message')) as [number[]];
    yardstick.postMessage('stop');
    const [yardstickMs] = (await once(yardstick, 'message')) as [number];
    took.sort((a, b) => a - b);
    const p99 = took[Math.ceil(took.length * 0.99) - 1] ?? 0;
    const slowness = Math.max(1, Math.round((yardstickMs / YARDSTICK_MS) * 10) / 10);
    return { pings: took.length, p99: Math.round(p99), longest: Math.round(took.at(-1) ?? 0), slowness };
  } finally {
    await Promise.all([worker.terminate(), yardstick.terminate()]);
  }
}

/**
 * Expects that nobody waits for long while something is done.
 * @param work gets another number each time, so that nothing of an earlier time serves it
 * @param p99Ms how long a hundredth of them may wait
 */
export async function expectOthersServed(
  server: Server,
  what: string,
  work: (round: number) => Promise<unknown>,
  p99Ms = P99_MS,
): Promise<void> {
  const isWithin = ({ p99, longest, slowness }: Latency) => p99 < p99Ms * slowness && longest < LONGEST_MS * slowness;
  const tries: Latency[] = [];
  for (let attempt = 1; attempt <= TRIES && !tries.some(isWithin); attempt++) {
    tries.push(await latencyDuring(server, work));
  }
  const figures = tries.map(
    ({ pings, p99, longest, slowness }) =>
      `${pings} pings, p99 ${p99} ms, longest ${longest} ms, on a machine ${slowness} times slower`,
  );
  console.info(`${what}: ${figures.join('; ')}`);
  expect(tries.some(isWithin), `${what}: ${JSON.stringify(tries)}`).toBe(true);
}
