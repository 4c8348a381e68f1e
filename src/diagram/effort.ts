import type { Diagram } from './model.js';
import { ranksOf } from './ranks.js';

/*
 * What a layout may cost. Its time follows the pieces that links are cut into, one for each rank that they cross: measured
 * at 0.3 to 1 ms a piece on Node 20.
 */

/** Near 100 ms on a busy machine. The event loop waits meanwhile, once for each version of a graph. */
export const MAX_EFFORT = 250;
/** Some seconds, in a thread of its own. A graph of 1,000 nodes has 2,000 pieces and more, by how far its links lead. */
export const MAX_THREAD_EFFORT = 5_000;

/** Pieces that a layout of the picture will have, nearly: nodes, and the ranks that links cross. Takes time linear in the graph. */
export function effortOf({ nodes, links }: Diagram): number {
  const ranks = ranksOf({ nodes, links });
  let effort = nodes.length;
  for (const { from, to } of links) effort += Math.max(1, Math.abs((ranks.get(to) ?? 0) - (ranks.get(from) ?? 0)));
  return effort;
}
