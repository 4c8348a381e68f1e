/** How often each node was visited, visits under way included. A graph has a thousand nodes at most. */
export type Visits = Readonly<Record<string, number>>;

export const NO_VISITS: Visits = Object.freeze({});

/** How often a node was visited. */
export function visitsOf(visits: Visits | null, node: string): number {
  return visits !== null && Object.hasOwn(visits, node) ? (visits[node] as number) : 0;
}

/** Counts a visit. */
export function countVisit(visits: Visits, node: string): Visits {
  return { ...visits, [node]: visitsOf(visits, node) + 1 };
}
