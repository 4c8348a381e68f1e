import type { AnyTool } from '../core/tool.js';
import { delay } from './delay.js';
import { runGraph } from './run-graph.js';
import { waitForInput } from './wait-for-input.js';

/** The tools that are always there. `now` is milliseconds since 1970. */
export function builtInTools({ now }: { now: () => number }): AnyTool[] {
  return [delay(now), runGraph, waitForInput(now)];
}
