import isDeepEqual from 'fast-deep-equal';
import { type Json, type JsonObject, pointerToken } from '../core/base/json.js';
import { estimateBytes } from '../core/base/json-size.js';
import type { Steps } from '../core/base/steps.js';
import { readOf } from '../core/expressions/reads.js';
import type { StepView } from '../core/run/steps.js';
import { allSteps, measureSteps } from './list-steps.js';
import { loadRun, type RunDeps } from './shared.js';

/** Where a run was at a step, and where it went from there: null if it went nowhere, or started branches. */
export interface StepPoint {
  readonly node: string;
  readonly status: StepView['status'];
  readonly toNode: string | null;
}

/** How two runs differ. */
export interface RunDiff {
  readonly a: string;
  readonly b: string;
  /** The first step at which their nodes, statuses or next nodes differ. A side is null if its run has no such step. */
  readonly firstDivergence: {
    readonly step: number;
    readonly a: StepPoint | null;
    readonly b: StepPoint | null;
  } | null;
  /** The nodes that each visited from there on, at most {@link MAX_PATH}. */
  readonly pathA: readonly string[];
  readonly pathB: readonly string[];
  /** Where their `data` differs, at most {@link MAX_DIFFERENCES} places. */
  readonly data: readonly DataDifference[];
}

/** A place at which two values differ. A side that does not have the place is omitted. */
export interface DataDifference {
  /** A JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly a?: Json;
  readonly b?: Json;
  /** Sides that are too large to be shown: what stands there is their type and size. */
  readonly cut?: readonly ('a' | 'b')[];
}

const MAX_PATH = 100;
const MAX_DIFFERENCES = 100;
/** Larger values are shown as type and size, so that all differences together are a few MB at most. */
export const MAX_SHOWN_BYTES = 16_384;
/** Values up to this size are compared at once: a fraction of a millisecond. */
const AT_ONCE_BYTES = 16_384;

/** How two runs differ: the first step at which they went apart, and their data. @throws EngineError `run_not_found`, `server_busy`. */
export async function diffRuns(deps: DiffDeps, a: string, b: string): Promise<RunDiff> {
  let bytes = 0;
  for (const runId of [a, b]) bytes += (await deps.runs.measure(runId)) + (await measureSteps(deps, runId));
  return deps.reads.share(`${a} diff ${b}`, bytes, () => compareRuns(deps, a, b));
}

async function compareRuns(deps: DiffDeps, a: string, b: string): Promise<RunDiff> {
  const steps = await compareSteps(allSteps(deps, a), allSteps(deps, b));
  const [left, right] = [await loadRun(deps, a), await loadRun(deps, b)];
  return { a, b, ...steps, data: await deps.turns.inSlices(compareData(left.data, right.data)) };
}

type DiffDeps = Pick<RunDeps, 'store' | 'runs' | 'turns' | 'reads'>;

/** Steps of a run in order, read as far as they are needed. */
export type StepViews = AsyncIterator<StepView>;

/** Compares two runs step by step, until their paths differ. */
export async function compareSteps(
  a: StepViews,
  b: StepViews,
): Promise<Pick<RunDiff, 'firstDivergence' | 'pathA' | 'pathB'>> {
  for (;;) {
    const [left, right] = [await a.next(), await b.next()];
    if (left.done === true && right.done === true) return { firstDivergence: null, pathA: [], pathB: [] };
    const [stepA, stepB] = [left.done ? null : left.value, right.done ? null : right.value];
    if (stepA !== null && stepB !== null && isDeepEqual(pointOf(stepA), pointOf(stepB))) continue;
    return {
      firstDivergence: { step: stepA?.step ?? stepB?.step ?? 0, a: pointOf(stepA), b: pointOf(stepB) },
      pathA: await nodesFrom(stepA, a),
      pathB: await nodesFrom(stepB, b),
    };
  }
}

function pointOf(step: StepView | null): StepPoint | null {
  return step === null ? null : { node: step.node, status: step.status, toNode: step.decision?.to_node ?? null };
}

async function nodesFrom(first: StepView | null, steps: StepViews): Promise<string[]> {
  const nodes: string[] = [];
  for (let step = first; step !== null && nodes.length < MAX_PATH; ) {
    nodes.push(step.node);
    const next = await steps.next();
    step = next.done === true ? null : next.value;
  }
  return nodes;
}

/**
 * Where two values differ: compared key by key and item by item as far down as both are objects or both are lists.
 * Yields after each value.
 */
export function* compareData(a: JsonObject, b: JsonObject): Steps<DataDifference[]> {
  const found: DataDifference[] = [];
  yield* collect(a, b, '', found);
  return found;
}

function* collect(a: Json, b: Json, pointer: string, found: DataDifference[]): Steps<void> {
  if (a === b || found.length >= MAX_DIFFERENCES) return;
  // Large values that are equal are found to be so part by part.
  if (estimateBytes(a, AT_ONCE_BYTES) <= AT_ONCE_BYTES && isDeepEqual(a, b)) return;
  yield;
  const [left, right] = [entriesOf(a), entriesOf(b)];
  if (left === undefined || right === undefined || Array.isArray(a) !== Array.isArray(b)) {
    found.push(differenceOf(pointer, a, b));
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    if (found.length >= MAX_DIFFERENCES) return;
    const place = `${pointer}${pointerToken(key)}`;
    const [valueA, valueB] = [left.get(key), right.get(key)];
    if (valueA !== undefined && valueB !== undefined) yield* collect(valueA, valueB, place, found);
    else found.push(differenceOf(place, valueA, valueB));
  }
}

function differenceOf(pointer: string, a: Json | undefined, b: Json | undefined): DataDifference {
  const sides = Object.entries({ a, b }).flatMap(([side, value]) => {
    if (value === undefined) return [];
    const isCut = estimateBytes(value, MAX_SHOWN_BYTES) > MAX_SHOWN_BYTES;
    return [{ side: side as 'a' | 'b', value: isCut ? typeAndSize(value) : value, isCut }];
  });
  const shown = Object.fromEntries(sides.map(({ side, value }) => [side, value]));
  const cut = sides.filter(({ isCut }) => isCut).map(({ side }) => side);
  return { pointer, ...shown, ...(cut.length > 0 && { cut }) };
}

/** A large value, as the decisions of steps show it. */
function typeAndSize(value: Json): Json {
  const { path: _, ...shown } = readOf('', value);
  return shown;
}

function entriesOf(value: Json): Map<string, Json> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}
