import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';

const UNREAD_MS = 400;
const BYTES = 15_000_000;
const held = heldTool('held');
const large = defineTool({ name: 'large', run: (_, { node }) => ({ [node]: node.padEnd(1_000_000, 'x') }) });
const STEPS = BYTES / 1_000_000;

async function startLarge(
  options: { unreadMs?: number } = {},
): Promise<{ server: TestServer; port: number; runId: string }> {
  const server = await startTestServer({ definitions: [held.tool, large], ...options });
  const nodes = Array.from({ length: STEPS }, (_, index) => ({ name: `n${index}`, tool_name: 'large' }));
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
  await server.engine.createGraph({ ...chain('large', 'large'), entry_point: 'n0', nodes, edges });
  await server.engine.createGraph(chain('holds', 'held'));
  const { runId } = await server.engine.startRun({ graphId: 'large', inputData: null });
  await server.engine.getState(runId, { waitSeconds: 30 });
  return { server, port: Number(new URL(await listen(server)).port), runId };
}

/** Asks on a socket of its own, and does not read yet. */
async function ask(port: number, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return socket;
}

describe('a client that does not read', () => {
  let server: TestServer;
  let port: number;
  let runId: string;
  beforeAll(async () => {
    ({ server, port, runId } = await startLarge({ unreadMs: UNREAD_MS }));
  });
  afterAll(() => server.stop());

  const connections = () =>
    new Promise<number>((resolve) => server.app.server.getConnections((_, count) => resolve(count)));

  it.each(['state/RUN', 'runs/RUN/events'])('of its answer from /graph/%s is dropped', async (path) => {
    const socket = await ask(port, `/graph/${path.replace('RUN', runId)}`);
    while ((await connections()) === 0) await pause(10);
    while ((await connections()) > 0) await pause(10);
    socket.destroy();
  });

  it('but slowly gets all of it', async () => {
    const socket = await ask(port, `/graph/state/${runId}`);
    let received = 0;
    let waited = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      // Long pauses, in all much longer than the time after which clients that read nothing are dropped.
      if (received < (waited + 1) * 2_000_000) return;
      waited += 1;
      socket.pause();
      setTimeout(() => socket.resume(), UNREAD_MS / 2);
    });
    socket.resume();
    while (received < BYTES && !socket.destroyed) await pause(20);
    expect(received).toBeGreaterThan(BYTES);
    expect(waited * (UNREAD_MS / 2)).toBeGreaterThan(2 * UNREAD_MS);
    socket.destroy();
  });

  it('because there is nothing to read yet is left alone, and gets its answer', async () => {
    const { runId: waiting } = await server.engine.startRun({ graphId: 'holds', inputData: null });
    await held.called(1);
    const socket = await ask(port, `/graph/state/${waiting}?wait=30`);
    await pause(UNREAD_MS * 3);
    held.release({ done: true });
    socket.resume();
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('"status":"COMPLETED"');
    // The time starts anew with the answer.
    socket.write(`GET /graph/state/${runId} HTTP/1.1\r\nHost: a\r\n\r\n`);
    socket.pause();
    while ((await connections()) > 0) await pause(10);
    socket.destroy();
  });
});

it('a server that stops does not wait for clients that do not read', async () => {
  const { server, port, runId } = await startLarge();
  const socket = await ask(port, `/graph/state/${runId}`);
  socket.resume();
  await once(socket, 'data');
  socket.pause();
  const begun = performance.now();
  await server.stop();
  expect(performance.now() - begun).toBeLessThan(10_000);
  socket.destroy();
});

it('large answers have the same text, length and head as any other', async () => {
  const { server, port, runId } = await startLarge();
  const { state } = await server.engine.getState(runId);
  const answer = await fetch(`http://127.0.0.1:${port}/graph/state/${runId}`);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ run_id: runId, status: 'COMPLETED', data: state.data });
  expect(answer.headers.get('content-length')).toBe(String(text.length));
  const head = await fetch(`http://127.0.0.1:${port}/graph/state/${runId}`, { method: 'HEAD' });
  const small = await fetch(`http://127.0.0.1:${port}/graph/runs`);
  for (const name of ['content-length', 'content-type']) expect(head.headers.get(name)).toBe(answer.headers.get(name));
  const names = ({ headers }: Response) => [...headers.keys()];
  // A list has no entity tag.
  expect(names(answer).filter((name) => name !== 'etag')).toEqual(names(small));
  expect(answer.headers.get('content-type')).toBe(small.headers.get('content-type'));
  await server.stop();
});
