import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { startHttpServer } from '../helpers/http-server.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';

describe('graphrunner demo', () => {
  let server: TestServer;
  let url: string;
  beforeEach(async () => {
    server = await startTestServer();
    url = await listen(server);
  });
  afterEach(() => server.stop(0));

  const demo = (...args: string[]) => runCli(['demo', '--url', url, ...args]);
  const versions = async () => {
    const { graphs } = (await server.ask('GET /graph')).body;
    return graphs.map(({ graph_id: id, version }: { graph_id: string; version: number }) => `${id} ${version}`);
  };

  it('creates the examples, starts the tour, and says what comes next', async () => {
    const { code, stdout, stderr } = await demo();
    const [, runId] = /Started a run of demo-tour: (\S+)/.exec(stdout) ?? [];
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'Created demo-tour',
      'Created demo-parcels',
      'Created demo-trip',
      `Started a run of demo-tour: ${runId}`,
      `See it on the page: ${url}/#/runs/${runId}`,
      `Or here: graphrunner watch ${runId} --url ${url}`,
      'Answer its question on the page, or with:',
      `  graphrunner resume ${runId} '{"decision":"approve"}' --url ${url}`,
      '',
    ]);
    const { body } = await server.ask(`GET /graph/state/${runId}`);
    expect(body).toMatchObject({ graph_id: 'demo-tour', metadata: { demo: 'tour' } });
  });

  it('changes no graph the second time', async () => {
    await demo();
    const before = await versions();
    const { code, stdout } = await demo();
    expect([code, stdout.match(/is there already, and stays as it is/g)?.length]).toEqual([0, 3]);
    expect(await versions()).toEqual(before);
  });

  it('leaves a graph as somebody has changed it, and starts that', async () => {
    const nodes = [{ name: 'mine', tool_name: 'set_data', params: { values: { mine: true } } }];
    await server.ask('POST /graph/create', { graph_id: 'demo-tour', name: 'Mine', entry_point: 'mine', nodes });
    const { graphs, run_id: runId } = JSON.parse((await demo('--json')).stdout);
    expect(graphs.map(({ result }: { result: string }) => result)).toEqual(['kept', 'created', 'created']);
    expect((await server.ask(`GET /graph/state/${runId}?wait=10`)).body).toMatchObject({
      status: 'COMPLETED',
      data: { mine: true },
    });
    expect((await server.ask('GET /graph/demo-tour')).body).toMatchObject({ version: 1, name: 'Mine' });
  });

  it('is refused if another graph has the name of an example', async () => {
    const nodes = [{ name: 'a', tool_name: 'set_data', params: { values: {} } }];
    await server.ask('POST /graph/create', { graph_id: 'other', name: 'Demo: a tour', entry_point: 'a', nodes });
    const { code, stderr } = await demo();
    expect([code, stderr]).toEqual([2, expect.stringContaining('"Demo: a tour" exists already')]);
  });

  it('with --watch follows the run until it has ended, and its exit code says how', async () => {
    const nodes = [{ name: 'no', tool_name: 'fail', params: { message: 'On purpose' } }];
    await server.ask('POST /graph/create', { graph_id: 'demo-tour', name: 'Mine', entry_point: 'no', nodes });
    const { code, stdout } = await demo('--watch');
    expect([code, stdout]).toEqual([1, expect.stringContaining('FAILED: tool_failed: On purpose')]);
    const lines = (await demo('--watch', '--json')).stdout.trimEnd().split('\n');
    const [first, ...events] = lines.map((line) => JSON.parse(line));
    expect(first).toMatchObject({ page: `${url}/#/runs/${first.run_id}` });
    expect(events.at(-1)).toMatchObject({ type: 'run.failed' });
  });
});

describe('graphrunner demo says what is wrong:', () => {
  it('a server without the demo', async () => {
    const server = await startTestServer({ examples: [] });
    const { code, stderr } = await runCli(['demo', '--url', await listen(server)]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('opened without the option "demo"')]);
    await server.stop();
  });

  it('a server of an earlier release', async () => {
    const { url } = await startHttpServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status: 404, code: 'not_found', title: 'x', detail: 'No route.' }));
    });
    const { code, stderr } = await runCli(['demo', '--url', url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('of an earlier release')]);
  });

  it('no server, and how to start one', async () => {
    const { code, stderr } = await runCli(['demo', '--url', 'http://127.0.0.1:9']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('Start one with "graphrunner serve"')]);
  });
});
