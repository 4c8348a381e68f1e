import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { chain } from '../helpers/tools.js';
import { ask, startRun, waitForRest } from './client.js';
import { databaseOf, isPostgres, journalOf } from './database.js';
import { openGate } from './gate.js';

it('a repeated Idempotency-Key gets its first answer after a crash too', async () => {
  const folder = temporaryFolder();
  const env = await databaseOf(folder);
  const first = await startServer(folder, env);
  const body = { graph_id: 'demo-review', input_data: 'pass' };
  const key = { 'idempotency-key': 'order 66' };
  const started = await ask(first, 'POST /graph/run', body, key);
  expect(started.status).toBe(202);
  await first.end('SIGKILL');

  const second = await startServer(folder, env);
  const replayed = await ask(second, 'POST /graph/run', body, key);
  expect(replayed).toMatchObject({ status: 202, body: started.body });
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  const other = await ask(second, 'POST /graph/run', { ...body, input_data: 'if x: pass' }, key);
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  expect((await ask(second, 'GET /graph/runs')).body.runs).toHaveLength(1);
  expect(await second.end('SIGTERM')).toBe(0);
});

it('a run keeps its graph version over an update and a crash', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  await ask(first, 'POST /graph/create', chain('pinned', 'held', 'after'));
  const old = await startRun(first, 'pinned');
  await gate.called(1);
  const update = { ...chain('pinned', 'held', 'other'), name: 'Renamed' };
  expect((await ask(first, 'PUT /graph/pinned', update)).body).toMatchObject({ version: 2 });
  await first.end('SIGKILL');

  const second = await startServer(gate.folder, gate.env);
  gate.open('held', {});
  const young = await startRun(second, 'pinned');
  expect(await waitForRest(second, old)).toMatchObject({
    status: 'COMPLETED',
    graph_version: 1,
    data: { after: true },
  });
  expect(await waitForRest(second, young)).toMatchObject({
    status: 'COMPLETED',
    graph_version: 2,
    data: { other: true },
  });
  expect(await second.end('SIGTERM')).toBe(0);
});

// On Postgres, a server with the tool is waited for, for some minutes.
it.skipIf(isPostgres)('a run whose tool is gone after a restart fails, and keeps what it had done', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  await ask(first, 'POST /graph/create', chain('orphan', 'after', 'held'));
  const runId = await startRun(first, 'orphan');
  await gate.called(1);
  await first.end('SIGKILL');

  rmSync(join(gate.folder, 'gate.mjs'));
  writeFileSync(join(gate.folder, 'gate.mjs'), "export const unrelated = { name: 'unrelated', run: () => ({}) };");
  const second = await startServer(gate.folder, gate.env);
  expect(await waitForRest(second, runId)).toMatchObject({
    status: 'FAILED',
    error: { code: 'tool_missing', node: 'held', step: 2 },
    data: { after: true },
  });
  expect(await second.end('SIGTERM')).toBe(0);
});

// On Postgres, what nobody has claimed comes before what was claimed by a process that was killed.
it.skipIf(isPostgres)('takes as many runs as its settings say, and the rest in their order after a crash', async () => {
  const gate = await openGate();
  const env = { ...gate.env, MAX_CONCURRENT_RUNS: '1', MAX_QUEUED_RUNS: '2', MAX_BODY_BYTES: '1000' };
  const first = await startServer(gate.folder, env);
  await ask(first, 'POST /graph/create', chain('one-by-one', 'held'));
  const runs = [await startRun(first, 'one-by-one')];
  await gate.called(1);
  runs.push(await startRun(first, 'one-by-one'), await startRun(first, 'one-by-one'));
  const full = await ask(first, 'POST /graph/run', { graph_id: 'one-by-one' });
  expect(full).toMatchObject({ status: 503, body: { code: 'queue_full' } });
  expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
  const large = await ask(first, 'POST /graph/run', { graph_id: 'one-by-one', input_data: 'x'.repeat(1000) });
  expect(large).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  await first.end('SIGKILL');

  const second = await startServer(gate.folder, env);
  gate.open('held', {});
  for (const runId of runs) expect(await waitForRest(second, runId)).toMatchObject({ status: 'COMPLETED' });
  expect(await second.end('SIGTERM')).toBe(0);
  const called = gate.calls.map(({ key }) => key.split('/')[0]);
  expect(called).toEqual([runs[0], ...runs]);
});

// On Postgres it takes ten times as long, and the tests of several servers have it.
it.skipIf(isPostgres)(
  'a run that kills the server each time is given up at the tenth crash, and takes no other run with it',
  async () => {
    const gate = await openGate();
    const first = await startServer(gate.folder, gate.env);
    await ask(first, 'POST /graph/create', chain('poison', 'deadly'));
    await ask(first, 'POST /graph/create', chain('good', 'held', 'after'));
    const poison = await startRun(first, 'poison');
    const good = [await startRun(first, 'good'), await startRun(first, 'good')];
    await gate.called(3);
    // From here on, the deadly tool does its work whenever it is called.
    gate.open('deadly', {});

    let survivor: ServerProcess | undefined;
    let crashes = 1;
    while (survivor === undefined) {
      // It may die before it says that it listens.
      const server = await startServer(gate.folder, gate.env).catch(() => undefined);
      const state = server === undefined ? undefined : await waitForRest(server, poison).catch(() => undefined);
      if (state?.status === 'FAILED') survivor = server;
      else crashes += 1;
      expect(crashes).toBeLessThan(20);
    }
    expect(crashes).toBe(10);
    expect(gate.calls.filter(({ name }) => name === 'deadly')).toHaveLength(10);
    expect((await ask(survivor, `GET /graph/state/${poison}`)).body).toMatchObject({
      error: { code: 'recovery_exhausted', node: 'deadly', step: 1 },
    });
    gate.open('held', {});
    for (const runId of good) {
      expect(await waitForRest(survivor, runId)).toMatchObject({ status: 'COMPLETED', data: { after: true } });
    }
    expect(await survivor.end('SIGTERM')).toBe(0);
    // They were with it in the first two crashes; from then on suspects went one at a time, the poison first.
    for (const runId of good) {
      const recoveries = (await journalOf(gate.folder, runId)).filter((type) => type === 'run.recovered');
      expect(recoveries.length).toBeLessThanOrEqual(2);
    }
  },
  120_000,
);
