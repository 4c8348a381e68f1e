import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Steps } from '../core/base/steps.js';

/** How long work of a tool goes on in one turn of the event loop, in milliseconds. */
const TURN_MS = 10;

/** Does all steps, some in each turn of the event loop. Rejects with what they throw. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (let begun = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - begun < TURN_MS) continue;
    await nextTurn();
    begun = performance.now();
  }
}
