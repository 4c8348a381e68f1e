import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { listen, startTestServer } from '../helpers/server.js';

it('the example runs a graph, sees its events and answers it', async () => {
  const server = await startTestServer();
  const text = readFileSync(new URL('../../examples/approval/graph.json', import.meta.url), 'utf8');
  await server.engine.createGraph(graphDefinitionSchema.parse(JSON.parse(text)));
  const path = new URL('../../examples/client/review.mjs', import.meta.url).href;
  const { review } = await import(path);
  const events: string[] = [];
  const asked: string[] = [];
  const decide = (message: string) => {
    asked.push(message);
    return { approved: true };
  };
  const result = await review(await listen(server), 'def tidy():\n    pass', decide, (type: string) => events.push(type));
  expect(asked).toEqual(['The complexity is 5. Ship it?']);
  expect(result.status).toBe('COMPLETED');
  expect(events.at(-1)).toBe('run.completed');
  await server.stop();
});
