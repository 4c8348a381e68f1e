import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/core/run/state.js';
import { Lines } from '../../src/store/sqlite/lines.js';
import type { LinePlace } from '../../src/store/store.js';
import '../helpers/fast-check.js';
import { COMPLETED, follow, newRun, STARTED } from './runs.js';

/** Runs with lines, driven by hand. */
class Driver {
  readonly due: string[] = [];
  readonly limits = new Map<string, number>();
  readonly states = new Map<string, RunState>();
  readonly lines = new Lines({
    limitOf: (graphId) => {
      const maxRuns = this.limits.get(graphId);
      return maxRuns === undefined ? undefined : { maxRuns, onFull: 'queue' };
    },
    onTurn: (runId) => this.due.push(runId),
  });

  submit(runId: string, key: string | null = null, graphId = 'g'): void {
    const { state } = newRun({ runId, graphId });
    this.#note({ ...state, concurrency: { key, on_full: 'queue', since: 0 } });
  }

  /** Gives out the next run that is due, and has it begin. */
  take(): string | undefined {
    const runId = this.due.shift();
    if (runId === undefined) return undefined;
    this.lines.taken(runId);
    this.#append(runId, STARTED);
    return runId;
  }

  end(runId: string): void {
    this.#append(runId, COMPLETED);
  }

  #append(runId: string, event: typeof STARTED): void {
    this.#note(follow(this.states.get(runId)!, [event]).state);
  }

  #note(state: RunState): void {
    this.states.set(state.runId, state);
    this.lines.note(state);
  }
}

describe('lines of runs', () => {
  it('give a slot to the next in line when one is free', () => {
    const driver = new Driver();
    driver.limits.set('g', 2);
    for (const id of ['1', '2', '3', '4']) driver.submit(id);
    expect(driver.due).toEqual(['1']);
    expect([driver.take(), driver.take(), driver.take()]).toEqual(['1', '2', undefined]);
    expect([driver.lines.waiting, driver.lines.hasSlot('2'), driver.lines.hasSlot('3')]).toEqual([2, true, false]);
    driver.end('2');
    expect(driver.take()).toBe('3');
    expect(driver.lines.hasSlot('of no line')).toBe(true);
  });

  it('take turns, whatever their lengths are', () => {
    const driver = new Driver();
    driver.limits.set('g', 10);
    for (const id of ['a1', 'a2', 'a3', 'a4']) driver.submit(id, 'a');
    for (const id of ['b1', 'b2']) driver.submit(id, 'b');
    driver.submit('c1', null, 'other');
    expect(Array.from({ length: 7 }, () => driver.take())).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('have the limit of the latest version of the graph', () => {
    const driver = new Driver();
    driver.limits.set('g', 1);
    for (const id of ['1', '2', '3', '4']) driver.submit(id);
    expect([driver.take(), driver.take()]).toEqual(['1', undefined]);
    driver.limits.set('g', 2);
    driver.lines.limitChanged('other');
    expect(driver.take()).toBeUndefined();
    driver.lines.limitChanged('g');
    expect([driver.take(), driver.take()]).toEqual(['2', undefined]);
    driver.limits.delete('g');
    driver.lines.limitChanged('g');
    expect([driver.take(), driver.take()]).toEqual(['3', '4']);
  });

  it('are restored in the order in which runs came, with those that have slots', () => {
    const driver = new Driver();
    driver.limits.set('g', 2);
    const place = (since: number, hasSlot = false): LinePlace => ({ graphId: 'g', key: 'a', since, hasSlot });
    driver.lines.restore([
      { runId: 'x', place: place(5) },
      { runId: 'c', place: place(3) },
      { runId: 'b', place: place(3) },
      { runId: 'at-work', place: place(9, true) },
    ]);
    expect(driver.due).toEqual(['b']);
    expect(driver.lines.waiting).toBe(2);
    expect(driver.lines.replacing()).toEqual([]);
  });

  it('never have more runs with slots than they can, nor fewer than they could, and keep the order', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      key.map((of) => ({ do: 'submit' as const, of })),
      fc.nat(100).map((pick) => ({ do: 'end' as const, pick })),
      fc.integer({ min: 1, max: 4 }).map((limit) => ({ do: 'raise' as const, limit })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const driver = new Driver();
        const [submitted, begun]: [string[], string[]] = [[], []];
        const active = new Set<string>();
        const of = (line: string, runs: Iterable<string>) => [...runs].filter((runId) => runId[0] === line);
        const settle = (): void => {
          for (let runId = driver.take(); runId !== undefined; runId = driver.take()) {
            begun.push(runId);
            active.add(runId);
          }
          for (const line of ['a', 'b', 'c']) {
            const waiting = of(line, submitted).length - of(line, begun).length;
            const atWork = of(line, active).length;
            const limit = driver.limits.get('g') ?? 0;
            expect(atWork).toBeLessThanOrEqual(limit);
            if (waiting > 0) expect(atWork).toBe(limit);
          }
        };
        const end = (runId: string): void => {
          active.delete(runId);
          driver.end(runId);
        };
        driver.limits.set('g', 1);
        for (const each of steps) {
          if (each.do === 'submit') {
            const runId = `${each.of}${submitted.length}`;
            submitted.push(runId);
            driver.submit(runId, each.of);
          } else if (each.do === 'raise') {
            driver.limits.set('g', Math.max(each.limit, driver.limits.get('g') ?? 0));
            driver.lines.limitChanged('g');
          } else {
            const runId = [...active][each.pick % Math.max(1, active.size)];
            if (runId !== undefined) end(runId);
          }
          settle();
        }
        for (let [runId] = active; runId !== undefined; [runId] = active) {
          end(runId);
          settle();
        }
        for (const line of ['a', 'b', 'c']) expect(of(line, begun)).toEqual(of(line, submitted));
        expect(driver.lines.waiting).toBe(0);
      }),
    );
  });
});
