import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { resultOf, resultOfLost } from '../../../src/core/replay/child-result.js';
import { FamilyHistory } from '../../../src/core/replay/family-history.js';
import { placeIn } from '../../../src/core/replay/path.js';
import { linkOf, submittedOf } from '../../../src/core/replay/recording.js';
import { replay } from '../../../src/core/replay/replay.js';
import { MAX_PATH } from '../../../src/core/replay/replayed.js';
import { isSameEvent } from '../../../src/core/replay/same-event.js';
import { kindOf, outcomeOf } from '../../../src/core/replay/words.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import type { EventRecord, RunEvent } from '../../../src/core/run/events.js';
import { defineTool, FOLLOWS_FROM_PARAMS } from '../../../src/core/tool/tool.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const step = { step: 1, node: 'a', attempt: 1, logs: [], patch: {}, next: null } as const;
const error = { code: 'refuse', message: 'no', node: 'a', step: 1 };
const failed = { type: 'run.failed', error } as const;
const branches = { step: 1, node: 'a', to_nodes: ['b'], join_node: 'c', count: 1 } as const;
const started = { type: 'branches.started', kind: 'for_each', ...branches } as const;
const limit = { type: 'limit.reached', limit: 'max_steps', message: 'so many', step: 2, node: 'b' } as const;
const completed = { type: 'step.completed', ...step, decision: null } as const;

const nothing = defineTool({ name: 'nothing', [FOLLOWS_FROM_PARAMS]: true, run: () => ({}) });
const add = defineTool({ name: 'add', run: ({ data }) => ({ n: (data.n ?? 0) + 1 }) });

describe('outcomes in words', () => {
  it.each<[string, RunEvent[]]>([
    ['does nothing more', []],
    ['ends', [completed, { type: 'run.completed', reason: 'no_edge' }]],
    ['ends', [{ type: 'run.completed', reason: 'end' }]],
    ['goes to "b"', [{ ...completed, decision: { kind: 'edge', to_node: 'b' } }]],
    ['ends', [{ ...completed, decision: { kind: 'edge', to_node: 'END' } }]],
    ['fails with refuse', [completed, failed]],
    ['waits at its limit max_steps', [completed, limit]],
    ['waits at its limit max_steps', [limit]],
    ['starts 1 branch for each of its items at "b", joined at "c"', [completed, started]],
    ['starts 2 branches in parallel at "b", joined at "c"', [{ ...started, kind: 'parallel', count: 2 }]],
    [
      'joins its branches and goes to "c"',
      [{ type: 'branches.joined', ...branches, patch: {}, to_node: 'c', next: 'c' }],
    ],
    ['fails with refuse and is tried again', [{ type: 'step.failed', ...step, error }]],
    ['fails with refuse', [{ type: 'step.failed', ...step, error }, failed]],
    [
      'fails with refuse and goes to "b"',
      [{ type: 'step.failed', ...step, error, decision: { kind: 'error', to_node: 'b' } }],
    ],
    ['waits (timer)', [{ type: 'wait.started', ...step, wait: { kind: 'timer', until: 0, save_as: 'a' } }]],
    [
      'runs the graph "inner"',
      [{ type: 'wait.started', ...step, wait: { kind: 'graph', until: null, save_as: 'a', graph_id: 'inner' } }],
    ],
    ['its wait ends: elapsed', [{ type: 'wait.ended', wait_id: 'w1', outcome: 'elapsed' }]],
    ['begins at "a"', [{ type: 'run.started', next: 'a' }]],
    ['pauses', [{ type: 'run.paused', node: 'a' }]],
    ['is told: run.cancelled', [{ type: 'run.cancelled', logs: [] }]],
  ])('%s', (text, events) => {
    expect(outcomeOf(events).text).toBe(text);
  });

  it('tell ways, results and ends apart', () => {
    expect(kindOf({ text: '', toNode: 'a' }, { text: '', toNode: 'b' })).toBe('way');
    expect(kindOf({ text: '', toNode: 'a' }, { text: '', toNode: 'a' })).toBe('result');
    expect(kindOf({ text: '', toNode: 'a' }, { text: '', toNode: null })).toBe('end');
    expect(kindOf({ text: '' }, { text: '', toNode: 'a' })).toBe('end');
  });
});

it('events are held against each other by what decides', () => {
  expect(isSameEvent(completed, { ...completed, logs: ['other'], next: 'b' })).toBe(true);
  expect(isSameEvent(completed, { ...completed, patch: { a: 1 } })).toBe(false);
  expect(isSameEvent(completed, undefined)).toBe(false);
  expect(isSameEvent(completed, failed)).toBe(false);
  expect(isSameEvent(limit, { ...limit, message: 'in other words' })).toBe(true);
  const ended = { type: 'wait.ended', wait_id: 'w1', outcome: 'joined' } as const;
  expect(isSameEvent(ended, { ...ended, wait_id: 'w2' })).toBe(true);
});

it('a run that could not be made is known by the failure that followed', () => {
  const lost = { index: 0, runId: '', status: 'FAILED', finishedAt: 0, data: {} };
  expect(resultOfLost({ type: 'run.completed', reason: 'end' })).toEqual({ ...lost, error: { message: '' } });
  expect(resultOfLost({ ...failed, error: { ...error, details: { error: 5 } } })).toMatchObject({
    error: { message: '' },
  });
  const told = { ...error, details: { run_id: '', error: { message: 'gone' } } };
  expect(resultOfLost({ type: 'step.failed', ...step, error: told })).toEqual({ ...lost, error: { message: 'gone' } });
  const over = { ...blankRun('run'), phase: { kind: 'completed', cursor: null, finishedAt: 0 } as const };
  expect([resultOf(blankRun('run')), resultOf(over)]).toEqual([undefined, undefined]);
});

it('a place is that of the visit, or the entry', () => {
  expect(placeIn(blankRun('run'), 'entry', [])).toEqual({ node: 'entry', step: 1, visit: 1 });
  expect(placeIn(blankRun('run'), 'entry', [2])).toEqual({ node: 'entry', step: 1, visit: 1, branch: [2] });
});

it('a recording begins with the first event', () => {
  expect(() => submittedOf({ runId: 'run', records: [], children: [] })).toThrow('does not begin with run.submitted');
});

it('a run inside another one says where', () => {
  const driver = new RunDriver(compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'add' }] }, [add]));
  const recording = { runId: 'run-1', records: driver.records, children: [] };
  expect(() => linkOf(recording)).toThrow('is not inside another run');
});

describe('journals that are odd', () => {
  const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'add' }] }, [add]);
  const replayed = (records: readonly EventRecord[]) =>
    finishSteps(replay({ runId: 'run-1', records, children: [] }, { get: () => graph }));

  it('can hold nothing but a start', () => {
    expect(replayed(new RunDriver(graph).records)).toMatchObject({
      verdict: 'same',
      end: { was: { status: 'SUBMITTED', node: null } },
    });
  });

  it('can go on after their end', () => {
    const driver = new RunDriver(graph);
    driver.finish();
    const [, , third] = driver.records;
    expect(replayed([...driver.records, { ...third!, seq: 5 }])).toMatchObject({
      firstDivergence: { was: { text: 'ends' }, wouldBe: { text: 'does nothing more' } },
    });
  });

  it('can be of a run that was paused, for which another version has another way', () => {
    const other = compiled({ entry_point: 'b', nodes: [{ name: 'b', tool_name: 'add' }] }, [add]);
    const driver = new RunDriver(graph);
    driver.append({ type: 'pause.requested' });
    driver.finish();
    const recording = { runId: 'run-1', records: driver.records, children: [] };
    expect(finishSteps(replay(recording, { get: () => graph }, { as: other }))).toMatchObject({
      firstDivergence: { at: { node: 'a' }, wouldBe: { text: 'pauses' } },
      missing: [{ at: { node: 'b' }, what: 'call' }],
    });
  });
});

it('budgets above that are not there, or have no limit any more, count as none', () => {
  const state = { ...blankRun('run'), budgetsOf: ['gone', 'other'], guards: { max_tokens: 5 } };
  const none = { input_tokens: 0, output_tokens: 0 };
  const { records } = new RunDriver(compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'add' }] }, [add]));
  expect(new FamilyHistory({ runId: 'other', records, children: [] }).possible(state, 0)).toEqual([
    { below: none, above: [] },
    { below: none, above: [] },
  ]);
});

describe('long runs', () => {
  const loop = (limit: number) => ({
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name: 'add' }],
    conditional_edges: [{ from_node: 'a', cases: [{ when: `data.n < ${limit}`, to_node: 'a' }], otherwise: 'END' }],
    limits: { max_steps: 5000 },
  });

  it('are told up to a number of visits, and measured as the executor measures them', () => {
    const graph = compiled(loop(1200), [add]);
    const driver = new RunDriver(graph, { maxSteps: 5000 });
    driver.finish();
    const recording = { runId: 'run-1', records: driver.records, children: [] };
    const replayed = finishSteps(replay(recording, { get: () => graph }));
    expect(replayed).toMatchObject({ verdict: 'same', steps: { was: 1200 } });
    expect(replayed.path).toHaveLength(MAX_PATH);
  });

  it('end where they would not come to an end', () => {
    const graph = compiled(loop(1), [add]);
    const driver = new RunDriver(graph, { maxSteps: 1_000_000 });
    driver.finish();
    const endless = compiled(
      {
        entry_point: 'b',
        nodes: [
          { name: 'b', tool_name: 'nothing' },
          { name: 'a', tool_name: 'add' },
        ],
        edges: [{ from_node: 'b', to_node: 'b' }],
      },
      [add, nothing],
    );
    const recording = { runId: 'run-1', records: driver.records, children: [] };
    const replayed = finishSteps(replay(recording, { get: () => graph }, { as: endless, keepsLimits: true }));
    expect(replayed.missing).toMatchObject([{ what: 'call', message: 'The run would not come to an end.' }]);
    expect(driver.now).toBe(START);
  });
});
