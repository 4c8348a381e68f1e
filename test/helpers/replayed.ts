import { finishSteps, type Steps } from '../../src/core/base/steps.js';
import type { CompiledGraph } from '../../src/core/graph/compile.js';
import { compileGraph } from '../../src/core/graph/compile.js';
import { graphsOf, type Recording } from '../../src/core/replay/recording.js';
import { type HowToReplay, replay } from '../../src/core/replay/replay.js';
import type { Replayed } from '../../src/core/replay/replayed.js';
import type { Registry } from '../../src/core/tool/registry.js';
import { readRecording } from '../../src/runs/recordings.js';
import type { Store } from '../../src/store/store.js';

const NO_TURNS = {
  isOver: () => false,
  next: () => Promise.resolve(),
  inSlices: async <T>(steps: Steps<T>) => finishSteps(steps),
};

/** A run of a store, with all runs inside it. */
export async function recordingOf(store: Store, runId: string): Promise<Recording> {
  const recording = await readRecording({ store, turns: NO_TURNS }, runId);
  if (recording === undefined) throw new Error(`There is no run ${runId}.`);
  return recording;
}

/** Replays a run of a store; through its own graphs unless it is told otherwise. */
export async function replayOf(
  store: Store,
  registry: Registry,
  recording: Recording,
  how: HowToReplay = {},
): Promise<Replayed> {
  const graphs = new Map<string, CompiledGraph>();
  for (const { graphId, version } of graphsOf(recording)) {
    const found = await store.findGraph(graphId, { version, withDeleted: true });
    if (found === undefined) continue;
    const graph = finishSteps(compileGraph(found.definition, registry, { graphId, version }));
    graphs.set(`${graphId}@${version}`, graph);
  }
  return finishSteps(replay(recording, { get: (id, version) => graphs.get(`${id}@${version}`) }, how));
}
