import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { ask, startRun } from '../e2e/client.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { chain } from '../helpers/tools.js';
import { print, watch } from './watch.js';

const MAX_MEMORY_MB = 400;
const MAX_GAP_MS = 200;
const LINES = 10_000;

/** `text` and `rows` set 1 MB of data, `talk` logs 1,000 lines of 8 kB. */
const TOOLS = `
export const text = { name: 'text', run: (_, { node }) => ({ [node]: node.padEnd(1_000_000, 'x') }) };
export const rows = {
  name: 'rows',
  run: (_, { node }) => ({ [node]: Array.from({ length: 20_000 }, (_, id) => ({ id, name: 'a name', is: true })) }),
};
export const talk = {
  name: 'talk',
  run: (_, { log }) => {
    for (let line = 0; line < 1000; line += 1) log('y'.repeat(8000));
  },
};
`;

const sockets = new Set<Socket>();
let server: ServerProcess;

async function startWith(tool: string, steps: number, runs: 1): Promise<[string]>;
async function startWith(tool: string, steps: number, runs: number): Promise<string[]>;
/** Starts a server with runs that have finished and that it has not read yet. */
async function startWith(tool: string, steps: number, runs: number): Promise<string[]> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'large.mjs'), TOOLS);
  const first = await startServer(folder, { TOOLS: './large.mjs' });
  const nodes = Array.from({ length: steps }, (_, index) => ({ name: `n${index}`, tool_name: tool }));
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
  await ask(first, 'POST /graph/create', { ...chain('large', tool), entry_point: 'n0', nodes, edges });
  const runIds: string[] = [];
  for (let run = 0; run < runs; run += 1) runIds.push(await startRun(first, 'large'));
  const finished = async (): Promise<number> =>
    (await ask(first, `GET /graph/runs?graph_id=large&limit=200&status=COMPLETED`)).body.runs.length;
  while ((await finished()) < runs) await pause(50);
  await first.end('SIGTERM');
  // What is measured is reading alone.
  server = await startServer(folder, { TOOLS: './large.mjs' });
  return runIds;
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  expect(await server.end('SIGTERM')).toBe(0);
});

/** A client that asks and never reads. */
function askAndForget(path: string): Promise<void> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  sockets.add(socket);
  return new Promise((resolve) => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`, () => resolve()));
}

it.each(['text', 'rows'])('250 clients that ask for a state of 16 MB of %s and never read', async (tool) => {
  const [runId] = await startWith(tool, 16, 1);
  const stop = await watch(server);
  for (let client = 0; client < 250; client += 1) await askAndForget(`/graph/state/${runId}`);
  await pause(15_000);
  const watched = await stop();
  print(`250 clients that never read 16 MB of ${tool}`, { ...watched });
  const { body } = await ask(server, `GET /graph/state/${runId}`);
  expect(Object.keys(body.data)).toHaveLength(16);
  expect(watched.memoryMb).toBeLessThan(MAX_MEMORY_MB);
  expect(watched.longestMs).toBeLessThan(MAX_GAP_MS);
});

it('20 readers at once of 10,000 lines of 8 kB', async () => {
  const [runId] = await startWith('talk', LINES / 1000, 1);
  const stop = await watch(server);
  const begun = performance.now();
  const readers = Array.from({ length: 20 }, async () => {
    let lines = 0;
    let total = 1;
    while (lines < total) {
      const { status, headers, body } = await ask(server, `GET /graph/state/${runId}?logs_after=${lines}`);
      if (status === 503) await pause(Number(headers.get('retry-after')) * 1000);
      else [lines, total] = [lines + body.logs.length, body.logs_total];
    }
    return lines;
  });
  const counts = await Promise.all(readers);
  const seconds = (performance.now() - begun) / 1000;
  const watched = await stop();
  print('20 readers of 10,000 lines of 8 kB', { seconds, ...watched });
  expect(new Set(counts)).toEqual(new Set([LINES + LINES / 1000 + 1]));
  expect(watched.memoryMb).toBeLessThan(MAX_MEMORY_MB);
  expect(watched.longestMs).toBeLessThan(MAX_GAP_MS);
});

/** Reads an answer to its end, without parsing it, and says what became of it. */
async function read(path: string): Promise<{ status: number; retryAfter: string | null; bytes: number }> {
  const answer = await fetch(`${server.url}${path}`);
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += (chunk as Uint8Array).length;
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), bytes };
}

const DISTINCT_RUNS = 40;
/** Each of 40 streams holds an event of 1 MB, its text, and what its client has not read yet: some 5 MB. */
const MAX_STREAMS_MEMORY_MB = 450;

it.each([
  ['text', 16, (runId: string) => `/graph/state/${runId}`],
  ['text', 16, (runId: string) => `/graph/runs/${runId}/steps`],
  ['talk', 2, (runId: string) => `/graph/state/${runId}`],
  ['text', 16, (runId: string) => `/graph/runs/${runId}/events`],
] as const)('readers of 40 large runs at once, %s of %i steps, and then one by one', async (tool, steps, pathOf) => {
  const paths = (await startWith(tool, steps, DISTINCT_RUNS)).map(pathOf);
  const stop = await watch(server);
  const answers = await Promise.all(paths.map(read));
  const served = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status !== 200);
  for (const path of paths) expect((await read(path)).status).toBe(200);
  const watched = await stop();
  print(`${DISTINCT_RUNS} readers of ${paths[0]}, ${tool}`, { served: served.length, ...watched });
  expect(served.length).toBeGreaterThan(0);
  for (const { status, retryAfter } of refused)
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '5' });
  const areStreams = paths[0]?.endsWith('/events') === true;
  expect(watched.memoryMb).toBeLessThan(areStreams ? MAX_STREAMS_MEMORY_MB : MAX_MEMORY_MB);
  expect(watched.longestMs).toBeLessThan(MAX_GAP_MS);
});

it.each([
  ['steps', (runId: string) => `/graph/runs/${runId}/steps`],
  ['differences', (runId: string) => `/graph/runs/${runId}/diff/${runId}`],
])('100 readers at once of the same %s of a run with 8 MB of rows', async (what, pathOf) => {
  const [runId] = await startWith('rows', 8, 1);
  const stop = await watch(server);
  const answers = await Promise.all(Array.from({ length: 100 }, () => read(pathOf(runId))));
  const watched = await stop();
  print(`100 readers of the same ${what}`, { ...watched });
  for (const { status } of answers) expect([200, 503]).toContain(status);
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  expect(watched.memoryMb).toBeLessThan(MAX_MEMORY_MB);
  expect(watched.longestMs).toBeLessThan(MAX_GAP_MS);
});
