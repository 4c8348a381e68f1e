import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SVG_STYLE_SOURCE } from '../../src/http/diagram-response.js';
import { PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

describe('pictures', () => {
  let server: TestServer;
  let runId: string;
  beforeAll(async () => {
    const free = { name: 'free', choose: () => 'b' };
    server = await startTestServer({ definitions: [free] });
    runId = (await server.ask('POST /graph/run?wait=10', { graph_id: 'demo-review', input_data: 'if x: y' })).body
      .run_id;
  });
  afterAll(() => server.stop());

  it('of a graph are Mermaid text unless they are asked for as SVG', async () => {
    const text = await server.ask('GET /graph/demo-review/diagram');
    expect([text.status, text.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(text.text).toContain('flowchart TD');
    const svg = await server.ask('GET /graph/demo-review/diagram?format=svg&version=1');
    expect(svg.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(svg.headers['content-security-policy']).toContain(`default-src 'none'; style-src ${SVG_STYLE_SOURCE}`);
    expect(svg.text).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it('of a run show where it has been', async () => {
    expect((await server.ask(`GET /graph/runs/${runId}/diagram`)).text).toContain(
      'n1["analyze<br/>check_complexity<br/>×2"]',
    );
    expect((await server.ask(`GET /graph/runs/${runId}/diagram?format=svg`)).text).toContain('analyze ×2');
  });

  it('read each event of a run once, however often it is drawn', async () => {
    await server.ask(`GET /graph/runs/${runId}/diagram`);
    const reads = vi.spyOn(server.store, 'readEvents');
    await server.ask(`GET /graph/runs/${runId}/diagram`);
    expect(reads.mock.calls.map(([, after]) => after)).toEqual([0, 7]);
    reads.mockRestore();
  });

  it('count no event twice when they are drawn at once', async () => {
    const { run_id } = (await server.ask('POST /graph/run?wait=10', { graph_id: 'demo-review', input_data: 'if x: y' }))
      .body;
    const drawn = await Promise.all([1, 2, 3].map(() => server.ask(`GET /graph/runs/${run_id}/diagram`)));
    for (const { text } of drawn) expect(text).toContain('extract_code<br/>×1');
  });

  it('of a run with branches show those too, and of a branch only itself', async () => {
    await server.ask('POST /graph/create', PARALLEL_GRAPH);
    const input = { graph_id: 'second-opinion', input_data: 'if x: y' };
    const { run_id } = (await server.ask('POST /graph/run?wait=10', input)).body;
    const before = (await server.ask(`GET /graph/runs/${run_id}/diagram`)).text;
    for (const part of ['analyze<br/>check_complexity<br/>×1', 'ask<br/>wait_for_input<br/>#8214; waiting #183; ×1']) {
      expect(before).toContain(part);
    }
    expect(before).toContain('n0 -.->|"×1"| n3');
    const { waiting } = (await server.ask(`GET /graph/state/${run_id}`)).body;
    const [branch] = waiting.children;
    const own = (await server.ask(`GET /graph/runs/${branch.run_id}/diagram`)).text;
    expect(own).toContain('n1["analyze<br/>check_complexity"]');
    expect(own).toContain('#8214; waiting #183; ×1');
    await server.ask(`POST /graph/runs/${branch.run_id}/resume`, { payload: { approved: true } });
    await server.ask(`GET /graph/state/${run_id}?wait=10`);
    const after = (await server.ask(`GET /graph/runs/${run_id}/diagram`)).text;
    for (const link of ['n1 -.->|"×1"| n2', 'n3 -.->|"×1"| n2']) expect(after).toContain(link);
    expect(before).toContain('n3 -.-> n2');
    expect(after).not.toContain('▶');
  });

  it('show links that no condition declared, once a run took them', async () => {
    const definition = {
      name: 'Free',
      graph_id: 'free',
      entry_point: 'a',
      nodes: ['a', 'b'].map((name) => ({ name, tool_name: 'extract_code' })),
      conditional_edges: [{ from_node: 'a', condition_function: 'free' }],
    };
    expect((await server.ask('POST /graph/create', definition)).status).toBe(201);
    expect((await server.ask('GET /graph/free/diagram')).text).not.toContain('n0 -->');
    const { run_id } = (await server.ask('POST /graph/run?wait=10', { graph_id: 'free', input_data: 'x' })).body;
    expect((await server.ask(`GET /graph/runs/${run_id}/diagram`)).text).toContain('n0 -->|"×1"| n1');
    expect((await server.ask(`GET /graph/runs/${run_id}/diagram?format=svg`)).status).toBe(200);
  });

  it('outlive their graph, and tell versions apart', async () => {
    const small = {
      name: 'Small',
      graph_id: 'small',
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'extract_code' }],
    };
    await server.ask('POST /graph/create', small);
    const { run_id } = (await server.ask('POST /graph/run?wait=10', { graph_id: 'small', input_data: 'x' })).body;
    await server.ask('PUT /graph/small', {
      ...small,
      entry_point: 'z',
      nodes: [{ name: 'z', tool_name: 'extract_code' }],
    });
    expect((await server.ask('GET /graph/small/diagram?format=svg')).text).toContain('>z<');
    expect((await server.ask('GET /graph/small/diagram?format=svg&version=1')).text).toContain('>a<');
    await server.ask('DELETE /graph/small');
    expect((await server.ask('GET /graph/small/diagram')).status).toBe(404);
    expect((await server.ask(`GET /graph/runs/${run_id}/diagram?format=svg`)).text).toContain('>a<');
  });

  it('have up to 1,000 nodes, and are refused where links lead too far; the text is not', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const definition = {
      name: 'Large',
      graph_id: 'large',
      entry_point: 'n0',
      nodes: names.map((name) => ({ name, tool_name: 'extract_code' })),
      edges: names.slice(1).map((to_node, index) => ({ from_node: `n${index}`, to_node })),
    };
    await server.ask('POST /graph/create', definition);
    const svg = await server.ask('GET /graph/large/diagram?format=svg');
    expect(svg.text.split('data-node=')).toHaveLength(1001);
    const nodes = names.map((name) => ({
      name,
      tool_name: 'extract_code',
      on_error: name === 'n999' ? 'END' : 'n999',
    }));
    await server.ask('PUT /graph/large', { ...definition, nodes });
    const refused = await server.ask('GET /graph/large/diagram?format=svg');
    expect([refused.status, refused.body.code]).toEqual([422, 'diagram_too_large']);
    expect((await server.ask('GET /graph/large/diagram')).text.split('\n').length).toBeGreaterThan(2000);
  });

  it('of a document are made without saving it, also if its edges are wrong; not if it has no form', async () => {
    const draft = {
      name: 'Draft',
      graph_id: 'draft',
      entry_point: 'a',
      nodes: [
        { name: 'a', tool_name: 'no_such_tool' },
        { name: 'b', tool_name: 'extract_code' },
      ],
      edges: [
        { from_node: 'a', to_node: 'b' },
        { from_node: 'b', to_node: 'nowhere' },
      ],
    };
    const text = await server.ask('POST /graph/diagram', draft);
    expect([text.status, text.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(text.text).toContain('n0 --> n1');
    const svg = await server.ask('POST /graph/diagram?format=svg', draft);
    expect(svg.headers['content-security-policy']).toContain(SVG_STYLE_SOURCE);
    expect(svg.text).toContain('data-node="b"');
    expect((await server.ask('GET /graph/draft')).status).toBe(404);
    const broken = await server.ask('POST /graph/diagram', { ...draft, nodes: [{ name: 'a' }] });
    expect([broken.status, broken.body.code]).toEqual([422, 'invalid_request']);
    expect(broken.body.errors[0].pointer).toBe('/nodes/0/tool_name');
  });

  it('of what is not there are 404, and of an unknown format 422', async () => {
    expect((await server.ask('GET /graph/nope/diagram')).body.code).toBe('graph_not_found');
    expect((await server.ask('GET /graph/demo-review/diagram?version=9')).body.code).toBe('graph_not_found');
    expect((await server.ask('GET /graph/runs/nope/diagram')).body.code).toBe('run_not_found');
    expect((await server.ask('GET /graph/demo-review/diagram?format=png')).status).toBe(422);
  });
});
