import { brief } from '../format.js';
import type { Backtest, Bound, Explored, Read, Replay, ReplayEnd, ReplayPlace } from '../wire-types.js';

/** What replays and backtests say, in sentences. */

/** `412 of 430 past runs would have gone the same way.` */
export function describeBacktest({ runs, same, unknown }: Backtest): string {
  if (runs === 0) return 'This graph has no past runs to try it on.';
  const known = runs - unknown;
  if (known === 0) return `Nothing is known of ${nounOf(runs, 'past run')}.`;
  const verb = 'would have gone the same way';
  const head =
    same === known && known > 1
      ? `All ${known} past runs ${verb}.`
      : `${same} of ${nounOf(known, 'past run')} ${verb}.`;
  return unknown === 0 ? head : `${head} Nothing is known of ${unknown} more.`;
}

/** Runs that would end elsewhere or otherwise: `18 now end at escalate, not at publish.` */
export function describeEnds({ ends }: Pick<Backtest, 'ends'>): readonly string[] {
  return ends.flatMap(({ was, would_be: wouldBe, count }) => {
    if (describeEnd(was) === describeEnd(wouldBe)) return [];
    const isPlace = was.status === wouldBe.status && was.error_code === wouldBe.error_code;
    const [before, now] = isPlace
      ? [placeOf(was), placeOf(wouldBe)]
      : [`as ${describeEnd(was)}`, `as ${describeEnd(wouldBe)}`];
    return [`${count} now ${count === 1 ? 'ends' : 'end'} ${now}, not ${before}.`];
  });
}

function placeOf({ node }: ReplayEnd): string {
  return node === null ? 'before any node' : `at ${node}`;
}

/** `completed at publish`, `failed at call with tool_timeout`. */
export function describeEnd({ status, error_code: code, node }: ReplayEnd): string {
  const words = [status.toLowerCase(), node === null ? '' : `at ${node}`, code === null ? '' : `with ${code}`];
  return words.filter((word) => word !== '').join(' ');
}

const VERDICTS: Readonly<Record<Replay['verdict'], string>> = {
  same: 'It goes the same way again.',
  diverged: 'It would go another way now.',
  unknown: 'It cannot be said which way it would go: something was not recorded.',
};

export function describeReplay({ verdict }: Pick<Replay, 'verdict'>): string {
  return VERDICTS[verdict];
}

/** `check`, `check, visit 2`, `check, in branch 1`. */
export function describePlace({ node, visit, branch = [] }: Omit<ReplayPlace, 'step'>): string {
  const inside = branch.length === 0 ? '' : `, in branch ${branch.map((index) => index + 1).join('.')}`;
  return `${node}${visit > 1 ? `, visit ${visit}` : ''}${inside}`;
}

/** `Nothing was found in 120 runs: 4 of 4 nodes, 6 of 6 edges.` */
export function describeExploration({ findings, runs, coverage, complete }: Explored): string {
  const { nodes, edges } = coverage;
  const head = findings.length === 0 ? 'Nothing was found' : `${nounOf(findings.length, 'finding')}`;
  const part = complete ? '' : ' Not every way was walked: there are too many.';
  const covered = `${nodes.visited} of ${nounOf(nodes.total, 'node')}, ${edges.visited} of ${nounOf(edges.total, 'edge')}`;
  return `${head} in ${nounOf(runs, 'run')}: ${covered}.${part}`;
}

/** `at most 12`, `unbounded`. */
export function describeBound({ at_most: most }: Bound): string {
  return most === 'unbounded' ? 'unbounded' : `at most ${most}`;
}

export interface Cause {
  readonly path: string;
  /** The different values that it had, as text. */
  readonly values: readonly string[];
}

/** The values that decided, by their paths. */
export function causesOf(reads: readonly Read[]): readonly Cause[] {
  const byPath = new Map<string, string[]>();
  for (const read of reads) byPath.set(read.path, [...(byPath.get(read.path) ?? []), textOfRead(read)]);
  return [...byPath].map(([path, values]) => ({ path, values }));
}

/** A value that was read; of a large one, its type and size. */
export function textOfRead(read: Read): string {
  return 'value' in read ? brief(read.value, 200) : `${read.type} of size ${read.size}`;
}

function nounOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
