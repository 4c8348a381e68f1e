import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServerWithWait, type TestServer } from '../helpers/server.js';

/** Bodies that are JSON, and that can still not be stored as they are. */

const JSON_TYPE = { 'content-type': 'application/json' };
const HUGE = '1e400';
/** Its double is 1234567890123456800. */
const LONG = '1234567890123456789';
/** Half of a surrogate pair, as JSON writes it. */
const HALF = '\\ud83d';

const CASE = `{"from_node":"a","cases":[{"when":"data.x == '${HALF}'","to_node":"END"}],"otherwise":"END"}`;
const FOR_EACH = `{"from_node":"a","items":"\${ ['${HALF}'] }","to_node":"a","join_node":"END","collect_as":"c"}`;

let server: TestServer;
let runId: string;
beforeAll(async () => {
  ({ server, runId } = await startServerWithWait());
});
afterAll(() => server.stop());

function graph(parts: string, node = ',"params":{"values":{}}'): string {
  return `{"name":"g","entry_point":"a","nodes":[{"name":"a","tool_name":"set_data"${node}}]${parts}}`;
}

/** Ways in for a number, and where it stands in them. */
const NUMBERS: [string, string, string][] = [
  ['POST /graph/run', `{"graph_id":"waits","input_data":${HUGE}}`, '/input_data'],
  ['POST /graph/run', `{"graph_id":"waits","input_data":{"a/b":[0,-${HUGE}]}}`, '/input_data/a~1b/1'],
  ['POST /graph/run', `{"graph_id":"waits","metadata":{"m":${HUGE}}}`, '/metadata/m'],
  ['POST /graph/run', `{"graph_id":"waits","limits":{"deadline_seconds":${HUGE}}}`, '/limits/deadline_seconds'],
  ['POST /graph/run', `{"graph_id":"waits","version":${HUGE}}`, '/version'],
  ['POST /graph/runs/RUN/resume', `{"payload":${HUGE}}`, '/payload'],
  ['POST /graph/runs/RUN/retry', `{"limits":{"max_steps":${HUGE}}}`, '/limits/max_steps'],
  ['POST /graph/runs/RUN/fork', `{"from_step":1,"data":{"x":[${HUGE}]}}`, '/data/x/0'],
  ['POST /graph/create', graph('', `,"params":{"values":{"x":${HUGE}}}`), '/nodes/0/params/values/x'],
  ['POST /graph/create', graph(`,"input_schema":{"maximum":${HUGE}}`), '/input_schema/maximum'],
  ['POST /graph/create', graph('', `,"timeout_seconds":${HUGE}`), '/nodes/0/timeout_seconds'],
  ['PUT /graph/waits', graph('', `,"params":{"values":{"x":${HUGE}}}`), '/nodes/0/params/values/x'],
];

describe.each([
  ['a number that is too large for a double', HUGE, 'too large'],
  ['a whole number of more than 53 bits', LONG, 'Send it as a string.'],
])('%s', (_what, number, words) => {
  const numbers = NUMBERS.map(([request, body, pointer]): [string, string, string] => {
    return [request, body.replace(HUGE, number), pointer];
  });

  it.each(numbers)('is refused by %s: %s', async (request, body, pointer) => {
    const answer = await server.ask(request.replace('RUN', runId), body, JSON_TYPE);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
    const problem = { pointer, code: 'invalid_value', message: expect.stringContaining(words) };
    expect(answer.body.errors).toEqual([expect.objectContaining(problem)]);
  });

  it.each(numbers.filter(([request]) => request === 'POST /graph/create'))(
    'is found by the check of a graph as by %s: %s',
    async (request, body) => {
      const refused = await server.ask(request, body, JSON_TYPE);
      const { body: verdict } = await server.ask('POST /graph/validate', body, JSON_TYPE);
      expect(verdict).toEqual({ valid: false, errors: refused.body.errors, warnings: [] });
    },
  );

  it('is named beside what else is wrong', async () => {
    const body = `{"input_data":${number},"graf_id":"waits"}`;
    const { body: problem } = await server.ask('POST /graph/run', body, JSON_TYPE);
    expect(problem.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/input_data',
      '/graph_id',
      '/graf_id',
    ]);
  });
});

describe('a number that is no number', () => {
  it('is refused by the engine too, which programs can call without HTTP', async () => {
    const { engine } = server;
    const x = Number.POSITIVE_INFINITY;
    const nodes = [{ name: 'a', tool_name: 'set_data', params: { values: { x } } }];
    const refused = (code: string, pointer: string) => ({
      code,
      errors: [expect.objectContaining({ pointer, code: 'invalid_value' })],
    });
    await expect(engine.createGraph({ name: 'g', entry_point: 'a', nodes, edges: [] })).rejects.toMatchObject(
      refused('invalid_graph', '/nodes/0/params/values/x'),
    );
    await expect(engine.startRun({ graphId: 'waits', inputData: { x } })).rejects.toMatchObject(
      refused('invalid_request', '/input_data/x'),
    );
    await expect(engine.resumeRun(runId, { payload: [x] })).rejects.toMatchObject(
      refused('invalid_request', '/payload/0'),
    );
    await expect(engine.forkRun(runId, { fromStep: 1, data: { x } })).rejects.toMatchObject(
      refused('invalid_request', '/data/x'),
    );
  });
});

describe('a number that a double holds', () => {
  it.each(['9007199254740993.5', '0.1234567890123456789', '1e23', '100000000000000000000', '9007199254740991'])(
    'is taken: %s',
    async (number) => {
      const { status, body: run } = await server.ask(
        'POST /graph/run',
        `{"graph_id":"waits","input_data":${number}}`,
        JSON_TYPE,
      );
      expect(status).toBe(202);
      const { body: state } = await server.ask(`GET /graph/state/${run.run_id}`);
      expect(state.input_data).toBe(Number(number));
    },
  );
});

describe('a body that is not UTF-8', () => {
  it.each([
    ['latin-1', [0xfc]],
    ['a part of a character', [0xe2, 0x82]],
    ['half of a surrogate pair', [0xed, 0xa0, 0xbd]],
    ['a longer form than needed', [0xc0, 0xaf]],
  ])('is refused: %s', async (_what, bytes) => {
    for (const padding of [0, 100_000]) {
      const payload = Buffer.concat([
        Buffer.from(`{"graph_id":"waits","input_data":"${'x'.repeat(padding)}`),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ]);
      for (const request of ['POST /graph/run', 'POST /graph/validate', 'PUT /graph/waits']) {
        const { status, body } = await server.ask(request, payload, JSON_TYPE);
        expect([status, body.code, body.detail]).toEqual([
          400,
          'malformed_json',
          'The body is not UTF-8, as JSON must be.',
        ]);
      }
    }
  });
});

describe('half of a surrogate pair', () => {
  it.each([
    ['POST /graph/run', `{"graph_id":"waits","metadata":{"m":"a${HALF}"}}`, '/metadata/m'],
    ['POST /graph/run', `{"graph_id":"waits","metadata":{"${HALF}":"m"}}`, '/metadata/\ud83d'],
    ['POST /graph/create', graph('').replace('"g"', `"g${HALF}"`), '/name'],
    ['POST /graph/create', graph('').replace('{"name":"a"', `{"name":"a${HALF}"`), '/nodes/0/name'],
    ['POST /graph/create', graph(`,"merge":{"${HALF}":"sum"}`), '/merge/\ud83d'],
    ['PUT /graph/waits', graph('').replace('"set_data"', `"${HALF}"`), '/nodes/0/tool_name'],
    ['POST /graph/create', graph(`,"description":"${HALF}"`), '/description'],
    ['PUT /graph/waits', graph(`,"description":"${HALF}"`), '/description'],
    ['POST /graph/create', graph(`,"conditional_edges":[${CASE}]`), '/conditional_edges/0/cases/0/when'],
    ['POST /graph/create', graph(`,"for_each_edges":[${FOR_EACH}]`), '/for_each_edges/0/items'],
  ])('is refused in what is stored or drawn as text by %s: %s', async (request, body, pointer) => {
    const answer = await server.ask(request, body, JSON_TYPE);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
    const found = answer.body.errors.find((problem: { pointer: string }) => problem.pointer === pointer);
    expect(found?.message).toContain('half of a surrogate pair');
  });

  it('leaves whole pairs alone, and stays as it is in data', async () => {
    const body = `{"graph_id":"waits","metadata":{"😀":"😀"},"input_data":"${HALF}"}`;
    const { status, body: run } = await server.ask('POST /graph/run', body, JSON_TYPE);
    expect(status).toBe(202);
    const { body: state } = await server.ask(`GET /graph/state/${run.run_id}`);
    expect(state).toMatchObject({ metadata: { '😀': '😀' }, input_data: '\ud83d' });
  });
});
