import { type Marks, markOf } from './marks.js';
import { type Diagram, type DiagramLink, END_ID, type LinkKind, linkKey, START_ID, shortened } from './model.js';

const MAX_LABEL = 60;

/** How each kind of link is written. @see https://mermaid.js.org/syntax/flowchart.html#links-between-nodes */
const ARROWS: Readonly<Record<LinkKind, string>> = {
  start: '-->',
  edge: '-->',
  condition: '-->',
  branch: '-.->',
  join: '-.->',
  error: '-.->',
};

/** A picture as Mermaid text, with where a run has been if there is one. */
export function toMermaid({ title, nodes, links }: Diagram, marks?: Marks): string {
  const lines = ['---', `title: ${JSON.stringify(title)}`, '---', 'flowchart TD'];
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
    '  classDef failed stroke-width:4px,stroke-dasharray:4 2',
  ];
  for (const { id } of nodes) {
    const { look } = markOf(marks, id);
    if (look !== 'plain') lines.push(`  class ${id} ${look}`);
  }
  return lines;
}

/**
 * Everything that means something to Mermaid or to HTML as an entity code: names are arbitrary.
 * @see https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
 */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,:_×▶✕…/-]/gu, (character) => `#${character.codePointAt(0)};`);
}
