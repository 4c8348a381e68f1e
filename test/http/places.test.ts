import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const GRAPH = `{
  "name": "Placed", "graph_id": "placed",
  "entry_point": "strat",
  "nodes": [
    { "name": "start", "tool_name": "set_data",
      "params": { "values": { "greeting": "{{ name }}" } } }
  ]
}`;
const RIGHT = GRAPH.replace('strat', 'start');

describe('the line and column of what is wrong with a graph', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());
  const send = (request: string, text: string) => server.ask(request, text, { 'content-type': 'application/json' });

  const WRONG = { pointer: '/entry_point', code: 'unknown_node', line: 3, column: 18 };
  const DOUBT = { pointer: '/nodes/0/params/values/greeting', code: 'double_braces', line: 6, column: 43 };

  it('are in the verdict', async () => {
    const { body } = await send('POST /graph/validate', GRAPH);
    expect(body).toMatchObject({ errors: [WRONG], warnings: [DOUBT] });
  });

  it('are in the error and the warnings of a new graph, and of a new version', async () => {
    expect((await send('POST /graph/create', GRAPH)).body).toMatchObject({
      code: 'invalid_graph',
      errors: [WRONG],
    });
    expect((await send('POST /graph/create', RIGHT)).body).toMatchObject({ version: 1, warnings: [DOUBT] });
    expect((await send('PUT /graph/placed', GRAPH)).body).toMatchObject({
      code: 'invalid_graph',
      errors: [WRONG],
    });
    const next = RIGHT.replace('Placed', 'Placed again');
    expect((await send('PUT /graph/placed', next)).body).toMatchObject({ version: 2, warnings: [DOUBT] });
    const other = await send('PUT /graph/demo-review', RIGHT);
    expect(other.body.errors).toMatchObject([{ pointer: '/graph_id', line: 2, column: 33 }]);
  });

  it('are those of a body of a wrong shape: of an unknown key, and of what should have a missing one', async () => {
    const text = GRAPH.replace('"tool_name"', '\r\n"tool"');
    for (const request of ['POST /graph/validate', 'POST /graph/create', 'PUT /graph/placed']) {
      const { errors } = (await send(request, text)).body;
      expect(errors, request).toMatchObject([
        { pointer: '/nodes/0/tool_name', code: 'required', line: 5, column: 5 },
        { pointer: '/nodes/0/tool', code: 'unknown_key', line: 6, column: 9 },
      ]);
    }
  });

  it('do not count a byte order mark, and are known of numbers that no double holds', async () => {
    const text = `\uFEFF${RIGHT.replace('"{{ name }}"', '12345678901234567890')}`;
    const { errors } = (await send('POST /graph/validate', text)).body;
    expect(errors).toMatchObject([{ pointer: '/nodes/0/params/values/greeting', line: 6, column: 43 }]);
    const first = (await send('POST /graph/validate', '\uFEFF{"nam": 1}')).body.errors;
    expect(first).toContainEqual(expect.objectContaining({ pointer: '/nam', line: 1, column: 9 }));
  });

  it('are omitted if there is no body, and for other bodies', async () => {
    const { body } = await server.ask('POST /graph/run', { graph_id: 1 });
    expect(body.errors[0]).not.toHaveProperty('line');
    expect((await server.ask('DELETE /graph/nope')).body).not.toHaveProperty('errors');
  });

  it('are known in large bodies', async () => {
    const text = GRAPH.replace('"greeting"', `"filler": "${'x'.repeat(20_000)}",\n "greeting"`);
    const { body } = await send('POST /graph/validate', text);
    expect(body).toMatchObject({ errors: [WRONG], warnings: [{ ...DOUBT, line: 7, column: 14 }] });
  });
});
