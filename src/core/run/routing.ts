import { messageOf, type RunErrorCode } from '../base/errors.js';
import type { Json, JsonObject } from '../base/json.js';
import { evaluateBoolean, evaluateList, Meter, type Scope } from '../expressions/expressions.js';
import { watchReads } from '../expressions/reads.js';
import type { CompiledNode, Route } from '../graph/compile.js';
import { END } from '../graph/definition.js';
import type { Decision } from './events.js';
import { articled } from './patch.js';
import { cursorOf, type RunState } from './state.js';

/** A string that a condition answered is stored and shown up to this length. */
const MAX_OUTCOME_LENGTH = 200;

/** Which way a run goes, and why; or why there is none. `items`: what a for_each has branches for. */
export interface Choice {
  readonly decision: Decision | null;
  readonly items?: readonly Json[];
  readonly error?: { readonly code: RunErrorCode; readonly message: string };
}

/**
 * Chooses the way out of a node over the state after it. Calls the condition, if there is one. Never throws.
 * @param scopeOfNext what expressions see; asked only if the way depends on it, since merging large `data` takes its time
 */
export function choose(node: CompiledNode, scopeOfNext: () => Scope): Choice {
  const { route } = node;
  switch (route.kind) {
    case 'none':
      return { decision: null };
    case 'edge':
      return { decision: { kind: 'edge', to_node: route.to } };
    case 'condition':
      return byCondition(route, scopeOfNext());
    case 'cases':
      return byCases(route, scopeOfNext());
    case 'parallel':
      return { decision: { kind: 'parallel', to_node: route.join } };
    case 'for_each':
      return byItems(route, scopeOfNext());
  }
}

type RouteOf<K extends Route['kind']> = Extract<Route, { kind: K }>;

function byCondition(route: RouteOf<'condition'>, scope: Scope): Choice {
  const { view, reads } = watchReads(scope);
  const undecided = (outcome: string | null, code: RunErrorCode, message: string): Choice => ({
    decision: { kind: 'condition', condition: route.name, outcome, to_node: null, read: reads() },
    error: { code, message },
  });
  const { condition } = route;
  if (condition === undefined) {
    return undecided(null, 'tool_missing', `The condition "${route.name}" is not registered.`);
  }
  try {
    const outcome: unknown = condition.choose(view);
    if (typeof outcome !== 'string') {
      return undecided(null, 'condition_failed', `The condition "${route.name}" returned ${notAName(outcome)}.`);
    }
    const to = route.routes.get(outcome) ?? outcome;
    if (to === END || route.targets.has(to)) {
      return { decision: { kind: 'condition', condition: route.name, outcome, to_node: to, read: reads() } };
    }
    const shown = outcome.slice(0, MAX_OUTCOME_LENGTH);
    return undecided(shown, 'condition_failed', `The condition "${route.name}" returned "${shown}", which is no node.`);
  } catch (thrown) {
    return undecided(null, 'condition_failed', `The condition "${route.name}" threw: ${messageOf(thrown)}`);
  }
}

function byCases(route: RouteOf<'cases'>, scope: Scope): Choice {
  const read = new Map<string, NonNullable<Decision['read']>[number]>();
  const meter = new Meter();
  for (const { when, to } of route.cases) {
    const { source } = when;
    try {
      const { value, reads } = evaluateBoolean(when, scope, meter);
      for (const one of reads) read.set(one.path, one);
      if (value)
        return {
          decision: { kind: 'case', condition: source, outcome: 'true', to_node: to, read: [...read.values()] },
        };
    } catch (thrown) {
      const decision: Decision = {
        kind: 'case',
        condition: source,
        outcome: null,
        to_node: null,
        read: [...read.values()],
      };
      return { decision, error: expressionError(`The case "${source}" has`, thrown) };
    }
  }
  return { decision: { kind: 'case', outcome: 'otherwise', to_node: route.otherwise, read: [...read.values()] } };
}

function byItems(route: RouteOf<'for_each'>, scope: Scope): Choice {
  const condition = route.items.source;
  try {
    const { value: items, reads: read } = evaluateList(route.items, scope);
    return {
      decision: { kind: 'for_each', condition, outcome: String(items.length), to_node: route.join, read },
      items,
    };
  } catch (thrown) {
    const decision: Decision = { kind: 'for_each', condition, outcome: null, to_node: null };
    return { decision, error: expressionError(`The items "${condition}" have`, thrown) };
  }
}

function expressionError(what: string, thrown: unknown): { code: RunErrorCode; message: string } {
  return { code: 'expression_failed', message: `${what} no value: ${messageOf(thrown)}` };
}

/** What expressions of a run see. `step`, `attempt` and `now` are those of the visit under way. */
export function scopeOf(state: RunState, data: JsonObject = state.data): Scope {
  const { runId, graphId, parent, item } = state;
  const { step = 0, attempt = 0, beganAt = state.startedAt ?? state.submittedAt } = cursorOf(state) ?? {};
  const now = new Date(beganAt).toISOString();
  const run = { run_id: runId, graph_id: graphId, step, attempt, now };
  const isItem = parent?.kind === 'branch';
  return { input_data: state.inputData, data, run: isItem ? { ...run, item, index: parent.index } : run };
}

function notAName(outcome: unknown): string {
  if (!(outcome instanceof Promise)) return `${articled(outcome)}, not the name of a node`;
  // Nobody waits for it, and a rejection that nobody handles would be reported as a crash.
  outcome.catch(() => undefined);
  return 'a promise, but conditions are synchronous: let a tool do the waiting';
}
