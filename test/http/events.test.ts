import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { openStream } from '../helpers/event-stream.js';
import { listen, startTestServer, type TestServer, type TestServerOptions } from '../helpers/server.js';
import { chain, gate, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

interface Listening extends TestServer {
  readonly url: string;
  run(graphId: string, inputData?: unknown): Promise<string>;
}

/** A server that streams can be opened on: they need a socket. */
async function startListening(options: TestServerOptions = {}): Promise<Listening> {
  const server = await startTestServer(options);
  const url = await listen(server);
  const run = async (graph_id: string, input_data: unknown = null): Promise<string> =>
    (await server.ask('POST /graph/run', { graph_id, input_data })).body.run_id;
  return { ...server, url, run };
}

/** A tool that patches this many bytes. */
const big = defineTool({
  name: 'big',
  run: (_state, { node }) => ({ [node]: 'x'.repeat(200_000) }),
});

const quick = defineTool({ name: 'quick', run: () => ({ quick: true }) });

let calls = 0;
/** Fails at its first call. */
const flaky = defineTool({
  name: 'flaky',
  run: () => {
    calls += 1;
    if (calls === 1) throw new Error('not yet');
    return { done: true };
  },
});

const LONG = {
  name: 'long',
  graph_id: 'long',
  entry_point: 'n0',
  nodes: Array.from({ length: 60 }, (_, index) => ({ name: `n${index}`, tool_name: 'big' })),
  edges: Array.from({ length: 59 }, (_, index) => ({ from_node: `n${index}`, to_node: `n${index + 1}` })),
};

describe('the events of a run', () => {
  const held = heldTool('held');
  let server: Listening;
  let done: string;
  beforeAll(async () => {
    server = await startListening({ definitions: [held.tool, big, quick, flaky] });
    await server.engine.createGraph(chain('flaky', 'flaky'));
    await server.engine.createGraph({
      ...chain('forked-ways', 'quick'),
      nodes: ['quick', 'left', 'right', 'last'].map((name) => ({ name, tool_name: 'quick' })),
      parallel_edges: [{ from_node: 'quick', to_nodes: ['left', 'right'], join_node: 'last' }],
    });
    await server.engine.createGraph(chain('holds', 'held', 'quick'));
    await server.engine.createGraph(LONG);
    done = await server.run('demo-review', MESSY_CODE);
    await server.engine.getState(done, { waitSeconds: 10 });
  });
  afterAll(() => server.stop());

  it('are the journal, from the first to the one that ends the run', async () => {
    const stream = await openStream(`${server.url}/graph/runs/${done}/events`);
    const events = await stream.ended;
    const journal = await server.store.readEvents(done, 0, 100);
    expect(stream.answer.headers['content-type']).toBe('text/event-stream');
    expect(events).toEqual(
      journal.map(({ seq, time, event, payload }) => ({
        id: seq,
        event: event.type,
        data: { seq, type: event.type, time: new Date(time).toISOString(), ...JSON.parse(payload) },
      })),
    );
    expect(events.at(-1)?.event).toBe('run.completed');
  });

  it('go on from every place, by header or by query, and the header goes first', async () => {
    const all = await (await openStream(`${server.url}/graph/runs/${done}/events`)).ended;
    for (const { id } of all.slice(0, -1)) {
      const rest = all.slice(id);
      const url = `${server.url}/graph/runs/${done}/events`;
      const byHeader = await openStream(`${url}?after=0`, { 'Last-Event-ID': String(id) });
      expect(await byHeader.ended).toEqual(rest);
      expect(await (await openStream(`${url}?after=${id}`)).ended).toEqual(rest);
    }
  });

  it('end at once after the last, and tell browsers not to come back', async () => {
    const url = `${server.url}/graph/runs/${done}/events`;
    const byQuery = await openStream(`${url}?after=11`);
    expect([byQuery.status, await byQuery.ended]).toEqual([200, []]);
    const byHeader = await openStream(url, { 'Last-Event-ID': '11' });
    expect([byHeader.status, await byHeader.ended]).toEqual([204, []]);
  });

  it.each(['?after=x', '?after=-1', '?after=1.5', '?after=', '?after=12', '?after=99999999999999999999', '?before=1'])(
    'refuse %s',
    async (query) => {
      expect((await server.ask(`GET /graph/runs/${done}/events${query}`)).status).toBe(422);
    },
  );

  it.each(['x', '-1', '1.5', '12', '1e3'])('refuse the Last-Event-ID %j', async (id) => {
    const answer = await server.ask(`GET /graph/runs/${done}/events`, undefined, { 'last-event-id': id });
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
  });

  it('of a run that is retried go on after its failure, in a new stream', async () => {
    const flaky = await server.run('flaky');
    await server.engine.getState(flaky, { waitSeconds: 10 });
    const first = await (await openStream(`${server.url}/graph/runs/${flaky}/events`)).ended;
    expect(first.at(-1)?.event).toBe('run.failed');
    await server.ask(`POST /graph/runs/${flaky}/retry`, {});
    await server.engine.getState(flaky, { waitSeconds: 10 });
    const headers = { 'Last-Event-ID': String(first.at(-1)?.id) };
    const rest = await (await openStream(`${server.url}/graph/runs/${flaky}/events`, headers)).ended;
    expect(rest.map(({ event }) => event)).toEqual(['run.retried', 'step.completed', 'run.completed']);
    const whole = await (await openStream(`${server.url}/graph/runs/${flaky}/events`)).ended;
    expect(whole).toEqual([...first, ...rest]);
  });

  it('of a branch are its own', async () => {
    const runId = await server.run('forked-ways');
    await server.engine.getState(runId, { waitSeconds: 10 });
    const { body } = await server.ask(`GET /graph/runs?parent_run_id=${runId}`);
    expect(body.runs).toHaveLength(2);
    for (const { run_id } of body.runs) {
      const events = await (await openStream(`${server.url}/graph/runs/${run_id}/events`)).ended;
      expect(events.map(({ event }) => event)).toEqual([
        'run.submitted',
        'run.started',
        'step.completed',
        'run.completed',
      ]);
    }
    const own = await (await openStream(`${server.url}/graph/runs/${runId}/events`)).ended;
    expect(own.map(({ event }) => event)).toContain('branches.joined');
  });

  it('of a run that is not there are 404', async () => {
    for (const query of ['', '?after=3']) {
      expect((await server.ask(`GET /graph/runs/nope/events${query}`)).body.code).toBe('run_not_found');
    }
  });

  it('come as they happen, to each of many readers, whatever place they began at', async () => {
    const runId = await server.run('holds');
    await held.called(1);
    const reads = vi.spyOn(server.store, 'readEvents');
    const streams = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        openStream(`${server.url}/graph/runs/${runId}/events?after=${index % 3}`),
      ),
    );
    await Promise.all(streams.map((stream, index) => stream.count(2 - (index % 3))));
    const before = reads.mock.calls.length;
    held.release({});
    const all = await Promise.all(streams.map((stream) => stream.ended));
    for (const [index, events] of all.entries()) {
      expect(events.map(({ id }) => id)).toEqual(
        Array.from({ length: 5 - (index % 3) }, (_, at) => at + 1 + (index % 3)),
      );
    }
    // Read once for all of them, not once for each.
    expect(reads.mock.calls.length - before).toBeLessThan(25);
    reads.mockRestore();
  });

  it('are not read ahead for a reader who does not read', async () => {
    const runId = await server.run('long');
    await server.engine.getState(runId, { waitSeconds: 30 });
    const reads = vi.spyOn(server.store, 'readEvents');
    const slow = await openStream(`${server.url}/graph/runs/${runId}/events`);
    slow.pause();
    const fast = await openStream(`${server.url}/graph/runs/${runId}/events`);
    const all = await fast.ended;
    const held = slow.received();
    expect(held).toBeLessThan(4_000_000);
    // The run has 12 MB of events; sockets hold some of them, and the rest has not been asked for.
    expect(Math.max(...reads.mock.calls.map(([, after]) => after))).toBeGreaterThan(50);
    slow.resume();
    expect((await slow.ended).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    reads.mockRestore();
  }, 30_000);

  it('end for a reader whose run is deleted', async () => {
    const runId = await server.run('demo-review', 'x = 1');
    await server.engine.getState(runId, { waitSeconds: 10 });
    const { pages } = await server.engine.watchRun(runId, { after: 0, idleMs: 10 });
    await server.engine.deleteRun(runId);
    expect((await pages.next()).done).toBe(true);
  });

  it('cost nothing once the reader has gone', async () => {
    const other = heldTool('other');
    const own = await startListening({ definitions: [other.tool] });
    await own.engine.createGraph(chain('other', 'other'));
    const runId = await own.run('other');
    // The session that drives the run has subscribed by now: only the reader is counted.
    await other.called(1);
    const gone = vi.fn();
    const subscribe = own.signals.subscribe.bind(own.signals);
    vi.spyOn(own.signals, 'subscribe').mockImplementation((topic, listener) => {
      const leave = subscribe(topic, listener);
      return () => {
        gone();
        leave();
      };
    });
    const stream = await openStream(`${own.url}/graph/runs/${runId}/events`);
    await stream.count(2);
    stream.cut();
    await until(() => gone.mock.calls.length > 0);
    other.release({});
    await own.stop();
    expect(gone).toHaveBeenCalledOnce();
  });
});

describe('a server that stops', () => {
  it('ends its streams at once, those that nobody reads too, and readers go on after its next start', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const first = await startListening({ definitions: [held.tool, big, quick] });
    await first.engine.createGraph(chain('holds', 'held', 'quick'));
    await first.engine.createGraph(LONG);
    const long = await first.run('long');
    await first.engine.getState(long, { waitSeconds: 30 });
    const runId = await first.run('holds');
    const stuck = await openStream(`${first.url}/graph/runs/${long}/events`);
    stuck.pause();
    const stream = await openStream(`${first.url}/graph/runs/${runId}/events`);
    await stream.count(2);
    const began = Date.now();
    await first.stop(0);
    const read = await stream.ended;
    // An open stream would hold up the end until its next heartbeat at least.
    expect(Date.now() - began).toBeLessThan(10_000);
    stuck.cut();

    const released = gate();
    const definitions = [{ name: 'held', run: () => released.promise }, big, quick];
    const second = await startListening({ path: first.path, definitions });
    const last = String(read.at(-1)?.id);
    const again = await openStream(`${second.url}/graph/runs/${runId}/events`, { 'Last-Event-ID': last });
    released.open();
    const all = [...read, ...(await again.ended)];
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1));
    expect(all.at(-1)?.event).toBe('run.completed');
    await second.stop();
  }, 30_000);

  it('lets nobody wait who comes while it stops', async () => {
    const held = heldTool('held');
    const server = await startListening({ definitions: [held.tool] });
    await server.engine.createGraph(chain('holds', 'held'));
    const runId = await server.run('holds');
    await held.called(1);
    server.engine.stop();
    expect(await (await openStream(`${server.url}/graph/runs/${runId}/events`)).ended).toEqual([]);
    held.release({});
    await server.stop();
  });
});
