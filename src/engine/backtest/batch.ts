import { messageOf } from '../../core/base/errors.js';
import type { Steps } from '../../core/base/steps.js';
import type { CompiledGraph } from '../../core/graph/compile.js';
import type { BacktestedRun, Unknown } from '../../core/replay/backtest.js';
import { type GraphRef, graphsOf, type Recording } from '../../core/replay/recording.js';
import { replay } from '../../core/replay/replay.js';
import type { GraphSource } from '../../core/replay/setting.js';
import { type LargeRun, parseRecording, type RawRecording } from '../../runs/raw-recordings.js';

/** Runs that are replayed together, in one thread. */
export type Batch = readonly (RawRecording | LargeRun)[];

/** What a replay of a run says, or why there is none. */
export type RunResult =
  | { readonly runId: string; readonly replayed: BacktestedRun }
  | { readonly runId: string; readonly unknown: Unknown };

/** A run that can be replayed, or why it cannot. */
export type ParsedRun =
  | { readonly runId: string; readonly recording: Recording }
  | Extract<RunResult, { unknown: unknown }>;

/** Parses what is stored of runs. Yields after each. */
export function* parseBatch(batch: Batch): Steps<readonly ParsedRun[]> {
  const parsed: ParsedRun[] = [];
  for (const raw of batch) {
    parsed.push(yield* parseRun(raw));
    yield;
  }
  return parsed;
}

function* parseRun(raw: Batch[number]): Steps<ParsedRun> {
  const { runId } = raw;
  if ('isTooLarge' in raw) return unknownRun(runId, 'It holds more, with the runs inside it, than a replay can read.');
  try {
    return { runId, recording: yield* parseRecording(raw) };
  } catch (thrown) {
    return unknownRun(runId, messageOf(thrown));
  }
}

/** The versions of graphs that runs used, each once. */
export function graphsUsedBy(runs: readonly ParsedRun[]): readonly GraphRef[] {
  const found = new Map<string, GraphRef>();
  for (const run of runs) {
    if ('unknown' in run) continue;
    for (const ref of graphsOf(run.recording)) found.set(`${ref.graphId}@${ref.version}`, ref);
  }
  return [...found.values()];
}

/** Replays runs through a candidate. Yields after each piece of a few milliseconds. */
export function* replayBatch(
  runs: readonly ParsedRun[],
  graphs: GraphSource,
  candidate: CompiledGraph,
): Steps<readonly RunResult[]> {
  const results: RunResult[] = [];
  for (const run of runs) {
    results.push('unknown' in run ? run : yield* replayRun(run.runId, run.recording, graphs, candidate));
    yield;
  }
  return results;
}

function* replayRun(
  runId: string,
  recording: Recording,
  graphs: GraphSource,
  candidate: CompiledGraph,
): Steps<RunResult> {
  try {
    const { path: _, ...replayed } = yield* replay(recording, graphs, { as: candidate });
    return { runId, replayed };
  } catch (thrown) {
    // One journal that was tampered with does not spoil what the others say.
    return unknownRun(runId, messageOf(thrown));
  }
}

/** A run that could not be replayed at all. */
export function unknownRun(runId: string, message: string): Extract<RunResult, { unknown: unknown }> {
  return { runId, unknown: { what: 'run', node: null, message } };
}
