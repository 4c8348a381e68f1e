import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/run/events.js';
import { openRun } from '../../src/core/run/journal.js';
import { findStarter } from '../../src/core/run/started-by.js';
import { cursorOf, type RunState, statusOf } from '../../src/core/run/state.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import type { RunAppend, Store } from '../../src/store/store.js';
import { flatten } from '../helpers/flat-run.js';
import { EVENTS_WITH_LINES } from './line-events.js';
import {
  CANCELLED,
  COMPLETED,
  commit,
  FAILED,
  follow,
  graph,
  NOON,
  newChild,
  newRun,
  type RunOptions,
  STARTED,
  step,
  waits,
} from './runs.js';

type Filter = Omit<RunFilter, 'limit'>;

const PAUSE: RunEvent = { type: 'pause.requested' };
const TIMEOUT: RunEvent = {
  type: 'run.failed',
  error: { code: 'tool_timeout', message: 'late', node: 'b', step: 2 },
};
/** A step at node `a` that leads elsewhere. */
const moveTo = (node: string, next: string | null = node): RunEvent =>
  Object.assign({}, step(1), { decision: { kind: 'edge', to_node: node }, next });

/** How far runs have come. */
const ENDS: readonly (readonly RunEvent[])[] = [
  [],
  [PAUSE],
  [STARTED],
  [STARTED, PAUSE],
  [STARTED, moveTo('b')],
  [STARTED, moveTo('b'), PAUSE, { type: 'run.paused', node: 'b' }],
  [STARTED, PAUSE, { type: 'run.paused', node: 'a' }, { type: 'run.unpaused' }],
  [STARTED, waits('timer', NOON)],
  [STARTED, waits('timer', NOON), PAUSE],
  [STARTED, waits('input'), PAUSE, { type: 'run.unpaused' }],
  [STARTED, moveTo('b'), COMPLETED],
  [STARTED, FAILED],
  [STARTED, moveTo('b'), TIMEOUT],
  [STARTED, moveTo('b'), PAUSE, CANCELLED],
];

const ALSO: readonly Filter[] = [
  {},
  { graphId: 'h' },
  { metadata: { tier: '1' } },
  { waitingFor: 'timer' },
  { waitingFor: 'paused', graphId: 'g' },
  { statuses: ['FAILED', 'COMPLETED', 'WAITING'] },
  { statuses: ['COMPLETED'] },
];
/** What starts runs, one after the other. */
const STARTER = '01990000-0000-7000-8000-000000000000';
const STARTERS: readonly Pick<RunOptions, 'startedBy' | 'by'>[] = [
  {},
  { by: 'alice' },
  { startedBy: { kind: 'schedule', id: 'nightly' } },
  { startedBy: { kind: 'run', id: STARTER } },
];
const MIDDLE = NOON + 20 * 60_000;
const FILTERS: readonly Filter[] = [
  {},
  { errorCode: 'tool_failed' },
  { errorCode: 'tool_timeout', currentNode: 'b' },
  { errorCode: 'tool_timeout', currentNode: 'a' },
  { currentNode: 'a' },
  { currentNode: 'b' },
  { currentNode: 'b', paused: true },
  { paused: true },
  { paused: false },
  { startedBy: { kind: 'api' } },
  { startedBy: { kind: 'api', id: 'alice' } },
  { startedBy: { kind: 'schedule' } },
  { startedBy: { kind: 'schedule', id: 'nightly' } },
  { startedBy: { kind: 'schedule', id: 'no\0body' } },
  { startedBy: { kind: 'schedule', id: 'nightly' }, paused: true },
  { startedBy: { kind: 'run' } },
  { startedBy: { kind: 'run', id: STARTER } },
  { submittedBefore: MIDDLE },
  { submittedBefore: MIDDLE, submittedAfter: NOON + 5 * 60_000 },
  { submittedBefore: -1 },
  { submittedBefore: 2 ** 60 },
  { submittedBefore: NOON, submittedAfter: MIDDLE },
];

/** Texts that are searched for. */
const SEARCHES: readonly Filter[] = [
  { search: 'TOOL_TIME' },
  { search: 'Late' },
  { search: 'message' },
  { search: 'green "1" %' },
  { search: 'tier', errorCode: 'tool_failed' },
  { search: '{' },
  { search: '-', currentNode: 'b' },
  { search: 'no\0where' },
];

/** The filters of lists that ask for more than what indexes serve, and the order of lists. */
export function describeListFilters(name: string, openStore: () => Promise<Store>): void {
  describe(`${name} as lists`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await openStore();
      for (const id of ['g', 'h']) await store.createGraph(graph(id));
    });
    afterEach(() => store.close());

    it('give the runs that fit, in their order, page by page', async () => {
      const runs = await storeRuns();
      const combined = [...FILTERS.flatMap((one) => ALSO.map((also) => ({ ...also, ...one }))), ...SEARCHES];
      for (const filter of [...combined, { graphId: 'h', metadata: { tier: '1' }, search: 'late' }]) {
        const expected = runs.filter((run) => fits(run, filter)).map(({ runId }) => runId);
        expect(await listAll({ ...filter, oldestFirst: true }), JSON.stringify(filter)).toEqual(expected);
        expect(await listAll(filter), JSON.stringify(filter)).toEqual(expected.reverse());
        expect(await store.countRuns({ ...filter, limit: 1000 }), JSON.stringify(filter)).toBe(expected.length);
        expect(await store.countRuns({ ...filter, limit: 3 })).toBe(Math.min(expected.length, 3));
      }
    });

    it('give the children of a run that fit', async () => {
      const parent = (await storeRuns())[2]!;
      const children: RunState[] = [];
      for (const [index, events] of ENDS.entries()) {
        const child = newChild(parent, 3, index, { at: NOON + index * 60_000 });
        children.push(await commit(store, child, follow(child.state, events)));
      }
      for (const filter of [...FILTERS, ...SEARCHES]) {
        const expected = children.filter((run) => fits(run, filter, true));
        const found = await listAll({ ...filter, parentRunId: parent.runId, oldestFirst: true });
        expect(found, JSON.stringify(filter)).toEqual(expected.map(({ runId }) => runId));
      }
    });

    it('say what started each run', async () => {
      const runs = await storeRuns();
      const child = await commit(store, newChild(runs[2]!, 3, 0));
      const listed = await store.listRuns({ limit: 1000, oldestFirst: true });
      expect(listed.map(({ startedBy }) => startedBy)).toEqual(runs.map(findStarter));
      const [listedChild] = await store.listRuns({ parentRunId: runs[2]!.runId, limit: 1 });
      expect(listedChild?.startedBy).toEqual(findStarter(child));
    });

    it('say which runs are paused', async () => {
      const runs = await storeRuns();
      const listed = await store.listRuns({ limit: 1000, oldestFirst: true });
      expect(listed.map(({ paused }) => paused)).toEqual(runs.map(({ paused }) => paused));
      expect(new Set(runs.map(({ paused, phase }) => `${phase.kind} ${paused}`)).size).toBeGreaterThan(9);
    });

    it('find runs by the node that their state says, whatever event was the last', async () => {
      const parent = await commit(store, newRun());
      const states = [parent];
      for (const events of journals()) {
        for (const run of [newRun(), newBranch(parent)]) {
          states.push(await commit(store, run, follow(run.state, events)));
        }
      }
      const nodes = new Set(states.map(nodeOf));
      expect(nodes.size).toBeGreaterThan(5);
      for (const currentNode of [...nodes, 'END', 'nowhere', 'undefined']) {
        if (currentNode === undefined) continue;
        const expected = states.filter((state) => nodeOf(state) === currentNode).map(({ runId }) => runId);
        const found = [
          ...(await store.listRuns({ currentNode, limit: 1000 })),
          ...(await store.listRuns({ currentNode, parentRunId: parent.runId, limit: 1000 })),
        ];
        expect(found.map(({ runId }) => runId).sort(), currentNode).toEqual(expected.sort());
      }
    });

    it('find nothing by what cannot be stored', async () => {
      await storeRuns();
      expect(await store.listRuns({ errorCode: '\0', limit: 1 })).toEqual([]);
      expect(await store.listRuns({ currentNode: '\0', limit: 1 })).toEqual([]);
      expect(await store.listRuns({ currentNode: `'"\\%${'x'.repeat(10_000)}`, limit: 1 })).toEqual([]);
    });

    async function listAll(filter: Filter): Promise<string[]> {
      const ids: string[] = [];
      for (let after: string | undefined; ; after = ids.at(-1)) {
        const found = await store.listRuns({ ...filter, ...(after !== undefined && { after }), limit: 4 });
        ids.push(...found.map((run) => run.runId));
        if (found.length < 4) return ids;
      }
    }

    /** Runs of several graphs and ends, oldest first. */
    async function storeRuns(): Promise<RunState[]> {
      const states: RunState[] = [];
      for (let number = 0; number < 3 * ENDS.length; number += 1) {
        const metadata = { tier: String(number % 2), ...(number % 5 === 0 && { team: 'Green "1" %' }) };
        const starter = STARTERS[number % STARTERS.length];
        const run = newRun({ graphId: number % 3 === 0 ? 'h' : 'g', metadata, at: NOON + number * 60_000, ...starter });
        states.push(await commit(store, run));
        // One after the other, as requests and sessions do.
        for (const event of ENDS[number % ENDS.length]!) {
          states.push(await commit(store, follow(states.pop()!, [event])));
        }
      }
      return states;
    }
  });
}

let branchCount = 0;

/** A branch that ends before node `j`. */
function newBranch(parent: RunState): RunAppend {
  branchCount += 1;
  const { state, records } = newChild(parent, 3, branchCount);
  const { event } = records[0]!;
  if (event.type !== 'run.submitted') throw new Error('A run begins with another event.');
  const inherited = { inputData: null, data: {}, item: null };
  const run = openRun(state.runId, { ...event, entry_node: 'a', join_node: 'j' }, NOON, inherited);
  return { ...run, rowChanged: true, create: {} };
}

/** What can follow the first event of a run: each event, after nothing, the start, or a step. */
function journals(): RunEvent[][] {
  const moves = [
    moveTo('b', null),
    moveTo('END', null),
    moveTo('j', null),
    moveTo('c'),
    Object.assign({}, moveTo('d'), { node: 'b' }),
  ];
  const events = [...Object.values(EVENTS_WITH_LINES).flat(), ...moves].filter(isMade);
  return events.flatMap((event, index) => [[event], [STARTED, event], [STARTED, moves[index % moves.length]!, event]]);
}

/** Where a run is, or has stopped. */
function nodeOf(run: RunState): string | undefined {
  return statusOf(run) === 'COMPLETED' ? undefined : cursorOf(run)?.node;
}

/** False for what no run stores: a try that follows is one of the same node. */
function isMade(event: RunEvent): boolean {
  return !(event.type === 'step.failed' && event.retry_at !== undefined && event.next === 'a');
}

function hasText(run: RunState, text: string): boolean {
  const { code, message, node } = flatten(run).error ?? {};
  const texts = [run.runId, run.graphId, ...Object.values(run.metadata), code, message, node];
  return texts.some((some) => some?.toLowerCase().includes(text.toLowerCase()));
}

function fits(run: RunState, filter: Filter, isChild = false): boolean {
  const { status, waiting, error } = flatten(run);
  const node = nodeOf(run);
  const starter = findStarter(run);
  return (
    isChild === (run.parent !== null) &&
    (filter.statuses?.includes(status) ?? true) &&
    (filter.graphId ?? run.graphId) === run.graphId &&
    (filter.waitingFor ?? waiting?.kind) === waiting?.kind &&
    (filter.errorCode ?? error?.code) === error?.code &&
    (filter.currentNode ?? node) === node &&
    (filter.paused ?? run.paused) === run.paused &&
    (filter.search === undefined || hasText(run, filter.search)) &&
    (filter.startedBy?.kind ?? starter.kind) === starter.kind &&
    (filter.startedBy?.id ?? starter.id) === starter.id &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => run.metadata[key] === value) &&
    run.submittedAt > (filter.submittedAfter ?? Number.NEGATIVE_INFINITY) &&
    run.submittedAt < (filter.submittedBefore ?? Number.POSITIVE_INFINITY)
  );
}
