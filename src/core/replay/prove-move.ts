import isDeepEqual from 'fast-deep-equal';
import { messageOf } from '../base/errors.js';
import { type Json, pointerToken } from '../base/json.js';
import type { Steps } from '../base/steps.js';
import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import { blankRun } from '../run/blank-run.js';
import type { EventOf, RunEvent } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { type Refusal, refuse, refuseChild, refuseFinished } from '../run/requests.js';
import { type Cursor, childrenOf, cursorOf, type Phase, type RunState, statusOf } from '../run/state.js';
import { renderLabelled } from '../run/step-params.js';
import { type Recording, submittedOf } from './recording.js';
import type { Missing, Replayed } from './replayed.js';

/*
 * Whether a run can go on with another version of its graph. Its journal is cut before the first call of the visit that it is at:
 *
 *   run.submitted ... step.completed | step.failed, wait.started, run.failed ...
 *   ------- the prefix -------------   ------- the open visit ------------------
 *
 * The prefix is walked through the other version, and has to come to the same visit. Of the open visit counts only what the
 * run keeps: a question that is open, an answer, a result whose way on is still to be chosen. What gave it has to be called
 * the same way by the other version. Attempts that failed do not count: they are what a new version is to mend.
 */

/** A run that is to be moved, and the versions of its graph. */
export interface Move {
  readonly state: RunState;
  /** Its journal, up to the last event of the state at least. */
  readonly recording: Recording;
  /** The version that it is on. */
  readonly from: CompiledGraph;
  readonly to: CompiledGraph;
}

/** Walks a run again through a version of its graph. */
type Walk = (recording: Recording, through: CompiledGraph) => Steps<Replayed>;

/** A visit that a run is at, and what came before it. */
interface Cut {
  /** The recording up to the first call of the visit. */
  readonly prefix: Recording;
  /** Calls of tools in the visit whose result the run keeps, each with the state before it. */
  readonly kept: readonly KeptCall[];
}

interface KeptCall {
  readonly before: RunState;
  readonly event: EventOf<'wait.started' | 'step.completed'>;
}

/**
 * Why a run cannot be moved to a version of a graph, as far as its state tells.
 * @returns `undefined` if its journal decides
 */
export function refuseMove(state: RunState, { graphId, version }: Pick<CompiledGraph, 'graphId' | 'version'>) {
  const { runId, parent } = state;
  const status = statusOf(state);
  if (state.graphId !== graphId) {
    return impossible(`Run ${runId} is of the graph "${state.graphId}", not of "${graphId}".`);
  }
  if (parent !== null) return refuseChild(runId, parent.run_id).refusal;
  if (status === 'COMPLETED') return refuseFinished({ runId, status }).refusal;
  if (status === 'RUNNING') {
    return refuse('run_active', `Run ${runId} is RUNNING. Pause it first: then it rests before its next step.`).refusal;
  }
  if (state.cancelRequested) return refuse('run_active', `Run ${runId} is being cancelled. Wait for its end.`).refusal;
  const children = childrenOf(state);
  if (children === null || children.kind === 'graph' || state.graphVersion === version) return undefined;
  return impossible(
    `Branches that "${children.node}" started have not been joined, and they go on with version ${state.graphVersion}. ` +
      'Move the run when they are joined, or fork it from the step before them.',
  );
}

/**
 * Proves that a run, as {@link refuseMove} lets it pass, comes to the same visit through another version of its graph, and
 * that what it keeps of that visit is what the other version would ask for.
 * @param walk how it is walked again
 * @returns why it cannot be moved; `undefined` if it can
 */
export function* proveMove(move: Move, walk: Walk): Steps<Refusal | undefined> {
  const { state, to } = move;
  const unfit = findInputFault(state, to);
  if (unfit !== undefined) return unfit;
  const cursor = cursorOf(state);
  // Nothing has begun: it begins as any run of that version does.
  if (cursor === null) return undefined;
  const node = to.nodes.get(cursor.node);
  if (node === undefined) {
    const message = `The run is at node "${cursor.node}", which version ${to.version} does not have.`;
    return impossible(message, '/nodes');
  }
  const { prefix, kept } = yield* cutAt(move, cursor);
  const replayed = yield* walk(prefix, to);
  return findDifference(replayed, cursor, to) ?? findOtherCall(move, node, kept);
}

/** Why the input of a run would not be what runs of a version begin with. */
function findInputFault({ inputData }: RunState, { inputSchema, version }: CompiledGraph): Refusal | undefined {
  const { value, problems } = inputSchema?.accept(inputData) ?? { value: inputData, problems: [] };
  const [problem] = problems;
  if (problem !== undefined) {
    const place = problem.pointer === '' ? '' : ` at ${problem.pointer}`;
    const message = `The input of the run does not fit the input_schema of version ${version}${place}: ${problem.message}`;
    return impossible(message, '/input_schema');
  }
  if (isDeepEqual(value, inputData)) return undefined;
  const message = `The input_schema of version ${version} has defaults for what the input of the run does not have.`;
  return impossible(message, '/input_schema');
}

function* cutAt({ state: last, recording }: Move, cursor: Cursor): Steps<Cut> {
  const keeps = keepsResult(last.phase);
  const kept: KeptCall[] = [];
  let prefixEnd = 0;
  let isCalled = false;
  let state = blankRun(recording.runId);
  for (const record of recording.records) {
    if (record.seq > last.seq) break;
    const { event } = record;
    isCalled ||= isCallOf(event, cursor);
    // What came of the run without a call, such as a limit that it has reached, is walked too.
    if (!isCalled) prefixEnd = record.seq;
    const isResult = event.type === 'wait.started' || event.type === 'step.completed';
    if (keeps && isResult && event.step === cursor.step && event.attempt === cursor.attempt) {
      kept.push({ before: state, event });
    }
    state = evolve(state, record);
    yield;
  }
  return { prefix: partUpTo(recording, prefixEnd), kept };
}

/** True for what a call of the tool of a visit has come to. */
function isCallOf(event: RunEvent, { step }: Cursor): boolean {
  const { type } = event;
  return (type === 'step.completed' || type === 'step.failed' || type === 'wait.started') && event.step === step;
}

/** The part of a recording up to an event, with the runs that were started until then. */
function partUpTo({ runId, records, children }: Recording, seq: number): Recording {
  return {
    runId,
    records: records.filter((record) => record.seq <= seq),
    children: children.filter((child) => isStartedUpTo(child, seq)),
  };
}

function isStartedUpTo(child: Recording, seq: number): boolean {
  const { parent } = submittedOf(child);
  return parent !== undefined && parent.seq <= seq;
}

/** True if a run goes on with something that its visit has come to, be it a question that is open. */
function keepsResult(phase: Phase): boolean {
  switch (phase.kind) {
    case 'paused':
    case 'limited':
    case 'failed':
    case 'cancelled':
      return keepsResult(phase.at);
    case 'queued':
      return keepsResult(phase.next);
    case 'waiting':
      return phase.wait.kind !== 'retry';
    case 'answered':
    case 'routing':
    case 'joining':
      return true;
    // Either the tool is called anew, or a person has given what it would return.
    case 'submitted':
    case 'starting':
    case 'calling':
    case 'resolved':
    case 'completed':
      return false;
  }
}

/** Where the walk through the other version differs from what happened before the open visit. */
function findDifference(replayed: Replayed, cursor: Cursor, to: CompiledGraph): Refusal | undefined {
  const { verdict, firstDivergence: divergence, missing } = replayed;
  if (verdict === 'same') return undefined;
  if (divergence !== null) {
    const { at, was, wouldBe } = divergence;
    const message =
      `Version ${to.version} would have gone another way at node "${at.node}" (step ${at.step}). ` +
      `It was: ${was.text}. It would be: ${wouldBe.text}.`;
    return refuseAt('move_diverged', message, pointerOf(to, at.node));
  }
  // What the open visit would come to is not asked.
  const needed = missing.find((one) => !isOpenVisit(one, cursor));
  if (needed === undefined && missing.length > 0) return undefined;
  const message =
    needed === undefined
      ? `It cannot be said whether version ${to.version} would have gone the same way.`
      : `It cannot be said whether version ${to.version} would have gone the same way: at node "${needed.at.node}" ` +
        `(step ${needed.at.step}), ${needed.message}`;
  return refuseAt('move_unproven', message, pointerOf(to, needed?.at.node));
}

function isOpenVisit({ at }: Missing, { node, step }: Cursor): boolean {
  return at.branch === undefined && at.node === node && at.step === step;
}

/** Why what the run keeps of its visit is not what the other version would have asked for. */
function findOtherCall({ from, to }: Move, node: CompiledNode, kept: readonly KeptCall[]): Refusal | undefined {
  const before = from.nodes.get(node.name);
  if (kept.length === 0) return undefined;
  if (before?.toolName !== node.toolName) {
    const message = `At node "${node.name}", the run goes on with what the tool "${before?.toolName}" has given or asked for; in version ${to.version} its tool is "${node.toolName}".`;
    return impossible(message, `${pointerOf(to, node.name)}/tool_name`);
  }
  for (const call of kept) {
    const refusal = findOtherParam(call, before, node, to);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function findOtherParam(
  { before: state, event }: KeptCall,
  before: CompiledNode,
  after: CompiledNode,
  to: CompiledGraph,
): Refusal | undefined {
  const [was, wouldBe] = [paramsAt(before, state), paramsAt(after, state)];
  const pointer = `${pointerOf(to, after.name)}/params`;
  if (typeof wouldBe === 'string') {
    return impossible(`At node "${after.name}", params of version ${to.version} have no value: ${wouldBe}`, pointer);
  }
  if (typeof was === 'string') return impossible(`The params of node "${after.name}" have no value: ${was}`, pointer);
  // How a question is worded does not change what answers it.
  const isWording = (key: string) => key === 'message' && event.type === 'wait.started' && event.wait.kind === 'input';
  const other = [...new Set([...Object.keys(was), ...Object.keys(wouldBe)])].find(
    (key) => !isWording(key) && !isDeepEqual(was[key], wouldBe[key]),
  );
  if (other === undefined) return undefined;
  const what = event.type === 'wait.started' ? 'what it waits for' : 'the result of its tool';
  const message = `At node "${after.name}", the run keeps ${what}, which was asked for with another "${other}" than version ${to.version} has.`;
  return impossible(message, pointer + pointerToken(other));
}

/** What a tool would be called with; the reason, as text, if an expression has no value. */
function paramsAt(node: CompiledNode, state: RunState): Readonly<Record<string, Json>> | string {
  try {
    return renderLabelled(node, state);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** Where a node stands in the document of a version. */
function pointerOf({ nodes }: CompiledGraph, node: string | undefined): string {
  const index = node === undefined ? -1 : [...nodes.keys()].indexOf(node);
  return index < 0 ? '/nodes' : `/nodes/${index}`;
}

function impossible(message: string, pointer?: string): Refusal {
  return refuseAt('move_impossible', message, pointer);
}

function refuseAt(code: 'move_impossible' | 'move_diverged' | 'move_unproven', message: string, pointer?: string) {
  return refuse(code, message, pointer === undefined ? undefined : [{ pointer, code, message }]).refusal;
}
