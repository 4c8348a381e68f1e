import { expect } from 'vitest';
import { HOOK_SECRET, startReceiver } from './receiver.js';

/** A run that asks twice, fails, and is retried; callbacks tell of each of these. */
export const TOLD = {
  graph_id: 'told',
  name: 'Told',
  entry_point: 'one',
  nodes: [
    { name: 'one', tool_name: 'wait_for_input', params: { message: 'One?' } },
    { name: 'two', tool_name: 'wait_for_input', params: { message: 'Two?' } },
    { name: 'last', tool_name: 'set_data', params: { values: { done: true } } },
  ],
  edges: [
    { from_node: 'one', to_node: 'two' },
    { from_node: 'two', to_node: 'last' },
  ],
};

/** What servers need for {@link TOLD}. */
export const TOLD_ENV = { SECRET_HOOK: HOOK_SECRET, HTTP_ALLOW: '127.0.0.1' };

/** The types that each target of a run is told, in order. */
const EXPECTED = ['run.waiting_for_input', 'run.waiting_for_input', 'run.completed'];

/** A receiver that fails for every third new callback once, or answers nothing, and then takes it. */
export async function startMoodyReceiver() {
  const seen = new Map<string, number>();
  const receiver = await startReceiver(({ id }) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    if (before > 0 || seen.size % 3 > 0) return 204;
    return seen.size % 2 === 0 ? 500 : (response) => response.socket?.destroy();
  });
  const notify = ['a', 'b'].map((path) => {
    return { url: `${receiver.url}/${path}`, on: ['completed', 'waiting_for_input'], secret: 'HOOK' };
  });
  return { ...receiver, notify };
}

type Receiver = Awaited<ReturnType<typeof startMoodyReceiver>>;

/** The callbacks that were taken of a run and a target, each once, in the order in which they were first taken. */
function takenBy({ callbacks }: Receiver, runId: string, path: string) {
  const first = new Map<string, string>();
  for (const { id, path: at, status, body } of callbacks) {
    if (status === 204 && at === path && body.data.run_id === runId && !first.has(id)) first.set(id, body.type);
  }
  return [...first];
}

/** True if every target was told of all of some runs. */
export function isAllTold(receiver: Receiver, runIds: Iterable<string>): boolean {
  return [...runIds].every((runId) =>
    ['/a', '/b'].every((path) => takenBy(receiver, runId, path).length === EXPECTED.length),
  );
}

/** Holds that every target was told of all of some runs, in order, under one id for each event. */
export function checkTold(receiver: Receiver, runIds: Iterable<string>): void {
  for (const runId of runIds) {
    for (const path of ['/a', '/b']) {
      const taken = takenBy(receiver, runId, path);
      expect(taken.map(([, type]) => type)).toEqual(EXPECTED);
      const seqs = taken.map(([id]) => Number(id.split('_')[2]));
      expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
      // Nothing is tried again once a later one was tried.
      const tried = receiver.callbacks
        .filter((one) => one.path === path && one.body.data.run_id === runId)
        .map(({ id }) => Number(id.split('_')[2]));
      expect(tried).toEqual(tried.toSorted((one, other) => one - other));
    }
  }
}
