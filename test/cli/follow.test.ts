import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameOf } from '../../src/cli/follow/live-frame.js';
import { RunProgress } from '../../src/cli/follow/run-progress.js';
import { runProgram } from '../../src/cli/run-program.js';
import type { RunEvent, RunState } from '../../src/client/client.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { fakeTerminal, runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

/** Fails at its first call. */
const flaky = defineTool({
  name: 'flaky',
  run: ({ data }, { attempt }) => {
    if (attempt === 1) throw new Error('not yet');
    return { ok: data.ok ?? true };
  },
});

const BRANCHES = {
  graph_id: 'branches',
  name: 'branches',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'flaky', retry: { max_attempts: 2, interval_seconds: 0 } },
    { name: 'each', tool_name: 'set_data', params: { values: { x: 1 } } },
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: { message: 'Is it really and truly and without any doubt all right to go on with this?', save_as: 'ok' },
    },
    { name: 'yes', tool_name: 'set_data', params: { values: { done: true } } },
  ],
  for_each_edges: [{ from_node: 'begin', items: '${ [1, 2] }', to_node: 'each', join_node: 'ask', collect_as: 'out' }],
  conditional_edges: [{ from_node: 'ask', cases: [{ when: 'data.ok', to_node: 'yes' }], otherwise: 'END' }],
};

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer({ definitions: [flaky] });
  url = await listen(server);
  await server.ask('POST /graph/create', BRANCHES);
});
afterAll(() => server.stop());

/** Starts a run, and waits until it asks. */
async function startAsking(): Promise<string> {
  const { body } = await server.ask('POST /graph/run', { graph_id: 'branches' });
  await until(async () => (await server.ask(`GET /graph/state/${body.run_id}`)).body.waiting?.kind === 'input');
  return body.run_id;
}

describe('graphrunner watch', () => {
  it('writes a line for each event, if it writes to no terminal', async () => {
    const runId = await startAsking();
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: true });
    const { code, stdout } = await runCli(['watch', runId, '--url', url]);
    const lines = stdout.replaceAll(/^\d\d:\d\d:\d\d\.\d{3} /gm, '').split('\n');
    expect([code, ...lines]).toEqual([
      0,
      'submitted: branches version 1',
      'started at begin',
      'step 1 begin: attempt 1 failed: tool_failed: not yet',
      'step 1 begin: completed → ask (a branch for each item)',
      'step 1 begin: 2 branches started',
      'step 1 begin: 2 of 2 branches joined → ask',
      `step 2 ask: waits for an answer to "Is it really and truly and without any doubt all right to go on with this?": graphrunner resume ${runId} JSON`,
      'the wait is over: answered',
      'step 2 ask: completed → yes (case data.ok; data.ok = true)',
      'step 3 yes: completed',
      'completed',
      '',
    ]);
  });

  it('writes events as JSON', async () => {
    const { body } = await server.ask('POST /graph/run?wait=10', {
      graph_id: 'demo-review',
      input_data: 'def f(): pass',
    });
    const { stdout } = await runCli(['watch', body.run_id, '--json', '--url', url]);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1).type).toBe('run.completed');
  });

  it('stops at Ctrl+C with 130, and leaves the run alone', async () => {
    const runId = await startAsking();
    const stop = new AbortController();
    const watching = runCli(['watch', runId, '--url', url], { interrupted: stop.signal });
    stop.abort();
    expect((await watching).code).toBe(130);
    expect((await server.ask(`GET /graph/state/${runId}`)).body.status).toBe('WAITING');
  });

  it('is live on a terminal, and ends with what has happened', async () => {
    const runId = await startAsking();
    const { terminal, stdout } = fakeTerminal();
    const watching = runProgram(['watch', runId, '--url', url], terminal);
    await until(() => stdout.text.includes(`graphrunner resume ${runId} JSON`));
    expect(stripVTControlCharacters(stdout.text)).toContain('Ctrl+C stops watching; the run goes on.');
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: true });
    expect(await watching).toBe(0);
    const last = stripVTControlCharacters(stdout.text).split('COMPLETED').at(-1);
    expect(last).toMatch(/ branches version 1 [0-9a-f-]+\n +1 ✓ begin .*\n +2 ✓ ask .* → yes \(case .*\n +3 ✓ yes /);
  });

  it('says in one line that there is no such run', async () => {
    const { code, stderr } = await runCli(['watch', 'nope', '--url', url]);
    expect([code, stderr]).toEqual([2, 'graphrunner: Run ID not found. No run has the id "nope".\n']);
  });
});

describe('a frame', () => {
  const time = '2026-11-23T09:30:00.000Z';
  const input = (progress: RunProgress, state?: Partial<RunState>) => ({
    runId: '01a2',
    progress,
    state: state as RunState | undefined,
    now: Date.parse(time) + 65_000,
    columns: 80,
    maxSteps: 3,
    hint: 'Ctrl+C',
    paint: (_style: unknown, text: string) => text,
  });
  const events = (...list: object[]): RunProgress => {
    const progress = new RunProgress();
    for (const [index, event] of list.entries()) progress.add({ seq: index + 1, time, ...event } as RunEvent);
    return progress;
  };
  const completed = (step: number, next: string | null) => ({
    ...{ type: 'step.completed', step, node: `n${step}`, attempt: 1, logs: [], patch: {}, decision: null },
    next,
  });

  it('is no wider than the terminal, and shows the latest steps', () => {
    const progress = events(
      { type: 'run.started', next: 'n1' },
      ...[1, 2, 3, 4].map((step) => completed(step, step === 4 ? 'a'.repeat(90) : `n${step + 1}`)),
    );
    const frame = frameOf(input(progress));
    expect(frame.slice(0, 3)).toEqual([
      'RUNNING 01a2',
      '    … 2 earlier steps',
      expect.stringMatching(/^ {2}3 ✓ n3 +0 ms/),
    ]);
    expect(frame.at(-2)).toMatch(/^ {2}5 ▶ a{27}… +1 min 5 s$/);
    expect(Math.max(...frame.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('counts branches, and names those that ask', () => {
    const progress = events({ type: 'run.started', next: 'n1' }, completed(1, null), {
      type: 'branches.started',
      step: 1,
      node: 'n1',
      kind: 'for_each',
      to_nodes: ['x'],
      join_node: 'END',
      count: 4,
    });
    const children = { total: 4, completed: 1, failed: 1, running: 1, waiting: 1 };
    const child = { run_id: '01b3', graph_id: 'g', index: 2, branch: 'Ada', waiting_for: 'input' as const };
    const waiting = { id: 'w', kind: 'branches' as const, node: 'n1', children: [child] } as never;
    const frame = frameOf(input(progress, { graph_id: 'g', graph_version: 2, status: 'WAITING', children, waiting }));
    expect(frame).toEqual([
      'WAITING g version 2 01a2',
      '  1 ‖ n1         0 ms  1 of 4 done, 1 running, 1 waiting, 1 failed',
      'Ada: waits for an answer',
      '  graphrunner resume 01b3 JSON',
      'Ctrl+C',
    ]);
  });

  it('shows why a run failed', () => {
    const error = { code: 'tool_failed', message: 'line\nline', node: 'n1', step: 1 };
    const progress = events(
      { type: 'run.started', next: 'n1' },
      { type: 'step.failed', step: 1, node: 'n1', attempt: 3, logs: [], error },
      { type: 'run.failed', error },
    );
    expect(frameOf(input(progress))).toEqual([
      'FAILED 01a2',
      '  1 ✕ n1         0 ms  attempt 3 tool_failed: line line',
      'tool_failed: line line',
    ]);
  });
});

describe('graphrunner run --local', () => {
  it('runs to the end, without a server', async () => {
    const { code, stdout } = await runCli(['run', 'demo-review', '--local', '--watch', '--input', '"def f(): pass"']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n[\s\S]*step 2 analyze: completed[\s\S]*"functions"/);
  });

  it('asks on the terminal what the run asks, again if the answer does not fit', async () => {
    const graph = {
      ...{ graph_id: 'q', name: 'q', entry_point: 'ask' },
      nodes: [
        {
          name: 'ask',
          tool_name: 'wait_for_input',
          params: { message: 'Well?', schema: { type: 'boolean' }, save_as: 'well' },
        },
      ],
    };
    const { terminal, stdin, stdout, stderr } = fakeTerminal();
    const file = join(temporaryFolder(), 'q.json');
    writeFileSync(file, JSON.stringify(graph));
    const running = runProgram(['run', file, '--local'], terminal);
    await until(() => stdout.text.includes('Well?'));
    stdin.write('perhaps\n');
    await until(() => stderr.text.includes('That does not fit'));
    stdin.write('true\n');
    expect(await running).toBe(0);
    expect(stdout.text).toContain('"well": true');
    // Ctrl+C and Ctrl+D are characters while the terminal is read.
    for (const [key, code] of Object.entries({ '\u0003': 130, '\u0004': 4 })) {
      const pressed = fakeTerminal();
      const asked = runProgram(['run', file, '--local'], pressed.terminal);
      await until(() => pressed.stdout.text.includes('Well?'));
      pressed.stdin.write(key);
      expect([await asked, pressed.stderr.text]).toEqual([code, '']);
    }
    const alone = await runCli(['run', file, '--local', '--watch']);
    expect([alone.code, alone.stdout]).toEqual([4, expect.stringMatching(/\nWAITING for an answer to "Well\?"\n$/)]);
  });
});
