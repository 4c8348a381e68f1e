import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { databaseOf } from './database.js';

/**
 * Tools that ask the test what to return, and so say when they were called and end when they are told to. `held` heeds
 * its signal, `stubborn` does not, and `deadly` takes the server with it.
 */
const TOOLS = `
const ask = async (name, { idempotencyKey: key, attempt, node }, init) =>
  (await fetch(process.env.GATE + '?' + new URLSearchParams({ name, key, attempt, node }), init)).json();
export const held = { name: 'held', run: (_, context) => ask('held', context, { signal: context.signal }) };
export const stubborn = { name: 'stubborn', run: (_, context) => ask('stubborn', context, {}) };
export const deadly = {
  name: 'deadly',
  run: async (_, context) => {
    await ask('deadly', context, {});
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
};
export const after = { name: 'after', run: () => ({ after: true }) };
export const other = { name: 'other', run: () => ({ other: true }) };
`;

/** A call of a tool in a server's process. */
export interface GateCall {
  readonly name: string;
  readonly key: string;
  readonly attempt: string;
  readonly node: string;
  /** Ends the call with this patch. */
  answer(patch: object): void;
}

export interface Gate {
  /** A folder whose servers know the tools. */
  readonly folder: string;
  /** What such a server needs in its environment. */
  readonly env: Record<string, string>;
  readonly calls: GateCall[];
  /** Resolves with the call of this number, from 1 on, once it is there. */
  called(count: number): Promise<GateCall>;
  /** Answers every call of a tool, those to come too. */
  open(name: string, patch: object): void;
}

/** Opens a gate for one test. */
export async function openGate(): Promise<Gate> {
  const calls: GateCall[] = [];
  const open = new Map<string, object>();
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    const call = { ...Object.fromEntries(query), answer: answerer(response) } as GateCall;
    calls.push(call);
    const patch = open.get(call.name);
    if (patch !== undefined) call.answer(patch);
    server.emit('call');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'gate.mjs'), TOOLS);
  const database = await databaseOf(folder);
  const env = { ...database, TOOLS: './gate.mjs', GATE: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  return {
    folder,
    env,
    calls,
    called: async (count) => {
      while (calls.length < count) await once(server, 'call');
      return calls[count - 1]!;
    },
    open: (name, patch) => {
      open.set(name, patch);
      for (const call of calls) if (call.name === name) call.answer(patch);
    },
  };
}

function answerer(response: ServerResponse): (patch: object) => void {
  return (patch) => {
    if (!response.writableEnded) response.end(JSON.stringify(patch));
  };
}
