import { describe, expect, it } from 'vitest';
import { MESSY_CODE } from '../helpers/demo.js';
import { startServerWithWait, startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';

/** Asks again with the entity tag of the last answer. */
async function askAgain(server: TestServer, request: string, tag: unknown) {
  return server.ask(request, undefined, { 'if-none-match': String(tag) });
}

describe('entity tags', () => {
  it('save a client that polls the state of a run an answer that it has', async () => {
    const { server, runId } = await startServerWithWait();
    const request = `GET /graph/state/${runId}`;
    const first = await server.ask(request);
    expect(first.headers.etag).toMatch(/^"\d+"$/);
    const again = await askAgain(server, request, first.headers.etag);
    expect(again).toMatchObject({ status: 304, text: '', headers: { etag: first.headers.etag } });
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: 'yes' });
    const changed = await askAgain(server, `${request}?wait=10`, first.headers.etag);
    expect(changed).toMatchObject({ status: 200, body: { status: 'COMPLETED' } });
    expect(changed.headers.etag).not.toBe(first.headers.etag);
    await server.stop();
  });

  it.each([
    ['the tag in a list', (tag: string) => `"other", ${tag}`, 304],
    ['the weak form of it', (tag: string) => `W/${tag}`, 304],
    ['any', () => '*', 304],
    ['another one', () => '"0"', 200],
    ['no quotes', (tag: string) => tag.replaceAll('"', ''), 200],
  ])('are compared as HTTP says: %s', async (_, sent, status) => {
    const server = await startTestServer();
    const { headers } = await server.ask('GET /graph/demo-review');
    const tag = String(headers.etag);
    expect(tag).toMatch(/^"1-\d+"$/);
    expect((await askAgain(server, 'GET /graph/demo-review', sent(tag))).status).toBe(status);
    await server.stop();
  });

  it('of graphs change with the version', async () => {
    const server = await startTestServer();
    const { body, headers } = await server.ask('GET /graph/demo-review');
    await server.ask('PUT /graph/demo-review', { ...body.definition, description: 'changed' });
    const changed = await askAgain(server, 'GET /graph/demo-review', headers.etag);
    expect(changed).toMatchObject({ status: 200, body: { version: 2 } });
    expect(changed.headers.etag).not.toBe(headers.etag);
    expect((await askAgain(server, 'GET /graph/demo-review?version=1', headers.etag)).status).toBe(304);
    await server.stop();
  });

  it('of a state change when a run inside it begins to wait, which its own journal does not tell', async () => {
    const held = heldTool('held');
    const server = await startTestServer({ definitions: [held.tool] });
    const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } };
    const inner = chain('inner', 'held');
    const edges = [{ from_node: 'held', to_node: 'ask' }];
    await server.ask('POST /graph/create', { ...inner, nodes: [...inner.nodes, ask], edges });
    const inside = { name: 'inside', tool_name: 'run_graph', params: { graph_id: 'inner' } };
    await server.ask('POST /graph/create', {
      graph_id: 'outer',
      name: 'outer',
      entry_point: 'inside',
      nodes: [inside],
    });
    const { body } = await server.ask('POST /graph/run', { graph_id: 'outer' });
    await held.called(1);
    const before = await server.ask(`GET /graph/state/${body.run_id}`);
    expect(before.body.waiting.children).toEqual([]);
    held.release({});
    const { headers, body: state } = await server.ask(`GET /graph/state/${body.run_id}?wait=10`);
    expect(state.waiting.children).toHaveLength(1);
    // The last event is the same, and the tag is another.
    for (const { etag } of [before.headers, headers]) expect(etag).toMatch(/^"\d+-[0-9a-f]{16}"$/);
    expect(String(headers.etag).split('-')[0]).toBe(String(before.headers.etag).split('-')[0]);
    expect((await askAgain(server, `GET /graph/state/${body.run_id}`, before.headers.etag)).status).toBe(200);
    expect((await askAgain(server, `GET /graph/state/${body.run_id}`, headers.etag)).status).toBe(304);
    await server.stop();
  });

  it('are not given with answers that have none', async () => {
    const server = await startTestServer();
    const { headers } = await server.ask('POST /graph/run?wait=10', {
      graph_id: 'demo-review',
      input_data: MESSY_CODE,
    });
    expect(headers.etag).toBeUndefined();
    expect((await server.ask('GET /graph', undefined, { 'if-none-match': '*' })).status).toBe(200);
    await server.stop();
  });
});
