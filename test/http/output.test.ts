import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineTool, type ToolContext } from '../../src/core/tool/tool.js';
import { FatalError } from '../../src/core/tool/tool-errors.js';
import { Arrivals } from '../helpers/arrivals.js';
import { openStream, type Stream } from '../helpers/event-stream.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { chain, gate } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

/** A call of the tool, which does what the test says. */
interface Talk {
  readonly emit: ToolContext['emit'];
  readonly signal: AbortSignal;
  end(patch?: object): void;
  fail(error: Error): void;
}

const talks = new Arrivals<Talk>();
const talker = defineTool({
  name: 'talk',
  secrets: true,
  run: (_state, { emit, signal }) =>
    new Promise((resolve, reject) => {
      talks.add({ emit, signal, end: (patch = {}) => resolve(patch), fail: reject });
    }),
});

const NOW = { max_attempts: 2, interval_seconds: 0, backoff_rate: 1, jitter: 'none' } as const;

const atOnce = defineTool({
  name: 'at_once',
  run: (_state, { emit }) => {
    emit('at ');
    emit('once');
    return { said: true };
  },
});

describe('what steps send while they work', () => {
  let server: TestServer;
  let url: string;
  beforeAll(async () => {
    server = await startTestServer({ definitions: [talker, atOnce], secrets: { KEY: 'sk-12345' } });
    url = await listen(server);
    await server.engine.createGraph(chain('talks', 'talk'));
    await server.engine.createGraph(chain('talks-on', 'at_once', 'talk'));
    await server.engine.createGraph({
      ...chain('secret', 'talk'),
      nodes: [{ name: 'talk', tool_name: 'talk', params: { key: '${secrets.KEY}' } }],
    });
    await server.engine.createGraph({
      ...chain('retries', 'talk'),
      nodes: [{ name: 'talk', tool_name: 'talk', retry: NOW }],
    });
    await server.engine.createGraph({
      ...chain('parts', 'at_once'),
      nodes: [
        { name: 'begin', tool_name: 'set_data', params: { values: { items: [1, 2] } } },
        { name: 'talk', tool_name: 'talk' },
        { name: 'last', tool_name: 'at_once' },
      ],
      entry_point: 'begin',
      for_each_edges: [
        { from_node: 'begin', items: '${ data.items }', to_node: 'talk', join_node: 'last', collect_as: 'all' },
      ],
    });
  });
  afterAll(() => server.stop());

  let count = 0;
  /** Starts a run of one of these graphs, up to its call of the tool. */
  async function start(graph_id: string): Promise<{ runId: string; talk: Talk }> {
    const { body } = await server.ask('POST /graph/run', { graph_id });
    return { runId: body.run_id, talk: await nextTalk() };
  }
  async function nextTalk(): Promise<Talk> {
    count += 1;
    await talks.reach(count);
    return talks.all[count - 1] as Talk;
  }
  const stream = (runId: string, query = ''): Promise<Stream> =>
    openStream(`${url}/graph/runs/${runId}/events${query}`);
  const outputOf = ({ events }: { events: Stream['events'] }) =>
    events.filter(({ event }) => event.startsWith('output')).map(({ data }) => data);

  it('comes to the streams that are open, as it is sent, without an id', async () => {
    const { runId, talk } = await start('talks');
    const open = await stream(runId);
    await open.count(2);
    talk.emit('Hel');
    await open.count(3);
    talk.emit({ done: 1, of: [null, 'x\n\ny'] });
    talk.emit('lo');
    await open.count(5);
    talk.end();
    const events = await open.ended;
    expect(events.map(({ event }) => event)).toEqual([
      'run.submitted',
      'run.started',
      'output',
      'output',
      'output',
      'step.completed',
      'run.completed',
    ]);
    expect(outputOf({ events })).toEqual(
      ['Hel', { done: 1, of: [null, 'x\n\ny'] }, 'lo'].map((chunk, index) => ({
        step: 1,
        node: 'talk',
        attempt: 1,
        index,
        chunk,
      })),
    );
    expect(events.map(({ id }) => id)).toEqual([1, 2, Number.NaN, Number.NaN, Number.NaN, 3, 4]);
    // Nothing of it is stored.
    expect(JSON.stringify(await server.store.readEvents(runId, 0, 100))).not.toContain('Hel');
    expect(outputOf({ events: await (await stream(runId, '?output=true')).ended })).toEqual([]);
  });

  it('of the step under way is replayed if that is asked for, and only then', async () => {
    const { runId, talk } = await start('talks-on');
    talk.emit('a');
    talk.emit('b');
    const [replayed, live] = await Promise.all([stream(runId, '?output=true'), stream(runId, '?output=false')]);
    await Promise.all([replayed.count(5), live.count(3)]);
    talk.emit('c');
    await Promise.all([replayed.count(6), live.count(4)]);
    talk.end();
    await Promise.all([replayed.ended, live.ended]);
    expect(outputOf(replayed).map(({ step, index, chunk }) => [step, index, chunk])).toEqual([
      [2, 0, 'a'],
      [2, 1, 'b'],
      [2, 2, 'c'],
    ]);
    expect(outputOf(live).map(({ index }) => index)).toEqual([2]);
    expect(replayed.events.map(({ event }) => event).slice(0, 4)).toEqual([
      'run.submitted',
      'run.started',
      'step.completed',
      'output',
    ]);
  });

  it('has its secrets hidden, those in two chunks too', async () => {
    const { runId, talk } = await start('secret');
    const open = await stream(runId);
    await open.count(2);
    talk.emit('key sk-1');
    talk.emit('2345 and s');
    talk.emit({ 'sk-12345': 'is sk-12345' });
    talk.end();
    expect(outputOf({ events: await open.ended }).map(({ chunk }) => chunk)).toEqual([
      'key ',
      '[secret KEY] and ',
      { '[secret KEY]': 'is [secret KEY]' },
      's',
    ]);
  });

  it('is not sent if it is no JSON or too large, which costs the step nothing but a line', async () => {
    const { runId, talk } = await start('talks');
    const open = await stream(runId);
    await open.count(2);
    talk.emit(undefined as never);
    talk.emit((() => 1) as never);
    talk.emit(['x'.repeat(10_000)]);
    talk.emit(['x'.repeat(10_000)]);
    talk.emit('');
    talk.emit('y'.repeat(2500));
    talk.end();
    const events = await open.ended;
    expect(outputOf({ events }).map(({ chunk }) => chunk.length)).toEqual([1000, 1000, 500]);
    expect(events.find(({ event }) => event === 'step.completed')?.data.logs).toEqual([
      'A chunk is not JSON, and was not sent: a undefined is not JSON.',
      'A chunk is not JSON, and was not sent: a function is not JSON.',
      'A chunk takes more than 6144 bytes as JSON, and was not sent.',
    ]);
  });

  it('is dropped once its call is over or was told to stop', async () => {
    const { runId, talk } = await start('talks-on');
    const open = await stream(runId);
    await open.count(3);
    talk.emit('in time');
    await open.count(4);
    await server.ask(`POST /graph/runs/${runId}/cancel`);
    await until(() => talk.signal.aborted);
    talk.emit('too late');
    talk.fail(new Error('stopped'));
    const events = await open.ended;
    talk.emit('much too late');
    expect(outputOf({ events }).map(({ chunk }) => chunk)).toEqual(['in time']);
    const { runId: next, talk: other } = await start('talks');
    talk.emit('still');
    expect(outputOf(await stream(next, '?output=true'))).toEqual([]);
    other.end();
  });

  it('begins anew with each attempt', async () => {
    const { runId, talk } = await start('retries');
    const open = await stream(runId);
    await open.count(2);
    talk.emit('a');
    talk.emit('b');
    talk.fail(new Error('once more'));
    const second = await nextTalk();
    second.emit('c');
    second.fail(new FatalError('no'));
    expect(outputOf({ events: await open.ended }).map((each) => [each.attempt, each.index, each.chunk])).toEqual([
      [1, 0, 'a'],
      [1, 1, 'b'],
      [2, 0, 'c'],
    ]);
  });

  it('of a branch is in the stream of the branch', async () => {
    const { runId, talk } = await start('parts');
    const other = await nextTalk();
    const { body } = await server.ask(`GET /graph/runs?parent_run_id=${runId}`);
    const [whole, ...parts] = await Promise.all(
      [runId, ...body.runs.map(({ run_id }: { run_id: string }) => run_id)].map((each) => stream(each, '?output=true')),
    );
    talk.emit('one');
    other.emit('other');
    await Promise.all(parts.map((part) => part.count(3)));
    talk.end();
    other.end();
    await Promise.all([...parts, whole!].map(({ ended }) => ended));
    expect(parts.flatMap((part) => outputOf(part).map(({ chunk }) => chunk)).sort()).toEqual(['one', 'other']);
    expect(outputOf(whole!).map(({ node, chunk }) => [node, chunk])).toEqual([
      ['last', 'at '],
      ['last', 'once'],
    ]);
  });

  it('is dropped for a client who reads slowly, who is told, while the step and other clients go on', async () => {
    const { runId, talk } = await start('talks');
    const [slow, fast] = await Promise.all([stream(runId), stream(runId)]);
    await Promise.all([slow.count(2), fast.count(2)]);
    slow.pause();
    const chunk = ['x'.repeat(6000)];
    for (let sent = 0; sent < 2500; sent++) {
      talk.emit(chunk);
      if (sent % 10 === 9) await fast.count(3 + sent);
    }
    talk.end();
    expect(outputOf({ events: await fast.ended })).toHaveLength(2500);
    slow.resume();
    const read = outputOf({ events: await slow.ended });
    const gaps = read.filter(({ dropped }) => dropped !== undefined);
    const chunks = read.filter(({ dropped }) => dropped === undefined);
    expect(gaps).toEqual([{ step: 1, node: 'talk', attempt: 1, dropped: 2500 - chunks.length }]);
    expect(gaps[0].dropped).toBeGreaterThan(100);
    expect(chunks.at(-1)).toMatchObject({ index: 2499 });
    expect(slow.events.at(-1)?.event).toBe('run.completed');
  }, 60_000);

  it('is not there for who watches events alone', async () => {
    const { runId, talk } = await start('talks');
    const { pages } = await server.engine.watchRun(runId, { after: 0, idleMs: 5000 });
    const first = gate();
    const seqs = (async () => {
      const all: number[] = [];
      for await (const page of pages) {
        all.push(...page.map(({ seq }) => seq));
        first.open();
      }
      return all;
    })();
    await first.promise;
    talk.emit('a');
    talk.end();
    expect(await seqs).toEqual([1, 2, 3, 4]);
  });

  it.each(['yes', '', '1'])('is refused to ?output=%s', async (value) => {
    expect((await server.ask(`GET /graph/runs/r/events?output=${value}`)).status).toBe(422);
  });

  it('costs no reading of the journal', async () => {
    const { runId, talk } = await start('talks');
    const open = await stream(runId);
    await open.count(2);
    let reads = 0;
    const whole = server.store.readEvents.bind(server.store);
    server.store.readEvents = (...given) => {
      reads += 1;
      return whole(...given);
    };
    for (let sent = 0; sent < 50; sent++) {
      talk.emit('x');
      await open.count(3 + sent);
    }
    expect(reads).toBe(0);
    server.store.readEvents = whole;
    talk.end();
    await open.ended;
  });
});
