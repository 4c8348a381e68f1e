import { describe, expect, it } from 'vitest';
import { defineCondition, defineTool } from '../../../src/core/tool/tool.js';
import { FatalError } from '../../../src/core/tool/tool-errors.js';
import { recordingOf } from '../../helpers/replayed.js';
import { until } from '../../helpers/until.js';
import { type Document, useReplays } from './replays.js';

const calls: string[] = [];
/** Counts up, and says so. */
const count = defineTool({
  name: 'count',
  run({ data }, { node, usage }) {
    calls.push(node);
    usage({ input_tokens: 5, output_tokens: 1 });
    return { n: (data.n ?? 0) + 1 };
  },
});
/** Takes any params. */
const score = defineTool({ name: 'score', run: (_state, { params }) => ({ score: params.of ?? 5 }) });
/** Fails as often as its params say. */
const shaky = defineTool({
  name: 'shaky',
  run(_state, { params: { fails = 1, fatal = false }, attempt }) {
    if (attempt > Number(fails)) return { done: true };
    throw fatal ? new FatalError('no') : new Error('not yet');
  },
});
const secretive = defineTool({ name: 'secretive', secrets: true, run: () => ({}) });
const isMany = defineCondition({
  name: 'is_many',
  outcomes: ['again', 'END'],
  choose: ({ data }) => (data.n < 3 ? 'again' : 'END'),
});

const replays = useReplays([count, score, shaky, secretive, isMany]);
const { record, replay, version } = replays;

/** Counts up to a limit, and then goes where the score leads. */
function counting(limit: number, more: Document = {}): Document {
  return {
    entry_point: 'count',
    nodes: [
      { name: 'count', tool_name: 'count' },
      { name: 'score', tool_name: 'score' },
    ],
    conditional_edges: [
      { from_node: 'count', cases: [{ when: `data.n < ${limit}`, to_node: 'count' }], otherwise: 'score' },
    ],
    ...more,
  };
}

function single(node: object, more: Document = {}): Document {
  return { entry_point: 'one', nodes: [{ name: 'one', ...node }], ...more };
}

describe('a replay through the graph of the run', () => {
  it('is the same, and calls nothing', async () => {
    const recording = await record(counting(3));
    const before = calls.length;
    const replayed = await replay(recording);
    expect(replayed).toMatchObject({ verdict: 'same', firstDivergence: null, missing: [] });
    expect(replayed.path.map(({ node, visit, toNode }) => [node, visit, toNode])).toEqual([
      ['count', 1, 'count'],
      ['count', 2, 'count'],
      ['count', 3, 'score'],
      ['score', 1, null],
    ]);
    const end = { status: 'COMPLETED', errorCode: null, node: 'score' };
    expect(replayed.end).toEqual({ was: end, wouldBe: end });
    expect(replayed.steps).toEqual({ was: 4, wouldBe: 4 });
    const usage = { input_tokens: 15, output_tokens: 3 };
    expect(replayed.usage).toEqual({ was: usage, wouldBe: usage });
    expect(calls.length).toBe(before);
    expect(await replay(recording)).toEqual(replayed);
  });

  it('knows what a condition said that is not registered', async () => {
    const document = single(
      { tool_name: 'count' },
      {
        entry_point: 'again',
        nodes: [{ name: 'again', tool_name: 'count' }],
        conditional_edges: [{ from_node: 'again', condition_function: 'is_many' }],
      },
    );
    const recording = await record(document);
    expect(await replay(recording, {}, [])).toMatchObject({ verdict: 'same', steps: { was: 3, wouldBe: 3 } });
  });

  it('knows an imported run by the id that it had, up to the last event that was copied', async () => {
    const asking = (more: Document): Document => ({
      entry_point: 'one',
      nodes: ['one', 'two'].map((name) => ({ name, tool_name: 'count' })),
      conditional_edges: [
        { from_node: 'one', cases: [{ when: 'run.run_id == "copy"', to_node: 'two' }], otherwise: 'END' },
      ],
      ...more,
    });
    const recording = await record(asking({}));
    const [first, ...others] = recording.records;
    const imported = (seq: number) => {
      const event = { ...first!.event, started_by: { kind: 'import', id: recording.runId, seq } } as never;
      return { ...recording, runId: 'copy', records: [{ ...first!, event }, ...others] };
    };
    for (const as of [undefined, version(asking({ limits: { max_steps: 5 } }))]) {
      expect(await replay(imported(99), { as })).toMatchObject({ verdict: 'same' });
      expect(await replay(imported(1), { as })).toMatchObject({ firstDivergence: { wouldBe: { toNode: 'two' } } });
    }
  });

  it('cannot be made without the graph', async () => {
    const recording = await record(counting(1));
    const [first] = recording.records;
    const event = { ...first!.event, graph_version: 9 } as never;
    const elsewhere = { ...recording, records: [{ ...first!, event }, ...recording.records.slice(1)] };
    const expected = { verdict: 'unknown', missing: [{ what: 'graph' }] };
    expect(await replay(elsewhere)).toMatchObject(expected);
    expect(await replay(elsewhere, { as: version(counting(1)) })).toMatchObject(expected);
  });

  it('tells a journal from one that the graph does not lead to', async () => {
    const recording = await record(counting(2));
    const records = recording.records.filter(({ event }) => event.type !== 'step.completed' || event.step !== 2);
    expect(await replay({ ...recording, records })).toMatchObject({ verdict: 'diverged' });
  });
});

describe('a replay through another version', () => {
  it('is the same where only what was never used differs', async () => {
    const recording = await record(counting(2));
    const nodes = [
      { name: 'count', tool_name: 'count', timeout_seconds: 7, on_error: 'score' },
      { name: 'score', tool_name: 'score' },
      { name: 'unused', tool_name: 'count' },
    ];
    expect(await replay(recording, { as: version(counting(2, { nodes })) })).toMatchObject({ verdict: 'same' });
  });

  it('says where it goes another way, by which values, and where that leads', async () => {
    const recording = await record(counting(3));
    const replayed = await replay(recording, { as: version(counting(2)) });
    expect(replayed).toMatchObject({
      verdict: 'diverged',
      firstDivergence: {
        at: { node: 'count', step: 2, visit: 2 },
        of: 'way',
        was: { text: 'goes to "count"', toNode: 'count' },
        wouldBe: { text: 'goes to "score"', toNode: 'score' },
        read: [{ path: 'data.n', value: 2 }],
      },
      missing: [],
      end: { wouldBe: { status: 'COMPLETED', node: 'score' } },
      steps: { was: 4, wouldBe: 3 },
      usage: { was: { input_tokens: 15 }, wouldBe: { input_tokens: 10 } },
    });
  });

  it('says what nobody recorded', async () => {
    const recording = await record(counting(2));
    const replayed = await replay(recording, { as: version(counting(4)) });
    expect(replayed).toMatchObject({
      verdict: 'diverged',
      firstDivergence: { at: { step: 2 }, wouldBe: { toNode: 'count' } },
      missing: [{ at: { node: 'count', step: 3, visit: 3 }, what: 'call' }],
    });
  });

  it('does what follows from params', async () => {
    const recording = await record(counting(1));
    const nodes = [
      { name: 'count', tool_name: 'count' },
      { name: 'label', tool_name: 'set_data', params: { values: { label: 'n = ${ data.n }' } } },
      { name: 'score', tool_name: 'score' },
    ];
    const labelled = counting(1, {
      nodes,
      edges: [{ from_node: 'label', to_node: 'score' }],
      conditional_edges: [
        { from_node: 'count', cases: [{ when: 'data.n < 1', to_node: 'count' }], otherwise: 'label' },
      ],
    });
    const replayed = await replay(recording, { as: version(labelled) });
    expect(replayed).toMatchObject({ verdict: 'diverged', missing: [], end: { wouldBe: { status: 'COMPLETED' } } });
    expect(replayed.path.map(({ node }) => node)).toEqual(['count', 'label', 'score']);
  });

  it('holds what follows from other params against what was there', async () => {
    const set = (values: object) => single({ tool_name: 'set_data', params: { values } });
    const recording = await record(set({ a: 1 }));
    expect(await replay(recording, { as: version(set({ a: '${ 0 + 1 }' })) })).toMatchObject({ verdict: 'same' });
    expect(await replay(recording, { as: version(set({ a: 2 })) })).toMatchObject({
      verdict: 'diverged',
      firstDivergence: { of: 'result', was: { value: { a: 1 } }, wouldBe: { value: { a: 2 } } },
    });
    expect(await replay(recording, { as: version(set({ a: '${ data.b }' })) })).toMatchObject({
      firstDivergence: { of: 'end', wouldBe: { text: 'fails with expression_failed' } },
    });
    const broken = single({ tool_name: 'set_data', params: { values: '${ 5 }' } });
    expect(await replay(recording, { as: version(broken) })).toMatchObject({
      firstDivergence: { wouldBe: { text: 'fails with invalid_params' } },
    });
  });

  it('fails where a step that only fails was added, and does not render what has no value', async () => {
    const recording = await record(single({ tool_name: 'score' }));
    const refusing = version(single({ tool_name: 'fail', params: { message: 'no', code: 'refused' } }));
    expect(await replay(recording, { as: refusing })).toMatchObject({
      firstDivergence: { wouldBe: { text: 'fails with refused' } },
    });
    const unrendered = version(single({ tool_name: 'score', params: { of: '${ data.none }' } }));
    expect(await replay(recording, { as: unrendered })).toMatchObject({ missing: [{ what: 'params' }] });
  });

  it('knows secrets by their names', async () => {
    const document = single({ tool_name: 'secretive', params: { key: '${ secrets.KEY }' } });
    const recording = await record(document);
    expect(await replay(recording, { as: version(document) })).toMatchObject({ verdict: 'same' });
  });

  it('does not know what a tool gives for other params, nor another tool', async () => {
    const recording = await record(single({ tool_name: 'score', params: { of: 1 } }));
    for (const node of [{ tool_name: 'score', params: { of: 2 } }, { tool_name: 'count' }]) {
      expect(await replay(recording, { as: version(single(node)) })).toMatchObject({
        verdict: 'unknown',
        firstDivergence: null,
        missing: [{ at: { node: 'one', step: 1, visit: 1 }, what: 'params' }],
      });
    }
  });

  it('does not know it either where the run went its own way before', async () => {
    const recording = await record(counting(2));
    const nodes = [
      { name: 'count', tool_name: 'count' },
      { name: 'score', tool_name: 'score', params: { of: 7 } },
    ];
    expect(await replay(recording, { as: version(counting(1, { nodes })) })).toMatchObject({
      verdict: 'diverged',
      missing: [{ at: { node: 'score' }, what: 'params' }],
    });
  });

  it('cannot ask a condition that is not registered', async () => {
    const asking = (condition: string): Document => ({
      entry_point: 'again',
      nodes: [
        { name: 'again', tool_name: 'count' },
        { name: 'score', tool_name: 'score' },
      ],
      conditional_edges: [{ from_node: 'again', condition_function: condition }],
    });
    const byEdge: Document = {
      ...asking('is_many'),
      conditional_edges: [],
      edges: [{ from_node: 'again', to_node: 'score' }],
    };
    const recording = await record(byEdge);
    expect(await replay(recording, { as: version(asking('elsewhere')) })).toMatchObject({
      verdict: 'unknown',
      missing: [{ what: 'condition', message: expect.stringContaining('"elsewhere"') }],
    });
    // After the first difference nothing is known of what it would say.
    const late: Document = {
      ...asking('elsewhere'),
      nodes: [...(asking('').nodes as object[]), { name: 'extra', tool_name: 'set_data', params: { values: {} } }],
      edges: [{ from_node: 'again', to_node: 'extra' }],
      conditional_edges: [{ from_node: 'extra', condition_function: 'elsewhere' }],
    };
    expect(await replay(recording, { as: version(late) })).toMatchObject({
      verdict: 'diverged',
      missing: [{ at: { node: 'extra' }, what: 'condition' }],
    });
  });
});

describe('attempts that failed', () => {
  const retried = (retry: object | undefined, params: object, more: object = {}) =>
    single(
      { tool_name: 'shaky', params, ...(retry && { retry }), ...more },
      {
        nodes: [
          { name: 'one', tool_name: 'shaky', params, ...(retry && { retry }), ...more },
          { name: 'rescue', tool_name: 'score' },
        ],
      },
    );

  it.each([
    ['another try with a delay', { max_attempts: 3, interval_seconds: 0.01 }, { fails: 2 }],
    ['another try at once', { max_attempts: 3, interval_seconds: 0 }, { fails: 2 }],
    ['no try left', { max_attempts: 2, interval_seconds: 0 }, { fails: 9 }],
    ['an error that forbids another try', { max_attempts: 3, interval_seconds: 0 }, { fails: 9, fatal: true }],
    [
      'a policy for such an error',
      [{ on: ['tool_failed'], max_attempts: 2, interval_seconds: 0 }],
      { fails: 9, fatal: true },
    ],
  ])('are the same: %s', async (_what, retry, params) => {
    const recording = await record(retried(retry, params));
    expect(await replay(recording)).toMatchObject({ verdict: 'same' });
  });

  it('are not known beyond those that were made', async () => {
    const recording = await record(retried(undefined, { fails: 9 }));
    const as = version(retried({ max_attempts: 2, interval_seconds: 0 }, { fails: 9 }));
    expect(await replay(recording, { as })).toMatchObject({ verdict: 'unknown', missing: [{ what: 'attempt' }] });
  });

  it('are as many where the run goes another way before', async () => {
    const retry = { max_attempts: 2, interval_seconds: 0.01 };
    const preceded = (document: Document): Document => ({
      ...document,
      entry_point: 'first',
      nodes: [...(document.nodes as object[]), { name: 'first', tool_name: 'set_data', params: { values: {} } }],
      edges: [{ from_node: 'first', to_node: 'one' }],
    });
    const recording = await record(retried(retry, { fails: 1 }));
    const as = version(preceded(retried(retry, { fails: 1 })));
    expect(await replay(recording, { as })).toMatchObject({ missing: [], end: { wouldBe: { status: 'COMPLETED' } } });
    const once = await record(retried(undefined, { fails: 9 }));
    const more = version(preceded(retried(retry, { fails: 9 })));
    expect(await replay(once, { as: more })).toMatchObject({ missing: [{ what: 'attempt' }] });
  });

  it('end the run with fewer', async () => {
    const recording = await record(retried({ max_attempts: 3, interval_seconds: 0.01 }, { fails: 1 }));
    expect(await replay(recording, { as: version(retried(undefined, { fails: 1 })) })).toMatchObject({
      firstDivergence: { of: 'end', wouldBe: { text: 'fails with tool_failed' } },
      end: { wouldBe: { status: 'FAILED', errorCode: 'tool_failed' } },
    });
  });

  it('take a way that there was not', async () => {
    const recording = await record(retried(undefined, { fails: 9 }));
    const as = version(retried(undefined, { fails: 9 }, { on_error: 'rescue' }));
    expect(await replay(recording, { as })).toMatchObject({
      firstDivergence: { was: { toNode: null }, wouldBe: { text: 'fails with tool_failed and goes to "rescue"' } },
      missing: [{ at: { node: 'rescue' }, what: 'call' }],
    });
  });
});

describe('the input', () => {
  const echo = { tool_name: 'set_data', params: { values: { n: '${ input_data.n }', m: '${ has(input_data.m) }' } } };
  const asks = (properties: object) => single(echo, { input_schema: { type: 'object', properties } });

  it('has to be one that the other graph is started with', async () => {
    const recording = await record(asks({ n: { type: 'number' } }), { n: 3 });
    const refuses = version(asks({ n: { type: 'string' } }));
    expect(await replay(recording, { as: refuses })).toMatchObject({
      verdict: 'diverged',
      firstDivergence: {
        at: { node: 'one', step: 1, visit: 1 },
        of: 'end',
        was: { text: 'is started with its input' },
        wouldBe: { text: 'is not started: its input does not fit the input_schema at /n' },
      },
      path: [],
      end: { was: { status: 'COMPLETED' }, wouldBe: { status: 'SUBMITTED' } },
      steps: { was: 1, wouldBe: 0 },
    });
    const never = version(single(echo, { input_schema: false }));
    const { firstDivergence } = await replay(recording, { as: never });
    expect(firstDivergence?.wouldBe.text).toBe('is not started: its input does not fit the input_schema');
    expect(await replay(recording, { as: version(asks({ n: { type: 'integer' } })) })).toMatchObject({
      verdict: 'same',
    });
    expect(await replay(recording, { as: version(single(echo)) })).toMatchObject({ verdict: 'same' });
  });

  it('has the defaults of the other graph', async () => {
    const recording = await record(asks({}), { n: 3 });
    const as = version(asks({ m: { default: 4 } }));
    expect(await replay(recording, { as })).toMatchObject({
      verdict: 'diverged',
      firstDivergence: { was: { value: { n: 3, m: false } }, wouldBe: { value: { n: 3, m: true } } },
    });
  });

  it('of a fork is not asked for again', async () => {
    const recording = await record(asks({}), { n: 3 });
    const { parts } = replays;
    const { runId } = await parts.engine.forkRun(recording.runId, { fromStep: 1 });
    await until(async () => (await parts.engine.getState(runId)).state.phase.kind === 'completed');
    const as = version(asks({ n: { type: 'string' } }));
    expect(await replay(await recordingOf(parts.store, runId), { as })).toMatchObject({ verdict: 'same' });
  });
});

describe('limits', () => {
  it('are those of the other graph, unless the run keeps its own', async () => {
    const recording = await record(counting(3));
    const as = version(counting(3, { limits: { max_steps: 2 } }));
    expect(await replay(recording, { as })).toMatchObject({
      firstDivergence: { at: { step: 2 }, wouldBe: { text: 'fails with max_steps_exceeded' } },
    });
    expect(await replay(recording, { as, keepsLimits: true })).toMatchObject({ verdict: 'same' });
  });

  it('are those of the run where it named them', async () => {
    const recording = await record(counting(3, { limits: { max_steps: 9 } }));
    const [first] = recording.records;
    const limits = { max_steps: 5 };
    const named = {
      ...recording,
      records: [{ ...first!, event: { ...first!.event, limits } as never }, ...recording.records.slice(1)],
    };
    const as = version(counting(3, { limits: { max_steps: 2 } }));
    expect(await replay(named, { as })).toMatchObject({ verdict: 'same' });
  });
});
