import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DAMAGES, damage } from '../helpers/damage.js';
import { startServer } from '../helpers/server-process.js';
import { chain } from '../helpers/tools.js';
import { ask, startRun, waitForRest } from './client.js';
import { openGate } from './gate.js';

it('a server starts over runs that it cannot read, goes on with all others, and cancels those', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  // Two steps before the call, so that what is damaged is not the end of the journal: without that it would be whole.
  await ask(first, 'POST /graph/create', chain('held', 'after', 'other', 'held'));
  const names = Object.keys(DAMAGES);
  const runs: string[] = [];
  for (const _ of names) runs.push(await startRun(first, 'held'));
  const sound = await startRun(first, 'held');
  await gate.called(names.length + 1);
  await first.end('SIGKILL');
  for (const [index, name] of names.entries()) {
    damage(join(gate.folder, 'workflow.db'), runs[index] ?? '', DAMAGES[name] ?? '');
  }

  const second = await startServer(gate.folder, gate.env);
  gate.open('held', {});
  expect(await waitForRest(second, sound)).toMatchObject({ status: 'COMPLETED' });
  expect((await ask(second, 'GET /health/ready')).status).toBe(200);
  for (const runId of runs) {
    expect(await ask(second, `GET /graph/state/${runId}`)).toMatchObject({
      status: 409,
      body: { code: 'run_unreadable' },
    });
    expect(await ask(second, `POST /graph/runs/${runId}/cancel`)).toMatchObject({ status: 202 });
    expect((await ask(second, `DELETE /graph/runs/${runId}`)).status).toBe(204);
  }
  const told = second.lines.map((line) => JSON.parse(line)).filter(({ msg }) => String(msg).includes('put aside'));
  expect(told.map(({ run_id }) => run_id).sort()).toEqual([...runs].sort());
  expect(await second.end('SIGTERM')).toBe(0);
});
