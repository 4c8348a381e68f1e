import type { Json } from '../base/json.js';
import type { Usage } from '../base/usage.js';
import type { Read } from '../expressions/reads.js';
import type { RunStatus } from '../run/state.js';

/**
 * What a replay comes to: it went the same way, another way, or as far as what was recorded leads, which is not far enough
 * to say.
 */
export type Verdict = 'same' | 'diverged' | 'unknown';

/** A visit of a node. */
export interface Place {
  readonly node: string;
  /** Of the run that it is in. */
  readonly step: number;
  /** Which visit to the node it is, from 1. */
  readonly visit: number;
  /** Where the branch is in which this is, if it is in one: the places among its siblings, from the outermost on. */
  readonly branch?: readonly number[];
}

/** What became of a visit, or of the whole run. */
export interface Outcome {
  /** What happened: in words for people, and always the same ones for the same outcome. */
  readonly text: string;
  /** Where the run went, if that is it. */
  readonly toNode?: string | null;
  /** What else tells the two apart: a patch, an error, an answer. */
  readonly value?: Json;
}

/** The first place at which a replay went another way than the run. */
export interface Divergence {
  readonly at: Place;
  /** What is different. */
  readonly of: 'way' | 'result' | 'end';
  readonly was: Outcome;
  readonly wouldBe: Outcome;
  /** The values that decided: those that the replay read, then those that only the run read. */
  readonly read: readonly Read[];
}

/** What a replay would have needed and nobody recorded. */
export interface Missing {
  readonly at: Place;
  readonly what: 'call' | 'params' | 'attempt' | 'answer' | 'child' | 'condition' | 'node' | 'graph';
  /** In words, with what to do about it if there is something. */
  readonly message: string;
}

/** A visit as the replay made it. */
export interface PathStep extends Place {
  readonly status: 'completed' | 'failed' | 'waiting' | 'open';
  /** Where it led; null if it led nowhere, or to branches. */
  readonly toNode: string | null;
}

/** How a run, or its replay, ended, or where it is. */
export interface End {
  readonly status: RunStatus;
  readonly errorCode: string | null;
  readonly node: string | null;
}

/** What a replay says, of the run and what is inside it. */
export interface Replayed {
  readonly verdict: Verdict;
  readonly firstDivergence: Divergence | null;
  /** What the replay visited, branches not included; at most {@link MAX_PATH} visits. */
  readonly path: readonly PathStep[];
  readonly missing: readonly Missing[];
  readonly end: { readonly was: End; readonly wouldBe: End };
  readonly steps: { readonly was: number; readonly wouldBe: number };
  readonly usage: { readonly was: Usage; readonly wouldBe: Usage };
}

/** Visits of a path that are told. */
export const MAX_PATH = 1000;
