import type { OnFull } from '../../core/graph/definition.js';
import { holdsSlot, needsSlot } from '../../core/run/slots.js';
import { isFinished, type RunState, statusOf } from '../../core/run/state.js';
import type { LinePlace } from '../unfinished-run.js';

/** How many runs of a graph, or of one key of it, can be under way at a time. */
export interface ConcurrencyLimit {
  readonly maxRuns: number;
  readonly onFull: OnFull;
}

export interface LinesOptions {
  /** By the latest version of a graph; undefined: any number. */
  readonly limitOf: (graphId: string) => ConcurrencyLimit | undefined;
  /** Called with a run that has just been given a slot: it can be given out. */
  readonly onTurn: (runId: string) => void;
}

/** The runs of a graph with one key. */
interface Line {
  readonly name: string;
  readonly graphId: string;
  /** Those that have a slot. */
  readonly holders: Set<string>;
  /** Those that wait for one, in order. */
  readonly waiting: Set<string>;
  /** The one that was given a slot last, until it is given out. */
  next: string | undefined;
}

/**
 * Who has a slot, and who is next, of graphs that limit how many of their runs are under way. In memory, as the queue is:
 * filled by the commits, and by what is stored when the process begins. Graphs without such a limit have no line.
 *
 * A line has at most one run at a time that has a slot and was not given out yet; the next one comes when that is taken. So
 * runs of all lines are given out in turns, and a long line does not stand in the way of others.
 */
export class Lines {
  readonly #lines = new Map<string, Line>();
  readonly #byRun = new Map<string, Line>();
  /** Of the graphs that have lines. */
  readonly #limits = new Map<string, ConcurrencyLimit | undefined>();
  #waiting = 0;

  constructor(private readonly options: LinesOptions) {}

  /** How many runs wait for a slot. */
  get waiting(): number {
    return this.#waiting;
  }

  /** False for a run that waits for a slot. */
  hasSlot(runId: string): boolean {
    const line = this.#byRun.get(runId);
    return line === undefined || line.holders.has(runId);
  }

  /** Puts runs that were stored before this process where they stood. */
  restore(places: readonly { readonly runId: string; readonly place: LinePlace }[]): void {
    const inOrder = [...places].sort((one, other) => {
      return one.place.since - other.place.since || (one.runId < other.runId ? -1 : 1);
    });
    for (const { runId, place } of inOrder) {
      const line = this.#lineOf(place.graphId, place.key);
      if (place.hasSlot) this.#hold(line, runId);
      else this.#wait(line, runId);
    }
    for (const line of [...this.#lines.values()]) this.#advance(line);
  }

  /** The last of each line whose newest runs take the place of older ones: what it was to have done may not be done. */
  replacing(): string[] {
    return [...this.#lines.values()].flatMap(({ graphId, waiting }) => {
      const last = [...waiting].at(-1);
      return last !== undefined && this.#limitOf(graphId)?.onFull === 'cancel_oldest' ? [last] : [];
    });
  }

  /** Takes note of a run whose row has changed. */
  note(state: RunState): void {
    const { runId, graphId, concurrency } = state;
    if (isFinished(statusOf(state))) this.#leave(runId);
    else if (concurrency === null) return;
    else if (holdsSlot(state)) {
      this.#hold(this.#lineOf(graphId, concurrency.key), runId);
      // It can begin without being given out: one that made room for itself has its slot while it is out.
      this.taken(runId);
    } else if (needsSlot(state)) this.#join(this.#lineOf(graphId, concurrency.key), runId);
    // Paused before it had begun.
    else this.#leave(runId);
  }

  /** Takes note of a run that was given out, or begins. */
  taken(runId: string): void {
    const line = this.#byRun.get(runId);
    if (line?.next !== runId) return;
    line.next = undefined;
    this.#advance(line);
  }

  /** A graph has another latest version, which may have another limit. */
  limitChanged(graphId: string): void {
    this.#limits.delete(graphId);
    for (const line of [...this.#lines.values()]) if (line.graphId === graphId) this.#advance(line);
  }

  #lineOf(graphId: string, key: string | null): Line {
    // Ids of graphs have no space.
    const name = key === null ? graphId : `${graphId} ${key}`;
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line: Line = { name, graphId, holders: new Set(), waiting: new Set(), next: undefined };
    this.#lines.set(name, line);
    return line;
  }

  #join(line: Line, runId: string): void {
    if (this.#byRun.has(runId)) return;
    this.#wait(line, runId);
    this.#advance(line);
  }

  #wait(line: Line, runId: string): void {
    line.waiting.add(runId);
    this.#byRun.set(runId, line);
    this.#waiting += 1;
  }

  #hold(line: Line, runId: string): void {
    if (line.waiting.delete(runId)) this.#waiting -= 1;
    line.holders.add(runId);
    this.#byRun.set(runId, line);
  }

  #leave(runId: string): void {
    const line = this.#byRun.get(runId);
    if (line === undefined) return;
    this.#byRun.delete(runId);
    line.holders.delete(runId);
    if (line.waiting.delete(runId)) this.#waiting -= 1;
    if (line.next === runId) line.next = undefined;
    if (line.holders.size === 0 && line.waiting.size === 0) this.#lines.delete(line.name);
    else this.#advance(line);
  }

  /** Gives the next in line a slot, if there is one. */
  #advance(line: Line): void {
    const [first] = line.waiting;
    if (line.next !== undefined || first === undefined) return;
    if (line.holders.size >= (this.#limitOf(line.graphId)?.maxRuns ?? Number.POSITIVE_INFINITY)) return;
    this.#hold(line, first);
    line.next = first;
    this.options.onTurn(first);
  }

  #limitOf(graphId: string): ConcurrencyLimit | undefined {
    if (!this.#limits.has(graphId)) this.#limits.set(graphId, this.options.limitOf(graphId));
    return this.#limits.get(graphId);
  }
}
