import { escapeMarkup } from '../core/base/markup.js';
import type { PlacedFrame } from './frames.js';
import { keyOf, type Layout, type PlacedLink, type PlacedNode, type Point } from './layout.js';
import { describeCoverage, type Marks, markOf } from './marks.js';
import { SVG_STYLE } from './svg-style.js';

/** Room for what is said below the picture. */
const NOTE_HEIGHT = 16;
const NOTE_WIDTH = 320;

/** A picture as SVG, with where a run has been if there is one. Stands alone, and inside a page that allows its style. */
export function toSvg(title: string, { width, height, nodes, links, frames }: Layout, marks?: Marks): string {
  const note = marks?.coverage === undefined ? '' : describeCoverage(marks.coverage);
  const summary = marks === undefined ? [] : [summaryOf(nodes, marks), ...(note === '' ? [] : [note])];
  const shown = [title, ...(summary.length === 0 ? [] : [summary.join('; ')])].join(': ');
  const [fullWidth, fullHeight] = note === '' ? [width, height] : [Math.max(width, NOTE_WIDTH), height + NOTE_HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="gr-diagram" role="img" aria-label="${escaped(shown)}" `,
    `width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}">`,
    `<style>${SVG_STYLE}</style>`,
    `<rect class="gr-bg" width="${fullWidth}" height="${fullHeight}"/>`,
    ...frames.map(frameSvg),
    ...links.map((link) => linkSvg(link, marks)),
    ...nodes.map((node) => nodeSvg(node, marks)),
    note === '' ? '' : text('gr-label', fullWidth / 2, height + 4, note),
    '</svg>\n',
  ].join('');
}

function frameSvg({ x, y, width, height, label }: PlacedFrame): string {
  const rect = `<rect class="gr-frame" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="10"/>`;
  return `${rect}${text('gr-frame-label', round(x + 8), round(y + 12), label)}`;
}

/** The run in words, for those who do not see the picture. */
function summaryOf(nodes: readonly PlacedNode[], marks: Marks): string {
  const notes = nodes.flatMap(({ id, node }) => {
    const { note } = markOf(marks, id);
    return node === undefined || note === '' ? [] : [`${node.name} ${note}`];
  });
  return notes.length === 0 ? 'not begun' : notes.join(', ');
}

function nodeSvg(placed: PlacedNode, marks: Marks | undefined): string {
  const { id, kind, x, y, width, height, node, name, toolName } = placed;
  const { look, note } = markOf(marks, id);
  const box = (radius: number): string =>
    `<rect class="gr-box" x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${radius}"/>`;
  if (kind === 'start') return `<g class="gr-${look}"><circle class="gr-start" cx="${x}" cy="${y}" r="7"/></g>`;
  if (kind === 'end') return `<g class="gr-${look}">${box(15)}${text('gr-name', x, y + 5, name)}</g>`;
  return [
    `<g class="gr-node gr-${look}" data-node="${escaped(node?.name ?? '')}"><title>${escaped(`${node?.name ?? ''} (${node?.toolName ?? ''})`)}</title>`,
    box(8),
    text('gr-name', x, y - 3, name),
    text('gr-tool', x, y + 15, toolName),
    note === '' ? '' : pill(placed, note),
    '</g>',
  ].join('');
}

/** A note on the upper right corner. */
function pill({ x, y, width, height }: PlacedNode, note: string): string {
  const length = note.length * 6.6 + 14;
  const right = x + width / 2 + 10;
  const top = y - height / 2 - 14;
  return [
    `<rect class="gr-pill" x="${round(right - length)}" y="${round(top)}" width="${round(length)}" height="19" rx="9.5"/>`,
    text('gr-note', round(right - length / 2), round(top + 13.5), note),
  ].join('');
}

function linkSvg(link: PlacedLink, marks: Marks | undefined): string {
  const count = marks?.links.get(keyOf(link));
  const { points, kind, labels, x, y } = link;
  const shownCount = count === undefined || kind === 'start' ? '' : `×${count}`;
  const label = [link.label, shownCount].filter((part) => part !== '').join(' ');
  const full = labels.length === 0 ? '' : `<title>${escaped(labels.join('\n'))}</title>`;
  return [
    `<g class="gr-${kind}${count === undefined ? '' : ' gr-taken'}">${full}`,
    `<path class="gr-link" d="${curve(points)}"/>`,
    arrowHead(points),
    label === '' ? '' : plate(label, x, y),
    '</g>',
  ].join('');
}

function plate(label: string, x: number, y: number): string {
  const width = [...label].length * 6.3 + 8;
  const rect = `<rect class="gr-plate" x="${round(x - width / 2)}" y="${y - 8}" width="${round(width)}" height="16" rx="4"/>`;
  return `${rect}${text('gr-label', x, y + 4, label)}`;
}

/** A smooth way through the points: each is the control point of a curve between the middles of the legs beside it. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const end = shortOf(rest.at(-2) ?? first, last, 7);
  const parts = [`M${first.x} ${first.y}`];
  for (const [index, point] of rest.slice(0, -1).entries()) {
    const following = rest[index + 1] ?? last;
    const to = index === rest.length - 2 ? end : { x: (point.x + following.x) / 2, y: (point.y + following.y) / 2 };
    parts.push(`Q${point.x} ${point.y} ${round(to.x)} ${round(to.y)}`);
  }
  if (rest.length === 1) parts.push(`L${round(end.x)} ${round(end.y)}`);
  return parts.join('');
}

/** Drawn as a shape of its own: markers need ids, and several pictures can share a page. */
function arrowHead(points: readonly Point[]): string {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (tip === undefined || before === undefined) return '';
  const degrees = (Math.atan2(tip.y - before.y, tip.x - before.x) * 180) / Math.PI;
  return `<path class="gr-head" d="M0 0L-9 -4.5L-9 4.5Z" transform="translate(${tip.x} ${tip.y}) rotate(${round(degrees)})"/>`;
}

function shortOf(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length <= by) return to;
  const part = 1 - by / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function text(className: string, x: number, y: number, content: string): string {
  return `<text class="${className}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text for XML 1.0: names can hold anything, so what XML cannot hold at all (section 2.2) is replaced too. */
function escaped(content: string): string {
  return escapeMarkup(content).replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
