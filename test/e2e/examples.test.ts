import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { type Answer, ask, startRun, waitForExit, waitForRest, waitForStopping } from './client.js';
import { journalOf } from './database.js';

const WORKFLOWS = resolve('examples');

/** The example graphs, by the folder that each is in. */
const GRAPHS = new Map(
  readdirSync(WORKFLOWS)
    .filter((name) => existsSync(join(WORKFLOWS, name, 'graph.json')))
    .map((name) => [name, JSON.parse(readFileSync(join(WORKFLOWS, name, 'graph.json'), 'utf8'))]),
);

async function load(server: ServerProcess, name: string): Promise<string> {
  const { status, body } = await ask(server, 'POST /graph/create', GRAPHS.get(name));
  expect(body).toMatchObject({ version: 1, warnings: [] });
  expect(status).toBe(201);
  return body.graph_id;
}

function resume(server: ServerProcess, runId: string, payload: unknown, waitId?: string): Promise<Answer> {
  const wait = waitId === undefined ? {} : { wait_id: waitId };
  return ask(server, `POST /graph/runs/${runId}/resume`, { payload, ...wait });
}

it('there are fourteen example graphs; those that ask other services, and the scripts, have tests of their own', () => {
  expect([...GRAPHS.keys()].sort()).toEqual([
    'approval',
    'batch',
    'budget',
    'early-answer',
    'error-route',
    'fan-out',
    'first-of-three',
    'own-tools',
    'quorum',
    'research-agent',
    'saga',
    'streaming',
    'testing',
    'tool-calls',
  ]);
});

describe('the scripts of the examples', () => {
  const runScript = (name: string, env: Record<string, string>) =>
    promisify(execFile)(join(WORKFLOWS, name, 'run.sh'), { env: { PATH: process.env.PATH, ...env } });

  it('show the key of a server that asks for one, and save a graph again that is there', async () => {
    const server = await startServer(temporaryFolder(), { API_KEYS: 'sesame' });
    const env = { GRAPHRUNNER_URL: server.url, GRAPHRUNNER_API_KEY: 'sesame' };
    const first = await runScript('fan-out', env);
    expect(first.stdout).toContain('Status: COMPLETED\n');
    expect(await runScript('fan-out', env)).toEqual(first);
    await expect(runScript('fan-out', { ...env, GRAPHRUNNER_API_KEY: 'simsim' })).rejects.toMatchObject({
      stdout: expect.not.stringContaining('Status'),
      stderr: expect.stringContaining('401'),
    });
    expect(await server.end('SIGTERM')).toBe(0);
  });
});

describe('the approval example', () => {
  const input_data = { code: 'def f():\n    if x:\n        pass' };

  it('waits through a kill -9, takes one answer after it, goes round, and ends', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder);
    const runId = await startRun(first, await load(first, 'approval'), { input_data });
    const before = await waitForRest(first, runId);
    expect(before).toMatchObject({
      status: 'WAITING',
      current_node: 'approve',
      waiting: { kind: 'input', message: 'The complexity is 5. Ship it?', children: [] },
      data: { review: { complexity_score: 5, review_round: 1 } },
    });
    await first.end('SIGKILL');

    const second = await startServer(folder);
    expect(await waitForRest(second, runId)).toEqual(before);
    const { id } = before.waiting;
    const refused = await resume(second, runId, { approved: 'yes' }, id);
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'invalid_answer', errors: [{ pointer: '/payload/approved' }] },
    });
    const answers = await Promise.all([1, 2, 3].map(() => resume(second, runId, { approved: false }, id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const again = await waitForRest(second, runId);
    expect(again).toMatchObject({ status: 'WAITING', step_count: 3, data: { approve: { approved: false } } });
    expect(again.waiting.id).not.toBe(id);
    expect(await resume(second, runId, { approved: true }, id)).toMatchObject({ status: 409 });
    // A resume that was acknowledged is kept, whatever happens next.
    expect(await resume(second, runId, { approved: true }, again.waiting.id)).toMatchObject({ status: 202 });
    await second.end('SIGKILL');

    const third = await startServer(folder);
    expect(await waitForRest(third, runId)).toMatchObject({
      status: 'COMPLETED',
      step_count: 4,
      data: { approve: { approved: true } },
    });
    expect((await ask(third, `GET /graph/runs?parent_run_id=${runId}`)).body.runs).toHaveLength(2);
    expect(await third.end('SIGTERM')).toBe(0);
  });

  it('goes on waiting after a SIGTERM, which it does not hold up', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder, { SHUTDOWN_GRACE_SECONDS: '600' });
    const graphId = await load(first, 'approval');
    const runId = await startRun(first, graphId, { input_data });
    const before = await waitForRest(first, runId);
    const late = await startRun(first, graphId, { input_data });
    await waitForRest(first, late);
    first.child.kill('SIGTERM');
    await waitForStopping(first).catch(() => undefined);
    expect(await waitForExit(first)).toBe(0);
    const journal = await journalOf(folder, runId);
    expect(journal.at(-1)).toBe('wait.started');

    const second = await startServer(folder);
    expect(await waitForRest(second, runId)).toEqual(before);
    expect(await journalOf(folder, runId)).toEqual(journal);
    const waiting = await ask(second, 'GET /graph/runs?waiting_for=input');
    expect(waiting.body.runs.map((run: { run_id: string }) => run.run_id)).toEqual([late, runId]);
    expect(await ask(second, `POST /graph/runs/${late}/cancel`)).toMatchObject({ body: { status: 'CANCELLED' } });
    await resume(second, runId, { approved: true });
    expect(await waitForRest(second, runId)).toMatchObject({ status: 'COMPLETED' });
    expect(await second.end('SIGTERM')).toBe(0);
  });
});

describe('on one server', () => {
  const folder = temporaryFolder();
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer(folder);
  });
  afterAll(() => server.end('SIGTERM'));

  it('the fan-out example reviews every snippet, in the order of the list', async () => {
    const graphId = await load(server, 'fan-out');
    const snippets = Array.from({ length: 20 }, (_, index) => `def f${index}(): pass`);
    const state = await waitForRest(server, await startRun(server, graphId, { input_data: { snippets } }));
    expect(state).toMatchObject({ status: 'COMPLETED', step_count: 1 });
    expect(state.logs).toEqual([
      'Executing Node: begin',
      'Started 20 branches.',
      'Joined 20 branches.',
      'Workflow reached END.',
    ]);
    const reviews: { review: { functions: string[] } }[] = state.data.reviews;
    expect(reviews.map(({ review }) => review.functions)).toEqual(snippets.map((_, index) => [`f${index}`]));
    const { runs } = (await ask(server, `GET /graph/runs?parent_run_id=${state.run_id}`)).body;
    expect(runs).toHaveLength(20);
    expect(runs).toContainEqual(expect.objectContaining({ child_index: 19, status: 'COMPLETED' }));
  });

  it('the fan-out example goes straight on without snippets, and refuses what its schema does not have', async () => {
    const none = await ask(server, 'POST /graph/run?wait=60', { graph_id: 'fan-out', input_data: { snippets: [] } });
    expect(none).toMatchObject({ status: 200, body: { status: 'COMPLETED', data: { reviews: [] } } });
    expect(await ask(server, 'POST /graph/run', { graph_id: 'fan-out', input_data: { snippets: [1] } })).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ pointer: '/input_data/snippets/0' }] },
    });
  });

  it('the error-route example tries three times, asks, and goes where the answer says', async () => {
    const graphId = await load(server, 'error-route');
    const runId = await startRun(server, graphId, { input_data: 42 });
    const asked = await waitForRest(server, runId);
    expect(asked).toMatchObject({
      status: 'WAITING',
      current_node: 'ask',
      data: { error: { node: 'review', code: 'child_failed' } },
    });
    expect(asked.waiting.message).toContain('The review failed (Run ');
    const failed = (lines: string[]) => lines.filter((line) => line.startsWith('Error in node review: ')).length;
    expect(failed(asked.logs)).toBe(3);
    expect(await resume(server, runId, 'maybe')).toMatchObject({ status: 422 });
    expect(await resume(server, runId, 'try again')).toMatchObject({ status: 202 });
    const again = await waitForRest(server, runId);
    expect(again).toMatchObject({ status: 'WAITING', current_node: 'ask', step_count: 3 });
    expect(failed(again.logs)).toBe(6);
    await resume(server, runId, 'go on');
    const state = await waitForRest(server, runId);
    expect(state).toMatchObject({ status: 'COMPLETED', data: { ask: 'go on' } });
    const { steps } = (await ask(server, `GET /graph/runs/${runId}/steps`)).body;
    expect(steps).toMatchObject([
      { node: 'review', status: 'FAILED', attempts: 3, decision: { kind: 'error', to_node: 'ask' } },
      { node: 'ask', decision: { kind: 'case', outcome: 'true', to_node: 'review' } },
      { node: 'review', status: 'FAILED', attempts: 3 },
      { node: 'ask', decision: { kind: 'case', outcome: 'otherwise', to_node: 'END' } },
    ]);
  });

  it('the error-route example does not ask where the review works', async () => {
    const state = await waitForRest(server, await startRun(server, 'error-route', { input_data: 'pass' }));
    expect(state).toMatchObject({ status: 'COMPLETED', step_count: 1, data: { review: { complexity_score: 5 } } });
  });
});
