import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Steps } from '../../src/core/base/steps.js';
import { Turns } from '../../src/runs/turns.js';

/** A clock that only work moves, in milliseconds. */
let time = 0;

/** Keeps the event loop busy, as an expression does. */
function work(ms: number): void {
  time += ms;
}

const newTurns = () => new Turns(() => time);

/** Steps of 5 ms each; each notes the name. */
function* stepsOf(name: string, count: number, notes: string[]): Steps<string> {
  for (let step = 0; step < count; step++) {
    work(5);
    notes.push(name);
    yield;
  }
  return `${name} is done`;
}

/** Counts turns of the event loop until it is told to stop. */
function countTurns(): () => number {
  let turns = 0;
  let isOn = true;
  const count = (): void => {
    turns += 1;
    if (isOn) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isOn = false;
    return turns;
  };
}

describe('turns', () => {
  it('do small work at once, without a turn of the event loop', async () => {
    const stop = countTurns();
    function* small(): Steps<number> {
      yield;
      return 1;
    }
    expect(await newTurns().inSlices(small())).toBe(1);
    expect(stop()).toBe(0);
  });

  it('interrupt long work', async () => {
    const stop = countTurns();
    const notes: string[] = [];
    expect(await newTurns().inSlices(stepsOf('a', 20, notes))).toBe('a is done');
    // 100 ms of work, of which a turn takes 20.
    expect(stop()).toBeGreaterThanOrEqual(4);
    expect(notes).toHaveLength(20);
  });

  it('are shared by all: many at once take no more of a turn than one, and each gets on', async () => {
    const turns = newTurns();
    const stop = countTurns();
    const notes: string[] = [];
    const names = ['a', 'b', 'c', 'd', 'e'];
    const done = await Promise.all(names.map((name) => turns.inSlices(stepsOf(name, 12, notes))));
    expect(done).toEqual(names.map((name) => `${name} is done`));
    // 300 ms of work, of which a turn takes 20.
    expect(stop()).toBeGreaterThanOrEqual(14);
    const firstDone = notes.lastIndexOf('a');
    expect(new Set(notes.slice(0, firstDone))).toEqual(new Set(names));
  });

  it('let whoever waits go on in order, several in a turn if they are quick', async () => {
    const turns = newTurns();
    turns.isOver();
    work(25);
    expect(turns.isOver()).toBe(true);
    const went: number[] = [];
    const waiters = [1, 2, 3].map(async (number) => {
      await turns.next();
      await undefined;
      went.push(number);
    });
    await waiters[0];
    await nextTurn();
    expect(went).toEqual([1, 2, 3]);
    await Promise.all(waiters);
    expect(turns.isOver()).toBe(false);
  });

  it('leave turns without work between two with it, for new connections', async () => {
    const turns = newTurns();
    const stop = countTurns();
    const notes: string[] = [];
    await Promise.all(['a', 'b'].map((name) => turns.inSlices(stepsOf(name, 10, notes))));
    // 100 ms of work, of which a turn takes 20: four rests.
    expect(stop()).toBeGreaterThanOrEqual(4 * 60);
  });

  it('are one turn while they rest: who comes meanwhile gets on, but does not fill each of them', async () => {
    const turns = newTurns();
    turns.isOver();
    work(25);
    const waiting = turns.next();
    await nextTurn();
    expect(turns.isOver()).toBe(false);
    work(15);
    await nextTurn();
    expect(turns.isOver()).toBe(false);
    work(10);
    await nextTurn();
    expect(turns.isOver()).toBe(true);
    await waiting;
    expect(turns.isOver()).toBe(false);
  });

  it('rest for some 40 ms, if much happens meanwhile', async () => {
    const turns = newTurns();
    turns.isOver();
    work(25);
    let isResting = true;
    let rested = 0;
    const answerRequest = (): void => {
      if (!isResting) return;
      work(5);
      rested += 5;
      setImmediate(answerRequest);
    };
    setImmediate(answerRequest);
    await turns.next();
    isResting = false;
    expect(rested).toBeGreaterThanOrEqual(40);
    expect(rested).toBeLessThanOrEqual(50);
  });

  it('let one go on in each turn if that takes long', async () => {
    const turns = newTurns();
    const stop = countTurns();
    await Promise.all(
      [1, 2, 3, 4].map(async () => {
        await turns.next();
        // Not at once, but before the next turn.
        await undefined;
        await undefined;
        work(30);
      }),
    );
    expect(stop()).toBeGreaterThanOrEqual(3);
  });

  it('reject with what the steps throw', async () => {
    // biome-ignore lint/correctness/useYield: it throws before it could.
    function* broken(): Steps<never> {
      throw new Error('broken');
    }
    await expect(newTurns().inSlices(broken())).rejects.toThrow('broken');
  });
});
