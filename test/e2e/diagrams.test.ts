import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask } from './client.js';

it('others are served while a large picture is drawn', async () => {
  const server = await startServer(temporaryFolder());
  onTestFinished(async () => void (await server.end('SIGTERM')));
  const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
  const document = {
    name: 'Large',
    entry_point: 'n0',
    nodes: names.map((name) => ({ name, tool_name: 'extract_code' })),
    edges: names.slice(1).map((to_node, index) => ({ from_node: `n${index}`, to_node })),
  };
  let isDrawn = false;
  const drawing = ask(server, 'POST /graph/diagram?format=svg', document).finally(() => {
    isDrawn = true;
  });
  let served = 0;
  while (!isDrawn) {
    expect((await ask(server, 'GET /graph?limit=1')).status).toBe(200);
    if (!isDrawn) served += 1;
  }
  const { status, body } = await drawing;
  expect(status).toBe(200);
  expect(body.split('data-node=')).toHaveLength(1001);
  // Without a thread the first request would be answered behind the picture.
  expect(served).toBeGreaterThan(20);
});
