import { beforeEach, describe, expect, it, vi } from 'vitest';
import { childrenOf, type RunState } from '../../src/core/run/state.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { GraphCache } from '../../src/runs/graph-cache.js';
import { RunLoader } from '../../src/runs/run-loader.js';
import { Turns } from '../../src/runs/turns.js';
import { LocalSignals } from '../../src/store/sqlite/local-signals.js';
import type { Store } from '../../src/store/store.js';
import { newPath, open } from '../store/open-stores.js';
import { branches, CANCELLED, commit, follow, graph, newRun, STARTED, step } from '../store/runs.js';

describe('the run loader', () => {
  let store: Store;
  let runs: RunLoader;
  let submitted: RunState;
  beforeEach(async () => {
    store = open(newPath());
    await store.createGraph(graph('g'));
    runs = new RunLoader(store, new GraphCache(store, createRegistry([]), new LocalSignals(), new Turns()));
    submitted = await commit(store, newRun({ inputData: 'x' }));
  });

  it('folds a run as it is, or as it was at a record', async () => {
    const running = await commit(store, follow(submitted, [STARTED, step(1), step(2)]));
    expect(await runs.load(submitted.runId)).toEqual(running);
    expect((await runs.load(submitted.runId, 2))?.seq).toBe(2);
    expect(await runs.load('nobody')).toBeUndefined();
  });

  it('reads only what came after a state that is kept', async () => {
    const running = await commit(store, follow(submitted, [STARTED]));
    runs.keep(running);
    const whole = vi.spyOn(store, 'loadRun');
    expect(await runs.load(submitted.runId)).toBe(running);
    const later = await commit(store, follow(running, [step(1)]));
    expect(await runs.load(submitted.runId)).toEqual(later);
    expect(whole).not.toHaveBeenCalled();
    // As it was: that is not what is kept.
    expect((await runs.load(submitted.runId, 1))?.seq).toBe(1);
    expect(whole).toHaveBeenCalledOnce();
  });

  it('reads on over as many events as there are', async () => {
    runs.keep(submitted);
    let state = submitted;
    const steps = Array.from({ length: 1200 }, (_, index) => step(index + 1));
    state = await commit(store, follow(state, [STARTED, ...steps]));
    expect(await runs.load(submitted.runId)).toEqual(state);
  });

  it('knows no run that was deleted, though its state is kept', async () => {
    const ended = await commit(store, follow(submitted, [CANCELLED]));
    runs.keep(ended);
    await store.deleteRun(ended.runId);
    expect(await runs.load(ended.runId)).toBeUndefined();
    expect(await runs.load(ended.runId)).toBeUndefined();
  });

  it('resolves what children stand on once, however many times they are made', async () => {
    const parent = await commit(store, follow(submitted, [STARTED, branches(2)]));
    const graphs = new GraphCache(store, createRegistry([]), new LocalSignals(), new Turns());
    const compiled = (await graphs.pinned('g', 1))!;
    const children = childrenOf(parent)!;
    const base = runs.base(parent, compiled, children);
    expect(runs.base(parent, compiled, children)).toBe(base);
    expect(runs.base(parent, compiled, { ...children, seq: children.seq + 1 })).not.toBe(base);
  });

  it('hands out the state of a run that was just submitted, once, and no other', async () => {
    runs.keep(submitted);
    expect(runs.takeSubmitted(submitted.runId)).toBe(submitted);
    expect(runs.takeSubmitted(submitted.runId)).toBeUndefined();
    const running = await commit(store, follow(submitted, [STARTED]));
    runs.keep(running);
    expect(runs.takeSubmitted(submitted.runId)).toBeUndefined();
    expect(await runs.load(submitted.runId)).toBe(running);
  });
});
