import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

interface Example {
  readonly graph_id: string;
  readonly definition: object;
  readonly start: object;
  readonly answer: unknown;
  readonly is_saved: boolean;
}

describe('examples', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  const list = async (): Promise<Example[]> => (await server.ask('GET /examples')).body.graphs;

  it('are listed, the tour first, and not saved by that', async () => {
    const examples = await list();
    expect(examples[0]?.graph_id).toBe('demo-tour');
    expect(examples.map(({ is_saved: isSaved }) => isSaved)).toEqual(examples.map(() => false));
    expect((await server.ask('GET /graph/demo-tour')).status).toBe(404);
  });

  it('are saved, started and answered by the other routes, with what is listed as it is', async () => {
    for (const { graph_id: graphId, definition, start } of await list()) {
      expect((await server.ask('POST /graph/create', definition)).body).toMatchObject({
        graph_id: graphId,
        warnings: [],
      });
      const { status, body } = await server.ask('POST /graph/run', start);
      expect([status, body.graph_id ?? graphId]).toEqual([202, graphId]);
      await server.ask(`POST /graph/runs/${body.run_id}/cancel`);
    }
    expect((await list()).map(({ is_saved: isSaved }) => isSaved)).toEqual([true, true, true]);
  });
});

it('a server without the demo has no examples', async () => {
  const server = await startTestServer({ examples: [] });
  expect((await server.ask('GET /examples')).body).toEqual({ graphs: [] });
  await server.stop();
});
