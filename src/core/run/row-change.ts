import { type RunState, statusOf, waitIdOf } from './state.js';

/**
 * True when the row of a run, which lists show, is another after a change: it has another status or another wait, or was
 * paused, unpaused or moved to another version of its graph.
 */
export function isRowChanged(before: RunState, after: RunState): boolean {
  return (
    statusOf(before) !== statusOf(after) ||
    waitIdAt(before) !== waitIdAt(after) ||
    before.paused !== after.paused ||
    before.graphVersion !== after.graphVersion
  );
}

function waitIdAt({ phase }: RunState): string | null {
  if ('wait' in phase) return phase.wait.id;
  return phase.kind === 'joining' ? waitIdOf(phase.children.seq) : null;
}
