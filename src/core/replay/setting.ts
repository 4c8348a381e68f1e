import type { CompiledGraph } from '../graph/compile.js';
import type { Inherited } from '../run/state.js';
import type { RecordedConditions } from './conditions.js';
import type { FamilyHistory } from './family-history.js';
import type { Divergence, Missing, Place } from './replayed.js';

/** The graphs that runs of a recording have used. */
export interface GraphSource {
  /** `undefined` for one that is not there: what became of runs of it is taken as it was recorded. */
  get(graphId: string, version: number): CompiledGraph | undefined;
}

/** The graphs that a run went through, and goes through now. */
export interface Graphs {
  readonly own: CompiledGraph;
  readonly as: CompiledGraph;
  /** Neither is that of the run, which is not there. */
  readonly isUnknown?: true;
}

/** What a branch has from its parent: from the one of then, and from the one of now. */
export interface Bases {
  readonly was: Inherited | undefined;
  readonly now: Inherited | undefined;
}

/** What walks come to. */
interface Found {
  /** The first one. */
  divergence: Divergence | null;
  readonly missing: Missing[];
}

/** What all walks of one replay share. */
export interface Setting {
  readonly graphs: GraphSource;
  readonly family: FamilyHistory;
  readonly conditions: RecordedConditions;
  /** The run keeps its limits, whatever those of the other graph are. */
  readonly keepsLimits: boolean;
  readonly found: Found;
}

/** Things that are missing which are told, of one replay. */
const MAX_MISSING = 100;

/** Notes what nobody recorded. */
export function noteMissing({ found: { missing } }: Setting, at: Place, what: Missing['what'], message: string): void {
  if (missing.length < MAX_MISSING) missing.push({ at, what, message });
}
