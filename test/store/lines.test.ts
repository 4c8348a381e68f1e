import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/core/run/state.js';
import { Lines } from '../../src/store/sqlite/lines.js';
import type { LinePlace } from '../../src/store/unfinished-run.js';
import '../helpers/fast-check.js';
import { COMPLETED, follow, newRun, STARTED } from './runs.js';

const LINES = ['a', 'b', 'c'];

/** The runs of a line: their ids begin with its key. */
function inLine(line: string, runs: Iterable<string>): string[] {
  return [...runs].filter((runId) => runId[0] === line);
}

/** Runs with lines, driven by hand. */
class Driver {
  readonly due: string[] = [];
  readonly submitted: string[] = [];
  readonly begun: string[] = [];
  readonly active = new Set<string>();
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
    this.submitted.push(runId);
    this.#note({ ...state, concurrency: { key, on_full: 'queue', since: 0 } });
  }

  /** Gives out the next run that is due, and has it begin. */
  take(): string | undefined {
    const runId = this.due.shift();
    if (runId === undefined) return undefined;
    this.lines.taken(runId);
    this.begin(runId);
    return runId;
  }

  begin(runId: string): void {
    this.#append(runId, STARTED);
    this.begun.push(runId);
    this.active.add(runId);
  }

  end(runId: string | undefined): void {
    if (runId === undefined) return;
    this.active.delete(runId);
    this.#append(runId, COMPLETED);
  }

  raise(limit: number): void {
    this.limits.set('g', Math.max(limit, this.limits.get('g') ?? 0));
    this.lines.limitChanged('g');
  }

  /** Takes all that are due. A line in which runs wait has as many under way as it can, and none has more. */
  settle(): void {
    while (this.take() !== undefined);
    const limit = this.limits.get('g') ?? 0;
    for (const line of LINES) {
      const waiting = inLine(line, this.submitted).length - inLine(line, this.begun).length;
      const atWork = inLine(line, this.active).length;
      expect(atWork).toBeLessThanOrEqual(limit);
      if (waiting > 0) expect(atWork).toBe(limit);
    }
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

  it('go on behind a run that begins without having been given out again', () => {
    const driver = new Driver();
    driver.limits.set('g', 2);
    for (const id of ['1', '2', '3']) driver.submit(id);
    driver.begin('1');
    expect(driver.due).toEqual(['1', '2']);
    driver.lines.taken('1');
    expect(driver.due).toEqual(['1', '2']);
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
    const key = fc.constantFrom(...LINES);
    const step = fc.oneof(
      key.map((of) => (driver: Driver) => driver.submit(`${of}${driver.submitted.length}`, of)),
      fc
        .nat(100)
        .map((pick) => (driver: Driver) => driver.end([...driver.active][pick % Math.max(1, driver.active.size)])),
      fc.integer({ min: 1, max: 4 }).map((limit) => (driver: Driver) => driver.raise(limit)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const driver = new Driver();
        driver.limits.set('g', 1);
        for (const each of steps) {
          each(driver);
          driver.settle();
        }
        while (driver.active.size > 0) {
          driver.end([...driver.active][0]);
          driver.settle();
        }
        for (const line of LINES) expect(inLine(line, driver.begun)).toEqual(inLine(line, driver.submitted));
        expect(driver.lines.waiting).toBe(0);
      }),
    );
  });
});
