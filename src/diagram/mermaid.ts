import type { Group } from './groups.js';
import { describeCoverage, type Marks, markOf } from './marks.js';
import {
  type Diagram,
  type DiagramLink,
  type DiagramNode,
  END_ID,
  type LinkKind,
  linkKey,
  START_ID,
  shortened,
} from './model.js';

const MAX_LABEL = 60;
/** Branches within branches are blocks up to here: nobody sees more, and indented text would grow with the square of them. */
const MAX_DEPTH = 10;

/** How each kind of link is written. @see https://mermaid.js.org/syntax/flowchart.html#links-between-nodes */
const ARROWS: Readonly<Record<LinkKind, string>> = {
  start: '-->',
  edge: '-->',
  condition: '-->',
  branch: '-.->',
  join: '-.->',
  end: '-->',
  error: '-.->',
};

/** A picture as Mermaid text, with where a run has been if there is one. */
export function toMermaid({ title, nodes, links, groups }: Diagram, marks?: Marks): string {
  const note = marks?.coverage === undefined ? '' : ` (${describeCoverage(marks.coverage)})`;
  const lines = ['---', `title: ${titleText(`${title}${note}`)}`, '---', 'flowchart TD'];
  lines.push(`  ${START_ID}(( ))`);
  lines.push(...nodeLines(nodes, groups, (node) => nodeText(node, marks)));
  if (links.some(({ to }) => to === END_ID)) lines.push(`  ${END_ID}(["END"])`);
  for (const link of links) lines.push(`  ${linkText(link, marks)}`);
  return `${[...lines, ...classes(nodes, marks)].join('\n')}\n`;
}

function nodeText({ id, name, toolName }: DiagramNode, marks: Marks | undefined): string {
  const { note } = markOf(marks, id);
  const text = [shortened(name, MAX_LABEL), shortened(toolName, MAX_LABEL), ...(note === '' ? [] : [note])];
  return `${id}["${text.map(escaped).join('<br/>')}"]`;
}

interface Block {
  readonly id: string;
  readonly label: string;
  readonly size: number;
  readonly depth: number;
  readonly outer: Block | undefined;
}

/**
 * The innermost block that each node is in. A node of Mermaid has one place: a group that shares only a part of another one is no
 * block. Takes time linear in the groups, because text is made of graphs of any size.
 */
function blocksOf(groups: readonly Group[]): ReadonlyMap<string, Block> {
  const blocks = new Map<string, Block>();
  let count = 0;
  for (const { label, nodes } of [...groups].sort((a, b) => b.nodes.length - a.nodes.length)) {
    const [first = ''] = nodes;
    const outer = blocks.get(first);
    const depth = (outer?.depth ?? 0) + 1;
    const isWithin = nodes.every((id) => blocks.get(id) === outer) && nodes.length !== outer?.size;
    if (nodes.length === 0 || !isWithin || depth > MAX_DEPTH) continue;
    const block = { id: `g${count}`, label, size: nodes.length, depth, outer };
    count += 1;
    for (const id of nodes) blocks.set(id, block);
  }
  return blocks;
}

/** Nodes in their order; those of a block are together, where the first of them is. */
function nodeLines(
  nodes: readonly DiagramNode[],
  groups: readonly Group[],
  textOf: (node: DiagramNode) => string,
): readonly string[] {
  const blocks = blocksOf(groups);
  const parts = new Map<Block | undefined, (DiagramNode | Block)[]>([[undefined, []]]);
  const add = (part: DiagramNode | Block, block: Block | undefined): void => {
    const known = parts.get(block);
    if (known !== undefined) known.push(part);
    else if (block !== undefined) {
      parts.set(block, [part]);
      add(block, block.outer);
    }
  };
  for (const node of nodes) add(node, blocks.get(node.id));
  const write = (block: Block | undefined, indent: string): string[] =>
    (parts.get(block) ?? []).flatMap((part) => {
      if (!('outer' in part)) return [`${indent}${textOf(part)}`];
      const inner = write(part, `${indent}  `);
      return [`${indent}subgraph ${part.id}["${escaped(part.label)}"]`, ...inner, `${indent}end`];
    });
  return write(undefined, '  ');
}

function linkText({ from, to, kind, labels }: DiagramLink, marks: Marks | undefined): string {
  const count = marks?.links.get(linkKey(from, to));
  const words = labels.length === 0 ? '' : shortened(labels.join(' / '), MAX_LABEL);
  const label = [words, count === undefined ? '' : `×${count}`].filter((part) => part !== '').join(' ');
  return `${from} ${ARROWS[kind]}${label === '' ? '' : `|"${escaped(label)}"|`} ${to}`;
}

function classes(nodes: Diagram['nodes'], marks: Marks | undefined): string[] {
  if (marks === undefined) return [];
  const lines = [
    '  classDef visited stroke-width:2px',
    '  classDef current stroke-width:4px',
    '  classDef waiting stroke-width:4px,stroke-dasharray:6 3',
    '  classDef failed stroke:#d93025,stroke-width:4px,stroke-dasharray:4 2',
  ];
  for (const { id } of nodes) {
    const { look } = markOf(marks, id);
    if (look !== 'plain') lines.push(`  class ${id} ${look}`);
  }
  return lines;
}

/** A space without width (U+200B). It parts what Mermaid would read together. */
const NOTHING = '\u200b';
/** What Mermaid reads in spite of entity codes: a line break (backslash and n), a formula, an icon. */
const READ_TOGETHER = /\\(?=n)|\$(?=\$)|\w(?=:fa)/g;

/** A title has no entity codes, and is cleaned as HTML is. There the sign for less is one that looks like it (U+FF1C). */
function titleText(title: string): string {
  return JSON.stringify(parted(title).replaceAll('<', '\uff1c'));
}

function parted(text: string): string {
  return text.replace(READ_TOGETHER, `$&${NOTHING}`);
}

/**
 * Everything that means something to Mermaid or to HTML as an entity code: names are arbitrary.
 * @see https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
function escaped(text: string): string {
  // `direction`, and what follows it, is a statement even inside a label.
  const meaningful = /[^\p{L}\p{N} .,_×▶✕…/-]|d(?=irection\s)/gu;
  return parted(text).replace(meaningful, (character) => `#${character.codePointAt(0)};`);
}
