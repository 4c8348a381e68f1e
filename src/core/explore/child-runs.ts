import { addUsage } from '../base/usage.js';
import { evaluateList } from '../expressions/expressions.js';
import { isBranchRoute, type Route } from '../graph/compile.js';
import type { JoinRule } from '../graph/edges.js';
import { resultOf } from '../replay/child-result.js';
import { startBranch, startGraphRun } from '../run/children.js';
import { isJoinDecided } from '../run/join-rule.js';
import { type Appended, append, openRun } from '../run/journal.js';
import { type Budget, type FamilyUsage, hasBudget } from '../run/limits.js';
import { scopeOf } from '../run/routing.js';
import type { Children, Inherited, RunState } from '../run/state.js';
import type { ExploredGraphs } from './graphs.js';
import { type Frame, frameOf, recordingOf, runIdOf, type World } from './world.js';

/*
 * Children run one after another: none of them sees what the others do. Those that a join does not wait for any more are
 * cancelled before they begin, as those of a server are that has many.
 */

/** Children that a server makes before it looks how the first of them have ended. */
const MADE_AT_ONCE = 100;

/** True if no more children have to run. */
export function areChildrenOver({ results, graph }: Frame, children: Children): boolean {
  const completed = results.filter(({ status }) => status === 'COMPLETED').length;
  const lost = results.length - completed;
  return results.length >= children.count || isJoinDecided(joinRuleOf(graph, children), children.count, { completed, lost });
}

/** True if it decides which of the children ends first. */
export function isRace({ graph }: Pick<Frame, 'graph'>, children: Children): boolean {
  return joinRuleOf(graph, children).kind === 'first' && children.count > 1;
}

function joinRuleOf(graph: Frame['graph'], children: Children): JoinRule {
  const route = graph.nodes.get(children.node)?.route;
  const isOfBranches = route !== undefined && isBranchRoute(route) && children.graph === null;
  return isOfBranches ? route.joinRule : { kind: 'all', maxFailures: 0 };
}

/** Goes into the next child. */
export function enterChild(world: World, children: Children, graphs: ExploredGraphs): World {
  const { frame, runs, now } = world;
  const index = (frame.results.length + (frame.first ?? 0)) % children.count;
  const runId = runIdOf(runs + 1);
  const inner = { ...world, runs: runs + 1 };
  const { graph } = children;
  // What is not there any more is not asked for: `resolveGraph` has found it.
  const called = graph === null ? undefined : graphs.find(graph.id, graph.version);
  if (called === undefined) {
    return { ...inner, frame: frameOf(frame.graph, openBranch(frame, children, { index, runId, now }), frame) };
  }
  const submitted = startGraphRun(frame.state, children, 0, called.limits, now);
  return { ...inner, frame: frameOf(called, openRun(runId, submitted, now), frame) };
}

interface Opening {
  readonly index: number;
  readonly runId: string;
  readonly now: number;
}

function openBranch({ graph, state }: Frame, children: Children, { index, runId, now }: Opening): Appended {
  const inherited = inheritedFrom(state, graph.nodes.get(children.node)?.route, index);
  return openRun(runId, startBranch(state, children, index, inherited.item), now, inherited);
}

function inheritedFrom(parent: RunState, route: Route | undefined, index: number): Inherited {
  const items = route?.kind === 'for_each' ? evaluateList(route.items, scopeOf(parent)).value : [];
  return { inputData: parent.inputData, data: parent.data, item: items[index] ?? null };
}

/** Comes back from a child that has ended to the run that waits for it. */
export function leaveChild(world: World, above: Frame): World {
  const { frame } = world;
  const { usage } = frame.state;
  const child = recordingOf(frame);
  const result = resultOf(frame.state);
  const parent = {
    ...above,
    results: [...above.results, ...(result === undefined ? [] : [result])],
    children: [...above.children, child],
    below: addUsage(above.below, addUsage(usage, frame.below)),
  };
  return { ...world, frame: parent };
}

/** The children that did not run are there, and were cancelled. */
export function cancelOthers(world: World, children: Children): World {
  const { frame, now } = world;
  const there = new Set(frame.results.map(({ index }) => index));
  const missing = Array.from({ length: Math.min(children.count, MADE_AT_ONCE) }, (_, index) => index);
  let after = world;
  for (const index of children.graph === null ? missing.filter((one) => !there.has(one)) : []) {
    const runId = runIdOf(after.runs + 1);
    const opened = openBranch(frame, children, { index, runId, now });
    const { state, records } = append(opened.state, [{ type: 'run.cancelled', logs: [] }], now);
    const ended = frameOf(frame.graph, { state, records: [...opened.records, ...records] }, after.frame);
    after = leaveChild({ ...after, runs: after.runs + 1, frame: ended }, after.frame);
  }
  return after;
}

/** What the runs around a run have used, if it has a limit for that. */
export function familyOf(frame: Frame): FamilyUsage | undefined {
  if (!hasBudget(frame.state)) return undefined;
  const above: Budget[] = [];
  for (let at = frame.above; at !== null; at = at.above) {
    const { runId, guards, usage } = at.state;
    if (guards !== null && frame.state.budgetsOf.includes(runId)) {
      above.unshift({ runId, guards, elsewhere: addUsage(usage, at.below) });
    }
  }
  return { below: frame.below, above };
}
