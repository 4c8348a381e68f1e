import type { Group } from './groups.js';

/** A frame around nodes, with a label in its upper left corner. */
export interface PlacedFrame {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Way {
  readonly from: string;
  readonly to: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface Sides {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Room within a frame, above it for the label. */
const ROOM = 10;
const LABEL_ROOM = 16;

/**
 * The frames of groups, the outer ones first; each holds those of the groups within it. A group has none if it would hold a node
 * of no branch, or cut through another frame: then it would say what is not so.
 */
export function framesOf(
  groups: readonly Group[],
  boxes: readonly Box[],
  links: readonly Way[],
): readonly PlacedFrame[] {
  const found: { readonly label: string; readonly inside: ReadonlySet<string>; readonly sides: Sides }[] = [];
  for (const { label, nodes } of [...groups].sort((a, b) => a.nodes.length - b.nodes.length)) {
    const inside = new Set(nodes);
    const within = found.filter((other) => [...other.inside].every((id) => inside.has(id)));
    const sides = sidesOf(inside, boxes, links, within);
    const holdsAnother = boxes.some((box) => !inside.has(box.id) && overlaps(sides, edgesOf(box)));
    if (inside.size === 0 || holdsAnother || found.some((other) => isCut(sides, other.sides))) continue;
    found.push({ label, inside, sides });
  }
  return found.reverse().map(({ label, sides: { left, top, right, bottom } }) => {
    return { label, x: left, y: top, width: right - left, height: bottom - top };
  });
}

function sidesOf(
  inside: ReadonlySet<string>,
  boxes: readonly Box[],
  links: readonly Way[],
  within: readonly { readonly sides: Sides }[],
): Sides {
  const parts = [...boxes.filter(({ id }) => inside.has(id)).map(edgesOf), ...within.map(({ sides }) => sides)];
  for (const { from, to, points } of links) {
    if (!inside.has(from) || !inside.has(to)) continue;
    parts.push(...points.map(({ x, y }) => ({ left: x, top: y, right: x, bottom: y })));
  }
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    left = Math.min(left, part.left);
    top = Math.min(top, part.top);
    right = Math.max(right, part.right);
    bottom = Math.max(bottom, part.bottom);
  }
  return { left: left - ROOM, top: top - LABEL_ROOM, right: right + ROOM, bottom: bottom + ROOM };
}

function edgesOf({ x, y, width, height }: Box): Sides {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}

function overlaps(a: Sides, b: Sides): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** True if two frames share a part, and neither holds the other. */
function isCut(a: Sides, b: Sides): boolean {
  return overlaps(a, b) && !holds(a, b) && !holds(b, a);
}

function holds(outer: Sides, inner: Sides): boolean {
  return outer.left < inner.left && outer.top < inner.top && outer.right > inner.right && outer.bottom > inner.bottom;
}
