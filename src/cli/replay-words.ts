import type { components } from '../client/client.js';
import { cutTo } from './output.js';

type Replay = components['schemas']['Replay'];
type Outcome = components['schemas']['ReplayOutcome'];
type Place = components['schemas']['ReplayPlace'];
type End = components['schemas']['ReplayEnd'];

/** Longer values are cut. */
const MAX_VALUE = 60;
/** Things that are missing which are told; one is often the cause of the next. */
const MAX_MISSING = 5;

/** What a replay comes to, in words, a line each. */
export function linesOfReplay({ verdict, first_divergence: divergence, missing, end, steps }: Replay): string[] {
  const lines = [verdictLine(verdict, steps.was)];
  if (divergence !== null) {
    const { at, was, would_be, read } = divergence;
    lines.push(`First at ${placeOf(at)}:`, `  was       ${outcomeOf(was)}`, `  would be  ${outcomeOf(would_be)}`);
    if (read.length > 0) lines.push(`  because   ${read.map(readOf).join(', ')}`);
  }
  for (const { at, message } of missing.slice(0, MAX_MISSING)) lines.push(`Missing at ${placeOf(at)}: ${message}`);
  if (missing.length > MAX_MISSING) lines.push(`... and ${missing.length - MAX_MISSING} more that are missing.`);
  if (verdict === 'diverged') lines.push(`It ended ${endOf(end.was)}, and would be ${endOf(end.would_be)}.`);
  return lines;
}

function verdictLine(verdict: Replay['verdict'], steps: number): string {
  switch (verdict) {
    case 'same':
      return `The same: all ${steps} ${steps === 1 ? 'step goes' : 'steps go'} the way that they went.`;
    case 'diverged':
      return 'It goes another way.';
    case 'unknown':
      return 'Unknown: what was recorded does not say.';
  }
}

function placeOf({ node, step, visit, branch }: Place): string {
  const times = visit > 1 ? `, visit ${visit} of it` : '';
  const inside = branch === undefined ? '' : `, in branch ${branch.join('.')}`;
  return `${node} (step ${step}${times}${inside})`;
}

function outcomeOf({ text, value }: Outcome): string {
  return value === undefined ? text : `${text}: ${cutTo(JSON.stringify(value), MAX_VALUE)}`;
}

function readOf(read: NonNullable<Replay['first_divergence']>['read'][number]): string {
  if ('value' in read) return `${read.path} = ${cutTo(JSON.stringify(read.value), MAX_VALUE)}`;
  return `${read.path} = a ${read.type} of ${read.size}`;
}

function endOf({ status, error_code: code, node }: End): string {
  const where = node === null ? '' : ` at ${node}`;
  return `${status}${code === null ? '' : ` (${code})`}${where}`;
}
