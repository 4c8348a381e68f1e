import { Graph, layout as place } from '@dagrejs/dagre';
import { type Direction, directionOf } from './direction.js';
import { effortOf, MAX_EFFORT } from './effort.js';
import { framesOf, type PlacedFrame } from './frames.js';
import { type LayeredGraph, orderLayers } from './layer-order.js';
import { type Diagram, type DiagramLink, type DiagramNode, END_ID, linkKey, START_ID, shortened } from './model.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node with its place; `x` and `y` are its middle. */
export interface PlacedNode extends Point {
  readonly id: string;
  readonly kind: 'start' | 'node' | 'end';
  readonly width: number;
  readonly height: number;
  readonly node: DiagramNode | undefined;
  /** What of the names fits. */
  readonly name: string;
  readonly toolName: string;
}

/** A link with its way, and the middle of its label. */
export interface PlacedLink extends DiagramLink, Point {
  readonly label: string;
  readonly points: readonly Point[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly links: readonly PlacedLink[];
  readonly frames: readonly PlacedFrame[];
}

const MAX_NAME = 28;
const MAX_LABEL = 24;
const NODE_HEIGHT = 50;
/** Room for ` ×12` beside a label, so that counts need no layout of their own. */
const COUNT_WIDTH = 34;
const LABEL_HEIGHT = 18;
/** A link from a node to itself. */
const LOOP_SIZE = 44;
const MIN_LOOP = 20;
const MARGIN = 18;
/** The room of a link without a label. */
const PLAIN_WIDTH = 12;
/** From left to right, links leave a box and come in level for this long: less than the room between ranks allows. */
const LEAD = 12;
/** Branches begin beside each other: their links are kept shorter than those that lead to the join. */
const BRANCH_WEIGHT = 2;

/** Places everything: top down, and wide pictures from left to right. Blocks while it works: look at the effort first. */
export function layoutOf(diagram: Diagram): Layout {
  const nodes = [startNode(), ...diagram.nodes.map(boxOf), ...(hasEnd(diagram) ? [endNode()] : [])];
  const direction = directionOf(diagram, nodes);
  const graph = placed(diagram, nodes, direction);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const places = nodes.map((node) => ({ ...node, ...pointOf(graph.node(node.id)) }));
  const links = diagram.links.map((link) => {
    const { points = [], ...at } = graph.edge(link.from, link.to) as { points?: Point[] } & Placed;
    const [from, to]: [Placed, Placed] = [graph.node(link.from), graph.node(link.to)];
    const isLoop = link.from === link.to;
    const way = isLoop ? loopOf(from, at, direction) : direction === 'LR' ? sidewaysOf(points, at, from, to) : points;
    return { ...link, label: labelOf(link), points: way.map(pointOf), ...pointOf(at) };
  });
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: places,
    links,
    frames: framesOf(diagram.groups, places, links),
  };
}

/** The library's graph, after it has placed everything. */
function placed(diagram: Diagram, nodes: readonly Box[], rankdir: Direction): Graph {
  const graph = new Graph({ multigraph: true });
  // The usual way to find ranks makes shorter links, and takes a multiple of the time for large graphs.
  const ranker = effortOf(diagram) > MAX_EFFORT ? 'tight-tree' : 'network-simplex';
  graph.setGraph({ rankdir, ranker, nodesep: 36, edgesep: 18, ranksep: 34, marginx: MARGIN, marginy: MARGIN });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const link of diagram.links) {
    const label = labelOf(link);
    const width = link.kind === 'start' ? 0 : label === '' ? PLAIN_WIDTH : textWidth(label, 11) + COUNT_WIDTH;
    const height = width === 0 ? 0 : LABEL_HEIGHT;
    graph.setEdge(link.from, link.to, {
      width,
      height,
      labelpos: 'c',
      weight: link.kind === 'branch' ? BRANCH_WEIGHT : 1,
    });
  }
  const { orders } = diagram;
  const customOrder = (layers: LayeredGraph, order: (layers: LayeredGraph, options: object) => void): void =>
    orderLayers(layers, (options) => order(layers, options), orders);
  place(graph, orders.length === 0 ? {} : { customOrder });
  return graph;
}

/**
 * From the side of a node, around its label, and back: on the right, or below where the picture leads to the right. The library
 * keeps a place for the label, and draws a zigzag.
 */
function loopOf({ x = 0, y = 0, width = 0, height = 0 }: Placed, label: Placed, direction: Direction): Point[] {
  if (direction === 'LR') {
    const side = y + height / 2;
    const turn = Math.max(label.y ?? 0, side + MIN_LOOP);
    return [
      { x: x - LOOP_SIZE / 4, y: side },
      { x: x - LOOP_SIZE / 2, y: turn },
      { x: x + LOOP_SIZE / 2, y: turn },
      { x: x + LOOP_SIZE / 4, y: side },
    ];
  }
  const side = x + width / 2;
  const turn = Math.max(label.x ?? 0, side + MIN_LOOP);
  return [
    { x: side, y: y - LOOP_SIZE / 4 },
    { x: turn, y: y - LOOP_SIZE / 2 },
    { x: turn, y: y + LOOP_SIZE / 2 },
    { x: side, y: y + LOOP_SIZE / 4 },
  ];
}

/**
 * A way between the sides of two boxes, level where it leaves, below its label and where it comes in. The library ends steep
 * ways above or below a box, and a curve whose one control point is the label passes far from it.
 */
function sidewaysOf(points: readonly Point[], label: Placed, from: Placed, to: Placed): Point[] {
  const half = (label.width ?? 0) <= PLAIN_WIDTH ? 0 : (label.width ?? 0) / 2;
  const ahead = (to.x ?? 0) < (from.x ?? 0) ? -1 : 1;
  const inner = points.slice(1, -1).flatMap((point) => {
    if (half === 0 || point.x !== label.x || point.y !== label.y) return [point];
    // Between two points at the same height the curve is level from the middle on.
    return [-half, LEAD - half, half - LEAD, half].map((by) => ({ x: point.x + ahead * by, y: point.y }));
  });
  const [first = pointOf(to)] = inner;
  const last = inner.at(-1) ?? pointOf(from);
  return [...sideOf(from, first), ...inner, ...sideOf(to, last).reverse()];
}

/** The point on the left or right side of a box that faces another point, and one level with it towards there. */
function sideOf({ x = 0, y = 0, width = 0, height = 0 }: Placed, other: Point): Point[] {
  const ahead = other.x < x ? -1 : 1;
  // From above it comes in a little higher than from below.
  const level = y + Math.max(-height / 5, Math.min(height / 5, (other.y - y) / 10));
  const side = x + (ahead * width) / 2;
  return [side, side + ahead * LEAD].map((at) => ({ x: at, y: level }));
}

type Placed = { readonly x?: number; readonly y?: number; readonly width?: number; readonly height?: number };

function hasEnd({ links }: Diagram): boolean {
  return links.some(({ to }) => to === END_ID);
}

function labelOf({ labels }: DiagramLink): string {
  return shortened(labels.join(' / '), MAX_LABEL);
}

type Box = Omit<PlacedNode, 'x' | 'y'>;

function startNode(): Box {
  return { id: START_ID, kind: 'start', width: 16, height: 16, node: undefined, name: '', toolName: '' };
}

function endNode(): Box {
  return { id: END_ID, kind: 'end', width: 64, height: 30, node: undefined, name: 'END', toolName: '' };
}

function boxOf(node: DiagramNode): Box {
  const name = shortened(node.name, MAX_NAME);
  const toolName = shortened(node.toolName, MAX_NAME);
  const width = Math.max(132, textWidth(name, 14), textWidth(toolName, 11.5)) + 28;
  return { id: node.id, kind: 'node', width: Math.ceil(width), height: NODE_HEIGHT, node, name, toolName };
}

/** The width of a text in a usual sans-serif, rather too wide than too narrow: fonts are the reader's. */
function textWidth(text: string, size: number): number {
  let units = 0;
  for (const character of text) units += /[\u1100-\uffdc\u{1f000}-\u{3ffff}]/u.test(character) ? 1.05 : 0.6;
  return units * size;
}

function pointOf({ x = 0, y = 0 }: { x?: number; y?: number }): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}

/** Names a placed link. */
export function keyOf({ from, to }: PlacedLink): string {
  return linkKey(from, to);
}
