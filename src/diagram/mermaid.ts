import { describeCoverage, type Marks, markOf } from './marks.js';
import { type Diagram, type DiagramLink, END_ID, type LinkKind, linkKey, START_ID, shortened } from './model.js';

const MAX_LABEL = 60;

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
export function toMermaid({ title, nodes, links }: Diagram, marks?: Marks): string {
  const note = marks?.coverage === undefined ? '' : ` (${describeCoverage(marks.coverage)})`;
  const lines = ['---', `title: ${titleText(`${title}${note}`)}`, '---', 'flowchart TD'];
  lines.push(`  ${START_ID}(( ))`);
  for (const { id, name, toolName } of nodes) {
    const { note } = markOf(marks, id);
    const text = [shortened(name, MAX_LABEL), shortened(toolName, MAX_LABEL), ...(note === '' ? [] : [note])];
    lines.push(`  ${id}["${text.map(escaped).join('<br/>')}"]`);
  }
  if (links.some(({ to }) => to === END_ID)) lines.push(`  ${END_ID}(["END"])`);
  for (const link of links) lines.push(`  ${linkText(link, marks)}`);
  return `${[...lines, ...classes(nodes, marks)].join('\n')}\n`;
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
