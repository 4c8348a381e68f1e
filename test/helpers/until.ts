import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 5;

/**
 * Waits for a fact: asks again and again until the answer is truthy, and resolves with it. This is for facts that
 * nobody announces; what can be awaited (an event, `waitSeconds`, `?wait=`) is awaited instead.
 * @throws Error that shows the question, if it is not so in time. No margin is part of what a test proves: the
 * deadline only turns a test that would hang into one that says what it waited for.
 */
export async function until<T>(fact: () => T | Promise<T>, timeoutMs = 20_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await fact();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`It was not so within ${timeoutMs} ms: ${fact}`);
    await sleep(INTERVAL_MS);
  }
}
