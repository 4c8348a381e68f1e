import type { LinkedNode } from './links.js';

/**
 * The strongly connected components of nodes and all that they lead to: sets in which each node leads to each other.
 * A node in no cycle is a component of its own. Tarjan's algorithm (Depth-First Search and Linear Graph Algorithms,
 * 1972), with a path of its own: recursion would overflow the stack on long chains.
 */
export function strongComponents(nodes: readonly LinkedNode[]): LinkedNode[][] {
  const search = new Search();
  for (const node of nodes) search.from(node);
  return search.found;
}

/** A visit to a node. */
interface Visit {
  readonly node: LinkedNode;
  readonly order: number;
  /** The earliest visit known to be in the same component. */
  low: number;
  /** Its place on the stack. */
  readonly place: number;
  complete: boolean;
  readonly rest: Iterator<LinkedNode>;
}

class Search {
  readonly found: LinkedNode[][] = [];
  readonly #visits = new Map<LinkedNode, Visit>();
  /** From the root to where the search is. */
  readonly #path: Visit[] = [];
  /** Visits whose component is not complete yet. */
  readonly #stack: Visit[] = [];

  from(root: LinkedNode): void {
    if (this.#visits.has(root)) return;
    this.#enter(root);
    for (let here = this.#path.at(-1); here !== undefined; here = this.#path.at(-1)) {
      const next = here.rest.next();
      if (next.done) this.#leave(here);
      else this.#follow(here, next.value);
    }
  }

  #enter(node: LinkedNode): void {
    const order = this.#visits.size;
    const visit = { node, order, low: order, place: this.#stack.length, complete: false, rest: node.to.values() };
    this.#visits.set(node, visit);
    this.#stack.push(visit);
    this.#path.push(visit);
  }

  #follow(here: Visit, next: LinkedNode): void {
    const seen = this.#visits.get(next);
    if (seen === undefined) this.#enter(next);
    else if (!seen.complete) here.low = Math.min(here.low, seen.order);
  }

  #leave(visit: Visit): void {
    this.#path.pop();
    const parent = this.#path.at(-1);
    if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
    if (visit.low !== visit.order) return;
    const component = this.#stack.splice(visit.place);
    for (const member of component) member.complete = true;
    this.found.push(component.map((member) => member.node));
  }
}
