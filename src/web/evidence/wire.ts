/** Answers of `POST /graph/explore`. */

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
