import { expect, it } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import { chain } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { ask, startRun, waitForRest, waitForWait } from './client.js';
import { journalOf } from './database.js';
import { openGate } from './gate.js';

it('a delay that ended while the server was dead is over at the next start, and is no recovery', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  const graph = chain('later', 'delay', 'after');
  const nodes = [{ name: 'delay', tool_name: 'delay', params: { seconds: 2 } }, ...graph.nodes.slice(1)];
  await ask(first, 'POST /graph/create', { ...graph, nodes });
  const runId = await startRun(first, 'later');
  const over = Date.parse((await waitForWait(first, runId)).waiting.until);
  await first.end('SIGKILL');
  await until(() => Date.now() >= over);

  const second = await startServer(gate.folder, gate.env);
  expect(await waitForRest(second, runId)).toMatchObject({ status: 'COMPLETED', data: { after: true }, step_count: 2 });
  expect(await second.end('SIGTERM')).toBe(0);
  const journal = await journalOf(gate.folder, runId);
  expect(journal.filter((type) => type === 'wait.started')).toHaveLength(1);
  expect(journal).not.toContain('run.recovered');
});

it('after a kill -9 between two tries, the next one comes with its number and the same key', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  const retry = { max_attempts: 3, interval_seconds: 3 };
  const nodes = [{ name: 'slow', tool_name: 'held', timeout_seconds: 0.1, retry }];
  await ask(first, 'POST /graph/create', { ...chain('tried', 'slow'), nodes });
  const runId = await startRun(first, 'tried');
  const { key } = await gate.called(1);
  await waitForWait(first, runId);
  await first.end('SIGKILL');

  const second = await startServer(gate.folder, gate.env);
  const call = await gate.called(2);
  expect(call).toMatchObject({ key, attempt: '2' });
  call.answer({ done: true });
  expect(await waitForRest(second, runId)).toMatchObject({ status: 'COMPLETED', data: { done: true }, step_count: 1 });
  expect(await second.end('SIGTERM')).toBe(0);
});

it('a kill -9 repeats the step in flight of one branch, and nothing of those that have ended', async () => {
  const gate = await openGate();
  const first = await startServer(gate.folder, gate.env);
  await ask(first, 'POST /graph/create', {
    ...chain('split', 'other'),
    nodes: [
      { name: 'other', tool_name: 'other' },
      { name: 'left', tool_name: 'held' },
      { name: 'right', tool_name: 'stubborn' },
    ],
    parallel_edges: [{ from_node: 'other', to_nodes: ['left', 'right'], join_node: 'END' }],
  });
  const runId = await startRun(first, 'split');
  await gate.called(2);
  const [left, right] = ['held', 'stubborn'].map((name) => gate.calls.find((call) => call.name === name)!);
  left!.answer({ left: left!.key });
  const [leftId] = left!.key.split('/');
  expect(await waitForRest(first, leftId!)).toMatchObject({
    status: 'COMPLETED',
    parent_run_id: runId,
    child_index: 0,
    logs: ['Executing Node: left', 'No outgoing edge found. Stopping.'],
  });
  await first.end('SIGKILL');

  const second = await startServer(gate.folder, gate.env);
  const again = await gate.called(3);
  expect(again).toMatchObject({ name: 'stubborn', key: right!.key, attempt: '1' });
  again.answer({ right: again.key });
  expect(await waitForRest(second, runId)).toMatchObject({
    status: 'COMPLETED',
    data: { other: true, left: left!.key, right: right!.key },
    logs: ['Executing Node: other', 'Started 2 branches.', 'Joined 2 branches.', 'Workflow reached END.'],
  });
  expect(gate.calls).toHaveLength(3);
  expect((await journalOf(gate.folder, runId)).filter((type) => type === 'branches.joined')).toHaveLength(1);
  expect(await second.end('SIGTERM')).toBe(0);
});
