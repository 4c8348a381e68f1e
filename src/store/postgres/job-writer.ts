import { isRequest } from '../../core/run/event-kinds.js';
import { isFinished, type RunState, statusOf } from '../../core/run/state.js';
import { ConflictError } from '../errors.js';
import type { Wake } from '../queue.js';
import type { Unit } from '../store.js';
import { type Session, send } from './connection.js';
import type { Held, HeldClaims } from './held-claims.js';
import type { JobQueues, NewJob } from './job-queues.js';
import { lockJobs } from './locks.js';

export interface JobWriterOptions {
  readonly jobs: Pick<JobQueues, 'endClaims' | 'endSuspects' | 'removeQueued' | 'insert' | 'wake' | 'begin'>;
  readonly held: HeldClaims;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, as they pass. */
  readonly elapsed: () => number;
  /** Resolves as soon as no claims are being touched. */
  readonly untouched: () => Promise<void>;
  /** Called with a claim that turned out to be lost. */
  readonly onLost: (held: Held) => void;
}

/** Writes what units make of the queue, in the transaction that stores them. */
export class JobWriter {
  constructor(private readonly options: JobWriterOptions) {}

  /**
   * Sends everything without waiting for answers in between, and resolves or rejects when all are there: nothing may
   * follow once the transaction is over. Claims end first, because a run that is parked gets its next job after that.
   * @throws ConflictError if a claim that is to end does not hold
   */
  async write(session: Session, units: readonly Unit[], begun: readonly string[]): Promise<void> {
    const { jobs, untouched } = this.options;
    const ending = this.#ending(units);
    if (ending.length > 0) await untouched();
    const { added, woken, begins } = this.#sort(units, begun);
    const over = endedUnclaimed(units);
    const changed = [
      ...over,
      ...woken,
      ...begins,
      ...added.filter(({ data }) => !data?.isNew).map(({ runId }) => runId),
    ];
    const written = [
      ...(changed.length > 1 ? [send(session, lockJobs(changed))] : []),
      ...(ending.length > 0 ? [this.#end(session, ending)] : []),
      ...over.map((runId) => jobs.removeQueued(session, runId)),
      ...(added.length > 0 ? [jobs.insert(session, added)] : []),
      ...(woken.length > 0 ? [jobs.wake(session, woken)] : []),
      ...(begins.length > 0 ? [jobs.begin(session, begins)] : []),
    ];
    const failed = (await Promise.allSettled(written)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  #ending(units: readonly Unit[]): Held[] {
    const { held, elapsed } = this.options;
    return units.flatMap(({ done }) => {
      if (done === undefined) return [];
      const one = held.find(done);
      if (one === undefined) throw new ConflictError(done.runId);
      one.endingAt = elapsed();
      return [one];
    });
  }

  async #end(session: Session, ending: readonly Held[]): Promise<void> {
    const { jobs, onLost } = this.options;
    const suspects = ending.flatMap(({ suspect }) => suspect ?? []);
    const [settled] = await Promise.all([
      jobs.endClaims(
        session,
        ending.map(({ job }) => job),
      ),
      suspects.length > 0 ? jobs.endSuspects(session, suspects) : undefined,
    ]);
    const lost = ending.filter(({ job }) => !settled.has(job.id));
    for (const one of lost) onLost(one);
    const [first] = lost;
    if (first !== undefined) throw new ConflictError(first.claim.runId);
  }

  /** Jobs of runs that have none, and runs that can have one: those that go on, and those that have their turn to begin. */
  #sort(units: readonly Unit[], begun: readonly string[]): { added: NewJob[]; woken: string[]; begins: string[] } {
    const now = this.options.now();
    const added: NewJob[] = [];
    const woken = new Set<string>();
    const begins = new Set(begun);
    for (const { appends, wakes = [] } of units) {
      const made = madeBy(appends);
      for (const { runId, at } of wakes) {
        const state = made.get(runId);
        if (state === undefined) wakeOf(runId, at, now, { added, woken });
        // Else it has its turn by the same commit.
        else if (!begins.has(runId)) added.push(newJob(state, laterThan(now, at)));
      }
      for (const [runId, state] of made) if (begins.delete(runId)) added.push(newJob(state, undefined));
    }
    return { added, woken: [...woken].sort(), begins: [...begins].sort() };
  }
}

/** When a run is due, if that is later. */
function laterThan(now: number, at: number): { readonly at: number; readonly afterMs: number } | undefined {
  return at > now ? { at, afterMs: at - now } : undefined;
}

function wakeOf(
  runId: string,
  at: number,
  now: number,
  to: { readonly added: NewJob[]; readonly woken: Set<string> },
): void {
  if (at > now) to.added.push({ runId, afterMs: at - now, data: { at } });
  else to.woken.add(runId);
}

/** The runs that appends make. */
function madeBy(appends: Unit['appends']): ReadonlyMap<string, RunState> {
  return new Map(appends.flatMap(({ create, state }) => (create === undefined ? [] : [[state.runId, state]])));
}

/** The job of a new run, which is looked at later if it stands in line until then. */
function newJob(
  { runId, parent }: RunState,
  later: { readonly at: number; readonly afterMs: number } | undefined,
): NewJob {
  const begins = parent === null;
  if (later === undefined) return { runId, begins, afterMs: 0, data: { isNew: true } };
  return { runId, begins, afterMs: later.afterMs, data: { isNew: true, at: later.at } };
}

/** Runs that end though this claims nothing of them: what they were due for is over. */
function endedUnclaimed(units: readonly Unit[]): string[] {
  return units
    .flatMap(({ appends, done }) => {
      const ended = appends.filter(({ state, rowChanged }) => rowChanged && isFinished(statusOf(state)));
      return ended.map(({ state }) => state.runId).filter((runId) => runId !== done?.runId);
    })
    .sort();
}

/** Takes note of what was stored under the claims of this process. */
export function noteProgress(held: HeldClaims, units: readonly Unit[]): void {
  for (const { appends, done } of units) {
    const ended = done && held.find(done);
    if (ended !== undefined) held.remove(ended);
    for (const { state, records } of appends) {
      const one = records.every(({ event }) => isRequest(event)) ? undefined : held.findRun(state.runId);
      if (one !== undefined) one.hasGotOn = true;
    }
  }
}

/** The times at which a commit makes runs due later. */
export function laterWakes(units: readonly Unit[], now: number): Wake[] {
  return units.flatMap(({ wakes = [] }) => wakes.filter(({ at }) => at > now));
}
