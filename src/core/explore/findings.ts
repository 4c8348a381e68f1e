import type { EventRecord } from '../run/events.js';
import type { Recording } from '../replay/recording.js';
import type { FindingCode, Severity } from './codes.js';
import { type Diagnosed, diagnoseFailure } from './diagnose-failure.js';
import type { Places } from './places.js';
import { recordingOfWorld, type TraceStep, unlink, type World } from './world.js';

/** One thing that an exploration has found. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly message: string;
  /** Into the document of the graph. */
  readonly pointer: string;
  /** Null if it is not about one. */
  readonly node: string | null;
  /** How a run comes to it. */
  readonly trace: readonly TraceStep[];
  /** The run that came to it; null if there is none that a replay would walk again. */
  readonly recording: Recording | null;
}

/** Most findings that are told. */
const MAX_FINDINGS = 200;
/** Most steps of a trace that are told: its end. */
export const MAX_TRACE = 200;

interface Kept extends Omit<Finding, 'trace' | 'recording'> {
  readonly world: World | undefined;
  readonly length: number;
}

/** Keeps what is found: of the same finding, the one that is certain before one that is assumed, and the shortest. */
export class FindingList {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly places: Places) {}

  /** Looks at the events that a step of a run of the graph itself has led to. */
  watch(world: World, records: readonly EventRecord[]): void {
    for (const [index, { event }] of records.entries()) {
      if (event.type === 'limit.reached') {
        const { node, message } = event;
        this.add({ code: 'limit_reached', pointer: this.places.node(node), node, message, isWarning: true }, world);
      }
      if (event.type !== 'run.failed') continue;
      const found = diagnoseFailure(event.error, records[index - 1], world.frame, this.places);
      if (found !== undefined) this.add(found, world);
    }
  }

  /** @param world the run that came to it; undefined if no run shows it */
  add({ isWarning, ...found }: Diagnosed, world: World | undefined): void {
    const isAssumed = world?.isAssumed === true;
    const severity = isWarning || (isAssumed && found.code !== 'endless_loop') ? 'warning' : 'error';
    // What two tools of which nothing is known would set alike is no conflict of anybody's.
    if (found.code === 'join_conflict' && isAssumed) return;
    const key = `${found.code} ${found.pointer}`;
    const kept: Kept = { ...found, severity, world, length: world === undefined ? 0 : lengthOf(world) };
    const known = this.#kept.get(key);
    const isFull = known === undefined && this.#kept.size >= MAX_FINDINGS;
    if (!isFull && (known === undefined || isBetter(kept, known))) this.#kept.set(key, kept);
  }

  /** Forgets what another finding says better. */
  drop(code: FindingCode, pointer: string): void {
    this.#kept.delete(`${code} ${pointer}`);
  }

  /** Errors first. */
  list(): readonly Finding[] {
    const found = [...this.#kept.values()].map(({ world, length: _, ...finding }): Finding => {
      const trace = unlink(world?.trace ?? null).slice(-MAX_TRACE);
      const isReplayed = world !== undefined && !world.isScripted;
      return { ...finding, trace, recording: isReplayed ? recordingOfWorld(world) : null };
    });
    return [...found.filter(isError), ...found.filter((finding) => !isError(finding))];
  }
}

export function isError({ severity }: Pick<Finding, 'severity'>): boolean {
  return severity === 'error';
}

function isBetter(one: Kept, other: Kept): boolean {
  if (one.severity !== other.severity) return isError(one);
  return one.length < other.length;
}

function lengthOf({ trace }: World): number {
  let length = 0;
  for (let at = trace; at !== null; at = at.before) length += 1;
  return length;
}
