import type { EventType } from '../../core/run/events.js';
import { needsSlot } from '../../core/run/slots.js';
import { isFinished, statusOf } from '../../core/run/state.js';
import { QueueFullError } from '../queue.js';
import type { Unit } from '../store.js';
import { type Session, send } from './connection.js';
import { orUnavailable } from './failures.js';

/** How long a count is used, in milliseconds. */
const COUNT_MS = 1000;

export interface QueueRoomOptions {
  readonly maxQueuedRuns: number;
  /** How many top-level runs have not begun, counted up to a limit. */
  readonly count: (limit: number) => Promise<number>;
  /** Milliseconds, as they pass. */
  readonly elapsed: () => number;
}

interface Count {
  readonly at: number;
  readonly runs: Promise<number>;
  /** Runs that this process has added since, less those that it knows to have begun. */
  added: number;
}

/**
 * Says whether there is room for one more run that waits to begin. All processes count together, each once a second, and
 * add what they do themselves: so there can be more runs than the limit, by what the others submit in a second.
 */
export class QueueRoom {
  #count: Count | undefined;
  #underWay = 0;

  constructor(private readonly options: QueueRoomOptions) {}

  /** @throws QueueFullError if there is no room; the work is not begun then */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    const { maxQueuedRuns } = this.options;
    const count = this.#current();
    const runs = await count.runs;
    if (runs + count.added + this.#underWay >= maxQueuedRuns) throw new QueueFullError(maxQueuedRuns);
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Takes note of what this process has stored. */
  committed(units: readonly Unit[]): void {
    if (this.#count === undefined) return;
    for (const { appends } of units) for (const append of appends) this.#count.added += change(append);
  }

  #current(): Count {
    const { count, elapsed, maxQueuedRuns } = this.options;
    const at = elapsed();
    if (this.#count !== undefined && at - this.#count.at < COUNT_MS) return this.#count;
    const runs = count(maxQueuedRuns);
    const current = { at, runs, added: 0 };
    this.#count = current;
    runs.catch(() => {
      if (this.#count === current) this.#count = undefined;
    });
    return current;
  }
}

/** What an append adds to the top-level runs that have not begun. */
function change({ state, create, records }: Unit['appends'][number]): number {
  if (state.parent !== null) return 0;
  const has = (type: EventType): boolean => records.some(({ event }) => event.type === type);
  const isOver = has('run.started') || has('slot.taken') || hasEndedUnstarted(state);
  const isAdded = create !== undefined || (has('run.retried') && needsSlot(state));
  return (isAdded ? 1 : 0) - (isOver ? 1 : 0);
}

function hasEndedUnstarted(state: Unit['appends'][number]['state']): boolean {
  return state.startedAt === null && isFinished(statusOf(state));
}

/** Top-level runs that have not begun, at most `limit`. */
export async function countSubmitted(session: Session, limit: number): Promise<number> {
  const submitted = send<{ count: number }>(session, {
    text: `SELECT count(*) AS count FROM (
      SELECT 1 FROM workflow_runs WHERE status = 'SUBMITTED' AND parent_run_id IS NULL LIMIT $1) AS submitted`,
    values: [limit],
  });
  const { rows } = await orUnavailable(submitted);
  return rows[0]?.count ?? 0;
}
