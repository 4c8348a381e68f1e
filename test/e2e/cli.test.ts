import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MAIN, runServer, type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const { PATH = '', HOME = '' } = process.env;
const KEY = 'key-of-tests';
const folder = temporaryFolder();

const graphNamed = (id: string, message: string) =>
  JSON.stringify({
    graph_id: id,
    name: id,
    entry_point: 'ask',
    nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message, save_as: 'answer' } }],
  });

let server: ServerProcess;
beforeAll(async () => {
  writeFileSync(join(folder, 'ask.json'), graphNamed('ask', 'Well?'));
  server = await startServer(temporaryFolder(), { API_KEYS: KEY });
});
afterAll(() => server?.end('SIGTERM'));

/** Calls the built program. The variables say which server, and its key. */
async function call(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH, HOME, GRAPHRUNNER_URL: server.url, GRAPHRUNNER_API_KEY: KEY };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('the built command line', () => {
  it('does with a server what each command says', async () => {
    expect((await call('apply', 'ask.json')).stdout).toBe('ask.json: created ask, version 1\n');
    const [first, second] = await Promise.all([call('run', 'ask'), call('run', 'ask', '--wait')]);
    expect([first.code, second.code]).toEqual([0, 4]);
    const [a, b] = [first, second].map(({ stdout }) => stdout.split('\n')[0] ?? '') as [string, string];
    const watching = call('watch', a);
    const results = await Promise.all([
      call('validate', 'ask.json'),
      call('runs', '--json'),
      call('show', a),
      call('logs', a),
      call('signal', a, 'early'),
      call('schedules'),
      call('diff', a, b),
      call('pause', b),
    ]);
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual(results.map(() => [0, '']));
    await Promise.all([call('unpause', b), call('resume', a, 'true')]);
    expect(await watching).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n[\d:.]+ completed\n$/) });
    const ended = await Promise.all([call('cancel', b), call('logs', '-f', a), call('fork', a, '--from-step', '1')]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect((await call('retry', b)).code).toBe(0);
  });

  it('ends without a stack trace if its output cannot be written', async () => {
    const env = { PATH, HOME, GRAPHRUNNER_URL: server.url, GRAPHRUNNER_API_KEY: KEY };
    const run = async (how: string) => {
      const child = spawn('sh', ['-c', `"$0" "$1" runs ${how}`, process.execPath, MAIN], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      // Nobody reads.
      child.stdout.destroy();
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      const [code] = await once(child, 'close');
      return [code, said];
    };
    expect(await run('')).toEqual([0, '']);
    expect(await run('> /dev/full')).toEqual([
      2,
      expect.stringMatching(/^graphrunner: standard output .* ENOSPC.*\n$/),
    ]);
  });

  it('completes commands in bash', async () => {
    const { stdout: script } = await call('completion', 'bash');
    writeFileSync(join(folder, 'completion.bash'), script);
    const asked =
      'source completion.bash; COMP_WORDS=(graphrunner validate --format g); COMP_CWORD=3; _graphrunner; echo "${COMPREPLY[*]}"';
    const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
      execFile('bash', ['-c', asked], { cwd: folder }, (_error, out) => resolve({ stdout: out }));
    });
    expect(stdout).toBe('github\n');
  });
});

/** `graphrunner dev` in a folder of its own; what it says is collected. */
function startDev(cwd: string): { child: ChildProcess; said: () => string } {
  const env = { PATH, HOME, PORT: '0', LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [MAIN, 'dev', '--graphs', '.flows', '--tools', './tools.mjs'], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, said: () => text };
}

it('graphrunner dev takes up changes of graphs and of tools, and stops in good order', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.flows'));
  const graph = join(cwd, '.flows/own.json');
  const tools = join(cwd, 'tools.mjs');
  writeFileSync(tools, "export const t = { name: 'own', run: () => ({}) };");
  const own = graphNamed('own', 'Well?').replace('wait_for_input', 'own');
  writeFileSync(graph, own);
  const { child, said } = startDev(cwd);
  await until(() => said().includes('.flows/own.json: created own, version 1'));
  writeFileSync(graph, own.replace('"own","params"', '"owned","params"'));
  await until(() => /\.flows\/own\.json:1:\d+ error unknown_tool .*\n.*not saved/.test(said()));
  writeFileSync(tools, "export const t = [{ name: 'own', run: () => ({}) }, { name: 'owned', run: () => ({}) }];");
  await until(() => said().includes('.flows/own.json: saved own, version 2'));
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});

it('graphrunner dev ends if its server cannot start and no change can help', async () => {
  const taken = { PORT: new URL(server.url).port };
  const { code, stderr } = await runServer(temporaryFolder(), taken, ['dev']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/graphrunner cannot start: .*EADDRINUSE.*\n$/)]);
});
