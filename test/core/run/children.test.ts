import { describe, expect, it } from 'vitest';
import type { JoinRule } from '../../../src/core/graph/edges.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import {
  type ChildrenPlan,
  type CountedChildren,
  generationOf,
  planChildren,
  startBranch,
  startDetachedRun,
  startGraphRun,
} from '../../../src/core/run/children.js';
import type { Children, RunState } from '../../../src/core/run/state.js';
import { START } from '../../helpers/run-driver.js';

const children: Children = {
  seq: 4,
  kind: 'for_each',
  node: 'a',
  since: START,
  count: 3,
  toNodes: ['b'],
  joinNode: 'j',
  graph: null,
  retriedSeq: null,
};
const ALL: JoinRule = { kind: 'all', maxFailures: 0 };
const parent: RunState = { ...blankRun('run-1'), graphId: 'g', graphVersion: 2, maxSteps: 7 };

describe('the generation of children', () => {
  it('is that of the event that started them, or of the last retry of their parent', () => {
    expect(generationOf(children)).toBe(4);
    expect(generationOf({ ...children, retriedSeq: 9 })).toBe(9);
  });
});

describe('the plan for children', () => {
  const nothing: CountedChildren = { created: 3, active: 0, lost: 0, completed: 0, unfinished: 0, next: [] };
  const child = (index: number, ended = false) => ({ runId: `child-${index}`, index, ended });

  interface PlanOptions extends Partial<Pick<Children, 'count' | 'refused'>> {
    readonly cancel?: boolean;
    readonly maxParallel?: number;
    readonly joinRule?: JoinRule;
  }
  const refused = { code: 'too_many_descendants', message: 'many' } as const;

  it.each<[string, Partial<CountedChildren>, PlanOptions, ChildrenPlan]>([
    ['makes them, the first with a slot', { created: 0 }, {}, { kind: 'create', from: 0, to: 3, slots: 2 }],
    [
      'makes no more at a time than a commit should hold',
      { created: 0 },
      { count: 1200 },
      { kind: 'create', from: 0, to: 100, slots: 2 },
    ],
    [
      'makes the rest, without a slot while the first have them all',
      { created: 500, active: 2, unfinished: 500, next: [child(2), child(3)] },
      { count: 550 },
      { kind: 'create', from: 500, to: 550, slots: 0 },
    ],
    [
      'makes the missing ones with the slots that those which are there leave',
      { created: 1, unfinished: 1, next: [child(0)] },
      {},
      { kind: 'create', from: 1, to: 3, slots: 1 },
    ],
    [
      'makes no more with a slot than there are',
      { created: 2, unfinished: 0 },
      { maxParallel: 10 },
      { kind: 'create', from: 2, to: 3, slots: 1 },
    ],
    [
      'starts the next where a slot is free',
      { active: 1, unfinished: 3, next: [child(1), child(2)] },
      {},
      { kind: 'start', start: ['child-1'], restart: [] },
    ],
    [
      'restarts those that had ended before the parent was retried, and starts the others, in order',
      { unfinished: 2, next: [child(0, true), child(1), child(2)] },
      {},
      { kind: 'start', start: ['child-1'], restart: ['child-0'] },
    ],
    ['waits while all slots are taken', { active: 2, unfinished: 3, next: [child(2)] }, {}, { kind: 'wait' }],
    ['waits while more run than may, after the graph was changed', { active: 5, unfinished: 5 }, {}, { kind: 'wait' }],
    ['waits for the last', { active: 1, unfinished: 1 }, {}, { kind: 'wait' }],
    ['joins them when all have ended', {}, {}, { kind: 'join' }],
    ['cancels the others when one is lost', { lost: 1, active: 1, unfinished: 2 }, {}, { kind: 'cancel' }],
    ['makes no more when one is lost', { created: 1, lost: 1 }, {}, { kind: 'join' }],
    ['joins them when one is lost and all have ended', { lost: 1 }, {}, { kind: 'join' }],
    [
      'cancels all with their parent',
      { created: 1, unfinished: 1, next: [child(0)] },
      { cancel: true },
      { kind: 'cancel' },
    ],
    [
      'makes none that alone are too many',
      { created: 0 },
      { count: 2001 },
      {
        kind: 'refuse',
        refusal: { code: 'too_many_descendants', message: expect.stringContaining('more than 2000 runs') },
      },
    ],
    [
      'cancels those that are there when no more can be made',
      { created: 1, active: 1, unfinished: 1 },
      { refused },
      { kind: 'cancel' },
    ],
    ['joins them when no more can be made and all have ended', { created: 1 }, { refused }, { kind: 'join' }],
    [
      'cancels the others when the first ones have won, and makes no more',
      { created: 2, completed: 2, active: 0, unfinished: 1, next: [child(2)] },
      { joinRule: { kind: 'first', needed: 2 } },
      { kind: 'cancel' },
    ],
    [
      'joins the winners of before when their parent is retried, and restarts nobody',
      { completed: 2, next: [child(2, true)] },
      { joinRule: { kind: 'first', needed: 2 } },
      { kind: 'join' },
    ],
    [
      'goes on while enough can win, though one is lost',
      { lost: 1, completed: 1, active: 1, unfinished: 1 },
      { joinRule: { kind: 'first', needed: 2 } },
      { kind: 'wait' },
    ],
    [
      'cancels the rest when too few can win',
      { lost: 2, active: 1, unfinished: 1 },
      { joinRule: { kind: 'first', needed: 2 } },
      { kind: 'cancel' },
    ],
    [
      'goes on with as many losses as are tolerated',
      { lost: 2, active: 1, unfinished: 1 },
      { joinRule: { kind: 'all', maxFailures: 2 } },
      { kind: 'wait' },
    ],
    [
      'cancels the rest with one more',
      { lost: 2, active: 1, unfinished: 1 },
      { joinRule: { kind: 'all', maxFailures: 1 } },
      { kind: 'cancel' },
    ],
    ['starts none with a parent that is cancelled', { next: [child(0, true)] }, { cancel: true }, { kind: 'join' }],
  ])('%s', (_, view, { count = 3, cancel = false, maxParallel = 2, joinRule = ALL, ...more }, plan) => {
    const limits = { cancel, maxParallel, joinRule, maxDescendants: 2000 };
    expect(planChildren({ ...children, count, ...more }, { ...nothing, ...view }, limits)).toEqual(plan);
  });

  it.each([1, 2, 10])('brings them all to their end, with %i slots', (maxParallel) => {
    const family = new Family(1203, maxParallel);
    while (family.goOn());
    expect(family.rows).toHaveLength(1203);
    expect(family.rows.every(({ slot, done }) => slot && done)).toBe(true);
    expect(family.most).toBe(maxParallel);
  });
});

/** Children as a store would keep them: each may have a slot, and may have ended. */
class Family {
  readonly rows: { slot: boolean; done: boolean }[] = [];
  /** How many were active at once. */
  most = 0;

  constructor(
    private readonly count: number,
    private readonly maxParallel: number,
  ) {}

  /** Does what the plan says; lets one end when there is nothing else to do. False when they can be joined. */
  goOn(): boolean {
    const { count, maxParallel } = this;
    const plan = planChildren({ ...children, count }, this.view(), {
      cancel: false,
      maxParallel,
      maxDescendants: count,
      joinRule: ALL,
    });
    if (plan.kind === 'create') this.create(plan);
    if (plan.kind === 'start') for (const index of plan.start) this.rows[Number(index)]!.slot = true;
    if (plan.kind === 'wait') this.rows.find(({ slot, done }) => slot && !done)!.done = true;
    return plan.kind !== 'join';
  }

  private create({ from, to, slots }: Extract<ChildrenPlan, { kind: 'create' }>): void {
    expect(from).toBe(this.rows.length);
    for (let index = from; index < to; index++) this.rows.push({ slot: index - from < slots, done: false });
  }

  private view(): CountedChildren {
    const active = this.rows.filter(({ slot, done }) => slot && !done).length;
    this.most = Math.max(this.most, active);
    const next = this.rows.flatMap(({ slot }, index) => (slot ? [] : [{ runId: `${index}`, index, ended: false }]));
    const unfinished = this.rows.filter(({ done }) => !done).length;
    const made = { created: this.rows.length, active, lost: 0, completed: this.rows.length - unfinished };
    return { ...made, unfinished, next: next.slice(0, this.maxParallel) };
  }
}

describe('a branch', () => {
  it('begins at the node of its edge, with what its parent has', () => {
    expect(startBranch({ ...parent, deadlineAt: START + 5 }, children, 2, { of: 3 })).toEqual({
      type: 'run.submitted',
      graph_id: 'g',
      graph_version: 2,
      input_data: null,
      limits: { max_steps: 7 },
      metadata: {},
      parent: { run_id: 'run-1', seq: 4, index: 2, kind: 'branch', depth: 1 },
      entry_node: 'b',
      join_node: 'j',
      name: '{"of":3}',
      deadline_at: START + 5,
    });
  });

  it('of parallel ones begins at its own', () => {
    const parallel = { ...children, kind: 'parallel', toNodes: ['b', 'c'] } as const;
    const event = startBranch(parent, parallel, 1, null);
    expect(event).toMatchObject({ entry_node: 'c' });
    expect(event).not.toHaveProperty('deadline_at');
    expect(event).not.toHaveProperty('name');
  });

  it('is one level below its parent', () => {
    const link = { run_id: 'run-0', seq: 2, index: 0, kind: 'graph', depth: 3 } as const;
    expect(startBranch({ ...parent, parent: link }, children, 0, 1).parent).toMatchObject({ depth: 4 });
  });

  it('is found by what its parent is found by', () => {
    expect(startBranch({ ...parent, metadata: { team: 'press' } }, children, 0, 1).metadata).toEqual({ team: 'press' });
  });

  it('that nobody knows the place of begins nowhere', () => {
    const event = startBranch(parent, { ...children, toNodes: [], joinNode: null }, 0, 1);
    expect(event).toMatchObject({ entry_node: '', join_node: '' });
  });
});

describe('a graph that runs as a step', () => {
  const graph = { id: 'other', version: 3, input: [1], saveAs: 'result' };
  const called: Children = { ...children, kind: 'graph', count: 1, toNodes: [], joinNode: null, graph };

  it('has its own input and limits', () => {
    expect(startGraphRun(parent, called, 0, { max_steps: 5 }, START)).toEqual({
      type: 'run.submitted',
      graph_id: 'other',
      graph_version: 3,
      input_data: [1],
      limits: { max_steps: 5 },
      metadata: {},
      parent: { run_id: 'run-1', seq: 4, index: 0, kind: 'graph', depth: 1 },
    });
  });

  it('has the limits of the step before those of its graph, and what the step adds to the metadata', () => {
    const metadata = { team: 'press', case: '1' };
    const given = { ...graph, limits: { max_steps: 9 }, metadata: { case: '2', order: '17' } };
    const limits = { max_steps: 5, deadline_seconds: 2 };
    expect(startGraphRun({ ...parent, metadata }, { ...called, graph: given }, 0, limits, START)).toMatchObject({
      limits: { max_steps: 9, deadline_seconds: 2 },
      metadata: { team: 'press', case: '2', order: '17' },
      deadline_at: START + 2000,
    });
    expect(startGraphRun({ ...parent, metadata }, called, 0, limits, START).metadata).toEqual(metadata);
  });

  it('that is not waited for is a run of its own, which knows what has started it', () => {
    const starter = { ...parent, metadata: { team: 'press' }, deadlineAt: START + 1 };
    const event = startDetachedRun(starter, { ...graph, metadata: { order: '17' } }, { maxSteps: 5 });
    expect(event).toEqual({
      type: 'run.submitted',
      graph_id: 'other',
      graph_version: 3,
      input_data: [1],
      limits: { max_steps: 5 },
      metadata: { team: 'press', order: '17' },
      started_by: { kind: 'run', id: 'run-1' },
    });
  });

  it.each([
    ['its own deadline', 2, null, START + 2000],
    ["its parent's deadline", undefined, START + 1000, START + 1000],
    ['the earlier of both', 2, START + 1000, START + 1000],
    ['the earlier of both, its own', 2, START + 9000, START + 2000],
  ])('ends at %s', (_, deadline_seconds, deadlineAt, at) => {
    const limits = deadline_seconds === undefined ? undefined : { deadline_seconds };
    const event = startGraphRun({ ...parent, deadlineAt }, called, 0, limits, START);
    expect(event).toMatchObject({ limits: { max_steps: 1000 }, deadline_at: at });
  });

  it('that is not known has an id that no graph has', () => {
    const event = startGraphRun(parent, children, 0, undefined, START);
    expect(event).toMatchObject({ graph_id: '', graph_version: 0, input_data: null });
  });
});
