import type { RunEvent } from '../../client/client.js';
import type { RunEvent as StoredEvent } from '../../core/run/events.js';
import { StepReader, type StepView } from '../../core/run/steps.js';

/** More steps are not kept: a terminal does not show them. */
const MAX_STEPS = 500;

/** How a run has ended. */
export type RunEnd = 'COMPLETED' | 'FAILED' | 'CANCELLED';

const ENDS: Readonly<Record<string, RunEnd>> = {
  'run.completed': 'COMPLETED',
  'run.failed': 'FAILED',
  'run.cancelled': 'CANCELLED',
};

/** After these a run does nothing until somebody, something or a run inside it does. */
const RESTS: ReadonlySet<string> = new Set(['wait.started', 'branches.started', 'limit.reached', 'run.paused']);

/** The event as journals have it: streams send what is stored. */
export function storedEventOf(event: RunEvent): StoredEvent {
  return event as unknown as StoredEvent;
}

/** Follows the events of a run, and knows how far its steps are. */
export class RunProgress {
  /** `seq` of the latest event. */
  seq = 0;
  /** How the run has ended; undefined while it has not. */
  end: RunEnd | undefined;
  /** Why it failed. */
  error: string | undefined;
  isAtRest = false;
  /** Its branches, or the graph that runs as its step, are under way. */
  hasChildren = false;
  /** How many steps are not kept any more. */
  dropped = 0;
  readonly #steps = new StepReader(0);

  /** Takes the next event. */
  add(event: RunEvent): void {
    const stored = storedEventOf(event);
    this.seq = event.seq;
    this.end = ENDS[event.type];
    this.isAtRest = RESTS.has(event.type);
    if (event.type === 'run.failed') this.error = `${event.error.code}: ${event.error.message}`;
    this.hasChildren = startsChildren(stored) || (this.hasChildren && !endsChildren(stored));
    this.#steps.read({ seq: event.seq, time: Date.parse(event.time), event: stored, payload: '', logEnd: 0 });
    const { finished } = this.#steps;
    if (finished.length > MAX_STEPS) this.dropped += finished.splice(0, finished.length - MAX_STEPS).length;
  }

  /** The steps, in order; the last one can be under way. */
  get steps(): readonly StepView[] {
    const { finished, current } = this.#steps;
    return current === null ? finished : [...finished, current];
  }
}

function startsChildren(event: StoredEvent): boolean {
  return event.type === 'branches.started' || (event.type === 'wait.started' && event.wait.kind === 'graph');
}

function endsChildren({ type }: StoredEvent): boolean {
  return type === 'branches.joined' || type === 'wait.ended' || ENDS[type] !== undefined;
}
