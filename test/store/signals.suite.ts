import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Signal, Signals, Topic } from '../../src/store/signals.js';
import type { Store } from '../../src/store/store.js';
import { CANCELLED, COMPLETED, commit, follow, graph, newChild, newRun, STARTED, step, unit, waits } from './runs.js';

/** What every adapter of the signals must do, with the store that publishes them. A signal can come a little later. */
export function describeSignals(name: string, openPorts: () => Promise<{ store: Store; signals: Signals }>): void {
  describe(`${name} as signals`, () => {
    let store: Store;
    let signals: Signals;
    let heard: (Signal | 'resync')[];
    beforeEach(async () => {
      ({ store, signals } = await openPorts());
      await store.createGraph(graph('g'));
      heard = [];
    });
    afterEach(() => store.close());

    const listen = (topic: Topic) => signals.subscribe(topic, (signal) => heard.push(signal));
    const hears = (...expected: Signal[]) => vi.waitFor(() => expect(heard).toEqual(expected));

    /** Hears of a change that comes after all others, and forgets it. */
    const hearsNothingElse = async (...expected: Signal[]) => {
      const last: Signal = { kind: 'graph_changed', graphId: 'last' };
      const stop = listen('graphs');
      signals.publish(last);
      await hears(...expected, last);
      stop();
      heard.pop();
    };

    it('tell the listeners of a run how far it has come', async () => {
      const run = await commit(store, newRun());
      const { runId } = run;
      const stop = listen(`run/${runId}`);
      listen('run/another');
      const started = follow(run, [STARTED]);
      await store.commit(unit(started));
      await hears({ kind: 'run_advanced', runId, seq: 2, status: 'RUNNING', cancelRequested: false });
      const asked = follow(started.state, [step(1), { type: 'cancel.requested' }]);
      await store.commit(unit(asked));
      const [first] = heard as [Signal];
      const second = { kind: 'run_advanced', runId, seq: 4, status: 'RUNNING', cancelRequested: true } as const;
      await hears(first, second);
      await expect(store.commit(unit(follow(run, [CANCELLED])))).rejects.toThrow();
      stop();
      await commit(store, follow(asked.state, [COMPLETED]));
      await hearsNothingElse(first, second);
    });

    it('come after what they tell of can be read', async () => {
      const run = await commit(store, newRun());
      const seen = new Promise((resolve) => {
        signals.subscribe(`run/${run.runId}`, () => resolve(store.readEvents(run.runId, 1, 10)));
      });
      const append = follow(run, [STARTED]);
      await commit(store, append);
      expect(await seen).toEqual(append.records);
    });

    it('let one function listen twice, and leave while it is called', async () => {
      const run = await commit(store, newRun());
      const listener = vi.fn(() => stopFirst());
      const stopFirst = signals.subscribe(`run/${run.runId}`, listener);
      signals.subscribe(`run/${run.runId}`, listener);
      const running = await commit(store, follow(run, [STARTED]));
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2));
      stopFirst();
      await commit(store, follow(running, [step(1)]));
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(3));
    });

    it('tell of children that begin to wait for a person, and of nobody else who waits', async () => {
      listen('child_waiting');
      const top = await commit(store, newRun());
      const parent = await commit(store, follow(top, [STARTED, waits('input')]));
      const [asks, sleeps] = await Promise.all(
        [0, 1].map(async (index) => {
          const child = newChild(parent, 3, index);
          await store.commit(unit(child));
          return child.state;
        }),
      );
      await commit(store, follow(sleeps!, [STARTED, waits('timer', 1)]));
      const waiting = await commit(store, follow(asks!, [STARTED, waits('input')]));
      await commit(store, follow(waiting, [{ type: 'cancel.requested' }]));
      await hearsNothingElse({ kind: 'child_waiting', runId: waiting.runId });
    });

    it('tell of runs that are deleted', async () => {
      const run = await commit(store, newRun());
      await commit(store, follow(run, [CANCELLED]));
      listen(`run/${run.runId}`);
      await store.deleteRun(run.runId);
      await store.deleteRun(run.runId);
      await hearsNothingElse({ kind: 'run_deleted', runId: run.runId });
    });

    it('tell of graphs whose latest version is another', async () => {
      listen('graphs');
      const changed: Signal = { kind: 'graph_changed', graphId: 'h' };
      await store.createGraph(graph('h'));
      await hears(changed);
      await store.createGraph(graph('h'));
      await store.updateGraph(graph('h'));
      await hears(changed, changed);
      await store.updateGraph(graph('nothing'));
      await store.deleteGraph('h', 1);
      await hears(changed, changed, changed);
    });
  });
}
