import { definedOnly } from '../base/defined-only.js';
import { copyJson, type JsonObject } from '../base/json.js';
import type { CompiledNode } from '../graph/compile.js';
import { MAX_DEPTH } from '../run/branches.js';
import type { WaitStart } from '../run/events.js';
import type { CallOutcome } from '../run/settle.js';
import { startOfWait } from '../run/wait-start.js';
import type { GraphWait, WaitRequest } from '../tool/wait.js';
import type { Walker } from './advance.js';
import type { Choice, Knowledge } from './choice.js';
import { guess } from './guess.js';
import { NO_HINT } from './hints.js';
import { inShort, runIdOf, type World } from './world.js';

interface Asked {
  readonly node: CompiledNode;
  readonly request: WaitRequest;
  readonly params: unknown;
}

/** What follows when a tool asks for a wait: it begins, unless it is for a graph that is not known, or not waited for. */
export function startWaiting(
  world: World,
  { node, request, params }: Asked,
  walker: Walker,
  knowledge: Knowledge,
): readonly Choice[] {
  const one = (label: string, outcome: CallOutcome): readonly Choice[] => [
    { label, isAssumed: false, take: (at) => walker.settle(at, outcome) },
  ];
  const begin = (wait: WaitStart): readonly Choice[] => [
    // The outcome of the wait is what is told of the step.
    {
      label: '',
      isAssumed: false,
      take: (at) => walker.settle({ ...at, label: null }, { kind: 'waits', wait, logs: [] }),
    },
  ];
  if (request.kind !== 'graph') {
    const start = startOfWait(request, node.name);
    return begin({ ...start, until: untilOf(params, start.until, world) });
  }
  const resolved = resolveGraph(world, node, request, walker);
  if (resolved === undefined) return unknownGraph(request, node, walker, knowledge);
  if (resolved.kind === 'threw') return one(resolved.code, resolved);
  return resolved.kind === 'waits' ? begin(resolved.wait) : one('started', resolved);
}

/** When a wait ends by itself, by the clock of the exploration: tools have another one. */
function untilOf(params: unknown, until: number | null, { now }: World): number | null {
  const { seconds, expires_in_seconds: expiry } = params as Readonly<Record<string, unknown>>;
  const length = expiry ?? seconds;
  return typeof length === 'number' ? now + Math.ceil(length * 1000) : until;
}

type Resolved = Extract<CallOutcome, { kind: 'threw' | 'waits' | 'returned' }>;

/** The run of another graph that a step asks for; undefined if the graph is not known. */
function resolveGraph(
  { frame, runs }: World,
  { name }: CompiledNode,
  { graphId, version, input = null, limits, metadata, isDetached, saveAs = name }: GraphWait,
  { graphs }: Walker,
): Resolved | undefined {
  const graph = graphs.find(graphId, version);
  if (graph === undefined) return undefined;
  const refuse = (code: string, message: string): Resolved => ({ kind: 'threw', code, message, logs: [], fatal: true });
  if (isDetached !== true && (frame.state.parent?.depth ?? 0) >= MAX_DEPTH) {
    return refuse('depth_exceeded', `Runs inside runs go ${MAX_DEPTH} levels deep at most.`);
  }
  const given = copyJson(input);
  const { value: input_data, problems } = graph.inputSchema?.accept(given) ?? { value: given, problems: [] };
  if (problems.length > 0) {
    const why = problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
    return refuse('invalid_params', `The input does not fit the input_schema of graph "${graphId}": ${why}`);
  }
  if (isDetached === true) {
    const value: JsonObject = { [saveAs]: { run_id: runIdOf(runs + 1) } };
    return { kind: 'returned', value, logs: [] };
  }
  const asked = definedOnly({ limits: limits && definedOnly(limits), metadata });
  const wait = { kind: 'graph', until: null, save_as: saveAs, graph_id: graph.graphId } as const;
  return { kind: 'waits', logs: [], wait: { ...wait, graph_version: graph.version, input_data, ...asked } };
}

/** A graph that is not known is a tool of which nothing is known. */
function unknownGraph(
  { graphId, saveAs }: GraphWait,
  { name }: CompiledNode,
  walker: Walker,
  { hints }: Knowledge,
): readonly Choice[] {
  const key = saveAs ?? name;
  const completed = guess(hints.data.fields.get(key) ?? NO_HINT).map(({ value }): Choice => {
    const patch = { [key]: value };
    const take = (at: World) => walker.settle(at, { kind: 'returned', value: patch, logs: [] });
    return { label: inShort(patch), isAssumed: true, patch, take };
  });
  const message = `The run of graph "${graphId}" failed.`;
  const lost: CallOutcome = { kind: 'threw', code: 'child_failed', message, logs: [], fatal: true };
  return [...completed, { label: 'child_failed', isAssumed: true, take: (at) => walker.settle(at, lost) }];
}
