import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { fold } from '../../../src/core/run/journal.js';
import { hasDynamicParams, MAX_PARAMS_BYTES, ParamsReader } from '../../../src/core/run/step-params.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const work = { name: 'work', secrets: true as const, run: () => ({ n: 1 }) };
const fails = {
  name: 'fails',
  run: () => {
    throw new Error('boom');
  },
};

function graphOf(...params: object[]) {
  const nodes = params.map((each, index) => ({ name: `n${index + 1}`, tool_name: 'work', params: each }));
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index + 1}`, to_node: name }));
  return compiled({ entry_point: 'n1', nodes, edges }, [work]);
}

/** What each attempt of a step was called with, as it is read from the journal of a run. */
function paramsOf(run: RunDriver, step: number, node: string, { secrets = {}, attempts = 1000 } = {}) {
  const reader = new ParamsReader(run.graph, secrets);
  let state = blankRun('run-1', run.options.inherited);
  for (const record of run.records) {
    state = fold(state, [record]);
    reader.read(state);
  }
  return reader.paramsOf({ step, node }, attempts);
}

function paramsOfOne(params: object, inputData: object | null = null, secrets: Record<string, string> = {}) {
  const run = new RunDriver(graphOf(params), { inputData: inputData as never });
  run.finish();
  return paramsOf(run, 1, 'n1', { secrets });
}

describe('the params of a step', () => {
  it('are those of its graph if they hold no expression, whatever is known of the run', () => {
    const graph = graphOf({ url: 'http://a', price: '$${ 5 }' });
    expect(hasDynamicParams(graph)).toBe(false);
    const reader = new ParamsReader(graph, {});
    expect(reader.paramsOf({ step: 1, node: 'n1' }, 1)).toEqual([
      { attempt: 1, value: { url: 'http://a', price: '${ 5 }' } },
    ]);
    expect(reader.paramsOf({ step: 1, node: 'n1' }, 1)[0]!.value).toBe(
      reader.paramsOf({ step: 1, node: 'n1' }, 1)[0]!.value,
    );
  });

  it('are resolved over the state before the step', () => {
    const params = { n: '${ data.n }', at: '${ run.now }', of: '${ run.step }: ${ input_data.x }' };
    const graph = graphOf({ n: '${ has(data.n) }' }, params);
    expect([hasDynamicParams(graph), hasDynamicParams(graph)]).toEqual([true, true]);
    const run = new RunDriver(graph, { inputData: { x: 'y' } });
    run.advance();
    run.now += 1000;
    run.advance();
    run.append({ type: 'run.drained' });
    run.now += 1000;
    run.finish();
    expect(paramsOf(run, 1, 'n1')).toEqual([{ attempt: 1, value: { n: false } }]);
    const at = new Date(START + 1000).toISOString();
    expect(paramsOf(run, 2, 'n2')).toEqual([{ attempt: 1, value: { n: 1, at, of: '2: y' } }]);
  });

  it('have an entry for each attempt that was called with others than the one before', () => {
    const retry = { max_attempts: 3, interval_seconds: 0, backoff_rate: 1, jitter: 'none' };
    const params = { try: '${ run.attempt < 3 ? "a" : "b" }' };
    const node = { name: 'n1', tool_name: 'fails', params, retry };
    const run = new RunDriver(compiled({ entry_point: 'n1', nodes: [node] }, [fails]));
    run.finish();
    const all = [
      { attempt: 1, value: { try: 'a' } },
      { attempt: 3, value: { try: 'b' } },
    ];
    expect(paramsOf(run, 1, 'n1', { attempts: 3 })).toEqual(all);
    expect(paramsOf(run, 1, 'n1', { attempts: 2 })).toEqual(all.slice(0, 1));
  });

  it('of the first step of a fork are those of the data that the fork has set', () => {
    const graph = graphOf({ x: 1 }, { n: '${ data.n }' });
    const run = new RunDriver(graph);
    run.advance();
    run.advance();
    expect(run.records.at(-1)?.event).toMatchObject({ type: 'step.completed', step: 1 });
    run.append({
      type: 'run.forked',
      forked_from: { run_id: 'run-0', step: 2 },
      node: 'n2',
      step: 2,
      patch: { n: 'set' },
    });
    run.finish();
    expect(paramsOf(run, 2, 'n2')).toEqual([{ attempt: 1, value: { n: 'set' } }]);
  });

  it('are null if an expression has no value', () => {
    expect(paramsOfOne({ n: '${ data.missing }' })).toEqual([{ attempt: 1, value: null }]);
  });

  it('are unknown for steps that were not reached, and nodes that the graph does not have', () => {
    const run = new RunDriver(graphOf({ n: '${ run.step }' }));
    run.append({ type: 'run.started', next: 'gone' });
    expect(paramsOf(run, 1, 'gone')).toEqual([]);
    expect(paramsOf(run, 7, 'n1')).toEqual([]);
    expect(paramsOf(run, 1, 'n1')).toEqual([]);
  });

  it('show labels in place of secrets, whether they are set or not', () => {
    const params = { auth: 'Bearer ${ secrets.SET }', other: ['${ secrets.UNSET }'], copied: '${ input_data.x }' };
    const secrets = { SET: 's3cret value', ELSE: 'shown' };
    expect(paramsOfOne(params, { x: 'shown? s3cret%20value' }, secrets)).toEqual([
      {
        attempt: 1,
        value: { auth: 'Bearer [secret SET]', other: ['[secret UNSET]'], copied: 'shown? [secret SET]' },
      },
    ]);
  });
});

describe('large params', () => {
  const long = 'x'.repeat(MAX_PARAMS_BYTES);

  it('are cut: what is small stays, and of the rest its type and size are shown', () => {
    const params = { list: '${ input_data.list }', 'a/b': '${ input_data.text }', url: '${ input_data.url }', n: 5 };
    const list = Array.from({ length: 9000 }, () => 1);
    expect(paramsOfOne(params, { list, text: long, url: 'http://a' })).toEqual([
      {
        attempt: 1,
        value: { list: { type: 'list', size: 9000 }, 'a/b': { type: 'string', size: 16_384 }, url: 'http://a', n: 5 },
        cut: ['/list', '/a~1b'],
      },
    ]);
    expect(paramsOfOne({ text: long })).toMatchObject([{ cut: ['/text'] }]);
  });

  it('are cut as a whole if their names are too many', () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`name ${index}`, '${ 1 }']));
    const params = Object.fromEntries(Object.entries(many).map(([key], index) => [key, index === 0 ? '${ 1 }' : 1]));
    expect(paramsOfOne(params)).toEqual([{ attempt: 1, value: { type: 'object', size: 2000 }, cut: [''] }]);
  });

  it('are cut after secrets were hidden too, because labels can be longer', () => {
    const params = { key: '${ secrets.A }', text: '${ input_data.text }', long: '${ input_data.long }' };
    const input = { text: 'ab'.repeat(4000), long };
    expect(paramsOfOne(params, input, { A: 'ab' })).toEqual([
      {
        attempt: 1,
        value: {
          key: '[secret A]',
          text: { type: 'string', size: 40_000 },
          long: { type: 'string', size: MAX_PARAMS_BYTES },
        },
        cut: ['/long', '/text'],
      },
    ]);
    const whole = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`ab ${index}`, 1]));
    expect(paramsOfOne({ ...whole, 'ab 0': '${ secrets.A }' }, null, { A: 'ab' })).toEqual([
      { attempt: 1, value: { type: 'object', size: 1000 }, cut: [''] },
    ]);
  });

  it('are searched for secrets when they have been cut, which takes no time', () => {
    const params = { key: '${ secrets.A }', try: '${ run.attempt }', all: '${ input_data }' };
    const retry = { max_attempts: 20, interval_seconds: 0, backoff_rate: 1, jitter: 'none' };
    const node = { name: 'n1', tool_name: 'fails', params, retry };
    const run = new RunDriver(compiled({ entry_point: 'n1', nodes: [node] }, [{ ...fails, secrets: true as const }]), {
      inputData: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key ${index}`, 'x'])),
    });
    run.finish();
    const costOf = (secrets: Record<string, string>) => {
      const before = process.cpuUsage();
      expect(paramsOf(run, 1, 'n1', { secrets, attempts: 20 })).toHaveLength(20);
      return process.cpuUsage(before).user / 1000;
    };
    const unmasked = costOf({});
    expect(costOf({ A: `a "long" <secret> & it's` })).toBeLessThan(2 * unmasked + 200);
  });

  it('of one step are 64 kB together at most', () => {
    const retry = { max_attempts: 6, interval_seconds: 0, backoff_rate: 1, jitter: 'none' };
    const params = { text: '${ input_data }', try: '${ run.attempt }' };
    const node = { name: 'n1', tool_name: 'fails', params, retry };
    const run = new RunDriver(compiled({ entry_point: 'n1', nodes: [node] }, [fails]), {
      inputData: 'x'.repeat(16_000),
    });
    run.finish();
    const found = paramsOf(run, 1, 'n1', { attempts: 6 });
    expect(found.map(({ cut }) => cut)).toEqual([undefined, undefined, undefined, undefined, [''], ['']]);
    expect(found[5]).toEqual({ attempt: 6, value: { type: 'object', size: 2 }, cut: [''] });
  });
});
