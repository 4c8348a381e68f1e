import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOfReplay } from '../../src/cli/replay-words.js';
import { runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const scored = (enough: number) => ({
  graph_id: 'scored',
  name: 'Scored',
  entry_point: 'rate',
  nodes: [
    { name: 'rate', tool_name: 'rate' },
    { name: 'done', tool_name: 'set_data', params: { values: { done: true } } },
    { name: 'again', tool_name: 'rate' },
  ],
  conditional_edges: [
    { from_node: 'rate', cases: [{ when: `data.score >= ${enough}`, to_node: 'done' }], otherwise: 'again' },
  ],
});

let server: TestServer;
let url: string;
let runId: string;
let files: { capsule: string; changed: string; tools: string };
beforeAll(async () => {
  server = await startTestServer({ definitions: [{ name: 'rate', run: () => ({ score: 7 }) }] });
  url = await listen(server);
  await server.ask('POST /graph/create', scored(5));
  runId = (await server.ask('POST /graph/run?wait=30', { graph_id: 'scored' })).body.run_id;
  const folder = temporaryFolder();
  const fileOf = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  files = {
    capsule: fileOf('capsule.json', (await server.ask(`GET /graph/runs/${runId}/capsule`)).text),
    changed: fileOf('changed.json', JSON.stringify(scored(9))),
    tools: fileOf('tools.mjs', "export const rate = { name: 'rate', run: () => ({ score: 7 }) };"),
  };
});
afterAll(() => server.stop());

describe('graphrunner replay', () => {
  it('of a file needs no server: 0 if it goes the same way, also without its tools', async () => {
    const { code, stdout } = await runCli(['replay', files.capsule]);
    expect([code, stdout]).toEqual([0, 'The same: all 2 steps go the way that they went.\n']);
  });

  it('says in words where it goes another way, and why, and ends with 1', async () => {
    const args = ['replay', files.capsule, '--graph', files.changed, '--tools', files.tools];
    const { code, stdout } = await runCli(args);
    expect(code).toBe(1);
    expect(stdout).toContain('It goes another way.\nFirst at rate (step 1):\n  was       ');
    expect(stdout).toContain('\n  because   data.score = 7\n');
    expect(stdout).toContain('Missing at again (step 2): ');
  });

  it('of a run asks the server', async () => {
    expect(await runCli(['replay', runId, '--url', url])).toMatchObject({ code: 0 });
    const { code, stdout } = await runCli(['replay', runId, '--url', url, '--graph', files.changed, '--json']);
    expect([code, JSON.parse(stdout).verdict]).toEqual([1, 'diverged']);
  });

  it.each([
    [['replay', 'missing.json'], /missing\.json cannot be read: there is no such file/],
    [['replay', 'CHANGED'], /no capsule that can be read/],
    [['replay', 'TOOLS'], /is not JSON/],
    [['replay', 'CAPSULE', '--graph-version', '1'], /--graph-version is for runs of a server/],
    [['replay', 'run', '--graph-version', '1', '--graph', 'x.json'], /either --graph or --graph-version/],
  ])('ends with 2 for %j', async (args, message) => {
    const names: Record<string, string> = { CHANGED: files.changed, CAPSULE: files.capsule, TOOLS: files.tools };
    const { code, stderr } = await runCli(args.map((arg) => names[arg] ?? arg));
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('tells what is missing if it does not know', () => {
    const end = { status: 'COMPLETED', error_code: null, node: 'a' } as const;
    const usage = { input_tokens: 0, output_tokens: 0 };
    const at = { node: 'a', step: 3, visit: 2, branch: [0, 1] };
    const missing = Array.from({ length: 7 }, () => ({ at, what: 'call', message: 'Nobody called it.' }) as const);
    const lines = linesOfReplay({
      verdict: 'unknown',
      first_divergence: null,
      path: [],
      missing,
      end: { was: end, would_be: { status: 'FAILED', error_code: 'timeout', node: null } },
      steps: { was: 1, would_be: 1 },
      usage: { was: usage, would_be: usage },
    });
    expect(lines).toEqual([
      'Unknown: what was recorded does not say.',
      ...Array.from({ length: 5 }, () => 'Missing at a (step 3, visit 2 of it, in branch 0.1): Nobody called it.'),
      '... and 2 more that are missing.',
    ]);
  });
});
