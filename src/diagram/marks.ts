import { END } from '../core/graph/definition.js';
import { type Diagram, END_ID, linkKey, START_ID } from './model.js';
import type { Walk } from './walk.js';

/** How a node is drawn. */
export type Look = 'plain' | 'visited' | 'current' | 'waiting' | 'failed';

export interface Mark {
  readonly look: Look;
  /** In words, so that nothing is said by colour alone. */
  readonly note: string;
}

/** How many branches the counts are of, if those are not all. */
export interface Coverage {
  readonly counted: number;
  readonly begun: number;
  /** There can be more, inside branches that are not counted. */
  readonly isLeast: boolean;
}

/** The coverage in words. */
export function describeCoverage({ counted, begun, isLeast }: Coverage): string {
  return `counts are of ${counted} of ${begun} branches${isLeast ? ' or more' : ''}`;
}

/** A run on a diagram. */
export interface Marks {
  readonly coverage?: Coverage;
  readonly nodes: ReadonlyMap<string, Mark>;
  /** How often each link was taken, by {@link linkKey} of its ends' ids. */
  readonly links: ReadonlyMap<string, number>;
}

const PLAIN: Mark = { look: 'plain', note: '' };

/** The mark of a node. */
export function markOf(marks: Marks | undefined, id: string): Mark {
  return marks?.nodes.get(id) ?? PLAIN;
}

/**
 * The mark of the node where a run is, or stopped. Of several runs at one node, the state that comes first here is
 * shown. A run that has completed is at no node.
 */
const MARKS_HERE: Readonly<Record<Walk['state'] | 'let_go', Mark>> = {
  failed: { look: 'failed', note: '✕ failed' },
  active: { look: 'current', note: '▶ running' },
  waiting: { look: 'waiting', note: '‖ waiting' },
  cancelled: { look: 'failed', note: '✕ cancelled' },
  // A branch that others have won against, or that another has failed for, has not failed itself.
  let_go: { look: 'visited', note: '– cancelled' },
  completed: PLAIN,
};

/**
 * Puts a run on a diagram.
 * @param walks where the run has been, then where its branches have, which go on the same graph
 */
export function marksOf(diagram: Diagram, walks: readonly Walk[]): Marks {
  const ids = new Map(diagram.nodes.map(({ id, name }) => [name, id]));
  ids.set(END, END_ID);
  const nodes = new Map<string, Mark>();
  for (const { id, name } of diagram.nodes) nodes.set(id, nodeMark(name, walks));
  const links = new Map<string, number>();
  for (const { from, to, count } of walks.flatMap((walk) => [...walk.links.values()])) {
    const [fromId, toId] = [ids.get(from), ids.get(to)];
    if (fromId === undefined || toId === undefined) continue;
    const key = linkKey(fromId, toId);
    links.set(key, (links.get(key) ?? 0) + count);
    if (toId === END_ID) nodes.set(END_ID, { look: 'visited', note: '' });
  }
  const [entry] = walks[0]?.visits.keys() ?? [];
  if (entry !== undefined) markStart(diagram, ids.get(entry), nodes, links);
  return { nodes, links };
}

/** Marks the link from the start, unless the run is a branch, which begins elsewhere. */
function markStart(
  { links: drawn }: Diagram,
  entryId: string | undefined,
  nodes: Map<string, Mark>,
  links: Map<string, number>,
): void {
  const first = drawn.find(({ from }) => from === START_ID);
  if (first === undefined || first.to !== entryId) return;
  nodes.set(START_ID, { look: 'visited', note: '' });
  links.set(linkKey(START_ID, first.to), 1);
}

/** What failed stays marked, whether the run stopped there or took another way. */
function nodeMark(name: string, walks: readonly Walk[]): Mark {
  const count = sumOf(walks.map(({ visits }) => visits.get(name)));
  const failures = sumOf(walks.map(({ failures }) => failures.get(name)));
  const times = count === 0 ? '' : `×${count}`;
  const states = new Set<string>(walks.flatMap((walk) => (walk.at === name ? [stateOf(walk)] : [])));
  const here = Object.entries(MARKS_HERE).find(([state]) => states.has(state))?.[1];
  const failed = failures === 0 || here?.look === 'failed' ? '' : `✕ ${failures === count ? '' : `${failures} `}failed`;
  const note = [here?.note ?? '', failed, times].filter((part) => part !== '').join(' · ');
  return { look: here?.look ?? lookOf(count, failures), note };
}

function stateOf({ state, isBranch }: Walk): keyof typeof MARKS_HERE {
  return isBranch && state === 'cancelled' ? 'let_go' : state;
}

function lookOf(count: number, failures: number): Look {
  if (failures > 0) return 'failed';
  return count === 0 ? 'plain' : 'visited';
}

function sumOf(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((sum, count = 0) => sum + count, 0);
}
