import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const GRAPH = {
  graph_id: 'looks',
  name: 'Looks',
  entry_point: 'look',
  nodes: [
    { name: 'look', tool_name: 'set_data', params: { values: { x: 1 } } },
    { name: 'tell', tool_name: 'set_data', params: { values: { said: '${ data.y }' } } },
  ],
  edges: [{ from_node: 'look', to_node: 'tell' }],
};

describe('POST /graph/explore', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('tells what goes wrong, with the shortest way and a run that shows it', async () => {
    const { status, body } = await server.ask('POST /graph/explore', { graph: GRAPH });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      coverage: { nodes: { visited: 2, total: 2, missed: [] }, edges: { visited: 1, total: 1, missed: [] } },
      bounds: { steps: { at_most: 2 }, tokens: { at_most: 0 }, cost_usd: { at_most: 0 } },
      ...{ runs: 1, seed: 1, complete: true },
    });
    const [finding] = body.findings;
    expect(finding).toMatchObject({
      code: 'expression_fails',
      severity: 'error',
      pointer: '/nodes/1/params/values/said',
      node: 'tell',
      line: expect.any(Number),
      trace: [
        { step: 1, node: 'look', to_node: 'tell' },
        { step: 2, node: 'tell', outcome: 'expression_failed', to_node: null },
      ],
    });
    expect(finding.capsule).toMatchObject({ capsule: 1, graphs: [{ graph_id: 'looks' }], run: { status: 'FAILED' } });
    const imported = await server.ask('POST /graph/runs/import', { capsule: finding.capsule });
    expect(imported.status).toBe(201);
  });

  it('explores a graph that is stored, the graphs that it runs, and what past runs came to', async () => {
    await server.ask('POST /graph/create', { ...GRAPH, graph_id: 'inner', name: 'Inner' });
    const outer = {
      graph_id: 'outer',
      name: 'Outer',
      entry_point: 'call',
      nodes: [{ name: 'call', tool_name: 'run_graph', params: { graph_id: 'inner' } }],
    };
    await server.ask('POST /graph/create', outer);
    await server.ask('POST /graph/run', { graph_id: 'outer' });
    const { body } = await server.ask('POST /graph/explore', { graph_id: 'outer', inputs: [{ a: 1 }] });
    expect(body.findings.map(({ code, pointer }: { code: string; pointer: string }) => [code, pointer])).toEqual([
      ['unhandled_failure', '/nodes/0'],
    ]);
    expect(body.findings[0].capsule).toMatchObject({
      graphs: [{ graph_id: 'outer' }, { graph_id: 'inner' }],
      children: [{ run_id: expect.any(String) }],
    });
  });

  it('gives the same answer for the same seed', async () => {
    const ask = () => server.ask('POST /graph/explore', { graph: GRAPH, seed: 7, budget: { steps: 5 } });
    expect((await ask()).body).toEqual((await ask()).body);
  });

  it('refuses what cannot be explored, and says where it is wrong', async () => {
    const [node] = GRAPH.nodes;
    const unknown = { ...GRAPH, nodes: [{ ...node, tool_name: 'unknown' }], edges: [] };
    const refused = await server.ask('POST /graph/explore', { graph: unknown });
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_graph']);
    expect(refused.body.errors).toMatchObject([{ pointer: '/graph/nodes/0/tool_name', code: 'unknown_tool' }]);
    const schema = { ...GRAPH, input_schema: { type: 'object' } };
    const misfit = await server.ask('POST /graph/explore', { graph: schema, inputs: [{}, 3] });
    expect([misfit.status, misfit.body.code]).toEqual([422, 'invalid_input']);
    expect(misfit.body.errors).toMatchObject([{ pointer: '/inputs/1' }]);
    const both = await server.ask('POST /graph/explore', { graph: GRAPH, graph_id: 'looks' });
    expect([both.status, both.body.code]).toEqual([422, 'invalid_request']);
    const missing = await server.ask('POST /graph/explore', { graph_id: 'nowhere' });
    expect([missing.status, missing.body.code]).toEqual([404, 'graph_not_found']);
  });

  it('explores the largest graphs within its budget', async () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => ({
      name: `n${index}`,
      tool_name: 'http_request',
      params: { url: 'https://example.com/' },
    }));
    const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
    const graph = { name: 'Large', entry_point: 'n0', nodes, edges };
    const { status, body } = await server.ask('POST /graph/explore', { graph, budget: { seconds: 1, steps: 1500 } });
    expect(status).toBe(200);
    expect(body.complete).toBe(false);
  });

  it('leaves out capsules that would make the answer too large', async () => {
    const nodes = Array.from({ length: 40 }, (_, index) => ({
      name: `n${index}`,
      tool_name: 'http_request',
      params: { url: 'https://example.com/', headers: { 'x-long': 'x'.repeat(5000) } },
    }));
    const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
    const { body } = await server.ask('POST /graph/explore', {
      graph: { name: 'Wide', entry_point: 'n0', nodes, edges },
    });
    expect(body.findings).toHaveLength(40);
    expect(body.findings[0].capsule).not.toBeNull();
    expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
  });
});
