import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import { chain } from '../helpers/tools.js';
import { ask, startRun, waitForExit, waitForLog, waitForRest, waitForStopping } from './client.js';
import { isPostgres, journalOf } from './database.js';
import { openGate } from './gate.js';

describe.each(isPostgres ? (['SIGTERM'] as const) : (['SIGTERM', 'SIGINT'] as const))('%s', (signal) => {
  it('lets the step in flight finish, takes nothing new, and leaves the rest to the next start', async () => {
    const gate = await openGate();
    const server = await startServer(gate.folder, gate.env);
    await ask(server, 'POST /graph/create', chain('two-steps', 'stubborn', 'after'));
    const runId = await startRun(server, 'two-steps');
    const call = await gate.called(1);
    const waiting = ask(server, `GET /graph/state/${runId}?wait=60`);
    await ask(server, 'GET /health/live');

    server.child.kill(signal);
    await waitForStopping(server);
    expect((await ask(server, 'GET /health/ready')).body).toEqual({ status: 'unavailable' });
    expect((await ask(server, 'GET /health/live')).status).toBe(200);
    const refused = await ask(server, 'POST /graph/run', { graph_id: 'two-steps' });
    expect(refused).toMatchObject({ status: 503, body: { code: 'shutting_down' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // Neither of them waits for the run, which goes on.
    const running = { status: 200, body: { status: 'RUNNING', current_node: 'stubborn', step_count: 0 } };
    expect(await waiting).toMatchObject(running);
    expect(await ask(server, `GET /graph/state/${runId}?wait=60`)).toMatchObject(running);

    call.answer({ finished: 'in the grace' });
    expect(await waitForExit(server)).toBe(0);
    expect(await journalOf(gate.folder, runId)).toEqual([
      'run.submitted',
      'run.started',
      'step.completed',
      'run.drained',
    ]);

    const next = await startServer(gate.folder, gate.env);
    expect(await waitForRest(next, runId)).toMatchObject({
      status: 'COMPLETED',
      data: { finished: 'in the grace', after: true },
      step_count: 2,
    });
    expect(gate.calls).toHaveLength(1);
    expect(await next.end(signal)).toBe(0);
    expect(await journalOf(gate.folder, runId)).not.toContain('run.recovered');
  });
});

it.each(['held', 'stubborn'])(
  'a step of a %s tool that the grace cuts off is neither a failed attempt nor a recovery',
  async (tool) => {
    const gate = await openGate();
    const env = { ...gate.env, SHUTDOWN_GRACE_SECONDS: '0.1' };
    const server = await startServer(gate.folder, env);
    await ask(server, 'POST /graph/create', chain('cut-off', tool, 'after'));
    const runId = await startRun(server, 'cut-off');
    const first = await gate.called(1);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(await journalOf(gate.folder, runId)).toEqual(['run.submitted', 'run.started', 'run.drained']);

    const next = await startServer(gate.folder, env);
    const second = await gate.called(2);
    expect(second).toMatchObject({ key: first.key, attempt: '1', node: tool });
    expect((await ask(next, `GET /graph/state/${runId}`)).body).toMatchObject({ status: 'RUNNING', attempt: 1 });
    second.answer({ finished: 'after the restart' });
    expect(await waitForRest(next, runId)).toMatchObject({
      status: 'COMPLETED',
      data: { finished: 'after the restart', after: true },
      logs: [`Executing Node: ${tool}`, 'Executing Node: after', 'No outgoing edge found. Stopping.'],
    });
    const { steps } = (await ask(next, `GET /graph/runs/${runId}/steps`)).body;
    expect(steps).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
    expect(await next.end('SIGTERM')).toBe(0);
    const types = await journalOf(gate.folder, runId);
    expect(types).not.toContain('run.recovered');
    expect(types).not.toContain('step.failed');
  },
);

it('a second signal exits at once with code 1, which counts as a crash', async () => {
  const gate = await openGate();
  const env = { ...gate.env, SHUTDOWN_GRACE_SECONDS: '600' };
  const server = await startServer(gate.folder, env);
  await ask(server, 'POST /graph/create', chain('long', 'stubborn'));
  const runId = await startRun(server, 'long');
  await gate.called(1);
  server.child.kill('SIGTERM');
  await waitForLog(server, 'stopping');
  expect(await server.end('SIGTERM')).toBe(1);
  expect(await journalOf(gate.folder, runId)).toEqual(['run.submitted', 'run.started']);

  const next = await startServer(gate.folder, env);
  (await gate.called(2)).answer({});
  expect(await waitForRest(next, runId)).toMatchObject({ status: 'COMPLETED' });
  expect(await next.end('SIGTERM')).toBe(0);
  expect(await journalOf(gate.folder, runId)).toContain('run.recovered');
});

it('an idle server stops at once, with connections that clients keep open', async () => {
  const gate = await openGate();
  const server = await startServer(gate.folder, { ...gate.env, SHUTDOWN_GRACE_SECONDS: '600' });
  // fetch keeps its connection for the next request.
  expect((await ask(server, 'GET /health/ready')).status).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
});
