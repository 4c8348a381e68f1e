import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { type CopyOptions, copyRuns } from '../../../src/core/capsule/copy-runs.js';
import { slotOf } from '../../../src/core/capsule/slots.js';
import type { CompiledGraph } from '../../../src/core/graph/compile.js';
import type { Recording } from '../../../src/core/replay/recording.js';
import type { RunEvent } from '../../../src/core/run/events.js';
import { statusOf } from '../../../src/core/run/state.js';
import { compiled } from '../../helpers/run-driver.js';
import { family, recordsOf, submitted } from './capsules.js';

const NOW = Date.UTC(2027, 0, 1);
const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name, tool_name: 'none' }));
const tools = [{ name: 'none', run: () => undefined }];
const graph = compiled({ entry_point: 'a', nodes }, tools);

function copyOf(recording: Recording, options: Partial<CopyOptions> = {}, goal: CompiledGraph = graph) {
  let ids = 0;
  const newId = () => `copy-${++ids}`;
  return finishSteps(copyRuns(recording, { newId, graphFor: () => goal, goesOn: true, now: NOW, ...options }));
}

function alone(...events: readonly RunEvent[]): Recording {
  return { runId: 'run-1', records: recordsOf('run-1', [submitted, ...events]), children: [] };
}

/** The events of the copy of a run, and when it is due. */
function copied(recording: Recording, options: Partial<CopyOptions> = {}, goal?: CompiledGraph) {
  const [run] = copyOf(recording, options, goal).runs ?? [];
  return {
    events: run?.records.map(({ event }) => event) ?? [],
    wakes: run?.wakes,
    status: run && statusOf(run.state),
    state: run?.state,
  };
}

const begun: RunEvent = { type: 'run.started', next: 'a' };
const call = { step: 1, node: 'a', attempt: 1, logs: [] };

describe('the copy of a run', () => {
  it('has ids of its own, and graphs of the server, in all that its runs say of each other', () => {
    const { runs = [] } = copyOf(family(), { by: 'alice' });
    expect(runs.map(({ state }) => [state.runId, state.parent?.run_id, state.graphId, state.graphVersion])).toEqual([
      ['copy-1', undefined, 'test-graph', 1],
      ['copy-2', 'copy-1', 'test-graph', 1],
      ['copy-3', 'copy-1', 'test-graph', 1],
      ['copy-4', 'copy-1', 'test-graph', 1],
    ]);
    expect(runs[0]?.records[0]?.event).toMatchObject({
      started_by: { kind: 'import', id: 'run-1', seq: 6 },
      by: 'alice',
    });
    expect(runs[1]?.records[0]?.event).toMatchObject({ started_by: { kind: 'import', id: 'run-2', seq: 2 } });
    expect(runs[0]?.records[5]?.event).toMatchObject({ wait: { graph_id: 'test-graph', graph_version: 1 } });
    // Each event has the number, the time and the text that it had.
    expect(runs[0]?.records[2]).toEqual(family().records[2]);
  });

  it('names a graph that a step was about to run as before, if that did not come with it', () => {
    const { children: _, ...top } = family();
    const ours = (ref: { graphId: string }) => (ref.graphId === 'inner' ? undefined : graph);
    expect(copied({ ...top, children: [] }, { graphFor: ours }).events[5]).toMatchObject({
      wait: { graph_id: 'inner' },
    });
  });

  it('was moved between the versions here that stand for those of the original', () => {
    const versions = new Map([
      [submitted.graph_version, { ...graph, version: 11 }],
      [
        submitted.graph_version + 1,
        { ...compiled({ entry_point: 'e', nodes: [{ name: 'e', tool_name: 'none' }] }, tools), version: 12 },
      ],
    ]);
    const graphFor = ({ version }: { version: number }) => versions.get(version);
    const [from_version, to_version] = [submitted.graph_version, submitted.graph_version + 1];
    const move: RunEvent = { type: 'run.migrated', from_version, to_version };
    const { events, state } = copied(alone(move, { type: 'run.started', next: 'e' }), { graphFor });
    expect(events[1]).toEqual({ ...move, from_version: 11, to_version: 12 });
    expect(state).toMatchObject({ graphVersion: 12, migratedFrom: { version: 11 } });
    // A version that did not come with it keeps its number.
    expect(copied(alone({ ...move, from_version: 77 }), { graphFor }).events[1]).toMatchObject({ from_version: 77 });
    expect(copyOf(alone(move, begun), { graphFor }).problems).toMatchObject([{ code: 'missing_node' }]);
  });

  it('takes from the budgets of runs that came with it, and of no others', () => {
    const parent = { run_id: 'run-1', seq: 3, index: 0, kind: 'graph', depth: 1 } as const;
    const wait = { kind: 'graph', until: null, save_as: 'x' } as const;
    const reached = { type: 'limit.reached', limit: 'max_tokens', message: '!', step: 1, node: 'a' } as const;
    const child: readonly RunEvent[] = [
      { ...submitted, parent, budgets_of: ['run-1', 'run-of-others'] },
      begun,
      { ...reached, limit_of: 'run-1' },
      { ...reached, limit_of: 'run-of-others' },
      reached,
      { type: 'run.retried', budgets_of: ['run-of-others'] },
    ];
    const inside = { runId: 'run-2', records: recordsOf('run-2', child), children: [] };
    const { runs = [] } = copyOf({ ...alone(begun, { type: 'wait.started', ...call, wait }), children: [inside] });
    expect(runs[0]?.records[2]?.event).toMatchObject({ wait });
    expect(runs[1]?.records.map(({ event }) => event)).toMatchObject([
      { budgets_of: ['copy-1'] },
      begun,
      { limit_of: 'copy-1' },
      expect.not.objectContaining({ limit_of: expect.anything() }),
      reached,
      { budgets_of: [] },
      {},
    ]);
  });

  it('remembers no request that the original was sent', () => {
    const request = { key: 'k', fingerprint: 'f', status: 'RUNNING' } as const;
    const { events } = copied(alone({ type: 'signal.received', name: 's', payload: 1, request }));
    expect(events[1]).toEqual({ type: 'signal.received', name: 's', payload: 1 });
  });

  it('has its deadlines later by the time that it was in the capsule, if it goes on', () => {
    const limited = { ...submitted, limits: { max_steps: 9, deadline_seconds: 60 } };
    const events = [limited, { type: 'run.cancelled', logs: [] }, { type: 'run.retried', deadline_at: 5000 }] as const;
    const records = recordsOf('run-1', events);
    const run = { runId: 'run-1', records, children: [] };
    const at = records[0]?.time ?? 0;
    const away = NOW - (records[2]?.time ?? 0);
    expect(copied(run).events).toMatchObject([
      { deadline_at: at + 60_000 + away },
      {},
      { deadline_at: 5000 + away },
      {},
    ]);
    expect(copied(run, { goesOn: false }).events).toMatchObject([
      { deadline_at: at + 60_000 },
      {},
      { deadline_at: 5000 },
      {},
    ]);
  });

  it('stands in the line of its graph', () => {
    const lined = compiled({ entry_point: 'a', nodes, concurrency: { limit: 1, key: '${ input_data.n }' } }, tools);
    expect(copied(alone(), {}, lined).events).toMatchObject([{ concurrency: { key: '1', on_full: 'queue' } }]);
    const records = recordsOf('run-1', [{ ...submitted, input_data: null }]);
    expect(copyOf({ runId: 'run-1', records, children: [] }, {}, lined).problems).toMatchObject([
      { code: 'invalid_value', pointer: '/events/0/payload/input_data' },
    ]);
  });
});

describe('the copy of a run that had not ended', () => {
  const wait = (kind: 'timer' | 'input', until: number | null): RunEvent => {
    return { type: 'wait.started', ...call, wait: { kind, until, save_as: 'x' } };
  };

  it.each<[string, readonly RunEvent[], unknown, string]>([
    ['not begun', [], [{ runId: 'copy-1', at: 0 }], 'run.submitted'],
    ['at work', [begun], [{ runId: 'copy-1', at: 0 }], 'run.drained'],
    ['waiting for a time', [begun, wait('timer', 5000)], [{ runId: 'copy-1', at: 5000 }], 'wait.started'],
    ['waiting for a person', [begun, wait('input', null)], [], 'wait.started'],
    ['ended', [begun, { type: 'run.completed', reason: 'end' }], [], 'run.completed'],
  ])('is due if it goes on, as one that is %s', (_, events, wakes, last) => {
    const copy = copied(alone(...events));
    expect(copy.wakes).toEqual(wakes);
    expect(copy.events.at(-1)?.type).toBe(last);
  });

  it('is cancelled, with those inside it, if it does not go on', () => {
    const { runs = [] } = copyOf(family(), { goesOn: false });
    expect(runs.map(({ state, wakes }) => [statusOf(state), wakes])).toEqual(runs.map(() => ['CANCELLED', []]));
    expect(runs[0]?.records.at(-1)).toMatchObject({ time: NOW, event: { type: 'run.cancelled' } });
  });

  it('gives its children their turn itself, unless they have begun', () => {
    const { children, ...top } = family();
    const [, , graphRun] = children as [Recording, Recording, Recording];
    const first = graphRun.records[0]?.event as RunEvent;
    const going = { ...graphRun, records: recordsOf('run-4', [first, begun]) };
    const [, still] = copyOf({ ...top, children: [graphRun] }).runs ?? [];
    const [parent, gone] = copyOf({ ...top, children: [going] }).runs ?? [];
    expect(still).toMatchObject({ wakes: [], slotSeq: null });
    expect(gone).toMatchObject({ wakes: [{ runId: 'copy-2', at: 0 }], slotSeq: 6 });
    expect(parent?.records.at(-1)?.event.type).toBe('run.drained');
  });
});

describe('a run that cannot be copied', () => {
  it('is at a node that the graph here does not have, or has branches there', () => {
    const missing = [{ code: 'missing_node', pointer: '/events' }];
    expect(copyOf(alone({ type: 'run.started', next: 'x' })).problems).toMatchObject(missing);
    const branches = { type: 'branches.started', step: 1, node: 'a', kind: 'parallel', count: 1 } as const;
    expect(copyOf(alone(begun, { ...branches, to_nodes: ['x'], join_node: 'b' })).problems).toMatchObject(missing);
    expect(copyOf(alone(begun, { ...branches, to_nodes: ['b'], join_node: 'x' })).problems).toMatchObject(missing);
    // One that is over is only looked at.
    const over = alone({ type: 'run.started', next: 'x' }, { type: 'run.completed', reason: 'end' });
    expect(copyOf(over).problems).toBeUndefined();
  });

  it('has no graph here', () => {
    const problems = copyOf(alone(), { graphFor: () => undefined }).problems;
    expect(problems).toMatchObject([{ code: 'missing_graph', pointer: '/graphs' }]);
  });

  it('is too large, or has too many runs inside it', () => {
    const patch = { text: 'x'.repeat(34_000_000) };
    const step: RunEvent = { type: 'step.completed', ...call, patch, decision: null, next: null };
    expect(copyOf(alone(begun, step)).problems).toMatchObject([{ code: 'too_big', pointer: '/events' }]);
    const { children, ...top } = family();
    const many = Array.from({ length: 10_001 }, () => children[0] as Recording);
    expect(copyOf({ ...top, children: many }).problems).toMatchObject([{ code: 'too_big', pointer: '/children/9999' }]);
  });
});

describe('the slot of a child', () => {
  const parentOf = (...events: readonly RunEvent[]): Recording => ({ ...alone(begun, ...events), children: [] });
  const link = { run_id: 'run-1', seq: 3, index: 0, kind: 'branch', depth: 1 } as const;
  const failed: RunEvent = { type: 'run.cancelled', logs: [] };
  const retried: RunEvent = { type: 'run.retried' };
  const childAt = (seconds: number, ...events: readonly RunEvent[]): Recording => {
    const records = recordsOf('run-2', [{ ...submitted, parent: link }, ...events]);
    return {
      runId: 'run-2',
      records: records.map((each) => ({ ...each, time: each.time + seconds * 1000 })),
      children: [],
    };
  };

  it('is that of the event that started it, or of the last retry of its parent before it began', () => {
    const parent = parentOf(failed, failed, retried);
    expect(slotOf(childAt(0), parent)).toBeNull();
    expect(slotOf(childAt(1, begun), parent)).toBe(3);
    expect(slotOf(childAt(9, begun), parent)).toBe(5);
    expect(slotOf(childAt(1, begun, failed, { type: 'run.retried', parent_seq: 5 }), parent)).toBe(5);
    expect(slotOf(childAt(1, begun, failed, retried), parent)).toBe(3);
  });
});
