import type { Steps } from '../base/steps.js';
import { addUsage, NO_USAGE, type Usage } from '../base/usage.js';
import type { CompiledGraph } from '../graph/compile.js';
import type { RunEvent } from '../run/events.js';
import { cursorOf, errorOf, type RunState, statusOf } from '../run/state.js';
import { RecordedConditions } from './conditions.js';
import { FamilyHistory } from './family-history.js';
import { type Recording, runsOf, submittedOf } from './recording.js';
import type { Divergence, End, Replayed, Verdict } from './replayed.js';
import { type GraphSource, type Graphs, noteMissing, type Setting } from './setting.js';
import { RunWalk } from './walk.js';

/** How a run is walked again. */
export interface HowToReplay {
  /** The graph to walk through; the run's own if it is omitted. */
  readonly as?: CompiledGraph | undefined;
  /** The run keeps its limits. Else those that it has from its graph are those of `as`. */
  readonly keepsLimits?: boolean;
}

/**
 * Walks a run again through a graph, with the recorded results in place of calls. No tool is called, but for those of which
 * all follows from their params. The same recording and graphs give the same answer, always. In steps.
 * @param graphs the versions that the run and those inside it have used
 *
 * @example
 * const { verdict, firstDivergence } = finishSteps(replay(recording, graphs, { as: fixed }));
 */
export function* replay(
  recording: Recording,
  graphs: GraphSource,
  { as, keepsLimits = false }: HowToReplay = {},
): Steps<Replayed> {
  const setting: Setting = {
    graphs,
    family: new FamilyHistory(recording),
    conditions: new RecordedConditions(),
    keepsLimits,
    found: { divergence: null, missing: [] },
  };
  const { graph_id: graphId, graph_version: version } = submittedOf(recording);
  const found = graphs.get(graphId, version);
  const walk = new RunWalk(setting, recording, graphsFor(setting, found, as));
  yield* walk.walk();
  if (found === undefined) {
    const message = `Version ${version} of graph "${graphId}", which the run went through, is not there.`;
    noteMissing(setting, walk.place, 'graph', message);
  }
  return resultOf(walk, setting);
}

function graphsFor({ conditions }: Setting, found: CompiledGraph | undefined, as: CompiledGraph | undefined): Graphs {
  if (found === undefined) return { own: as ?? NO_GRAPH, as: as ?? NO_GRAPH, isUnknown: true };
  const own = conditions.fillIn(found);
  return { own, as: as === undefined || as === found ? own : conditions.fillIn(as) };
}

/** Stands where the graph of a run is not there. */
const NO_GRAPH: CompiledGraph = {
  graphId: '',
  version: 0,
  entryPoint: '',
  nodes: new Map(),
  limits: undefined,
  notify: undefined,
  merge: new Map(),
  inputSchema: undefined,
  concurrency: undefined,
};

function resultOf(walk: RunWalk, { found: { divergence, missing } }: Setting): Replayed {
  const { recording, now } = walk;
  const walks = [...all(walk)];
  const was = totalsOf(recording);
  return {
    verdict: verdictOf(divergence, missing.length),
    firstDivergence: divergence,
    path: walk.path.steps,
    missing,
    end: { was: endOf(walk.wasInTheEnd()), wouldBe: endOf(now) },
    steps: { was: was.steps, wouldBe: walks.reduce((sum, each) => sum + each.now.stepCount, 0) },
    usage: { was: was.usage, wouldBe: walks.reduce<Usage>((sum, each) => addUsage(sum, each.now.usage), NO_USAGE) },
  };
}

function verdictOf(divergence: Divergence | null, missing: number): Verdict {
  if (divergence !== null) return 'diverged';
  return missing > 0 ? 'unknown' : 'same';
}

/** A walk, and those of the runs inside it. */
function* all(walk: RunWalk): Generator<RunWalk> {
  yield walk;
  for (const child of walk.children) yield* all(child);
}

/** What a run and those inside it came to, as their journals tell. */
function totalsOf(recording: Recording): { readonly steps: number; readonly usage: Usage } {
  let [steps, usage] = [0, NO_USAGE];
  for (const { records } of runsOf(recording)) {
    let last = 0;
    for (const { event } of records) {
      if ('usage' in event) usage = addUsage(usage, event.usage);
      last = finishedBy(event) ?? last;
    }
    steps += last;
  }
  return { steps, usage };
}

/** How many visits a run has finished by an event that finishes one. */
function finishedBy(event: RunEvent): number | undefined {
  if (event.type === 'run.forked') return event.step - 1;
  const isFinished = event.type === 'step.completed' || (event.type === 'step.failed' && event.decision !== undefined);
  return isFinished ? event.step : undefined;
}

function endOf(state: RunState): End {
  return { status: statusOf(state), errorCode: errorOf(state)?.code ?? null, node: cursorOf(state)?.node ?? null };
}
