import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { diagnose } from '../helpers/all-steps.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { startHttpServer } from '../helpers/http-server.js';
import { until } from '../helpers/until.js';

const graph = graphDefinitionSchema.parse(
  JSON.parse(readFileSync(new URL('../../examples/saga/graph.json', import.meta.url), 'utf8')),
);

let test: TestEngine;
beforeEach(async () => {
  test = await startEngine();
  await test.engine.createGraph(graph);
});
afterEach(() => test.stop(0));

/** A booking service that answers requests for a path with these statuses, one after the other, and then with 200. */
async function book(statuses: Record<string, number[]>) {
  const service = await startHttpServer(({ url }, response) => {
    const status = statuses[url]?.shift() ?? 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'x1', status }));
  });
  const { runId } = await test.engine.startRun({
    graphId: 'trip',
    inputData: { service: service.url, card: 'first' },
  });
  const rest = async (...wanted: string[]) => {
    await until(async () => wanted.includes(flatten((await test.engine.getState(runId)).state).status));
    return flatten((await test.engine.getState(runId)).state);
  };
  return { runId, rest, requests: () => service.received.map(({ method, url }) => `${method} ${url}`), service };
}

const BOOKED = ['POST /flights', 'POST /hotels'];
const UNDONE = ['DELETE /hotels/x1', 'DELETE /flights/x1'];

describe('the saga example', () => {
  it('has nothing that the doctor finds', () => {
    const registry = createRegistry(
      builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
    );
    expect(diagnose(graph, registry)).toEqual({ errors: [], warnings: [] });
  });

  it('books the trip, and tries again what the bank could not do for the moment', async () => {
    const { rest, requests, service } = await book({ '/charges': [503, 500] });
    expect(await rest('COMPLETED', 'FAILED')).toMatchObject({ status: 'COMPLETED', data: { charge: { status: 200 } } });
    expect(requests()).toEqual([...BOOKED, 'POST /charges', 'POST /charges', 'POST /charges']);
    const keys = service.received.slice(2).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
  });

  it('undoes what was booked, in reverse, if the charge fails for good', async () => {
    const { rest, requests } = await book({ '/charges': [503, 503, 503] });
    expect(await rest('FAILED')).toMatchObject({
      error: { code: 'trip_not_booked', details: { step: 'charge', code: 'http_status' } },
    });
    expect(requests()).toEqual([...BOOKED, 'POST /charges', 'POST /charges', 'POST /charges', ...UNDONE]);
  });

  it('undoes only the flight if there is no hotel', async () => {
    const { rest, requests } = await book({ '/hotels': [409] });
    expect(await rest('FAILED')).toMatchObject({ error: { details: { step: 'book_hotel' } } });
    expect(requests()).toEqual([...BOOKED, 'DELETE /flights/x1']);
  });

  it('asks for another card if one is declined', async () => {
    const { runId, rest, service } = await book({ '/charges': [402] });
    expect(await rest('WAITING')).toMatchObject({ waiting: { node: 'card' } });
    await test.engine.resumeRun(runId, { payload: 'second' });
    expect((await rest('COMPLETED', 'FAILED')).status).toBe('COMPLETED');
    const cards = service.received.filter(({ url }) => url === '/charges').map(({ body }) => JSON.parse(body).card);
    expect(cards).toEqual(['first', 'second']);
  });
});
