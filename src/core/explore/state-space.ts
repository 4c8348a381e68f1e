import type { Linked } from './world.js';

/*
 * The states that explored runs come to, as a graph: a state is where a run is, with all that decides where it can go. A
 * state from which no way leads to an end, and of which every way was walked, is one that runs never get out of.
 */

/** A state, and what is known of the ways on from it. */
interface State<T> {
  /** The world that came to it first. */
  readonly arrival: T;
  readonly next: Set<number>;
  /** Ways on that were not walked yet. */
  open: number;
  ends: boolean;
}

export class StateSpace<T> {
  readonly #ids = new Map<string, number>();
  readonly #states: State<T>[] = [];

  /** The number of a state; `isNew` if no run has come to it before. */
  enter(fingerprint: string, arrival: T): { readonly id: number; readonly isNew: boolean } {
    const known = this.#ids.get(fingerprint);
    if (known !== undefined) return { id: known, isNew: false };
    const id = this.#states.length;
    this.#ids.set(fingerprint, id);
    this.#states.push({ arrival, next: new Set(), open: 0, ends: false });
    return { id, isNew: true };
  }

  /** The worlds that came to these states first. */
  arrivals(ids: readonly number[]): readonly T[] {
    return ids.flatMap((id) => this.#states[id]?.arrival ?? []);
  }

  link(from: number, to: number): void {
    this.#states[from]?.next.add(to);
  }

  /** So many ways on from a state are there to be walked. */
  open(id: number, ways: number): void {
    const state = this.#states[id];
    if (state !== undefined) state.open += ways;
  }

  /** A way from a state leads to an end of the run that its graph means. */
  end(id: number): void {
    const state = this.#states[id];
    if (state !== undefined) state.ends = true;
  }

  /** The states from which no way leads to an end, and every way was walked. */
  findTraps(): ReadonlySet<number> {
    const before = new Map<number, number[]>();
    for (const [id, { next }] of this.#states.entries()) {
      for (const to of next) before.set(to, [...(before.get(to) ?? []), id]);
    }
    const free = new Set(this.#states.flatMap(({ open, ends }, id) => (open > 0 || ends ? [id] : [])));
    for (const id of free) for (const earlier of before.get(id) ?? []) free.add(earlier);
    return new Set([...this.#states.keys()].filter((id) => !free.has(id)));
  }
}

/** The part of a path from where it was at a state before, in its order; undefined if it was not. */
export function loopIn(path: Linked<number> | null, id: number): readonly number[] | undefined {
  const loop: number[] = [];
  for (let at = path; at !== null; at = at.before) {
    loop.push(at.value);
    if (at.value === id) return loop.reverse();
  }
  return undefined;
}
