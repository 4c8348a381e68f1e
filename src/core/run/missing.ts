import type { CompiledGraph } from '../graph/compile.js';
import { cursorOf, isFinished, type RunState, statusOf } from './state.js';

const NOTHING: readonly string[] = [];

/**
 * The tool and the condition that a run needs where it is and that are not registered here: its node's, and that of the
 * edge which leads from it. Nothing for a run that has not begun, that has ended, that is to be cancelled,
 * or that is paused or waits at a limit.
 */
export function missingAt(graph: CompiledGraph, state: RunState): readonly string[] {
  const cursor = cursorOf(state);
  const node = cursor === null ? undefined : graph.nodes.get(cursor.node);
  if (node === undefined || state.cancelRequested || isFinished(statusOf(state))) return NOTHING;
  if (state.phase.kind === 'limited') return NOTHING;
  // What its children come to is still taken in.
  if (state.paused && state.phase.kind !== 'joining') return NOTHING;
  const { tool, toolName, route } = node;
  const isUndecided = route.kind === 'condition' && route.condition === undefined;
  if (tool !== undefined && !isUndecided) return NOTHING;
  return [...(tool === undefined ? [toolName] : []), ...(isUndecided ? [route.name] : [])];
}
