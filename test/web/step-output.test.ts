import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutputText, type StepOutput } from '../../src/web/run/step-output.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const shown: (StepOutput | undefined)[] = [];
  const output = new OutputText((each) => shown.push(each));
  const add = (index: number, chunk: unknown, step = 1, attempt = 1): void =>
    output.add({ step, node: 'n', attempt, index, chunk });
  const follow = (type: string, step?: number, attempt?: number): void =>
    output.follow({
      type,
      ...(step !== undefined && { step }),
      ...(attempt !== undefined && { attempt }),
    });
  const latest = (): StepOutput | undefined => {
    vi.advanceTimersByTime(100);
    return shown.at(-1);
  };
  return { output, shown, add, follow, latest };
}

describe('the output of a step on the page', () => {
  it('is put together, and shown a few times a second', () => {
    const { shown, add, latest } = start();
    for (const [index, chunk] of ['Hel', 'lo', { done: 1 }, ['x'], '!'].entries()) add(index, chunk);
    expect(shown).toEqual([]);
    expect(latest()).toEqual({ step: 1, node: 'n', attempt: 1, text: 'Hello\n{"done":1}\n["x"]\n!', isCut: false });
    expect(shown).toHaveLength(1);
  });

  it('begins anew when the step is called again, or another one is', () => {
    const { add, latest } = start();
    add(0, 'a');
    add(1, 'b');
    add(0, 'c');
    expect(latest()?.text).toBe('c');
    add(0, 'd', 1, 2);
    expect(latest()).toMatchObject({ text: 'd', attempt: 2 });
    add(0, 'e', 2);
    add(1, 'f', 2);
    expect(latest()).toMatchObject({ text: 'ef', step: 2 });
  });

  it('is gone when the step ends, and what comes late is not shown', () => {
    const { shown, add, follow, latest } = start();
    add(0, 'a');
    follow('signal.received');
    expect(latest()?.text).toBe('a');
    follow('step.failed', 1, 1);
    expect(shown.at(-1)).toBeUndefined();
    add(1, 'late');
    expect(latest()).toBeUndefined();
    add(0, 'b', 1, 2);
    expect(latest()?.text).toBe('b');
    follow('step.completed', 1, 2);
    follow('run.completed');
    follow('run.retried');
    // The step is called anew, with the attempts counted anew.
    add(0, 'c', 1, 1);
    expect(latest()?.text).toBe('c');
  });

  it('says if something of it is missing, or there is too much', () => {
    const { output, add, latest } = start();
    add(0, 'a');
    output.add({ step: 1, node: 'n', attempt: 1, dropped: 3 });
    add(4, 'b');
    expect(latest()).toMatchObject({ text: 'ab', isCut: true });
    add(0, 'x'.repeat(30_000), 2);
    expect(latest()).toMatchObject({ step: 2, isCut: true });
    expect(latest()?.text).toHaveLength(20_000);
  });
});
