import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const GOOD = `{
  "graph_id": "greet",
  "name": "Greet",
  "entry_point": "hello",
  "nodes": [{ "name": "hello", "tool_name": "set_data", "params": { "values": { "said": "hi" } } }]
}
`;
const BAD = GOOD.replace('set_data', 'set_dota').replaceAll('greet', 'bad').replace('Greet', 'Bad');
const PARENT = `{ "graph_id": "parent", "name": "Parent", "entry_point": "r",
  "nodes": [{ "name": "r", "tool_name": "run_graph", "params": { "graph_id": "greet" } }] }`;

const folder = temporaryFolder();
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const good = write('good.json', `\uFEFF${GOOD}`);
const bad = write('bad.json', BAD);
const broken = write('broken.json', '{\n  "name": "x",,\n}\n');

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer({ apiKeys: ['key-of-tests'] });
  url = await listen(server);
});
afterAll(() => server.stop());
const atServer = () => ['--url', url, '--api-key', 'key-of-tests'];

describe('graphrunner validate', () => {
  it('says where in a file what is wrong, without a server', async () => {
    const { code, stdout, stderr } = await runCli(['validate', good, bad]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe(
      `${good}: nothing is wrong\n${bad}:5:45 error unknown_tool There is no tool "set_dota". Name a registered tool. Did you mean "set_data"? (/nodes/0/tool_name)\n`,
    );
  });

  it('stops in good order at Ctrl+C, with 130', async () => {
    const interrupted = AbortSignal.abort();
    expect(await runCli(['validate', good], { interrupted })).toEqual({
      ...{ code: 130, stdout: '' },
      stderr: 'graphrunner: Interrupted.\n',
    });
  });

  it('writes annotations of GitHub', async () => {
    const odd = write('a,b.json', BAD);
    const { code, stdout } = await runCli([
      'validate',
      odd,
      '--format',
      'github',
      '--url',
      url,
      '--api-key',
      'key-of-tests',
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^::error file=.*a%2Cb\.json,line=5,col=45,title=unknown_tool::There is no tool "set_dota"\./,
    );
  });

  it('prints JSON, from standard input too', async () => {
    const { code, stdout } = await runCli(['validate', '-', '--json', ...atServer()], { stdin: BAD });
    const [verdict] = JSON.parse(stdout);
    expect([code, verdict.file, verdict.valid, verdict.errors[0].line]).toEqual([1, '-', false, 5]);
  });

  it('names the place in a file that is no JSON, and still checks the others', async () => {
    const { code, stdout, stderr } = await runCli(['validate', broken, good, ...atServer()]);
    expect([code, stdout]).toEqual([2, `${good}: nothing is wrong\n`]);
    expect(stderr).toMatch(/^graphrunner: .*broken\.json:2:15 is not JSON: .*\n$/);
    const github = await runCli(['validate', broken, '--format', 'github']);
    expect(github.stdout).toMatch(/^::error file=.*broken\.json,line=2,col=15,title=malformed_json::/);
  });

  it('knows the tools of a module, and the files that are named together', async () => {
    const tools = write('tools.mjs', "export const t = { name: 'own', run: () => ({}) };");
    const own = write('own.json', GOOD.replace('set_data', 'own').replaceAll('greet', 'own').replace('Greet', 'Own'));
    const parent = write('parent.json', PARENT);
    const { code, stdout } = await runCli(['validate', own, parent, good, '--tools', tools]);
    expect([code, stdout.match(/nothing is wrong/g)?.length]).toEqual([0, 3]);
    const missing = await runCli(['validate', own, '--tools', './nowhere.mjs']);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/^graphrunner: .*nowhere\.mjs: there is no file .*\n$/),
    ]);
  });

  it.each([
    ['there is no such file', () => join(folder, 'none.json')],
    ['is not UTF-8', () => join(folder, 'latin.json')],
    ['There is no .json file', () => join(folder, 'empty')],
  ])('refuses what cannot be read: %s', async (message, path) => {
    writeFileSync(join(folder, 'latin.json'), Buffer.from([0x7b, 0xe4, 0x7d]));
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const { code, stdout, stderr } = await runCli(['validate', path()]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('what a file can do to a terminal:', () => {
  it('names of files stay in their line, without control characters', async () => {
    const odd = write('a\u001b[2J\n::warning::b.json', BAD);
    const { stdout } = await runCli(['validate', odd, ...atServer()]);
    expect(stdout).toMatch(/^.*a\[2J ::warning::b\.json:5:45 error unknown_tool .*\n$/);
    expect((await runCli(['apply', odd, ...atServer()])).stdout).toMatch(/\n.*a\[2J ::warning::b\.json: not saved\n$/);
  });
});

describe('graphrunner apply', () => {
  it('creates, leaves alone, updates, and saves what it can', async () => {
    const graphs = join(folder, 'graphs/inner');
    mkdirSync(graphs, { recursive: true });
    writeFileSync(join(graphs, 'greet.json'), GOOD);
    writeFileSync(join(folder, 'graphs/bad.json'), BAD);
    writeFileSync(join(folder, 'graphs/package.json'), '{}');
    const all = ['apply', join(folder, 'graphs'), ...atServer()];
    const first = await runCli(all);
    expect([first.code, first.stdout.split('\n').slice(1)]).toEqual([
      1,
      [`${join(folder, 'graphs/bad.json')}: not saved`, `${join(graphs, 'greet.json')}: created greet, version 1`, ''],
    ]);
    expect((await runCli(all)).stdout).toContain('greet is as it was, version 1');
    const changed = await runCli(['apply', '-', ...atServer()], { stdin: GOOD.replace('"hi"', '"hello"') });
    expect(changed).toEqual({ code: 0, stdout: '-: saved greet, version 2\n', stderr: '' });
    const json = await runCli(['apply', join(graphs, 'greet.json'), '--json', ...atServer()]);
    expect(JSON.parse(json.stdout)).toMatchObject([{ graph_id: 'greet', result: 'updated', version: 3 }]);
  });

  it('says which file the server cannot take, and saves the others', async () => {
    const deep = write('deep.json', `{ "graph_id": "deep", "name": ${'['.repeat(200)}${']'.repeat(200)} }`);
    const namesake = write('namesake.json', GOOD.replace('"greet"', '"namesake"'));
    const { code, stdout, stderr } = await runCli(['apply', deep, namesake, good, ...atServer()]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/deep\.json:1:1 error too_deep Nested more than 100 levels deep/);
    expect(stdout).toMatch(/namesake\.json:1:1 error graph_exists .*\n.*namesake\.json: not saved\n/);
    expect(stdout).toMatch(/good\.json: .*, version \d\n$/);
    const checked = await runCli(['validate', deep, good, ...atServer()]);
    expect([checked.code, checked.stdout]).toEqual([
      1,
      expect.stringMatching(/deep\.json:1:1 error .*\n.*good\.json: nothing/),
    ]);
  });

  it('gives a graph without an id one', async () => {
    const text = GOOD.replace('  "graph_id": "greet",\n', '').replace('Greet', 'Nameless');
    const { stdout } = await runCli(['apply', '-', ...atServer()], { stdin: text });
    expect(stdout).toBe('-: created nameless, version 1\n');
  });

  it('says in one line why nothing can be saved', async () => {
    expect(await runCli(['apply', broken, ...atServer()])).toMatchObject({ code: 2, stdout: '' });
    const key = await runCli(['apply', good, '--url', url, '--api-key', 'wrong']);
    expect([key.code, key.stderr]).toEqual([2, expect.stringMatching(/^graphrunner: .* GRAPHRUNNER_API_KEY\.\n$/)]);
    const away = await runCli(['apply', good, '--url', 'http://127.0.0.1:9']);
    expect([away.code, away.stderr]).toEqual([
      3,
      expect.stringMatching(/^graphrunner: No server answers at http:\/\/127\.0\.0\.1:9\. .*\n$/),
    ]);
  });
});
