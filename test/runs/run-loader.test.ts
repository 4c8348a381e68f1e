import { beforeEach, describe, expect, it, vi } from 'vitest';
import { takeSnapshot } from '../../src/core/run/journal.js';
import { childrenOf, type RunState } from '../../src/core/run/state.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { GraphCache } from '../../src/runs/graph-cache.js';
import { RunLoader } from '../../src/runs/run-loader.js';
import { Turns } from '../../src/runs/turns.js';
import { UnreadableRunError } from '../../src/store/errors.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { Store } from '../../src/store/store.js';
import { newPath, open } from '../store/open-stores.js';
import { branches, CANCELLED, commit, follow, graph, newChild, newRun, STARTED, step, unit } from '../store/runs.js';

describe('the run loader', () => {
  const warn = vi.fn();
  let store: Store;
  let runs: RunLoader;
  let submitted: RunState;
  beforeEach(async () => {
    warn.mockClear();
    store = open(newPath());
    await store.createGraph(graph('g'));
    const turns = new Turns();
    runs = new RunLoader(store, new GraphCache(store, createRegistry([]), new LocalSignals(), turns), turns, { warn });
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

  it('keeps what it has folded, and reads only what came after it', async () => {
    const running = await commit(store, follow(submitted, [STARTED]));
    const whole = vi.spyOn(store, 'loadRun');
    const all = await Promise.all(Array.from({ length: 20 }, () => runs.load(submitted.runId)));
    for (const state of all) expect(state).toEqual(running);
    expect(new Set(all).size).toBe(1);
    const later = await commit(store, follow(running, [step(1)]));
    expect(await runs.load(submitted.runId)).toEqual(later);
    expect(await runs.load(submitted.runId)).toBe(await runs.load(submitted.runId));
    expect(whole).toHaveBeenCalledOnce();
  });

  it('reads nothing, however large the last event is, if nothing came after a state that is kept', async () => {
    const state = await commit(store, follow(submitted, [STARTED, step(1, { large: 'x'.repeat(600_000) })]));
    expect(await runs.load(submitted.runId)).toEqual(state);
    const reads = vi.spyOn(store, 'readEvents');
    expect(await runs.load(submitted.runId)).toEqual(state);
    expect(reads).not.toHaveBeenCalled();
    await commit(store, follow(state, [step(2)]));
    expect((await runs.load(submitted.runId))?.seq).toBe(state.seq + 1);
    expect(reads.mock.calls).toEqual([[submitted.runId, state.seq, expect.any(Number)]]);
  });

  it('does not forget what is kept on purpose, however many large runs are read', async () => {
    runs.keep(submitted);
    const whole = vi.spyOn(store, 'loadRun');
    for (let count = 0; count < 8; count += 1) {
      const run = await commit(store, newRun({ inputData: 'x'.repeat(15_000_000) }));
      await runs.load(run.runId);
    }
    expect(whole).toHaveBeenCalledTimes(8);
    await runs.load(submitted.runId);
    expect(whole).toHaveBeenCalledTimes(8);
  });

  it('counts the input that a snapshot does not hold', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      const run = await commit(store, newRun({ inputData: 'x'.repeat(15_000_000) }));
      const after = follow(run, [STARTED]);
      await commit(store, { ...after, snapshot: takeSnapshot(after.state).text });
      await runs.load(run.runId);
      ids.push(run.runId);
    }
    const whole = vi.spyOn(store, 'loadRun');
    await runs.load(ids[0]!);
    expect(whole).toHaveBeenCalledOnce();
    await runs.load(ids[5]!);
    expect(whole).toHaveBeenCalledOnce();
  });

  it('folds anew if much has happened since a state was kept, because a snapshot is nearer', async () => {
    await runs.load(submitted.runId);
    const steps = Array.from({ length: 1200 }, (_, index) => step(index + 1));
    const state = await commit(store, follow(submitted, [STARTED, ...steps]));
    const whole = vi.spyOn(store, 'loadRun');
    expect(await runs.load(submitted.runId)).toEqual(state);
    expect(whole).toHaveBeenCalledOnce();
  });

  it('folds a journal of many pages, as it is, or as it was', async () => {
    const large = 'x'.repeat(600_000);
    const steps = Array.from({ length: 5 }, (_, index) => step(index + 1, { large: `${large}${index}` }));
    const state = await commit(store, follow(submitted, [STARTED, ...steps]));
    expect(await runs.load(submitted.runId)).toEqual(state);
    for (const seq of [2, 3, 4, 5, 6, 7]) expect((await runs.load(submitted.runId, seq))?.seq).toBe(seq);
    runs.keep(state);
    const later = await commit(store, follow(state, [step(6, { large }), step(7, { large }), step(8)]));
    expect(await runs.load(submitted.runId)).toEqual(later);
  });

  it('folds a journal of many pages, as it is, or as it was, if its snapshot cannot be read, and says so once', async () => {
    const large = 'x'.repeat(600_000);
    const steps = Array.from({ length: 5 }, (_, index) => step(index + 1, { large: `${large}${index}` }));
    const middle = follow(submitted, [STARTED, ...steps]);
    await commit(store, { ...middle, snapshot: takeSnapshot(middle.state).text.slice(0, -1) });
    const state = await commit(store, follow(middle.state, [step(6)]));
    expect(await runs.load(submitted.runId)).toEqual(state);
    for (const seq of [7, 8]) expect((await runs.load(submitted.runId, seq))?.seq).toBe(seq);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ run_id: submitted.runId, err: { message: 'is not JSON' } });
  });

  it('knows no run that is deleted while it is folded', async () => {
    const large = 'x'.repeat(600_000);
    const ended = await commit(store, follow(submitted, [STARTED, step(1, { large }), step(2, { large }), CANCELLED]));
    const read = store.readEvents.bind(store);
    vi.spyOn(store, 'readEvents').mockImplementationOnce(async (...where) => {
      await store.deleteRun(ended.runId);
      return read(...where);
    });
    expect(await runs.load(ended.runId)).toBeUndefined();
    expect(await runs.load(ended.runId)).toBeUndefined();
  });

  it('knows no run that was deleted, though its state is kept', async () => {
    const ended = await commit(store, follow(submitted, [CANCELLED]));
    runs.keep(ended);
    await store.deleteRun(ended.runId);
    expect(await runs.load(ended.runId)).toBeUndefined();
    expect(await runs.load(ended.runId)).toBeUndefined();
  });

  it('folds a run that cannot be read once for all who read it at the same time, and anew for those who come later', async () => {
    const unreadable = new UnreadableRunError(submitted.runId, 'its journal is missing');
    const whole = vi.spyOn(store, 'loadRun').mockRejectedValue(unreadable);
    const read = () => Promise.allSettled(Array.from({ length: 20 }, () => runs.load(submitted.runId)));
    for (const result of await read()) expect(result).toEqual({ status: 'rejected', reason: unreadable });
    expect(whole).toHaveBeenCalledOnce();
    await read();
    expect(whole).toHaveBeenCalledTimes(2);
    whole.mockRestore();
    expect(await runs.load(submitted.runId)).toEqual(submitted);
  });

  it('looks for a run that is not there once for all who read it at the same time', async () => {
    const whole = vi.spyOn(store, 'loadRun');
    const states = await Promise.all(Array.from({ length: 20 }, () => runs.load('nobody')));
    expect(new Set(states)).toEqual(new Set([undefined]));
    expect(whole).toHaveBeenCalledOnce();
  });

  it('finds a run that was stored while others looked for it in vain', async () => {
    const later = newRun();
    const whole = store.loadRun.bind(store);
    vi.spyOn(store, 'loadRun').mockImplementationOnce(async (runId) => {
      const found = await whole(runId);
      await commit(store, later);
      return found;
    });
    const early = runs.load(later.state.runId);
    const late = runs.load(later.state.runId);
    expect(await early).toBeUndefined();
    expect(await late).toEqual(later.state);
  });

  it('does not keep a branch once what it has from its parent is not kept', async () => {
    const branchOfLarge = async () => {
      const parent = await commit(store, newRun({ inputData: 'x'.repeat(15_000_000) }));
      const started = await commit(store, follow(parent, [STARTED, branches(1)]));
      const { state } = newChild(started, 3, 0);
      await commit(store, newChild(started, 3, 0, { runId: state.runId }));
      return (await runs.load(state.runId))!;
    };
    const first = await branchOfLarge();
    const whole = vi.spyOn(store, 'loadRun');
    expect(await runs.load(first.runId)).toBe(first);
    expect(whole).not.toHaveBeenCalled();
    // So many that the first one's parent is forgotten, but not the first one itself.
    for (let count = 0; count < 4; count += 1) {
      await branchOfLarge();
      await runs.load(first.runId);
    }
    whole.mockClear();
    const append = follow(first, [STARTED]);
    const after = await commit(store, append);
    runs.committed([unit(append)]);
    expect(await runs.load(first.runId)).toEqual(after);
    // The branch, and its parent.
    expect(whole.mock.calls.map(([runId]) => runId)).toEqual([first.runId, first.parent!.run_id]);
  });

  it('measures what it would read, with what a branch stands on, and nothing of what is at hand', async () => {
    const parent = await commit(store, newRun({ inputData: 'x'.repeat(1_000_000) }));
    const started = await commit(store, follow(parent, [STARTED, branches(2)]));
    const [one, two] = [newChild(started, 3, 0), newChild(started, 3, 1)];
    for (const branch of [one, two]) await commit(store, branch);
    expect(runs.isAtHand(one.state.runId)).toBe(false);
    expect(await runs.measure(one.state.runId)).toBeGreaterThan(1_000_000);
    await runs.load(one.state.runId);
    expect(runs.isAtHand(one.state.runId)).toBe(true);
    expect(await runs.measure(one.state.runId)).toBe(0);
    const bytes = await runs.measure(two.state.runId);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(1000);
    runs.keep(started);
    expect(await runs.measure(started.runId)).toBe(0);
    expect(await runs.measure('nobody')).toBe(0);
  });

  it('remembers a thousand runs whose snapshots cannot be read, and no more', async () => {
    const ids: string[] = [];
    for (let count = 0; count <= 1000; count += 1) {
      const { state, records, create } = newRun();
      await store.commit(unit({ state, records, create: create!, rowChanged: true, snapshot: 'none' }));
      ids.push(state.runId);
    }
    const read = async (runId: string) => {
      await runs.load(runId, 1);
      return warn.mock.calls.length;
    };
    expect(await read(ids[0]!)).toBe(1);
    expect(await read(ids[0]!)).toBe(1);
    for (const runId of ids.slice(1)) await read(runId);
    expect(await read(ids[1000]!)).toBe(1001);
    expect(await read(ids[0]!)).toBe(1002);
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

  it('hands out the state of a run that was just submitted, and no other', async () => {
    runs.keep(submitted);
    expect(runs.findSubmitted(submitted.runId)).toBe(submitted);
    const running = await commit(store, follow(submitted, [STARTED]));
    runs.keep(running);
    expect(runs.findSubmitted(submitted.runId)).toBeUndefined();
    expect(await runs.load(submitted.runId)).toBe(running);
    runs.keep(submitted);
    runs.forget(submitted.runId);
    expect(runs.findSubmitted(submitted.runId)).toBeUndefined();
  });
});
