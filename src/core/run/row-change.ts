import { type RunState, statusOf, waitIdOf } from './state.js';

/**
 * True when the row of a run, which lists show, is another after a change: it has another status, another wait, or
 * another time to be looked at.
 */
export function isRowChanged(before: RunState, after: RunState): boolean {
  if (statusOf(before) !== statusOf(after) || waitIdAt(before) !== waitIdAt(after)) return true;
  return before.paused !== after.paused && after.phase.kind === 'waiting';
}

function waitIdAt({ phase }: RunState): string | null {
  if ('wait' in phase) return phase.wait.id;
  return phase.kind === 'joining' ? waitIdOf(phase.children.seq) : null;
}
