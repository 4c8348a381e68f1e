import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InSlices } from '../../src/core/base/steps.js';
import { buildApp } from '../../src/http/app.js';
import { asker, startTestServer, type TestServer } from '../helpers/server.js';

const JSON_TYPE = { 'content-type': 'application/json' };
/** More than what is read at once. */
const LIST = JSON.stringify(Array.from({ length: 20_000 }, () => ({})));

/** Does all steps, and counts them. */
let steps = 0;
const inSlices: InSlices = async (work) => {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    steps += 1;
    await undefined;
  }
};

let server: TestServer;
let ask: TestServer['ask'];
beforeAll(async () => {
  server = await startTestServer();
  const options = { apiKeys: [], loopbackOnly: false, maxBodyBytes: 1_048_576, engine: server.engine };
  ask = asker(await buildApp({ ...options, inSlices }));
});
afterAll(() => server.stop());

describe('a large body', () => {
  it('is looked through in many steps', async () => {
    steps = 0;
    const answer = await ask('POST /graph/run', `{"graph_id": "nope", "input_data": ${LIST}}`, JSON_TYPE);
    expect(answer.body.code).toBe('graph_not_found');
    expect(steps).toBeGreaterThanOrEqual(40);
  });

  it('is read as a small one is', async () => {
    const answer = await ask('POST /graph/run', `\uFEFF{"graph_id": "demo-review", "input_data": ${LIST}}`, JSON_TYPE);
    expect(answer.status).toBe(202);
    const { body } = await ask(`GET /graph/state/${answer.body.run_id}`);
    expect(body.input_data).toEqual(JSON.parse(LIST));
  });

  it.each([
    [`{"a": ${LIST}`, 400, 'malformed_json', /not JSON: .+/],
    [`{"a": ${LIST}, "b": {"__proto__": 1}}`, 400, 'malformed_json', /__proto__/],
    [`{"a": ${LIST}, "constructor": {"prototype": 1}}`, 400, 'malformed_json', /constructor/],
    [`{"a": ${LIST}, "b": ${'['.repeat(100)}${']'.repeat(100)}}`, 422, 'invalid_request', /100 levels/],
    [`{"a": ${LIST}, "b": [1e400]}`, 422, 'invalid_request', /at \/b\/0 .*too large/],
    [`{"a": ${LIST}}`, 422, 'invalid_request', /Required/],
  ])('%.20s is refused as a small one is', async (payload, status, code, detail) => {
    for (const request of ['POST /graph/run', 'POST /graph/runs/x/resume', 'POST /graph/runs/x/fork']) {
      const { status: answered, body } = await ask(request, payload, JSON_TYPE);
      expect([answered, body.code]).toEqual([status, code]);
      expect(body.detail).toMatch(detail);
    }
  });
});
