import type { JsonObject } from '../base/json.js';
import { NO_USAGE, type Usage } from '../base/usage.js';
import type { CompiledGraph } from '../graph/compile.js';
import type { Recording } from '../replay/recording.js';
import type { EventRecord } from '../run/events.js';
import type { ChildResult } from '../run/join.js';
import type { Appended } from '../run/journal.js';
import type { RunState } from '../run/state.js';

/*
 * A world is a run as far as it was walked, with the runs inside it, and all that it still needs: nothing of it changes, so
 * that several ways can go on from it. What grows with each step is a linked list, the newest first, of which the ways share
 * what they have in common.
 */

/** A list that others can go on from. */
export interface Linked<T> {
  readonly value: T;
  readonly before: Linked<T> | null;
}

/** A list of this kind, the oldest first. */
export function unlink<T>(list: Linked<T> | null): T[] {
  const values: T[] = [];
  for (let at = list; at !== null; at = at.before) values.push(at.value);
  return values.reverse();
}

/** A step of the way to a finding. */
export interface TraceStep {
  readonly step: number;
  readonly node: string;
  /** Which branch it is in: its places among its siblings, from the outermost on. */
  readonly branch?: readonly number[];
  /** What the step came to, in short: a patch, the code of an error, an answer. */
  readonly outcome: string;
  /** Where the run went; null if nowhere, or to branches. */
  readonly toNode: string | null;
}

/** A run of a world: the top one, a branch, or a graph that runs as a step. */
export interface Frame {
  readonly graph: CompiledGraph;
  readonly state: RunState;
  readonly records: Linked<EventRecord> | null;
  /** The run that it is inside of, as it waits. */
  readonly above: Frame | null;
  /** Those of its children now that have ended. */
  readonly results: readonly ChildResult[];
  /** Which of the branches ends first, where that decides. */
  readonly first: number | null;
  /** All of its children. */
  readonly children: readonly Recording[];
  /** What its children have used. */
  readonly below: Usage;
  /** The error that was chosen for a step: the next tries fail with it too, unless another outcome is chosen. */
  readonly failing: { readonly step: number; readonly label: string } | null;
  /** What the condition after a step is taken to answer. */
  readonly scripted: { readonly step: number; readonly outcome: string } | null;
}

export interface World {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How many runs it has. */
  readonly runs: number;
  /** The run that is walked: the innermost. */
  readonly frame: Frame;
  readonly trace: Linked<TraceStep> | null;
  /** What was chosen for the visit under way. */
  readonly label: string | null;
  /** An outcome on the way is one that nobody has said that it can be. */
  readonly isAssumed: boolean;
  /** A condition was taken to answer what it would not, so that a replay goes another way. */
  readonly isScripted: boolean;
  /** The states that it has come through, by their numbers. */
  readonly path: Linked<number> | null;
}

/** When explored runs begin: any time serves, as long as it is always the same. */
export const START = Date.UTC(2026, 0, 1);

/** The id of a run: the same for the same place in a world. */
export function runIdOf(index: number): string {
  return `019b7600-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** The frame of a run that has just been submitted. */
export function frameOf(graph: CompiledGraph, { state, records }: Appended, above: Frame | null): Frame {
  return {
    graph,
    state,
    records: link(null, records),
    above,
    results: [],
    first: null,
    children: [],
    below: NO_USAGE,
    failing: null,
    scripted: null,
  };
}

export function link<T>(list: Linked<T> | null, values: readonly T[]): Linked<T> | null {
  let linked = list;
  for (const value of values) linked = { value, before: linked };
  return linked;
}

/** The run of a frame as it would be stored, without those that it is inside of. */
export function recordingOf({ state, records, children }: Frame): Recording {
  return { runId: state.runId, records: unlink(records), children };
}

/** The whole world as it would be stored: runs that are under way are inside those that wait for them. */
export function recordingOfWorld({ frame }: World): Recording {
  let recording = recordingOf(frame);
  for (let at = frame.above; at !== null; at = at.above) {
    const own = recordingOf(at);
    recording = { ...own, children: [...own.children, recording] };
  }
  return recording;
}

/** The places of a branch, and of those that it is inside of, among their siblings; none for a run that is no branch. */
export function branchOf(frame: Frame): readonly number[] {
  const places: number[] = [];
  for (let at: Frame | null = frame; at !== null; at = at.above) {
    if (at.state.parent?.kind === 'branch') places.unshift(at.state.parent.index);
  }
  return places;
}

/** A value in short, for a trace. */
export function inShort(value: JsonObject | string | number | boolean | null | readonly unknown[]): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
