import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/run/events.js';
import {
  copyEvent,
  endFork,
  MAX_COPIED_BYTES,
  openFork,
  refuseFork,
  refuseSize,
  stepIsMissing,
} from '../../../src/core/run/fork.js';
import { retry } from '../../../src/core/run/requests.js';
import { flatten } from '../../helpers/flat-run.js';
import { compiled, completedChild, RunDriver, START } from '../../helpers/run-driver.js';

const nodes = ['a', 'b', 'c', 'd'].map((name) => ({ name, tool_name: 'work' }));
const edges = [
  { from_node: 'a', to_node: 'b' },
  { from_node: 'c', to_node: 'd' },
];
const parallel_edges = [{ from_node: 'b', to_nodes: ['d'], join_node: 'c' }];
const tools = [{ name: 'work', run: () => ({ worked: true }) }];
const graph = compiled({ entry_point: 'a', nodes, edges, parallel_edges }, tools);

/** A run with branches between its second step and its third; it ends at its fourth. */
function original(): RunDriver {
  const run = new RunDriver(graph, { inputData: { in: 1 }, maxSteps: 9, deadlineSeconds: 60 });
  run.advance();
  run.append({ type: 'run.recovered' }, { type: 'cancel.requested' }, { type: 'run.cancelled', logs: [] });
  run.retry();
  run.finish();
  run.now += 5;
  run.settleChildren(completedChild({ joined: 1 }));
  run.finish();
  expect(run.view).toMatchObject({ status: 'COMPLETED', stepCount: 4 });
  return run;
}

/** The journal of a fork, as far as it comes. */
function forkOf({ state, records }: RunDriver, fromStep: number) {
  const opened = openFork(state, { graphId: 'other', version: 2 }, 'fork', START + 100);
  const copied: EventRecord[] = [...opened.records];
  let at = opened.state;
  for (const record of records) {
    const next = copyEvent(at, fromStep, record);
    copied.push(...next.records);
    at = next.state;
    if (next.node !== undefined) return { state: at, records: copied, node: next.node };
  }
  return { state: at, records: copied, node: undefined };
}

const typesOf = (records: readonly EventRecord[]) => records.map(({ event }) => event.type);

describe('a fork', () => {
  it('has a first event of its own, with the limits of the original and a deadline that restarts', () => {
    const { state, records } = openFork(original().state, { graphId: 'other', version: 2 }, 'fork', START + 100);
    expect(records[0]?.event).toEqual({
      type: 'run.submitted',
      graph_id: 'other',
      graph_version: 2,
      input_data: { in: 1 },
      limits: { max_steps: 9, deadline_seconds: 60 },
      metadata: { team: 'core' },
    });
    expect(state).toMatchObject({ runId: 'fork', deadlineAt: START + 60_100 });
    const free = openFork(new RunDriver(graph).state, graph, 'fork', START);
    const notify = [{ url: 'https://a.example/', on: ['failed'], secret: 'HOOK' }] as const;
    const telling = openFork({ ...new RunDriver(graph).state, notify }, graph, 'fork', START);
    expect(telling.state.notify).toEqual(notify);
    expect(free.state).toMatchObject({ deadlineSeconds: null, deadlineAt: null });
  });

  it('copies what steps did, with its times, and not how their run was driven', () => {
    const { records, state, node } = forkOf(original(), 3);
    expect(node).toBe('c');
    expect(typesOf(records)).toEqual([
      'run.submitted',
      'run.started',
      'step.completed',
      'step.completed',
      'branches.started',
      'branches.joined',
    ]);
    expect(records.slice(1).map(({ time }) => time)).toEqual([START, START, START, START, START + 5]);
    expect(state).toMatchObject({ stepCount: 2, data: { worked: true, joined: 1 } });
    expect(flatten(state).cursor).toMatchObject({ node: 'c', step: 3 });
  });

  it('leaves it to the fork to say that its step is executed', () => {
    const { records, state } = forkOf(original(), 2);
    expect(records.at(-1)?.event).toMatchObject({ type: 'step.completed', next: null });
    const end = endFork(original().state, state, graph, { fromStep: 2, node: 'b', data: { set: 1 }, now: START + 100 });
    expect(end.refusal).toBeUndefined();
    expect('records' in end && end.records.map(({ event }) => event)).toEqual([
      { type: 'run.forked', forked_from: { run_id: 'run-1', step: 2 }, node: 'b', step: 2, patch: { set: 1 } },
    ]);
    expect('state' in end && flatten(end.state)).toMatchObject({ status: 'SUBMITTED', data: { worked: true, set: 1 } });
  });

  it('from the first step copies nothing, so that its journal has no gap', () => {
    const { records, state, node } = forkOf(original(), 1);
    expect(node).toBe('a');
    expect(typesOf(records)).toEqual(['run.submitted']);
    expect(state).toMatchObject({ seq: 1, logCount: 0 });
    const end = endFork(original().state, state, graph, { fromStep: 1, node: 'a', data: {}, now: START + 100 });
    expect('records' in end && end.records.map(({ seq }) => seq)).toEqual([2]);
    expect('state' in end && flatten(end.state).cursor).toMatchObject({ node: 'a', step: 1 });
  });

  it('of a fork from the first step copies what that one set', () => {
    const first = forkOf(original(), 1);
    const options = { fromStep: 1, node: 'a', data: { given: 'one' }, now: START + 100 };
    const made = endFork(original().state, first.state, graph, options);
    if (made.refusal !== undefined) throw new Error('refused');
    const again = forkOf({ state: made.state, records: [...first.records, ...made.records] } as RunDriver, 1);
    expect(again.node).toBe('a');
    expect(typesOf(again.records)).toEqual(['run.submitted', 'run.forked']);
    expect(again.records.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(again.state.data).toEqual({ given: 'one' });
  });

  it('is refused for a step that the run has not come to, in the same words for each', () => {
    const ended = original();
    expect(refuseFork(ended.state, 4)).toBeUndefined();
    for (const step of [5, 6, 900]) {
      expect(forkOf(ended, step).node).toBeUndefined();
      const message = `The run has no step ${step}: it ended before. It can be forked from step 1 to 4.`;
      expect(refuseFork(ended.state, step)).toEqual({ code: 'fork_impossible', message });
      expect(stepIsMissing(ended.state, step)).toEqual({ code: 'fork_impossible', message });
    }
  });

  it('is refused if what it copies is more than one commit should hold', () => {
    const { state } = forkOf(original(), 2);
    expect(refuseSize({ ...state, journalBytes: MAX_COPIED_BYTES }, 2)).toBeUndefined();
    expect(refuseSize({ ...state, journalBytes: MAX_COPIED_BYTES + 1 }, 2)).toEqual({
      code: 'fork_impossible',
      message:
        'The steps before step 2 hold more than 32 MiB, which is the most that a fork copies. ' +
        'Fork from an earlier step, or start a run.',
    });
  });

  it('takes exactly the steps that refusals name, wherever the run is', () => {
    const run = new RunDriver(graph);
    const begun = new Set<number>();
    const check = () => {
      const steps = [1, 2, 3, 4, 5];
      const taken = steps.filter((step) => refuseFork(run.state, step) === undefined);
      expect(steps.filter((step) => forkOf(run, step).node !== undefined)).toEqual(taken);
      begun.add(taken.length);
    };
    check();
    expect(refuseFork(run.state, 1)?.message).toBe(
      'The run has no step 1: it has not got there yet. It has no step to be forked from.',
    );
    run.advance();
    check();
    run.append({ type: 'cancel.requested' }, { type: 'run.cancelled', logs: [] });
    check();
    run.retry();
    run.finish();
    check();
    expect(run.view.status).toBe('WAITING');
    run.settleChildren(completedChild({ joined: 1 }));
    run.finish();
    check();
    expect([...begun]).toEqual([0, 1, 2, 4]);
  });

  it('says that a run at its first step can be forked from that one', () => {
    const run = new RunDriver(graph);
    run.advance();
    expect(refuseFork(run.state, 2)?.message).toMatch('not got there yet. It can be forked from step 1.');
  });

  it('is refused for a graph without its node', () => {
    const { state } = forkOf(original(), 2);
    const other = compiled({ entry_point: 'a', nodes: [nodes[0]] }, tools);
    const options = { fromStep: 2, node: 'b', data: {}, now: START };
    expect(endFork(original().state, state, other, options).refusal).toEqual({
      code: 'fork_impossible',
      message: 'Step 2 is at node "b", which version 1 of the graph does not have.',
    });
  });
});

describe('a fork from after a retry', () => {
  const loops = [
    { from_node: 'a', to_node: 'b' },
    { from_node: 'b', to_node: 'a' },
  ];
  const loop = compiled({ entry_point: 'a', nodes: nodes.slice(0, 2), edges: loops }, tools);
  const run = new RunDriver(loop, { submitted: { limits: { max_steps: 8, max_visits: 2, deadline_seconds: 60 } } });
  run.finish();
  const { events = [] } = retry(run.state, { limits: { max_visits: 9 }, by: 'alice', isGraphDeleted: false }, START);
  run.append(...events);
  run.finish();

  it('counts the visit that it began, which is in its log, too', () => {
    const { records, state } = forkOf(run, 7);
    expect(state.visits).toEqual({ a: 3, b: 3 });
    const begun = records.flatMap(({ event }) => ('next' in event && event.next != null ? [event.next] : []));
    expect(begun).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(state.logCount).toBe(6);
  });

  it('has nothing else of it', () => {
    const { records } = forkOf(run, 7);
    const retried = records.map(({ event }) => event).find(({ type }) => type === 'run.retried');
    const deadline_at = START + 60_100;
    expect(retried).toEqual({ type: 'run.retried', step: 5, node: 'a', next: 'a', deadline_at });
    expect(typesOf(forkOf(run, 5).records)).not.toContain('run.retried');
    const free = forkOf({ records: run.records, state: { ...run.state, deadlineSeconds: null } } as RunDriver, 7);
    expect(free.state.deadlineAt).toBeNull();
  });
});
