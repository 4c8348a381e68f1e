import { createHash } from 'node:crypto';
import { finishSteps } from '../../../src/core/base/steps.js';
import type { Capsule, CapsuleGraph } from '../../../src/core/capsule/document.js';
import { makeCapsule } from '../../../src/core/capsule/make-capsule.js';
import { type CapsuleReading, readCapsule } from '../../../src/core/capsule/read-capsule.js';
import { type Recording, submittedOf } from '../../../src/core/replay/recording.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import type { EventRecord, RunEvent } from '../../../src/core/run/events.js';
import { append } from '../../../src/core/run/journal.js';

export const sha256 = () => createHash('sha256');

export const EXPORTED_AT = Date.UTC(2026, 0, 31, 9, 30);

const definition = { name: 'g', entry_point: 'a', nodes: [{ name: 'a', tool_name: 'set_data' }] };

/** The capsule of a recording, with a small graph for each version that its runs use. */
export function capsuleOf(recording: Recording): Capsule {
  const ids = new Map<string, CapsuleGraph>();
  const add = (run: Recording): void => {
    const { graph_id, graph_version: version } = submittedOf(run);
    ids.set(`${graph_id}@${version}`, { graph_id, version, definition });
    run.children.forEach(add);
  };
  add(recording);
  const parts = { recording, graphs: [...ids.values()], exportedAt: EXPORTED_AT, release: '1.0.0' };
  return JSON.parse(JSON.stringify(finishSteps(makeCapsule(parts, sha256))));
}

export function reading(document: unknown): CapsuleReading {
  return finishSteps(readCapsule(document, sha256));
}

/** Records of events, a second apart. */
export function recordsOf(runId: string, events: readonly RunEvent[]): EventRecord[] {
  const records: EventRecord[] = [];
  let state = blankRun(runId);
  for (const event of events) {
    const next = append(state, [event], Date.UTC(2026, 0, 1) + state.seq * 1000);
    records.push(...next.records);
    state = next.state;
  }
  return records;
}

const call = { step: 1, node: 'a', attempt: 1, logs: ['a line'] };
export const submitted = {
  type: 'run.submitted',
  graph_id: 'my-graph',
  graph_version: 2,
  input_data: { n: 1 },
  limits: { max_steps: 10 },
  metadata: { team: 'x' },
} as const;

/** A branch of the run {@link family}. */
function branch(runId: string, index: number): Recording {
  const parent = { run_id: 'run-1', seq: 4, index, kind: 'branch', depth: 1 } as const;
  return {
    runId,
    records: recordsOf(runId, [
      { ...submitted, parent },
      { type: 'run.cancelled', logs: [] },
    ]),
    children: [],
  };
}

/** A run with two branches, and one that runs another graph as its second step and has not ended. */
export function family(): Recording {
  const graph = {
    kind: 'graph',
    until: null,
    save_as: 'x',
    graph_id: 'inner',
    graph_version: 7,
    input_data: null,
  } as const;
  const decision = { kind: 'parallel', to_node: null } as const;
  const records = recordsOf('run-1', [
    submitted,
    { type: 'run.started', next: 'a' },
    { type: 'step.completed', ...call, patch: { deep: { b: 1, a: [null] } }, decision, next: null },
    { type: 'branches.started', step: 1, node: 'a', kind: 'parallel', to_nodes: ['b', 'c'], join_node: 'd', count: 2 },
    { type: 'branches.joined', step: 1, node: 'a', count: 2, patch: {}, to_node: 'd', next: 'd' },
    { type: 'wait.started', ...call, step: 2, node: 'd', wait: graph },
  ]);
  const parent = { run_id: 'run-1', seq: 6, index: 0, kind: 'graph', depth: 1 } as const;
  const inner = { ...submitted, graph_id: 'inner', graph_version: 7, parent };
  const child = { runId: 'run-4', records: recordsOf('run-4', [inner]), children: [] };
  return { runId: 'run-1', records, children: [branch('run-2', 0), branch('run-3', 1), child] };
}
