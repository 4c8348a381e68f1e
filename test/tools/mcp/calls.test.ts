import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Calls } from '../../../src/tools/mcp/calls.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise(() => undefined);

function start() {
  const giveUp = vi.fn();
  return { calls: new Calls(giveUp), giveUp };
}

it('a connection whose requests are watched is given up if a call goes on without one', async () => {
  const { calls, giveUp } = start();
  calls.watch(1);
  void calls.add(never);
  vi.advanceTimersByTime(60_000);
  expect(giveUp).not.toHaveBeenCalled();
  calls.watch(0);
  vi.advanceTimersByTime(3000);
  calls.watch(1);
  vi.advanceTimersByTime(60_000);
  calls.watch(0);
  vi.advanceTimersByTime(4000);
  expect(giveUp).toHaveBeenCalledOnce();
});

it('other connections are not, even if one of two calls has ended', async () => {
  const { calls, giveUp } = start();
  void calls.add(never);
  await calls.add(Promise.resolve(1));
  vi.advanceTimersByTime(60_000);
  expect(giveUp).not.toHaveBeenCalled();
});
