import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask } from './client.js';
import { databaseOf } from './database.js';

const DELIVERIES = 25;
const KILLS = 2;

const ECHO = {
  graph_id: 'echo',
  name: 'Echo',
  entry_point: 'keep',
  nodes: [{ name: 'keep', tool_name: 'set_data', params: { values: { got: '${ input_data }' } } }],
};
const HOOK = {
  hook_id: 'echo',
  action: 'start',
  graph_id: 'echo',
  input: '${ body.id }',
  dedupe: "${ headers['x-id'] }",
  verify: { scheme: 'none' },
};

it('a delivery that is repeated while servers are killed starts exactly one run', async () => {
  const folder = temporaryFolder();
  const env = await databaseOf(folder);
  let server: ServerProcess = await startServer(folder, env);
  expect((await ask(server, 'POST /graph/create', ECHO)).status).toBe(201);
  expect((await ask(server, 'POST /hooks', HOOK)).status).toBe(201);
  /** The runs that were answered, by delivery. */
  const answers = Array.from({ length: DELIVERIES }, () => new Set<string>());
  let isOver = false;

  /** Sends one again and again, as a sender does that gets no answer, or does not believe it. */
  async function repeat(id: number): Promise<void> {
    for (let acknowledged = 0; acknowledged < 3 || !isOver; ) {
      try {
        const { status, body } = await ask(server, 'POST /hooks/echo/deliveries', { id }, { 'x-id': `d${id}` });
        expect(status).toBe(202);
        answers[id]!.add(body.run_id);
        acknowledged += 1;
      } catch (error) {
        if (error instanceof Error && error.name === 'AssertionError') throw error;
      }
      await sleep(50);
    }
  }

  const senders = Promise.all(answers.map((_, id) => repeat(id)));
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(Math.random() * 300);
    await server.end('SIGKILL');
    server = await startServer(folder, env);
  }
  isOver = true;
  await senders;
  expect(answers.map(({ size }) => size)).toEqual(answers.map(() => 1));
  const { body } = await ask(server, 'GET /graph/runs?graph_id=echo&limit=200');
  const started = body.runs.map(({ run_id }: { run_id: string }) => run_id);
  expect(started.sort()).toEqual(answers.flatMap((runs) => [...runs]).sort());
  for (const [id, [runId]] of [...answers.entries()].map(([id, runs]) => [id, [...runs]] as const)) {
    const state = (await ask(server, `GET /graph/state/${runId}?wait=30`)).body;
    expect(state).toMatchObject({ status: 'COMPLETED', data: { got: id } });
  }
  expect(await server.end('SIGTERM')).toBe(0);
});
