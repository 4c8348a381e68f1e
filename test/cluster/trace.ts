import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Tools that leave a line outside of the database when a call of theirs begins, when it ends, and when it is told to
 * stop: what, key, node, attempt, process, time, and the id that the run was started with.
 */
const TOOLS = `
import { appendFileSync } from 'node:fs';
const note = (what, { input_data }, { idempotencyKey, node, attempt }) =>
  appendFileSync(process.env.TRACE, [what, idempotencyKey, node, attempt, process.pid, Date.now(), input_data?.id ?? '-'].join(' ') + '\\n');
const traced = (name, run) => ({
  name,
  async run(state, context) {
    note('begin', state, context);
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    try {
      return run(state, context);
    } finally {
      note('end', state, context);
    }
  },
});
export const begin = traced('begin', () => ({ rounds: 0, seen: [] }));
export const work = traced('work', ({ data }, { idempotencyKey }) => ({ rounds: data.rounds + 1, seen: [...data.seen, idempotencyKey] }));
export const again = { name: 'again', outcomes: ['work', 'END'], choose: ({ data, input_data }) => (data.rounds < input_data.rounds ? 'work' : 'END') };
export const flaky = traced('flaky', (_state, { attempt }) => {
  if (attempt < 3) throw new Error('not yet');
  return { tries: attempt };
});
export const leaf = traced('leaf', (_state, { item, index }) => ({ item, index }));
export const sum = traced('sum', ({ data }) => ({ total: data.leaves.reduce((all, { item }) => all + item, 0) }));
export const held = {
  name: 'held',
  run: (state, context) => {
    note('begin', state, context);
    return new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => {
        note('abort', state, context);
        reject(new Error('stopped'));
      });
    });
  },
};
`;

/** A line of the trace. */
export interface Call {
  readonly what: 'begin' | 'end' | 'abort';
  /** The run, and the number of its step. */
  readonly key: string;
  readonly runId: string;
  readonly step: number;
  readonly node: string;
  readonly attempt: number;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
}

/** A folder whose servers have the tools, and the trace that they leave. */
export interface Trace {
  readonly env: Record<string, string>;
  /** The lines so far. */
  read(): Call[];
}

/** Prepares a folder for servers. */
export function openTrace(folder: string): Trace {
  const path = join(folder, 'calls.log');
  writeFileSync(join(folder, 'traced.mjs'), TOOLS);
  return {
    env: { TOOLS: './traced.mjs', TRACE: path },
    read: () => (existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').map(readLine) : []),
  };
}

function readLine(line: string): Call {
  const [what, key = '', node = '', attempt, pid, time, id = ''] = line.split(' ');
  const [runId = '', step] = key.split('/');
  return {
    what: what as Call['what'],
    key,
    runId,
    step: Number(step),
    node,
    attempt: Number(attempt),
    pid: Number(pid),
    time: Number(time),
    id,
  };
}

/** A process that was killed, and when. */
export interface Kill {
  readonly pid: number;
  readonly time: number;
}

/** What a trace says of the promises. */
export interface Verdict {
  /** Calls of steps that had finished, or that came while another call of their run was open: none may be. */
  readonly wrong: readonly string[];
  /** Calls that a kill cut off and that were made again. */
  readonly repeated: number;
  /** How long after a kill each call that it cut off was made again, in milliseconds, in order. */
  readonly takeovers: readonly number[];
  /** How long after the end of a round of a loop the next one began, in milliseconds, in order. */
  readonly pauses: readonly number[];
  /** The most calls of a node that were open at once, of runs started with one id. */
  most(node: string): number;
}

/** When each process that was killed was. */
type Deaths = ReadonlyMap<number, number>;

/** Holds a trace against what was promised. */
export function judge(calls: readonly Call[], kills: readonly Kill[]): Verdict {
  const deaths: Deaths = new Map(kills.map(({ pid, time }) => [pid, time]));
  const begun = calls.filter(({ what }) => what === 'begin');
  const pairs = withBefore(begun);
  const repeats = pairs.filter(([call, before]) => call.step === before.step && call.attempt === before.attempt);
  const unprovoked = repeats.filter(([, before]) => !deaths.has(before.pid));
  return {
    wrong: [
      ...pairs
        .filter(([call, before]) => !follows(call, before))
        .map(([{ key }, before]) => `${key} after ${before.key}`),
      ...unprovoked.map(([{ key }]) => `${key} was called twice, and nobody was killed`),
      ...findOverlaps(calls, deaths),
    ],
    repeated: repeats.length,
    takeovers: repeats
      .filter(([call, before]) => call.pid !== before.pid)
      .map(([call, before]) => call.time - (deaths.get(before.pid) ?? 0))
      .sort((a, b) => a - b),
    pauses: pausesOf(calls).sort((a, b) => a - b),
    most: (node) => mostOpen(calls, deaths, node),
  };
}

/** Each line with the one before it of the same run; without the first of each run. */
function withBefore(calls: readonly Call[]): (readonly [Call, Call])[] {
  const last = new Map<string, Call>();
  return calls.flatMap((call) => {
    const before = last.get(call.runId);
    last.set(call.runId, call);
    return before === undefined ? [] : [[call, before] as const];
  });
}

/**
 * A step starts only after the one before is durable. So a call of an earlier step, or of an earlier attempt, would be a
 * repeat of a finished one.
 */
function follows(call: Call, before: Call): boolean {
  if (call.step !== before.step) return call.step > before.step;
  return call.attempt === before.attempt || call.attempt === before.attempt + 1;
}

/** Calls that began while another one of their run was open, in a process that was alive. */
function findOverlaps(calls: readonly Call[], deaths: Deaths): string[] {
  return withBefore(calls)
    .filter(([call, before]) => call.what === 'begin' && before.what === 'begin' && !isDead(before, call.time, deaths))
    .map(([call, before]) => `${call.key} began while ${before.key} was open`);
}

function isDead({ pid }: Call, time: number, deaths: Deaths): boolean {
  return (deaths.get(pid) ?? Number.POSITIVE_INFINITY) <= time;
}

/** From the end of a round of a loop to the beginning of the next one. */
function pausesOf(calls: readonly Call[]): number[] {
  return withBefore(calls)
    .filter(([call, before]) => call.node === 'work' && call.what === 'begin' && before.what === 'end')
    .map(([call, before]) => call.time - before.time);
}

function mostOpen(calls: readonly Call[], deaths: Deaths, node: string): number {
  const open = new Map<string, Map<string, Call>>();
  let most = 0;
  for (const call of calls.filter((each) => each.node === node)) {
    const ofId = open.get(call.id) ?? new Map<string, Call>();
    open.set(call.id, ofId);
    for (const [key, opened] of ofId) if (isDead(opened, call.time, deaths)) ofId.delete(key);
    if (call.what === 'begin') ofId.set(call.key, call);
    else ofId.delete(call.key);
    most = Math.max(most, ofId.size);
  }
  return most;
}

/** The value below which a share of the values lies; they are in order. */
export function percentile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}
