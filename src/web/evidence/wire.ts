import type { Read, RunStatus, Usage } from '../wire-types.js';

/** Answers of the API about what a run, or many runs, would have done. */

export interface Outcome {
  /** In words for people. */
  readonly text: string;
  readonly to_node?: string | null;
  readonly value?: unknown;
}

export interface ReplayPlace {
  readonly node: string;
  readonly step: number;
  /** Which visit to the node it is, from 1. */
  readonly visit: number;
  /** Where the branch is in which this is: the places among its siblings, from the outermost on. */
  readonly branch?: readonly number[];
}

export interface ReplayEnd {
  readonly status: RunStatus;
  readonly error_code: string | null;
  readonly node: string | null;
}

export interface Divergence {
  readonly at: ReplayPlace;
  readonly was: Outcome;
  readonly would_be: Outcome;
  readonly read: readonly Read[];
}

export interface Replayed {
  readonly verdict: 'same' | 'diverged' | 'unknown';
  readonly first_divergence: Divergence | null;
  readonly missing: readonly { readonly at: ReplayPlace; readonly what: string; readonly message: string }[];
  readonly end: { readonly was: ReplayEnd; readonly would_be: ReplayEnd };
  readonly steps: Pair<number>;
  readonly usage: Pair<Usage>;
}

interface Pair<T> {
  readonly was: T;
  readonly would_be: T;
}

export interface Backtest {
  readonly runs: number;
  readonly same: number;
  readonly diverged: number;
  readonly unknown: number;
  readonly groups: readonly DivergedGroup[];
  readonly unknown_groups: readonly UnknownGroup[];
  readonly ends: readonly (Pair<ReplayEnd> & { readonly count: number })[];
  readonly steps: Pair<number>;
  readonly usage: Pair<Usage>;
}

/** Runs that first went another way at the same place, from the same outcome to the same other one. */
export interface DivergedGroup extends Pair<Outcome> {
  readonly at: { readonly node: string; readonly visit: number };
  readonly count: number;
  /** Different values that decided, a few of each path. */
  readonly read: readonly Read[];
  readonly examples: readonly string[];
}

/** Runs of which nothing is known for the same reason. */
export interface UnknownGroup {
  readonly what: string;
  readonly node: string | null;
  readonly message: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** What was found in a graph before anybody runs it. */
export interface Explored {
  readonly findings: readonly ExploredFinding[];
  readonly coverage: { readonly nodes: Covered; readonly edges: Covered };
  readonly bounds: { readonly steps: Bound; readonly tokens: Bound; readonly cost_usd: Bound };
  readonly runs: number;
  /** Every way was walked that the outcomes lead to which were tried. */
  readonly complete: boolean;
}

export interface ExploredFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly pointer: string;
  /** How a run comes to it. */
  readonly trace: readonly TraceStep[];
  /** The run that came to it; null if there is none. */
  readonly capsule: unknown;
}

export interface TraceStep {
  readonly step: number;
  readonly node: string;
  readonly branch?: readonly number[];
  /** What the step came to, in short. */
  readonly outcome: string;
  readonly to_node: string | null;
}

interface Covered {
  readonly visited: number;
  readonly total: number;
}

export interface Bound {
  readonly at_most: number | 'unbounded';
  readonly reason: string;
}
