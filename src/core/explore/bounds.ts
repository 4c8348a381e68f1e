import { END, type GraphDefinition, resolveLimits } from '../graph/definition.js';
import type { Edge } from '../graph/edges.js';
import { isBranchEdge } from '../graph/edges.js';
import type { Registry } from '../tool/registry.js';
import { FOLLOWS_FROM_PARAMS } from '../tool/tool.js';
import { RUN_GRAPH } from '../graph/doctor/unknown-graphs.js';
import { hasOpenCondition, type Hop, hopsOf } from './coverage.js';

/** The most that a run can come to, or why there is no such number. */
export interface Bound {
  readonly atMost: number | 'unbounded';
  readonly reason: string;
}

/** What no run of a graph exceeds that is started with the limits of the graph, and whose limits nobody lifts. */
export interface Bounds {
  /** Of the run itself: branches, and graphs that it runs, count for themselves. */
  readonly steps: Bound;
  /** With all runs inside it. */
  readonly tokens: Bound;
  readonly costUsd: Bound;
}

/** Says what no run of a graph exceeds. */
export function boundsOf(definition: GraphDefinition, edges: readonly Edge[], registry: Registry): Bounds {
  const { guards } = resolveLimits(definition.limits, undefined);
  const uses = usageIn(definition, registry);
  return {
    steps: boundSteps(definition, edges, registry),
    tokens: boundUsage(uses, 'max_tokens', guards?.max_tokens),
    costUsd: boundUsage(uses, 'max_cost_usd', guards?.max_cost_usd),
  };
}

function boundSteps(definition: GraphDefinition, edges: readonly Edge[], registry: Registry): Bound {
  const { maxSteps, guards } = resolveLimits(definition.limits, undefined);
  const byLimit: Bound = { atMost: maxSteps, reason: `max_steps of the run is ${maxSteps}.` };
  // Branches are runs of their own: the run goes from where they start to their join.
  const starts = new Set(edges.filter(isBranchEdge).flatMap((edge) => edge.starts.map(({ name }) => keyOf(edge.from.name, name))));
  const hops = hopsOf(edges, registry).filter(({ from, to }) => to !== END && !starts.has(keyOf(from, to)));
  const longest = hasOpenCondition(edges, registry) ? undefined : longestPath(definition.entry_point, hops);
  if (longest !== undefined) {
    const reason = `The graph has no loop, and its longest path has ${longest} ${longest === 1 ? 'node' : 'nodes'}.`;
    return longest <= maxSteps ? { atMost: longest, reason } : byLimit;
  }
  const visits = guards?.max_visits;
  const byVisits = visits === undefined ? Number.POSITIVE_INFINITY : visits * definition.nodes.length;
  if (byVisits > maxSteps) return byLimit;
  return {
    atMost: byVisits,
    reason: `max_visits of each of ${definition.nodes.length} nodes is ${visits}.`,
  };
}

function keyOf(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

/** How many nodes the longest path from a node on has; undefined if it leads into a loop. */
function longestPath(entry: string, hops: readonly Hop[]): number | undefined {
  const next = new Map<string, string[]>();
  const waits = new Map<string, number>();
  const reached = new Set([entry]);
  for (const { from, to } of hops) next.set(from, [...(next.get(from) ?? []), to]);
  for (const node of reached) for (const to of next.get(node) ?? []) reached.add(to);
  for (const node of reached) for (const to of next.get(node) ?? []) waits.set(to, (waits.get(to) ?? 0) + 1);
  // Each node after all that lead to it; those of a loop wait for each other.
  const lengths = new Map([[entry, 1]]);
  const ready = waits.has(entry) ? [] : [entry];
  let count = 0;
  let longest = 0;
  for (const node of ready) {
    count += 1;
    const length = lengths.get(node) ?? 1;
    longest = Math.max(longest, length);
    for (const to of next.get(node) ?? []) {
      lengths.set(to, Math.max(lengths.get(to) ?? 0, length + 1));
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return count === reached.size ? longest : undefined;
}

/** The names of the tools that can use tokens, as far as is known: those that touch nothing, and requests, use none. */
function usageIn({ nodes }: GraphDefinition, registry: Registry): readonly string[] {
  const names = nodes.flatMap(({ tool_name: name }) => {
    const tool = registry.tools.get(name);
    const usesNone = (tool?.[FOLLOWS_FROM_PARAMS] === true && name !== RUN_GRAPH) || name === 'http_request';
    return usesNone ? [] : [name];
  });
  return [...new Set(names)];
}

function boundUsage(names: readonly string[], limit: string, most: number | undefined): Bound {
  if (names.length === 0) return { atMost: 0, reason: 'No tool of the graph uses any.' };
  const who = `"${names[0]}"${names.length === 1 ? '' : ` and ${names.length - 1} more`}`;
  const reason =
    most === undefined
      ? `Nothing says how much a call of ${who} uses, and the graph has no ${limit}.`
      : `No step begins once ${limit}, ${most}, is used; but nothing says how much a call of ${who} that is under way adds.`;
  return { atMost: 'unbounded', reason };
}
