import { type ConditionalEdgeDefinition, END, type GraphDefinition } from '../core/graph/definition.js';
import { joinsOf } from './joins.js';

/** What a link between two nodes is, which decides how it is drawn. */
export type LinkKind = 'start' | 'edge' | 'condition' | 'branch' | 'join' | 'error';

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
}

export const START_ID = 'start';
/** Not `end`, which is a word of Mermaid's. */
export const END_ID = 'stop';

/** A link that a run took and that the definition may not tell of: a condition need not declare what it can answer. */
export interface TakenLink {
  readonly from: string;
  readonly to: string;
}

/**
 * The picture of a definition.
 * @param outcomesOf what a condition can answer, where it says so
 * @param taken links that a run took, so that each of them is in the picture
 */
export function diagramOf(
  definition: GraphDefinition,
  outcomesOf: (condition: string) => readonly string[] | undefined,
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
  const told = [...linksOf(definition, outcomesOf)];
  for (const link of told) links.addNamed(link);
  for (const link of joinsOf(definition, told)) links.addNamed({ ...link, kind: 'join' });
  for (const { from, to } of taken) links.addNamed({ from, to, kind: 'condition' });
  return { title: definition.name, nodes, links: links.all() };
}

interface NamedLink {
  readonly from: string;
  readonly to: string;
  readonly kind: LinkKind;
  readonly label?: string;
}

function* linksOf(
  links: GraphDefinition,
  outcomesOf: (condition: string) => readonly string[] | undefined,
): Generator<NamedLink, void> {
  for (const { from_node, to_node } of links.edges) yield { from: from_node, to: to_node, kind: 'edge' };
  for (const edge of links.conditional_edges ?? []) yield* conditional(edge, outcomesOf);
  yield* branches(links);
  for (const { name, on_error } of links.nodes) {
    if (on_error !== undefined) yield { from: name, to: on_error, kind: 'error', label: 'on error' };
  }
}

/** How branches begin; a failure among them may have an edge of its own. */
function* branches(definition: GraphDefinition): Generator<NamedLink, void> {
  for (const { from_node: from, to_nodes, on_error } of definition.parallel_edges ?? []) {
    for (const to of to_nodes) yield { from, to, kind: 'branch' };
    if (on_error !== undefined) yield { from, to: on_error, kind: 'error', label: 'on error' };
  }
  for (const { from_node: from, items, to_node, on_error } of definition.for_each_edges ?? []) {
    yield { from, to: to_node, kind: 'branch', label: `each of ${expressionText(items)}` };
    if (on_error !== undefined) yield { from, to: on_error, kind: 'error', label: 'on error' };
  }
}

function* conditional(
  edge: ConditionalEdgeDefinition,
  outcomesOf: (condition: string) => readonly string[] | undefined,
): Generator<NamedLink, void> {
  const { from_node: from, condition_function: condition, routes = {}, cases = [], otherwise } = edge;
  const targets = new Map(Object.entries(routes));
  const outcomes = (condition === undefined ? undefined : outcomesOf(condition)) ?? [...targets.keys()];
  for (const outcome of outcomes) {
    yield { from, to: targets.get(outcome) ?? outcome, kind: 'condition', label: outcome };
  }
  for (const { when, to_node } of cases) yield { from, to: to_node, kind: 'condition', label: when };
  if (otherwise !== undefined) yield { from, to: otherwise, kind: 'condition', label: 'otherwise' };
}

/** `${ data.files }` as people say it: `data.files`. */
function expressionText(items: string): string {
  return items.replace(/^\s*\$\{\s*|\s*\}\s*$/g, '');
}

/** Links by their ends. */
class LinkList {
  readonly #links = new Map<string, DiagramLink & { readonly labels: string[] }>();

  constructor(private readonly ids: ReadonlyMap<string, string>) {}

  /** Leaves out links to what is no node: the interpreter cannot take them either. */
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

/** Text cut to a length, with a mark where something is missing. Whole characters, not halves of surrogate pairs. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}
