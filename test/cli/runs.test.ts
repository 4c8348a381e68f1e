import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const ASK = {
  graph_id: 'ask',
  name: 'ask',
  entry_point: 'ask',
  nodes: [
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: { message: 'Well?', schema: { type: 'boolean' }, save_as: 'well' },
    },
  ],
};
const SIGNAL = {
  graph_id: 'signal',
  name: 'signal',
  entry_point: 'w',
  nodes: [{ name: 'w', tool_name: 'wait_for_signal', params: { name: 'paid', save_as: 'paid' } }],
};
const FAIL = {
  graph_id: 'fail',
  name: 'fail',
  entry_point: 'f',
  nodes: [{ name: 'f', tool_name: 'fail', params: { message: 'On\npurpose' } }],
};

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer();
  url = await listen(server);
  for (const graph of [ASK, SIGNAL, FAIL]) await server.ask('POST /graph/create', graph);
});
afterAll(() => server.stop());

/** Calls a command at the server; its exit code must be this. */
async function ask(code: number, ...args: string[]): Promise<string> {
  const result = await runCli([...args, '--url', url]);
  expect(result, args.join(' ')).toMatchObject({ code });
  return code === 2 || code === 3 ? result.stderr : result.stdout;
}

/** Starts a run that asks, and waits until it does. */
async function startAsking(): Promise<string> {
  const [runId = ''] = (await ask(4, 'run', 'ask', '--wait')).split('\n');
  return runId;
}

describe('graphrunner run', () => {
  it('prints the id of the run at once, and how to watch it', async () => {
    const { code, stdout, stderr } = await runCli(['run', 'ask', '--url', url]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
    expect(stderr).toBe(`Watch it with: graphrunner watch ${stdout}`);
  });

  it('with --wait comes back when the run waits for a person, with the command to type', async () => {
    const stdout = await ask(4, 'run', 'ask', '--wait', '--metadata', 'customer=42');
    const [runId] = stdout.split('\n');
    expect(stdout).toBe(`${runId}\nWAITING for an answer to "Well?": graphrunner resume ${runId} JSON\n`);
    const found = JSON.parse(await ask(0, 'runs', '--metadata', 'customer=42', '--json'));
    expect(found.runs.map((run: { run_id: string }) => run.run_id)).toEqual([runId]);
  });

  it('with --wait says how the run has ended: by its text, its data and the exit code', async () => {
    expect(await ask(1, 'run', 'fail', '--wait')).toMatch(/^[0-9a-f-]{36}\nFAILED: tool_failed: On purpose\n$/);
    const state = JSON.parse(await ask(0, 'run', 'demo-review', '--wait', '--json', '--input', '"def f(): pass"'));
    expect(state).toMatchObject({ status: 'COMPLETED', input_data: 'def f(): pass' });
  });

  it('saves the graph of a file, and takes the input from a file or from standard input', async () => {
    const folder = temporaryFolder();
    const [graph, input] = [join(folder, 'echo.json'), join(folder, 'in.json')];
    const echo = {
      graph_id: 'echo',
      name: 'echo',
      entry_point: 'e',
      nodes: [{ name: 'e', tool_name: 'set_data', params: { values: { got: '${ input_data }' } } }],
    };
    writeFileSync(graph, JSON.stringify(echo));
    writeFileSync(input, '\uFEFF{ "a": 1 }');
    expect(await ask(0, 'run', graph, '--wait', '--input', `@${input}`)).toContain('"a": 1');
    const { stdout } = await runCli(['run', graph, '--wait', '--input', '-', '--url', url], { stdin: '[7]' });
    expect(stdout).toContain('7');
    writeFileSync(graph, JSON.stringify({ ...echo, entry_point: 'x' }));
    const refused = await runCli(['run', graph, '--url', url]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/echo\.json:1:\d+ error unknown_node /)]);
  });

  it('starts only one run with a key', async () => {
    const first = await ask(0, 'run', 'ask', '--idempotency-key', 'k1');
    expect(await ask(0, 'run', 'ask', '--idempotency-key', 'k1')).toBe(first);
  });

  it('says in one line what is wrong', async () => {
    expect(await ask(2, 'run', 'nope')).toContain('No graph has the id "nope".');
    expect(await ask(2, 'run', 'ask', '--input', 'text')).toMatch(/^graphrunner: --input is not JSON: .*\n$/);
    expect(await ask(2, 'run', 'ask', '--limits', '{ "max_steps": 0 }')).toContain('/limits/max_steps');
  });
});

describe('requests on runs', () => {
  it('resume answers a wait, and says why an answer does not fit', async () => {
    const runId = await startAsking();
    expect(await ask(2, 'resume', runId, '"maybe"')).toMatch(/^graphrunner: .*boolean.*\n$/);
    expect(await ask(2, 'resume', runId, 'true', '--wait-id', 'other')).toMatch(/^graphrunner: /);
    expect(await ask(0, 'resume', runId, 'true')).toMatch(new RegExp(`^${runId} `));
    expect(JSON.parse(await ask(0, 'show', runId, '--json')).data).toEqual({ well: true });
  });

  it('signal sends a payload', async () => {
    const runId = (await ask(0, 'run', 'signal')).trim();
    await ask(0, 'signal', runId, 'paid', '{ "amount": 3 }', '--idempotency-key', 's1');
    await until(async () => (await server.ask(`GET /graph/state/${runId}?wait=10`)).body.status === 'COMPLETED');
    expect(await ask(0, 'show', runId)).toContain('"amount": 3');
  });

  it('pause, unpause and cancel take several runs', async () => {
    const [a, b] = [await startAsking(), await startAsking()];
    expect(await ask(0, 'pause', a, b)).toBe(`${a} WAITING\n${b} WAITING\n`);
    expect(await ask(0, 'runs', '--graph', 'ask', '--status', 'WAITING')).toMatch(/waits for input, paused/);
    await ask(0, 'unpause', a, b);
    expect(await ask(0, 'cancel', a, b, '--json')).toBe(
      [a, b].map((id) => `${JSON.stringify({ run_id: id, status: 'CANCELLED' })}\n`).join(''),
    );
    expect(await ask(2, 'cancel', a)).toMatch(/^graphrunner: Run .* CANCELLED/);
  });

  it('retry goes on with corrected data, fork starts another run, diff compares', async () => {
    const [failed = ''] = (await ask(1, 'run', 'fail', '--wait')).split('\n');
    expect(await ask(0, 'show', failed)).toMatch(/error +tool_failed: On purpose\n[\s\S]*1 +f +FAILED/);
    await ask(0, 'retry', failed, '--result', '{ "x": 1 }');
    const forked = (await ask(0, 'fork', failed, '--from-step', '1', '--data', '{ "y": 2 }')).trim();
    await until(async () => (await server.ask(`GET /graph/state/${forked}?wait=10`)).body.status === 'FAILED');
    const different = await ask(1, 'diff', failed, forked);
    expect(different).toContain('data/y: not there | 2');
    expect(await ask(0, 'diff', failed, failed)).toBe('They took the same way.\nTheir data is the same.\n');
  });

  it('names and values that tools return cannot move the cursor of a terminal', async () => {
    const [failed = ''] = (await ask(1, 'run', 'fail', '--wait')).split('\n');
    const data = JSON.stringify({ 'k\u001b[2J': 'v\u009b2J' });
    const forked = (await ask(0, 'fork', failed, '--from-step', '1', '--data', data)).trim();
    expect(await ask(1, 'diff', failed, forked)).toContain('data/k[2J: not there | "v2J"\n');
    const shown = await ask(0, 'show', forked);
    expect(shown).toContain('"k\\u001b[2J": "v\\u009b2J"');
    expect(JSON.parse(await ask(0, 'show', forked, '--json'))).toMatchObject({ data: JSON.parse(data) });
  });

  it('logs prints what was logged, and follows', async () => {
    const [failed = ''] = (await ask(1, 'run', 'fail', '--wait')).split('\n');
    const lines = 'Executing Node: f\nError in node f: On purpose\nRun failed: On purpose\n';
    expect(await ask(0, 'logs', failed)).toBe(lines);
    expect(await ask(0, 'logs', '-f', failed)).toBe(lines);
    expect((await ask(0, 'logs', failed, '--json')).split('\n')[0]).toBe('"Executing Node: f"');
    const runId = await startAsking();
    const stop = new AbortController();
    const following = runCli(['logs', '-f', runId, '--url', url], { interrupted: stop.signal });
    stop.abort();
    expect((await following).code).toBe(130);
  });
});

describe('lists', () => {
  it('runs has pages', async () => {
    const page = await ask(0, 'runs', '--limit', '1');
    const [, cursor = ''] = /There are more: --cursor (\S+)/.exec(page) ?? [];
    const next = await ask(0, 'runs', '--limit', '1', '--cursor', cursor);
    expect(next.split('\n')[1]).not.toBe(page.split('\n')[1]);
    expect((await ask(0, 'runs', '--search', 'DEMO-')).split('\n').length).toBeGreaterThan(2);
    expect(await ask(0, 'runs', '--search', 'nowhere')).toBe('RUN  GRAPH  STATUS  SUBMITTED  DETAILS\n');
    expect(await ask(0, 'runs', '--waiting-for', 'timer')).toBe('RUN  GRAPH  STATUS  SUBMITTED  DETAILS\n');
  });

  it('schedules lists, disables, enables and triggers', async () => {
    const schedule = {
      schedule_id: 'nightly',
      graph_id: 'ask',
      cron: '0 3 * * *',
      time_zone: 'Europe/Berlin',
      input_data: { a: null },
    };
    await server.ask('POST /schedules', schedule);
    expect(await ask(0, 'schedules')).toMatch(/\nnightly +ask +0 3 \* \* \* Europe\/Berlin +\d{4}-/);
    expect(await ask(0, 'schedules', 'disable', 'nightly')).toBe('nightly is disabled\n');
    expect(await ask(0, 'schedules', 'list')).toMatch(/nightly .* disabled/);
    const enabled = JSON.parse(await ask(0, 'schedules', 'enable', 'nightly', '--json'));
    expect(enabled).toMatchObject({ enabled: true, input_data: { a: null }, cron: '0 3 * * *' });
    const runId = (await ask(0, 'schedules', 'trigger', 'nightly')).trim();
    expect(await ask(0, 'runs')).toContain(runId);
    expect(await ask(2, 'schedules', 'trigger', 'nope')).toContain('No schedule has the id "nope"');
  });
});
