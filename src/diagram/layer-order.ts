import type { SideBySide } from './orders.js';

/** The graph as the library has it while it orders layers: links lead from each layer to the next. */
export interface LayeredGraph {
  nodes(): string[];
  edges(): { readonly v: string; readonly w: string }[];
  /** The library's own record, with `rank` and `order`. */
  node(id: string): unknown;
}

/** How the library orders layers; each way leaves `order` in the nodes. */
type Order = (options: object) => void;

/** The places of all nodes, by their ids. */
type Places = ReadonlyMap<string, number>;

/**
 * Orders the nodes of each layer so that branches stand as their edge names them, and, among the ways in which they do,
 * with the fewest crossings. The library looks at crossings alone, and of two ways without any it takes the mirrored one.
 */
export function orderLayers(graph: LayeredGraph, order: Order, pairs: readonly SideBySide[]): void {
  const first = measure(graph, pairs, () => order({ disableOptimalOrderHeuristic: true }));
  if (first.reversed === 0 && first.crossings === 0) return;
  const fewest = measure(graph, pairs, () => order({}));
  const mirrored = measure(graph, pairs, () => mirror(graph));
  const constrained = measure(graph, pairs, () => order({ constraints: [...pairs] }));
  const [best = first] = [first, fewest, mirrored, constrained].sort(
    (a, b) => a.reversed - b.reversed || a.crossings - b.crossings,
  );
  for (const [id, place] of best.places) setOrder(graph, id, place);
}

interface Measured {
  readonly places: Places;
  /** Pairs of which the right one is on the left. */
  readonly reversed: number;
  readonly crossings: number;
}

function measure(graph: LayeredGraph, pairs: readonly SideBySide[], arrange: () => void): Measured {
  arrange();
  const places = new Map(graph.nodes().map((id) => [id, placeOf(graph, id).order] as const));
  const isReversed = ({ left, right }: SideBySide): boolean =>
    placeOf(graph, left).rank === placeOf(graph, right).rank && (places.get(left) ?? 0) > (places.get(right) ?? 0);
  return { places, reversed: pairs.filter(isReversed).length, crossings: crossingsOf(graph, places) };
}

/** Turns the picture around. No link crosses another one more or less. */
function mirror(graph: LayeredGraph): void {
  const last = new Map<number, number>();
  for (const id of graph.nodes()) {
    const { rank, order } = placeOf(graph, id);
    last.set(rank, Math.max(last.get(rank) ?? 0, order));
  }
  for (const id of graph.nodes()) {
    const { rank, order } = placeOf(graph, id);
    setOrder(graph, id, (last.get(rank) ?? 0) - order);
  }
}

/** How many pairs of links between the same two layers cross. */
function crossingsOf(graph: LayeredGraph, places: Places): number {
  const layers = new Map<number, { from: number; to: number }[]>();
  for (const { v, w } of graph.edges()) {
    const { rank } = placeOf(graph, v);
    layers.set(rank, [...(layers.get(rank) ?? []), { from: places.get(v) ?? 0, to: places.get(w) ?? 0 }]);
  }
  let crossings = 0;
  for (const links of layers.values()) {
    for (const [index, a] of links.entries()) {
      for (const b of links.slice(index + 1)) if ((a.from - b.from) * (a.to - b.to) < 0) crossings += 1;
    }
  }
  return crossings;
}

function placeOf(graph: LayeredGraph, id: string): { rank: number; order: number } {
  const { rank = 0, order = 0 } = graph.node(id) as { rank?: number; order?: number };
  return { rank, order };
}

function setOrder(graph: LayeredGraph, id: string, order: number): void {
  (graph.node(id) as { order?: number }).order = order;
}
