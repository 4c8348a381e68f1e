import { Graph, layout as place } from '@dagrejs/dagre';
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
}

const MAX_NAME = 28;
const MAX_LABEL = 24;
const NODE_HEIGHT = 50;
/** Room for ` ×12` beside a label, so that counts need no layout of their own. */
const COUNT_WIDTH = 34;
const LABEL_HEIGHT = 18;

/** Places everything, top down. Blocks while it works: look at the effort first. */
export function layoutOf(diagram: Diagram): Layout {
  const nodes = [startNode(), ...diagram.nodes.map(boxOf), ...(hasEnd(diagram) ? [endNode()] : [])];
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 36, edgesep: 18, ranksep: 34, marginx: 18, marginy: 18 });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const link of diagram.links) {
    const label = labelOf(link);
    const width = link.kind === 'start' ? 0 : label === '' ? 12 : textWidth(label, 11) + COUNT_WIDTH;
    graph.setEdge(link.from, link.to, { width, height: width === 0 ? 0 : LABEL_HEIGHT, labelpos: 'c' });
  }
  place(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map((node) => ({ ...node, ...pointOf(graph.node(node.id)) })),
    links: diagram.links.map((link) => {
      const { points = [], ...at } = graph.edge(link.from, link.to) as { points?: Point[]; x?: number; y?: number };
      return { ...link, label: labelOf(link), points: points.map(pointOf), ...pointOf(at) };
    }),
  };
}

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
