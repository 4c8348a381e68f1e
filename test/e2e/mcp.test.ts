import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it, onTestFinished } from 'vitest';
import { MAIN, runServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

it('graphrunner mcp serves an agent without a server, and keeps its runs for the next time', async () => {
  const cwd = temporaryFolder();
  const connect = async (): Promise<Client> => {
    const client = new Client({ name: 'agent', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [MAIN, 'mcp'], cwd, stderr: 'ignore' }),
    );
    onTestFinished(() => client.close());
    return client;
  };
  const first = await connect();
  const input = { graph_id: 'demo-review', input_data: 'x = 1' };
  const started = await first.callTool({ name: 'start_run', arguments: input });
  const { run_id } = started.structuredContent as { run_id: string };
  const waited = await first.callTool({ name: 'wait_for_run', arguments: { run_id } });
  expect(waited.structuredContent).toMatchObject({ run_id, status: 'COMPLETED' });
  await first.close();
  const second = await connect();
  const read = await second.callTool({ name: 'get_run', arguments: { run_id } });
  expect(read.structuredContent).toMatchObject({ status: 'COMPLETED' });
});

it('graphrunner mcp says in one line why it cannot serve', async () => {
  const { code, stdout, stderr } = await runServer(temporaryFolder(), { DATABASE_URL: 'nowhere/runs.db' }, ['mcp']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^graphrunner: The database .*nowhere.*\n$/);
});

it('graphrunner mcp keeps what modules of tools print out of the protocol', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'loud.mjs'), "console.log('loaded'); export const t = { name: 'loud', run: () => ({}) };");
  const { code, stdout, stderr } = await runServer(cwd, { TOOLS: './loud.mjs' }, ['mcp']);
  expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('loaded\n')]);
});
