import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HTTP_ERRORS } from '../../src/tools/http/error-codes.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { heldTool } from '../helpers/tools.js';

const held = heldTool('held');

function oneNode(graphId: string, tool = 'extract_code') {
  return {
    name: `Graph ${graphId}`,
    graph_id: graphId,
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name: tool }],
    edges: [],
  };
}

describe('graphs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ definitions: [held.tool] });
  });
  afterAll(() => server.stop());

  it('reads back what was created, without the id in the definition', async () => {
    await server.ask('POST /graph/create', { ...oneNode('read-back'), description: 'Says what it is for.' });
    const { body } = await server.ask('GET /graph/read-back');
    const { graph_id: _, ...definition } = { ...oneNode('read-back'), description: 'Says what it is for.' };
    expect(body).toEqual({
      graph_id: 'read-back',
      version: 1,
      name: 'Graph read-back',
      created_at: expect.stringMatching(/Z$/),
      definition,
    });
  });

  it('answers all problems of a graph at once, with pointers and hints', async () => {
    const graph = { ...oneNode('wrong'), entry_point: 'b', nodes: [{ name: 'a', tool_name: 'extract_cod' }] };
    const { status, body } = await server.ask('POST /graph/create', graph);
    expect(status).toBe(400);
    expect(body.code).toBe('invalid_graph');
    expect(body.errors).toEqual([
      expect.objectContaining({ pointer: '/entry_point', code: 'unknown_node' }),
      expect.objectContaining({ pointer: '/nodes/0/tool_name', hint: 'Did you mean "extract_code"?' }),
    ]);
  });

  it('names an unknown key and the one that was meant', async () => {
    const graph = { ...oneNode('typo'), nodes: [{ name: 'a', toolname: 'extract_code' }] };
    const { status, body } = await server.ask('POST /graph/create', graph);
    expect(status).toBe(422);
    expect(body.code).toBe('invalid_request');
    expect(body.errors).toEqual([
      { pointer: '/nodes/0/tool_name', code: 'required', message: 'Required.', line: 1, column: 67 },
      {
        pointer: '/nodes/0/toolname',
        code: 'unknown_key',
        message: 'Unknown key "toolname".',
        hint: 'Did you mean "tool_name"?',
        fix: [{ op: 'move', from: '/nodes/0/toolname', path: '/nodes/0/tool_name' }],
        line: 1,
        column: 90,
      },
    ]);
  });

  it.each(['create', 'run', 'runs', 'state', 'validate', 'tools', 'conditions'])(
    'refuses the id %s',
    async (graphId) => {
      const { status, body } = await server.ask('POST /graph/create', oneNode(graphId));
      expect(status).toBe(422);
      expect(body.errors[0].pointer).toBe('/graph_id');
    },
  );

  it('validates without saving, and answers 200 for wrong shapes too', async () => {
    expect((await server.ask('POST /graph/validate', oneNode('only-checked'))).body).toEqual({
      valid: true,
      errors: [],
      warnings: [],
    });
    expect((await server.ask('GET /graph/only-checked')).status).toBe(404);
    const wrong = await server.ask('POST /graph/validate', { name: 5, nodez: [] });
    expect(wrong.status).toBe(200);
    expect(wrong.body.valid).toBe(false);
    expect(wrong.body.errors).toContainEqual(
      expect.objectContaining({ pointer: '/nodez', hint: 'Did you mean "nodes"?' }),
    );
    expect((await server.ask('POST /graph/validate', '[]', { 'content-type': 'application/json' })).body.valid).toBe(
      false,
    );
  });

  it('hints at the keys of edges too, those of conditional edges included', async () => {
    const misspelt = {
      ...oneNode('misspelt'),
      nodes: [{ name: 'a', tool: 'extract_code', retri: {}, retry: { max_attempts: 2, jiter: 'full' } }],
      edges: [{ from: 'a', to: 'END' }],
      conditional_edges: [{ from_node: 'a', case: [], otherwize: 'END' }],
      parallel_edges: [{ from_node: 'a', to_node: ['a'], join_nod: 'a' }],
      for_each_edges: [{ from_node: 'a', item: '', to_node: 'a', join_node: 'a', collect_as: 'x' }],
    };
    const { body } = await server.ask('POST /graph/create', misspelt);
    const hints = body.errors.flatMap(({ pointer, hint }: { pointer: string; hint?: string }) =>
      hint === undefined ? [] : [[pointer, hint.match(/"(.*)"/)?.[1]]],
    );
    expect(Object.fromEntries(hints)).toEqual({
      '/nodes/0/tool': 'tool_name',
      '/nodes/0/retri': 'retry',
      '/nodes/0/retry/jiter': 'jitter',
      '/edges/0/from': 'from_node',
      '/edges/0/to': 'to_node',
      '/conditional_edges/0/case': 'cases',
      '/conditional_edges/0/otherwize': 'otherwise',
      '/parallel_edges/0/to_node': 'to_nodes',
      '/parallel_edges/0/join_nod': 'join_node',
      '/for_each_edges/0/item': 'items',
    });
  });

  it('refuses a conditional edge that says neither how to choose nor where to go, and one that says both', async () => {
    for (const edge of [
      { from_node: 'a' },
      { from_node: 'a', cases: [{ when: 'true', to_node: 'a' }] },
      { from_node: 'a', condition_function: 'quality_gate', otherwise: 'a' },
    ]) {
      const { status, body } = await server.ask('POST /graph/create', {
        ...oneNode('both'),
        conditional_edges: [edge],
      });
      expect([status, body.errors[0]?.pointer]).toEqual([422, '/conditional_edges/0']);
    }
  });

  it('reads back a graph that uses everything', async () => {
    const everything = {
      ...oneNode('everything'),
      nodes: [
        { name: 'a', tool_name: 'extract_code', params: { x: 1 }, timeout_seconds: 5, on_error: 'c' },
        { name: 'b', tool_name: 'extract_code', retry: { max_attempts: 3 } },
        { name: 'c', tool_name: 'extract_code' },
      ],
      conditional_edges: [{ from_node: 'b', cases: [{ when: 'data.x > 1', to_node: 'c' }], otherwise: 'END' }],
      for_each_edges: [
        { from_node: 'a', items: '${ data.functions }', to_node: 'b', join_node: 'c', collect_as: 'each' },
      ],
      merge: { x: 'append' },
      input_schema: { type: 'string' },
      limits: { max_steps: 10 },
    };
    const created = await server.ask('POST /graph/create', everything);
    expect([created.status, created.body.errors]).toEqual([201, undefined]);
    const { body } = await server.ask('GET /graph/everything');
    expect(body.definition.nodes[1].retry).toEqual({
      max_attempts: 3,
      interval_seconds: 1,
      backoff_rate: 2,
      jitter: 'none',
    });
    const { definition } = body;
    expect((await server.ask('PUT /graph/everything', definition)).body.message).toContain('Nothing changed');
    const run = await server.ask('POST /graph/run', { graph_id: 'everything', input_data: 5 });
    expect([run.status, run.body.code]).toEqual([422, 'invalid_input']);
    expect(run.body.errors[0].pointer).toMatch(/^\/input_data/);
  });

  it('saves versions, keeps old ones, and makes none for the same document', async () => {
    await server.ask('POST /graph/create', oneNode('versions'));
    const { graph_id: _, ...document } = oneNode('versions');
    const saved = await server.ask('PUT /graph/versions', { ...document, description: 'second' });
    expect(saved.body).toEqual({ graph_id: 'versions', version: 2, message: 'Version 2 saved.', warnings: [] });
    const same = await server.ask('PUT /graph/versions', { ...document, description: 'second', graph_id: 'versions' });
    expect(same.body).toMatchObject({ version: 2, message: 'Nothing changed since version 2.' });
    expect((await server.ask('GET /graph/versions')).body.definition.description).toBe('second');
    expect((await server.ask('GET /graph/versions?version=1')).body.definition).toEqual(document);
    expect((await server.ask('GET /graph/versions?version=3')).body.code).toBe('graph_not_found');
    expect((await server.ask('GET /graph/versions?version=0')).status).toBe(422);
  });

  it('refuses a PUT whose body names another graph, or that there is no graph for', async () => {
    const other = await server.ask('PUT /graph/demo-review', oneNode('not-the-demo'));
    expect(other.status).toBe(422);
    expect(other.body.errors[0].pointer).toBe('/graph_id');
    expect((await server.ask('PUT /graph/nothing-here', oneNode('nothing-here'))).status).toBe(404);
  });

  it('deletes a graph once its runs are over, and they can still be read', async () => {
    await server.ask('POST /graph/create', oneNode('doomed', 'held'));
    const { body: run } = await server.ask('POST /graph/run', { graph_id: 'doomed' });
    await held.called(1);
    expect((await server.ask('DELETE /graph/doomed')).body.code).toBe('graph_in_use');
    held.release({});
    await server.ask(`GET /graph/state/${run.run_id}?wait=10`);
    const deleted = await server.ask('DELETE /graph/doomed');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await server.ask('DELETE /graph/doomed')).status).toBe(404);
    expect((await server.ask('POST /graph/run', { graph_id: 'doomed' })).body.code).toBe('graph_not_found');
    expect((await server.ask(`GET /graph/state/${run.run_id}`)).body.graph_id).toBe('doomed');
  });

  it('lists graphs page by page', async () => {
    for (const id of ['l1', 'l2', 'l3', 'l4', 'l5', 'l6']) await server.ask('POST /graph/create', oneNode(id));
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: Awaited<ReturnType<typeof server.ask>> = await server.ask(
        `GET /graph?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      names.push(...body.graphs.map((graph: { graph_id: string }) => graph.graph_id));
      cursor = body.next_cursor;
    }
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain('demo-review');
    expect(names).toContain('l6');
    const { body: all } = await server.ask('GET /graph?limit=200');
    expect(all.graphs.map((graph: { graph_id: string }) => graph.graph_id)).toEqual(names);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=1.5', 'limit=', 'limit=1&limit=2', 'limits=1']) {
      expect((await server.ask(`GET /graph?${query}`)).status, query).toBe(422);
    }
  });

  it('lists tools and conditions', async () => {
    const { body: tools } = await server.ask('GET /graph/tools');
    expect(tools.tools.map((tool: { name: string }) => tool.name)).toContain('check_complexity');
    const errorsOf = (name: string) => tools.tools.find((tool: { name: string }) => tool.name === name).errors;
    expect(errorsOf('http_request')).toEqual(Object.keys(HTTP_ERRORS));
    expect([errorsOf('wait_for_input'), errorsOf('set_data'), errorsOf('fail')]).toEqual([['wait_expired'], [], null]);
    const { body } = await server.ask('GET /graph/conditions');
    expect(body.conditions).toContainEqual({
      name: 'quality_gate',
      description: expect.any(String),
      outcomes: ['END', 'improve'],
    });
  });
});
