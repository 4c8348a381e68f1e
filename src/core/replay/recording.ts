import type { EventOf, EventRecord, ParentLink } from '../run/events.js';

/** A run with all that was stored of it, so that it can be walked again. */
export interface Recording {
  readonly runId: string;
  /** The whole journal, in order. The first event is always `run.submitted`. */
  readonly records: readonly EventRecord[];
  /** The runs inside it: their first events say which event of this run started them, and which of its children each is. */
  readonly children: readonly Recording[];
}

/** A version of a graph that a run has used. */
export interface GraphRef {
  readonly graphId: string;
  readonly version: number;
}

/**
 * The first event of a run.
 * @throws Error if the journal has none
 */
export function submittedOf({ runId, records }: Recording): EventOf<'run.submitted'> {
  const event = records[0]?.event;
  if (event?.type !== 'run.submitted')
    throw new Error(`The journal of run ${runId} does not begin with run.submitted.`);
  return event;
}

/**
 * Where a run inside another one hangs.
 * @throws Error if it is not inside another one
 */
export function linkOf(child: Recording): ParentLink {
  const { parent } = submittedOf(child);
  if (parent === undefined) throw new Error(`Run ${child.runId} is not inside another run.`);
  return parent;
}

/** The id that a run had where it was exported, if it was imported. */
export function originalOf(recording: Recording): string | undefined {
  const { started_by: startedBy } = submittedOf(recording);
  return startedBy?.kind === 'import' ? startedBy.id : undefined;
}

/** The versions of graphs that a run and those inside it have used, each once, that of the run first. */
export function graphsOf(recording: Recording): readonly GraphRef[] {
  const found = new Map<string, GraphRef>();
  collect(recording, found);
  return [...found.values()];
}

function collect(recording: Recording, found: Map<string, GraphRef>): void {
  const { graph_id: graphId, graph_version: version } = submittedOf(recording);
  found.set(`${graphId}@${version}`, { graphId, version });
  for (const { event } of recording.records) {
    if (event.type !== 'run.migrated') continue;
    found.set(`${graphId}@${event.to_version}`, { graphId, version: event.to_version });
  }
  for (const child of recording.children) collect(child, found);
}

/** All runs of a recording, each before those inside it. */
export function* runsOf(recording: Recording): Generator<Recording> {
  yield recording;
  for (const child of recording.children) yield* runsOf(child);
}
