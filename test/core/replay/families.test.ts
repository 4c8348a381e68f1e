import { describe, expect, it } from 'vitest';
import { defineCondition, defineTool } from '../../../src/core/tool/tool.js';
import { recordingOf } from '../../helpers/replayed.js';
import { until } from '../../helpers/until.js';
import { type Document, useReplays } from './replays.js';

const noop = defineTool({ name: 'noop', run: () => ({}) });
/** Says what it was called with. */
const say = defineTool({
  name: 'say',
  run: (_state, { params, item, node, usage }) => {
    usage({ input_tokens: 10 });
    return { [String(params.as ?? node)]: params.of ?? item ?? true };
  },
});
const failing = defineTool({
  name: 'failing',
  run: () => {
    throw new Error('no');
  },
});

const saysYes = defineCondition({ name: 'says_yes', outcomes: ['yes', 'no'], choose: () => 'yes' });

const replays = useReplays([noop, say, failing, saysYes]);
const { record, replay, version } = replays;

const ask = (more: object = {}): Document => ({
  entry_point: 'ask',
  nodes: [
    { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Go on?', ...more } },
    { name: 'yes', tool_name: 'say' },
    { name: 'no', tool_name: 'say' },
  ],
  conditional_edges: [{ from_node: 'ask', cases: [{ when: 'data.ask.ok', to_node: 'yes' }], otherwise: 'no' }],
});

/** Before its first node, another version has one of its own: from there on the run goes its own way. */
function later(document: Document, more: Document = {}): Document {
  return {
    ...document,
    ...more,
    entry_point: 'first',
    nodes: [...(document.nodes as object[]), { name: 'first', tool_name: 'set_data', params: { values: {} } }],
    edges: [...((document.edges as object[]) ?? []), { from_node: 'first', to_node: document.entry_point }],
  };
}

const answered = (payload: object) => (started: Parameters<NonNullable<Parameters<typeof record>[2]>>[0]) =>
  started.waits().then(async () => {
    await started.engine.resumeRun(started.runId, { payload: payload as never });
    await started.ends();
  });

describe('waits', () => {
  it('end as they ended', async () => {
    const recording = await record(ask(), null, answered({ ok: true }));
    expect(await replay(recording)).toMatchObject({ verdict: 'same' });
    const replayed = await replay(recording, { as: version(later(ask())) });
    expect(replayed).toMatchObject({
      verdict: 'diverged',
      firstDivergence: {
        at: { node: 'ask', step: 1 },
        was: { text: 'begins at "ask"' },
        wouldBe: { text: 'begins at "first"' },
      },
      missing: [],
      end: { wouldBe: { status: 'COMPLETED', node: 'yes' } },
    });
  });

  it('may ask in other words, and want another answer', async () => {
    const recording = await record(ask(), null, answered({ ok: true }));
    expect(await replay(recording, { as: version(ask({ message: 'Really?' })) })).toMatchObject({ verdict: 'same' });
    const schema = { type: 'object', required: ['why'] };
    expect(await replay(recording, { as: version(ask({ schema })) })).toMatchObject({
      verdict: 'diverged',
      missing: [{ what: 'answer', message: expect.stringContaining('would be refused') }],
    });
  });

  it('are where the run is, if nobody has answered', async () => {
    const recording = await record(ask(), null, ({ waits }) => waits());
    expect(await replay(recording)).toMatchObject({ verdict: 'same', path: [{ node: 'ask', status: 'waiting' }] });
    expect(await replay(recording, { as: version(later(ask())) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'WAITING', node: 'ask' } },
    });
    const elsewhere = { entry_point: 'ask', nodes: [{ name: 'ask', tool_name: 'say' }] };
    expect(await replay(recording, { as: version(elsewhere) })).toMatchObject({ missing: [{ what: 'params' }] });
  });

  it('come before a condition that is not registered', async () => {
    const asking: Document = { ...ask(), conditional_edges: [{ from_node: 'ask', condition_function: 'says_yes' }] };
    const recording = await record(asking, null, ({ waits }) => waits());
    expect(await replay(recording, {}, [])).toMatchObject({ verdict: 'same', path: [{ node: 'ask' }] });
  });

  it('that nobody had are not known', async () => {
    const recording = await record({ entry_point: 'yes', nodes: [{ name: 'yes', tool_name: 'say' }] });
    expect(await replay(recording, { as: version(ask()) })).toMatchObject({
      firstDivergence: { wouldBe: { text: 'begins at "ask"' } },
      missing: [{ at: { node: 'ask' }, what: 'answer' }],
    });
  });

  it('expire as they expired, and take no time where nobody waits', async () => {
    const document: Document = {
      entry_point: 'rest',
      nodes: [
        { name: 'rest', tool_name: 'delay', params: { seconds: 0.01 } },
        {
          name: 'ask',
          tool_name: 'wait_for_input',
          params: { message: '?', expires_in_seconds: 0.01 },
          on_error: 'late',
        },
        { name: 'late', tool_name: 'say' },
      ],
      edges: [{ from_node: 'rest', to_node: 'ask' }],
    };
    const recording = await record(document);
    expect(await replay(recording)).toMatchObject({ verdict: 'same', end: { was: { node: 'late' } } });
    expect(await replay(recording, { as: version(later(document)) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED', node: 'late' } },
    });
    const longer = later(document);
    (longer.nodes as { params?: object }[])[0]!.params = { seconds: 999 };
    expect(await replay(recording, { as: version(longer) })).toMatchObject({ end: { wouldBe: { node: 'late' } } });
  });

  it('are not over before their time', async () => {
    const node = { name: 'rest', tool_name: 'delay', params: { seconds: 0.01 } };
    const recording = await record({ entry_point: 'rest', nodes: [node] });
    const records = recording.records.map((each) => {
      const { event } = each;
      if (event.type !== 'wait.started') return each;
      return { ...each, event: { ...event, wait: { ...event.wait, until: each.time + 1e9 } } };
    });
    expect(await replay({ ...recording, records })).toMatchObject({
      firstDivergence: { was: { text: 'its wait ends: elapsed' }, wouldBe: { text: 'does nothing more' } },
    });
  });

  it('take the signals that came', async () => {
    const document: Document = {
      entry_point: 'one',
      nodes: [
        { name: 'one', tool_name: 'wait_for_signal', params: { name: 'go' } },
        { name: 'two', tool_name: 'wait_for_signal', params: { name: 'go', save_as: 'second' } },
      ],
      edges: [{ from_node: 'one', to_node: 'two' }],
    };
    const recording = await record(document, null, async ({ engine, runId, waits, ends }) => {
      await waits();
      for (const payload of [1, 2]) await engine.sendSignal(runId, { name: 'go', payload });
      await ends();
    });
    expect(await replay(recording)).toMatchObject({ verdict: 'same' });
    expect(await replay(recording, { as: version(later(document)) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED' } },
    });
    const strict = later(document);
    const schema = { type: 'string' };
    (strict.nodes as { params?: object }[])[0]!.params = { name: 'go', schema };
    expect(await replay(recording, { as: version(strict) })).toMatchObject({ missing: [{ what: 'answer' }] });
    const asking = later(document);
    (asking.nodes as object[])[0] = { name: 'one', tool_name: 'wait_for_input', params: { message: '?' } };
    expect(await replay(recording, { as: version(asking) })).toMatchObject({ missing: [{ what: 'answer' }] });
  });
});

describe('what people did', () => {
  it('is done again: a retry, a pause, a cancel', async () => {
    const document: Document = {
      entry_point: 'bad',
      nodes: [
        { name: 'bad', tool_name: 'failing' },
        { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } },
      ],
      edges: [{ from_node: 'bad', to_node: 'ask' }],
    };
    const recording = await record(document, null, async ({ engine, runId, ends, waits }) => {
      await ends();
      await engine.retryRun(runId, { result: { bad: 'repaired' } });
      await waits();
      await engine.pauseRun(runId, {});
      await engine.unpauseRun(runId, {});
      await engine.cancelRun(runId, {});
    });
    expect(await replay(recording)).toMatchObject({ verdict: 'same', end: { was: { status: 'CANCELLED' } } });
    // The retry is made again where the run stops, and the wait is where it was cancelled.
    const replayed = await replay(recording, { as: version(later(document)) });
    expect(replayed.path.map(({ node, status }) => [node, status])).toEqual([
      ['first', 'completed'],
      ['bad', 'completed'],
      ['ask', 'waiting'],
    ]);
    expect(replayed.missing).toMatchObject([{ what: 'answer' }]);
  });

  it('lifts a limit again, and a run that nobody gave more stays there', async () => {
    const document = (max_steps: number): Document => ({
      entry_point: 'a',
      nodes: ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'say' })),
      edges: [
        { from_node: 'a', to_node: 'b' },
        { from_node: 'b', to_node: 'c' },
      ],
      limits: { max_steps, on_limit: 'wait' },
    });
    const recording = await record(document(2), null, async ({ engine, runId, waits, ends }) => {
      await waits();
      await engine.resumeRun(runId, { payload: { limits: { max_steps: 9 } } });
      await ends();
    });
    expect(await replay(recording)).toMatchObject({ verdict: 'same' });
    const twice = later(document(3));
    expect(await replay(recording, { as: version(twice) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED', node: 'c' } },
    });
    expect(await replay(recording, { as: version(later(document(2))) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'WAITING', node: 'b' } },
    });
  });

  it('forks: the copied steps are taken as they are', async () => {
    const document = ask();
    const recording = await record(document, null, answered({ ok: true }));
    const { engine, store } = replays.parts;
    const { runId } = await engine.forkRun(recording.runId, { fromStep: 2, data: { more: 1 } });
    await until(async () => (await engine.getState(runId)).state.phase.kind === 'completed');
    const fork = await recordingOf(store, runId);
    expect(await replay(fork)).toMatchObject({ verdict: 'same', end: { was: { node: 'yes' } } });
    const other = version({ entry_point: 'no', nodes: [{ name: 'no', tool_name: 'say' }] });
    expect(await replay(fork, { as: other })).toMatchObject({ verdict: 'diverged' });
  });

  it('a run is nowhere in a graph that has not the node at which it is', async () => {
    const recording = await record(ask(), null, answered({ ok: true }));
    const { engine, store } = replays.parts;
    const { runId } = await engine.forkRun(recording.runId, { fromStep: 1 });
    const fork = await until(async () => {
      const found = await recordingOf(store, runId);
      return found.records.at(-1)?.event.type === 'wait.started' ? found : null;
    });
    const begun = { ...fork, records: fork.records.slice(0, -2) };
    const other = version({ entry_point: 'no', nodes: [{ name: 'no', tool_name: 'say' }] });
    expect(await replay(begun, { as: other })).toMatchObject({ verdict: 'unknown', missing: [{ what: 'node' }] });
  });
});

/** Branches for each item of the input. */
const each = (work: object[], more: object = {}, items = '${ input_data }'): Document => ({
  entry_point: 'begin',
  nodes: [{ name: 'begin', tool_name: 'noop' }, ...work, { name: 'end', tool_name: 'noop' }],
  for_each_edges: [{ from_node: 'begin', items, to_node: 'work', join_node: 'end', collect_as: 'all', ...more }],
});
const SAY = { name: 'work', tool_name: 'say' };

describe('runs inside a run', () => {
  it('are walked too, with what each has from its parent', async () => {
    const recording = await record(each([{ ...SAY, params: { of: '${ run.item * 2 }' } }]), [1, 2, 3]);
    expect(recording.children).toHaveLength(3);
    const replayed = await replay(recording);
    expect(replayed).toMatchObject({ verdict: 'same', steps: { was: 5, wouldBe: 5 } });
    expect(replayed.usage.wouldBe).toEqual({ input_tokens: 30, output_tokens: 0 });
  });

  it('are where a replay first goes another way, if they are', async () => {
    const work = (limit: number): Document => ({
      ...each([SAY, { name: 'large', tool_name: 'set_data', params: { values: { large: true } } }]),
      conditional_edges: [
        { from_node: 'work', cases: [{ when: `run.item > ${limit}`, to_node: 'large' }], otherwise: 'end' },
      ],
      edges: [{ from_node: 'large', to_node: 'end' }],
    });
    const recording = await record(work(2), [1, 2, 3]);
    expect(await replay(recording)).toMatchObject({ verdict: 'same' });
    const replayed = await replay(recording, { as: version(work(1)) });
    expect(replayed).toMatchObject({
      verdict: 'diverged',
      firstDivergence: { at: { node: 'work', branch: [1] }, was: { toNode: 'end' }, wouldBe: { toNode: 'large' } },
      missing: [],
      end: { wouldBe: { status: 'COMPLETED' } },
    });
  });

  it('are not known where nobody recorded what they would have come to', async () => {
    const recording = await record(each([SAY]), [1, 2]);
    const missing = [
      { what: 'params', at: { branch: [0] } },
      { what: 'params', at: { branch: [1] } },
      { what: 'child' },
    ];
    const others = version(each([{ ...SAY, params: { as: 'other' } }]));
    expect(await replay(recording, { as: others })).toMatchObject({ verdict: 'unknown', missing });
    const more = version(each([SAY], {}, '${ input_data + [3] }'));
    expect(await replay(recording, { as: more })).toMatchObject({
      firstDivergence: { was: { text: expect.stringContaining('starts 2 branches') } },
      missing: [{ what: 'child' }],
    });
  });

  it('go on as they went where the run before them goes another way', async () => {
    const document = each([SAY]);
    const recording = await record(document, [1, 2]);
    expect(await replay(recording, { as: version(later(document)) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED', node: 'end' } },
    });
    const unknown = later(each([{ ...SAY, params: { as: 'other' } }]));
    expect(await replay(recording, { as: version(unknown) })).toMatchObject({
      missing: [{ what: 'params' }, { what: 'params' }, { what: 'child' }],
    });
  });

  it('fail with their parent, and go on when it is retried', async () => {
    const parallel = (tool_name: string): Document => ({
      entry_point: 'begin',
      nodes: [
        { name: 'begin', tool_name: 'noop' },
        { name: 'left', tool_name: 'say' },
        { name: 'right', tool_name },
        { name: 'end', tool_name: 'noop' },
      ],
      parallel_edges: [{ from_node: 'begin', to_nodes: ['left', 'right'], join_node: 'end' }],
    });
    const recording = await record(parallel('failing'), null, async ({ engine, runId, ends }) => {
      await ends();
      await engine.retryRun(runId, {});
      await ends();
    });
    expect(await replay(recording)).toMatchObject({ verdict: 'same', end: { was: { errorCode: 'branch_failed' } } });
    expect(await replay(recording, { as: version(parallel('say')) })).toMatchObject({ verdict: 'unknown' });
    const waiting: Document = {
      ...parallel('say'),
      parallel_edges: [{ from_node: 'begin', to_nodes: ['left', 'right'], join_node: 'end', on_error: 'end' }],
    };
    expect(await replay(await record(parallel('say')), { as: version(waiting) })).toMatchObject({ verdict: 'same' });
  });

  it('of a fork may have been for a list that its own version has not', async () => {
    const recording = await record(each([SAY]), [1]);
    const forked = {
      type: 'run.forked',
      forked_from: { run_id: 'other', step: 2 },
      patch: {},
      node: 'end',
      step: 2,
    } as const;
    const last = recording.records.at(-1)!;
    const fork = { ...recording, records: [...recording.records.slice(0, -2), { ...last, event: forked }] };
    expect(await replay(fork, { as: version(each([SAY], {}, '${ data.none }')) })).toMatchObject({
      verdict: 'same',
    });
  });

  it('are found again by where they begin, and by their items', async () => {
    const parallel: Document = {
      entry_point: 'begin',
      nodes: ['begin', 'left', 'right'].map((name) => ({ name, tool_name: 'say' })),
      parallel_edges: [{ from_node: 'begin', to_nodes: ['left', 'right'], join_node: 'END' }],
    };
    expect(await replay(await record(parallel), { as: version(later(parallel)) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED' } },
    });
    const fewer = version(later(each([SAY], {}, '${ [input_data[0]] }')));
    expect(await replay(await record(each([SAY]), [1, 2]), { as: fewer })).toMatchObject({
      missing: [],
      steps: { was: 4, wouldBe: 4 },
    });
  });

  it('are told up to a number if all are unknown', async () => {
    const recording = await record(
      each([SAY], { max_parallel: 100 }),
      Array.from({ length: 120 }, (_, index) => index),
    );
    const { missing } = await replay(recording, { as: version(each([{ ...SAY, params: { as: 'other' } }])) });
    expect(missing).toHaveLength(100);
  });

  it('were there and had ended when they were joined', async () => {
    const recording = await record(each([SAY]), [1]);
    const [child] = recording.children;
    const [first, ...others] = child!.records;
    const unfinished = { ...recording, children: [{ ...child!, records: child!.records.slice(0, 2) }] };
    expect(await replay(unfinished)).toMatchObject({ verdict: 'unknown', missing: [{ what: 'child' }] });
    const later = { ...first!, time: first!.time + 1e9 };
    const late = { ...recording, children: [{ ...child!, records: [later, ...others] }] };
    expect(await replay(late)).toMatchObject({ verdict: 'diverged' });
  });

  it('wait where a branch would wait', async () => {
    const recording = await record(each([SAY]), [1]);
    const asking = version(each([{ name: 'work', tool_name: 'wait_for_input', params: { message: '?' } }]));
    expect(await replay(recording, { as: asking })).toMatchObject({
      firstDivergence: { at: { branch: [0] }, wouldBe: { text: 'waits (input)' } },
      missing: [{ what: 'answer' }, { what: 'child' }],
    });
  });

  it('are other graphs, which are walked through their own versions', async () => {
    const inner = await record({ graph_id: 'inner', entry_point: 'say', nodes: [{ name: 'say', tool_name: 'say' }] });
    expect(inner.children).toEqual([]);
    const outer = (graph_id: string): Document => ({
      entry_point: 'call',
      nodes: [{ name: 'call', tool_name: 'run_graph', params: { graph_id } }],
    });
    const recording = await record(outer('inner'));
    expect(await replay(recording)).toMatchObject({ verdict: 'same', steps: { was: 2, wouldBe: 2 } });
    const [child] = recording.children;
    const [first, ...others] = child!.records;
    const elsewhere = {
      ...child!,
      records: [{ ...first!, event: { ...first!.event, graph_version: 9 } as never }, ...others],
    };
    expect(await replay({ ...recording, children: [elsewhere] })).toMatchObject({ verdict: 'same' });
    expect(await replay({ ...recording, children: [] })).toMatchObject({ verdict: 'diverged' });
    expect(await replay(recording, { as: version(later(outer('inner'))) })).toMatchObject({
      missing: [],
      end: { wouldBe: { status: 'COMPLETED' } },
    });
    expect(await replay(recording, { as: version(outer('other')) })).toMatchObject({ missing: [{ what: 'params' }] });
  });

  it('take from the budget of the run above', async () => {
    const document: Document = { ...each([SAY], { max_parallel: 1 }), limits: { max_tokens: 25 } };
    const recording = await record(document, [1, 2, 3, 4]);
    expect(await replay(recording)).toMatchObject({ verdict: 'same', end: { was: { status: 'FAILED' } } });
    const asking: Document = { ...document, limits: { max_tokens: 15, on_limit: 'wait' } };
    const waited = await record(asking, [1, 2, 3, 4], async ({ engine, runId, ends }) => {
      const child = await until(async () => {
        const { runs } = await engine.listRuns({ parentRunId: runId, limit: 9 });
        return runs.find(({ waitingFor }) => waitingFor === 'limit');
      });
      await engine.resumeRun(child.runId, { payload: { limits: { max_tokens: 999 } } });
      await ends();
    });
    expect(await replay(waited)).toMatchObject({ verdict: 'same', end: { was: { status: 'COMPLETED' } } });
  });
});
