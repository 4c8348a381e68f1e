import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEMO_DATA, MESSY_CODE } from '../helpers/demo.js';
import { startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask, waitForRest } from './client.js';
import { journalOf } from './database.js';

/**
 * A database that release 1.0 made, before it was killed with `kill -9` while it ran one run at a time. Such files are
 * never changed: databases outlive releases.
 */
const FIXTURE = 'test/fixtures/workflow-1.0.sqlite';

/** The tools that its graph `order` calls. In release 1.0, `hold` never returned. */
const TOOLS = `
export const begin = { name: 'begin', run: () => ({ begun: 'again' }) };
export const hold = { name: 'hold', run: (_, { idempotencyKey, attempt }) => ({ held: idempotencyKey, attempt }) };
`;

const FINISHED = '01a20626-59ad-70fd-9f70-2318f2565901';
const FAILED = '01a20626-59d4-745a-8acb-cd43503ee8b0';
const UNFINISHED = '01a20626-59fa-71b5-bb2d-449cd76a11df';
const QUEUED = '01a20626-5a12-72c8-a55a-e61c92a06469';
const CANCELLED = '01a20626-5a1c-70af-b8d0-2e607e2c32b6';

it('a database of release 1.0 is opened: its runs can be read, and go on', async () => {
  const folder = temporaryFolder();
  copyFileSync(FIXTURE, join(folder, 'workflow.db'));
  writeFileSync(join(folder, 'tools.mjs'), TOOLS);
  const server = await startServer(folder, { TOOLS: './tools.mjs' });

  const finished = (await ask(server, `GET /graph/state/${FINISHED}`)).body;
  expect(finished).toMatchObject({
    status: 'COMPLETED',
    data: DEMO_DATA,
    metadata: { team: 'blue' },
    parent_run_id: null,
    waiting: null,
    forked_from: null,
    step_count: 8,
    logs_total: 17,
  });
  expect(finished.logs.at(-1)).toBe('Workflow reached END.');
  expect((await ask(server, `GET /graph/runs/${FINISHED}/steps`)).body.steps).toHaveLength(8);
  const { runs } = (await ask(server, 'GET /graph/runs')).body;
  const ids = runs.map((run: { run_id: string }) => run.run_id);
  expect(ids).toEqual([CANCELLED, QUEUED, UNFINISHED, FAILED, FINISHED]);
  expect((await ask(server, 'GET /graph/runs?metadata.team=blue')).body.runs).toHaveLength(1);

  // Finished steps are not called again, and the one in flight has its key.
  expect(await waitForRest(server, UNFINISHED)).toMatchObject({
    status: 'COMPLETED',
    data: { begun: '1.0', order: { item: 'book' }, held: `${UNFINISHED}/2`, attempt: 1 },
    logs: ['Executing Node: begin', 'begun by 1.0', 'Executing Node: hold', 'No outgoing edge found. Stopping.'],
  });
  expect(await journalOf(folder, UNFINISHED)).toContain('run.recovered');
  expect(await waitForRest(server, QUEUED)).toMatchObject({ status: 'COMPLETED', data: { functions: ['tidy'] } });
  expect(await server.end('SIGTERM')).toBe(0);
});

it('runs of release 1.0 can be retried, forked and replayed', async () => {
  const folder = temporaryFolder();
  copyFileSync(FIXTURE, join(folder, 'workflow.db'));
  writeFileSync(join(folder, 'tools.mjs'), TOOLS);
  const server = await startServer(folder, { TOOLS: './tools.mjs' });

  expect((await ask(server, `GET /graph/state/${FAILED}`)).body).toMatchObject({
    status: 'FAILED',
    error: { code: 'max_steps_exceeded', node: 'improve', step: 5 },
    step_count: 4,
  });
  expect(await ask(server, `POST /graph/runs/${FAILED}/retry`)).toMatchObject({ status: 409 });
  await ask(server, `POST /graph/runs/${FAILED}/retry`, { limits: { max_steps: 100 } });
  expect(await waitForRest(server, FAILED)).toMatchObject({ status: 'COMPLETED', step_count: 8, error: null });
  await ask(server, `POST /graph/runs/${CANCELLED}/retry`);
  expect(await waitForRest(server, CANCELLED)).toMatchObject({ status: 'COMPLETED', data: { complexity_score: 5 } });

  const { body } = await ask(server, `POST /graph/runs/${FINISHED}/fork`, { from_step: 4, data: { review_round: 3 } });
  expect(await waitForRest(server, body.run_id)).toMatchObject({
    status: 'COMPLETED',
    step_count: 4,
    forked_from: { run_id: FINISHED, step: 4 },
  });
  const order = { graph_id: 'demo-review', input_data: MESSY_CODE, metadata: { team: 'blue' } };
  const replayed = await ask(server, 'POST /graph/run', order, { 'idempotency-key': 'order-1' });
  expect(replayed).toMatchObject({ status: 202, body: { run_id: FINISHED } });
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  expect(await server.end('SIGTERM')).toBe(0);
});
