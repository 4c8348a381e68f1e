import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const ASK = {
  graph_id: 'ask',
  name: 'ask',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?' } }],
};

let server: TestServer;
let url: string;
let runId: string;
const folder = temporaryFolder();
beforeAll(async () => {
  server = await startTestServer();
  url = await listen(server);
  await server.ask('POST /graph/create', ASK);
  runId = (await server.ask('POST /graph/run?wait=20', { graph_id: 'ask' })).body.run_id;
});
afterAll(() => server.stop());

/** Calls a command at the server; its exit code must be this. */
async function ask(code: number, ...args: string[]): Promise<string> {
  const result = await runCli([...args, '--url', url]);
  expect(result, args.join(' ')).toMatchObject({ code });
  return code === 0 ? result.stdout : result.stderr;
}

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('graphrunner export and import', () => {
  it('write a run into a file, and take it in as a copy that is cancelled or goes on', async () => {
    const text = await ask(0, 'export', runId);
    expect(JSON.parse(text)).toMatchObject({ capsule: 1, run: { run_id: runId, status: 'WAITING' } });
    const path = join(folder, 'out.json');
    expect(await ask(0, 'export', runId, '--output', path)).toBe(`${path}\n`);
    expect(JSON.parse(readFileSync(path, 'utf8')).events).toEqual(JSON.parse(text).events);
    const copy = (await ask(0, 'import', path)).trim();
    expect((await server.ask(`GET /graph/state/${copy}`)).body).toMatchObject({
      status: 'CANCELLED',
      imported_from: { run_id: runId },
    });
    const going = JSON.parse(await ask(0, 'import', path, '--continue', '--json'));
    expect(going).toMatchObject({ status: 'WAITING', graph_id: 'ask', graph_version: 1 });
  });

  it('say what is wrong with a file, or a run, in one line', async () => {
    const text = await ask(0, 'export', runId);
    expect(await ask(2, 'import', fileOf('cut.json', text.slice(0, 500)))).toMatch(
      /^graphrunner: .*cut\.json is not JSON: .* Was the file cut\? Export the run again\.\n$/,
    );
    expect(await ask(2, 'import', fileOf('list.json', '[]'))).toContain('is no capsule');
    const changed = JSON.stringify({ ...JSON.parse(text), release: '0' });
    expect(await ask(2, 'import', fileOf('changed.json', changed))).toMatch(
      /at \/capsule\/digest: The digest does not/,
    );
    expect(await ask(2, 'export', 'nobody')).toContain('Run ID not found');
    expect(await ask(2, 'export', runId, '--output', join(folder, 'no', 'such'))).toContain('cannot be written');
  });
});
