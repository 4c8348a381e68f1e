import { createPacer, type Steps } from '../base/steps.js';
import { type GraphRef, type Recording, submittedOf } from '../replay/recording.js';

/** The versions of graphs that a run, those inside it, and those that it is about to start use: that of the run first. */
export function* graphsIn(recording: Recording): Steps<readonly GraphRef[]> {
  const found = new Map<string, GraphRef>();
  yield* collectGraphs(recording, found, createPacer());
  return [...found.values()];
}

function* collectGraphs(recording: Recording, found: Map<string, GraphRef>, isDue: () => boolean): Steps<void> {
  const add = (graphId: string, version: number): unknown => found.set(`${version}@${graphId}`, { graphId, version });
  const { graph_id, graph_version } = submittedOf(recording);
  add(graph_id, graph_version);
  for (const { event } of recording.records) {
    if (event.type === 'wait.started' && event.wait.kind === 'graph') {
      const { graph_id: id, graph_version: version } = event.wait;
      if (id !== undefined && version !== undefined) add(id, version);
    }
    if (event.type === 'run.migrated') add(graph_id, event.to_version);
    if (isDue()) yield;
  }
  for (const child of recording.children) yield* collectGraphs(child, found, isDue);
}
