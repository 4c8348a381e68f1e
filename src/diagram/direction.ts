import type { Diagram } from './model.js';
import { ranksOf } from './ranks.js';

/** Where links lead: from top to bottom, or from left to right. */
export type Direction = 'TB' | 'LR';

/** Pictures that are narrower lead down, however low they are: that fits on most screens. */
const MAX_WIDTH = 1000;
/** Room between boxes beside each other, and between ranks. */
const BESIDE = 36;
const BETWEEN = 70;

interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** Where the links of a picture should lead: down, unless that would be wide and low, and to the right is narrower. */
export function directionOf(diagram: Diagram, boxes: readonly Box[]): Direction {
  const ranks = ranksOf(diagram);
  const rows = new Map<number, { width: number; height: number; widest: number }>();
  for (const { id, width, height } of boxes) {
    const rank = ranks.get(id) ?? 0;
    const row = rows.get(rank) ?? { width: 0, height: 0, widest: 0 };
    rows.set(rank, {
      width: row.width + width + BESIDE,
      height: Math.max(row.height, height),
      widest: Math.max(row.widest, width),
    });
  }
  let [downWidth, downHeight, rightWidth] = [0, 0, 0];
  for (const { width, height, widest } of rows.values()) {
    downWidth = Math.max(downWidth, width);
    downHeight += height + BETWEEN;
    rightWidth += widest + BETWEEN;
  }
  return downWidth > MAX_WIDTH && downWidth > downHeight && rightWidth < downWidth ? 'LR' : 'TB';
}
