import { DECISIONS, STATUS_SIGNS } from '../kinds.js';
import type { RunError, RunStatus, StepDecision } from '../wire-types.js';
import {
  type Checked,
  type Fields,
  isNumber,
  isNumbers,
  isRecord,
  isText,
  isTextOrNull,
  isTexts,
  isTime,
  pickChecked,
} from './guards.js';

/** A capsule as the page shows it: one run as a document, read from a file that anybody can have written. */
export interface Capsule {
  /** The whole document as it was read: what is sent to be replayed or imported. */
  readonly document: Fields;
  readonly exportedAt: string | null;
  readonly release: string | null;
  readonly digest: string | null;
  readonly graphs: readonly CapsuleGraph[];
  readonly run: CapsuleRun;
  readonly events: readonly CapsuleEvent[];
  readonly children: readonly CapsuleChild[];
}

export interface CapsuleGraph {
  readonly graphId: string;
  readonly version: number;
  readonly definition: unknown;
}

export interface CapsuleRun {
  readonly runId: string;
  readonly status: RunStatus;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly error: RunError | null;
  readonly data: Fields;
}

/** A run inside the run. */
export interface CapsuleChild {
  readonly runId: string;
  readonly events: readonly CapsuleEvent[];
  readonly children: readonly CapsuleChild[];
}

/** The fields of events that the page looks at. */
const FIELDS = {
  graph_id: isText,
  input_data: isAny,
  metadata: isRecord,
  limits: isRecord,
  step: isNumber,
  node: isText,
  attempt: isNumber,
  next: isTextOrNull,
  patch: isRecord,
  result: isRecord,
  logs: isTexts,
  usage: isUsage,
  error: isRunError,
  decision: isDecision,
  retry_at: isNumber,
  outcome: isText,
  answered_by: isText,
  by: isText,
  count: isNumber,
  joined: isNumber,
  failed: isNumber,
  cancelled: isNumber,
  winners: isNumbers,
  reason: isText,
  kind: isText,
  to_nodes: isTexts,
  wait: isRecord,
  answer: isAny,
  data: isRecord,
} as const;

export type CapsuleEvent = Checked<typeof FIELDS> & {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
};

/** An event of a stream, of which the page knows these fields. */
export function readStreamed(event: Fields): CapsuleEvent {
  const { seq, time, type } = event;
  return { ...pickChecked(event, FIELDS), seq: Number(seq), time: String(time), type: String(type) };
}

export type CapsuleReading = { readonly capsule: Capsule } | { readonly problem: string };

/** The form of capsules that this page reads. */
const FORM = 1;

/** Reads the text of a file. Says what is wrong with it if it is no capsule. */
export function readCapsule(text: string): CapsuleReading {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { problem: 'This is no JSON, or it is cut off. A capsule is one JSON document.' };
  }
  return openCapsule(document);
}

/** Reads a document. Says what is wrong with it if it is no capsule. */
export function openCapsule(document: unknown): CapsuleReading {
  const problem = findProblem(document);
  if (problem !== undefined || !isRecord(document)) return { problem: problem ?? 'This is no capsule.' };
  const { run, graphs, events, children, exported_at: exportedAt, release, digest } = document;
  const records = readEvents(events);
  const shown = readRun(run);
  if (shown === undefined)
    return { problem: 'The run of this capsule cannot be read: it is damaged, or was changed by hand.' };
  if (records === undefined)
    return { problem: 'The events of this capsule cannot be read: it is damaged, or was changed by hand.' };
  const nested = readChildren(children ?? []);
  if (nested === undefined) return { problem: 'The runs inside this run cannot be read: the capsule is damaged.' };
  const capsule: Capsule = {
    document,
    exportedAt: isTime(exportedAt) ? exportedAt : null,
    release: isText(release) ? release : null,
    digest: isText(digest) ? digest : null,
    graphs: Array.isArray(graphs) ? graphs.flatMap(readGraph) : [],
    run: shown,
    events: records,
    children: nested,
  };
  return { capsule };
}

/** What is wrong with a document as a whole. */
function findProblem(document: unknown): string | undefined {
  if (!isRecord(document)) return 'This is no capsule: a capsule is a JSON object.';
  if (document.capsule === FORM) return undefined;
  if (document.capsule !== undefined) {
    return `This capsule has the form ${JSON.stringify(document.capsule)?.slice(0, 40)}. This page reads form ${FORM}: open it on a server of the release that made it.`;
  }
  if ('nodes' in document && 'entry_point' in document) {
    return 'This is a graph, and no capsule. To try it, press “Edit” on the page of its graph, and choose the file there.';
  }
  return 'This is no capsule: it has no field “capsule”. A run is exported with “Download capsule” on its page.';
}

function readRun(value: unknown): CapsuleRun | undefined {
  if (!isRecord(value)) return undefined;
  const { run_id: runId, status, graph_id: graphId, graph_version: version, error, data } = value;
  if (!isText(runId) || !isStatus(status)) return undefined;
  return {
    runId,
    status,
    graphId: isText(graphId) ? graphId : '',
    graphVersion: isNumber(version) ? version : 1,
    error: isRunError(error) ? error : null,
    data: isRecord(data) ? data : {},
  };
}

function readGraph(value: unknown): CapsuleGraph[] {
  if (!isRecord(value) || !isText(value.graph_id) || !isNumber(value.version)) return [];
  return [{ graphId: value.graph_id, version: value.version, definition: value.definition ?? null }];
}

/** The first event of a run is always that it was submitted, so there is one. */
function readEvents(value: unknown): readonly CapsuleEvent[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const events = value.map(readEvent);
  return events.every((event) => event !== undefined) ? events : undefined;
}

function readEvent(value: unknown): CapsuleEvent | undefined {
  if (!isRecord(value)) return undefined;
  const { seq, time, type, payload } = value;
  if (!isNumber(seq) || !isTime(time) || !isText(type) || !isRecord(payload)) return undefined;
  return { ...pickChecked(payload, FIELDS), seq, time, type };
}

function readChildren(value: unknown): readonly CapsuleChild[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const children = value.map(readChild);
  return children.every((child) => child !== undefined) ? children : undefined;
}

function readChild(value: unknown): CapsuleChild | undefined {
  if (!isRecord(value) || !isText(value.run_id)) return undefined;
  const events = readEvents(value.events);
  const children = readChildren(value.children ?? []);
  return events === undefined || children === undefined ? undefined : { runId: value.run_id, events, children };
}

function isAny(value: unknown): value is unknown {
  return value !== undefined;
}

function isStatus(value: unknown): value is RunStatus {
  return isText(value) && Object.hasOwn(STATUS_SIGNS, value);
}

function isRunError(value: unknown): value is RunError {
  if (!isRecord(value) || !isText(value.code) || !isText(value.message)) return false;
  const { node = null, step = null } = value;
  return isTextOrNull(node) && (step === null || isNumber(step));
}

function isDecision(value: unknown): value is StepDecision {
  if (!isRecord(value) || !isText(value.kind) || !Object.hasOwn(DECISIONS, value.kind)) return false;
  return isTextOrNull(value.to_node) && (value.read === undefined || isReads(value.read)) && isSaid(value);
}

function isSaid({ condition, outcome }: Fields): boolean {
  return (condition === undefined || isText(condition)) && (outcome === undefined || isTextOrNull(outcome));
}

function isReads(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => isRecord(each) && isText(each.path));
}

function isUsage(value: unknown): value is { input_tokens: number; output_tokens: number; cost_usd?: number } {
  if (!isRecord(value)) return false;
  const { cost_usd: cost, input_tokens: input, output_tokens: output } = value;
  return isNumber(input) && isNumber(output) && (cost === undefined || isNumber(cost));
}
