import isDeepEqual from 'fast-deep-equal';
import type { Json, JsonObject } from '../../src/core/base/json.js';
import {
  compileExpression,
  ExpressionError,
  evaluateBoolean,
  evaluateList,
  type Scope,
} from '../../src/core/expressions/expressions.js';

import type { ConditionalEdgeDefinition, ForEachEdgeDefinition, MergeRule } from '../../src/core/graph/definition.js';
import { compileTemplate } from '../helpers/all-steps.js';
import { nodeOf, type Run } from './reference-run.js';

/** Where a run goes on, or what branches it has, or why there is no way. All left out at a node that nothing leaves. */
export interface Way {
  readonly to?: string;
  readonly isConditional?: boolean;
  readonly starts?: readonly { readonly entry: string; readonly item: Json }[];
  readonly error?: { readonly code: string; readonly message: string };
}

const CONDITION_FAILURES: Readonly<Record<string, string>> = {
  broken: 'The condition "broken" threw: undecided',
  lost: 'The condition "lost" returned "nowhere", which is no node.',
  numeric: 'The condition "numeric" returned a number, not the name of a node.',
};

export function choose(run: Run): Way {
  const { edges, conditional_edges, parallel_edges, for_each_edges } = run.graph;
  const isHere = ({ from_node }: { from_node: string }) => from_node === run.at!.node;
  const plain = edges.find(isHere);
  if (plain !== undefined) return { to: plain.to_node };
  const parallel = parallel_edges?.find(isHere);
  if (parallel !== undefined) return { starts: parallel.to_nodes.map((entry) => ({ entry, item: null })) };
  const each = for_each_edges?.find(isHere);
  if (each !== undefined) return eachItem(each, run);
  const choice = conditional_edges?.find(isHere);
  return choice === undefined ? {} : conditional(choice, run);
}

function eachItem({ items, to_node: entry }: ForEachEdgeDefinition, run: Run): Way {
  return evaluated('The items', () => {
    const { value } = evaluateList(compiled(items.slice(2, -1)), scopeOf(run));
    return { starts: value.map((item) => ({ entry, item })) };
  });
}

function conditional({ condition_function: name, routes, cases, otherwise }: ConditionalEdgeDefinition, run: Run): Way {
  const isConditional = true;
  if (name === 'many') return { to: routes![Number(run.data.n ?? 0) > 2 ? 'yes' : 'no']!, isConditional };
  if (name !== undefined) return { error: { code: 'condition_failed', message: CONDITION_FAILURES[name]! } };
  return evaluated('The case', () => {
    const first = cases!.find(({ when }) => evaluateBoolean(compiled(when), scopeOf(run)).value);
    return { to: first?.to_node ?? otherwise!, isConditional };
  });
}

/** The params of a call. */
export function paramsOf(run: Run): { params: JsonObject } | Way {
  return evaluated('The params', () => {
    const { template } = compileTemplate((nodeOf(run).params ?? {}) as JsonObject, { secrets: false });
    return { params: template.render(scopeOf(run)) as JsonObject };
  });
}

/** The test cuts off the words for why there is no value. */
function evaluated<T>(what: string, evaluate: () => T): T | Required<Pick<Way, 'error'>> {
  try {
    return evaluate();
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    return { error: { code: 'expression_failed', message: `${what} have no value: ${thrown.message}` } };
  }
}

function compiled(source: string) {
  return compileExpression(source, { secrets: false }).expression!;
}

export function scopeOf({ graph, input, data, at, branch }: Run): Scope {
  const run = { run_id: '', graph_id: graph.graph_id ?? '', step: at!.step, attempt: at!.attempt };
  return { input_data: input, data, run: branch === null ? run : { ...run, item: branch.item, index: branch.index } };
}

/** What parallel branches set, as one patch, or why there is none. */
export function merge(run: Run, children: readonly Run[]): { patch: JsonObject } | { conflict: string } {
  const patch: Record<string, Json> = {};
  for (const key of new Set(children.flatMap(({ own }) => Object.keys(own)))) {
    const setters = children.filter(({ own }) => key in own);
    const values = setters.map(({ own }) => own[key]!);
    const merged = mergeKey(run.data[key], values, setters.length === 1 ? 'last' : run.graph.merge?.[key]);
    if (typeof merged === 'string') {
      const who = setters.map(({ branch, entry }) => `${branch!.index} (${entry})`).join(' and ');
      return { conflict: `Branches ${who} ${setters.length === 2 ? 'both' : 'all'} set "${key}": ${merged}` };
    }
    patch[key] = merged.value;
  }
  return { patch };
}

function mergeKey(base: Json | undefined, values: readonly Json[], rule?: MergeRule): { value: Json } | string {
  if (rule === 'sum') {
    const start = base ?? 0;
    if (![start, ...values].every((value) => typeof value === 'number')) return 'the merge rule "sum" needs numbers.';
    return { value: values.reduce<number>((sum, value) => sum + Number(value) - Number(start), Number(start)) };
  }
  if (rule === 'append') {
    const lists = [base ?? [], ...values];
    if (!lists.every((list) => Array.isArray(list))) return 'the merge rule "append" needs lists.';
    const [start, ...longer] = lists as Json[][];
    return { value: [...start!, ...longer.flatMap((list) => list.slice(start!.length))] };
  }
  if (rule === 'last' || values.every((value) => isDeepEqual(value, values[0]))) return { value: values.at(-1)! };
  return 'the values differ, and the graph has no merge rule for it.';
}
