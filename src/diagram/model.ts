import { assertNever } from '../core/base/assert-never.js';
import { END, type GraphDefinition } from '../core/graph/definition.js';
import { type Edge, edgesOf, targetOf } from '../core/graph/edges.js';
import type { ErrorExit } from '../core/graph/error-entries.js';
import { type Group, groupsOf } from './groups.js';
import { endsOf, joinsOf } from './joins.js';
import { ordersOf, type SideBySide } from './orders.js';

/** What a link between two nodes is, which decides how it is drawn. */
export type LinkKind = 'start' | 'edge' | 'condition' | 'branch' | 'join' | 'end' | 'error';

export interface DiagramNode {
  /** Short and made here, so that it is safe in any output. */
  readonly id: string;
  readonly name: string;
  readonly toolName: string;
}

/** A link; those between the same two nodes are one, with all their labels. */
export interface DiagramLink {
  /** Ids of nodes, or {@link START_ID} and {@link END_ID}. */
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  /** Why the run takes it: outcomes, or the `when` of cases. */
  readonly labels: readonly string[];
}

/** A graph as a picture shows it. */
export interface Diagram {
  readonly title: string;
  readonly nodes: readonly DiagramNode[];
  readonly links: readonly DiagramLink[];
  /** Never leads from a node back to itself, whatever the edges say. */
  readonly orders: readonly SideBySide[];
  readonly groups: readonly Group[];
}

export const START_ID = 'start';
/** Not `end`, which is a word of Mermaid's. */
export const END_ID = 'stop';

/** A link that a run took. The definition does not always have it: a condition need not declare its outcomes. */
export interface TakenLink {
  readonly from: string;
  readonly to: string;
}

/**
 * The picture of a definition.
 * @param taken links that a run took, so that each of them is in the picture
 */
export function diagramOf(
  definition: GraphDefinition,
  outcomesOf: OutcomesOf,
  taken: readonly TakenLink[] = [],
): Diagram {
  const ids = new Map<string, string>([[END, END_ID]]);
  const nodes = definition.nodes.map(({ name, tool_name }, index) => {
    const id = `n${index}`;
    ids.set(name, id);
    return { id, name, toolName: tool_name };
  });
  const links = new LinkList(ids);
  links.add(START_ID, ids.get(definition.entry_point) ?? END_ID, 'start');
  const named = linksOf(definition, outcomesOf);
  for (const link of named) links.addNamed(link);
  const groups = groupsOf(definition, named, ids);
  const joins = joinsOf(definition, named);
  for (const link of joins) links.addNamed({ ...link, kind: 'join' });
  for (const from of endsOf(definition, joins)) links.addNamed({ from, to: END, kind: 'end' });
  for (const { from, to } of taken) links.addNamed({ from, to, kind: 'condition' });
  return { title: definition.name, nodes, links: links.all(), orders: ordersOf(definition, ids), groups };
}

/** A picture without the links to where runs end for want of an edge: they cross the whole picture, so large ones do without. */
export function withoutEnds(diagram: Diagram): Diagram {
  return { ...diagram, links: diagram.links.filter(({ kind }) => kind !== 'end') };
}

/** What a condition can answer; undefined if it does not say so. */
type OutcomesOf = (condition: string) => readonly string[] | undefined;

interface NamedLink {
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  readonly label?: string;
}

/** Links of errors come last: of two links between the same nodes, the first decides how they are drawn. */
function linksOf(definition: GraphDefinition, outcomesOf: OutcomesOf): readonly NamedLink[] {
  const edges = edgesOf(definition);
  const [usual, errors] = [edges.filter(({ kind }) => kind !== 'error'), edges.filter(({ kind }) => kind === 'error')];
  return [...usual, ...errors].flatMap((edge) => edgeLinks(edge, outcomesOf));
}

function edgeLinks(edge: Edge, outcomesOf: OutcomesOf): NamedLink[] {
  const from = edge.from.name;
  switch (edge.kind) {
    case 'edge':
      return [{ from, to: edge.to.name, kind: 'edge' }];
    case 'condition': {
      const outcomes = outcomesOf(edge.condition.name) ?? [...edge.routes.keys()];
      return outcomes.map((label) => ({ from, to: targetOf(edge, label), kind: 'condition', label }));
    }
    case 'cases':
      return [
        ...edge.cases.map(({ when, to }): NamedLink => ({ from, to: to.name, kind: 'condition', label: when.text })),
        { from, to: edge.otherwise.name, kind: 'condition', label: 'otherwise' },
      ];
    case 'parallel':
      return [
        ...edge.starts.map(({ name: to }): NamedLink => ({ from, to, kind: 'branch' })),
        ...errorLinks(from, edge.onError),
      ];
    case 'for_each': {
      const label = `each of ${(edge.items.source ?? edge.items.text).trim()}`;
      return [{ from, to: edge.start.name, kind: 'branch', label }, ...errorLinks(from, edge.onError)];
    }
    case 'error':
      return errorLinks(from, edge.exits);
    default:
      return assertNever(edge);
  }
}

function errorLinks(from: string, exits: readonly ErrorExit[]): NamedLink[] {
  return exits.map(({ on, when, to }) => {
    const which = [...(on === undefined ? [] : [on.join(', ')]), ...(when === undefined ? [] : [when.text.trim()])];
    return { from, to: to.name, kind: 'error', label: ['on error', ...which].join(': ') };
  });
}

/** Links by their ends. */
class LinkList {
  readonly #links = new Map<string, DiagramLink & { readonly labels: string[] }>();

  constructor(private readonly ids: ReadonlyMap<string, string>) {}

  /** Omits links to what is no node: the interpreter cannot take them either. */
  addNamed({ from, to, kind, label }: NamedLink): void {
    const [fromId, toId] = [this.ids.get(from), this.ids.get(to)];
    if (fromId !== undefined && toId !== undefined) this.add(fromId, toId, kind, label);
  }

  add(from: string, to: string, kind: LinkKind, label?: string): void {
    const key = linkKey(from, to);
    const known = this.#links.get(key);
    if (known === undefined) this.#links.set(key, { from, to, kind, labels: label === undefined ? [] : [label] });
    else if (label !== undefined && !known.labels.includes(label)) known.labels.push(label);
  }

  all(): readonly DiagramLink[] {
    return [...this.#links.values()];
  }
}

/** Names a link by the ids of its ends. */
export function linkKey(from: string, to: string): string {
  return `${from}>${to}`;
}

/** Text cut to a length, with a mark if something is missing. Whole characters, not halves of surrogate pairs. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}
