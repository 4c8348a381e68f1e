import { z } from 'zod';
import type { RunStatus } from '../../core/run/state.js';
import type { OutputSent, Signal } from '../signals.js';

/** The longest payload that a notification takes is 8,000 bytes. */
const MAX_PAYLOAD = 7900;

/** What one process tells the others in one notification. */
export interface Hints {
  /** Which process says so. */
  readonly sender: string;
  /** When it said so, in milliseconds since 1970. */
  readonly sentAt: number;
  readonly signals: readonly Signal[];
  /** There are runs that are due and that it has no room for. */
  readonly hasWork: boolean;
}

const LETTERS: Readonly<Record<RunStatus, string>> = {
  SUBMITTED: 's',
  RUNNING: 'r',
  WAITING: 'w',
  COMPLETED: 'c',
  FAILED: 'f',
  CANCELLED: 'x',
};
const STATUSES = new Map(Object.entries(LETTERS).map(([status, letter]) => [letter, status as RunStatus]));

/** A word for each kind of signal: a letter that tells it, and what is to be known. No word has a space. */
function wordOf(signal: Signal): string {
  switch (signal.kind) {
    case 'run_advanced': {
      const { runId, seq, status, cancelRequested } = signal;
      return `r${pack(runId)}${seq.toString(36)}:${LETTERS[status]}${cancelRequested ? '!' : ''}`;
    }
    case 'run_deleted':
      return `d${pack(signal.runId)}`;
    case 'child_waiting':
      return `i${pack(signal.runId)}`;
    case 'graph_changed':
      return `g${signal.graphId}`;
    case 'schedules_changed':
      return 's';
    case 'output_wanted':
      return `w${pack(signal.runId)}${signal.replay ? '!' : ''}`;
    case 'output_sent':
      return `o${pack(signal.runId)}${writeOutput(signal)}`;
  }
}

/** Reads a word; nothing if it is of a kind that a later release has added. */
function readWord(word: string): Signal | undefined {
  const rest = word.slice(1);
  switch (word[0]) {
    case 'r': {
      const [, id, seq, letter, flag] = /^([\w-]{22})([0-9a-z]+):([a-z])(!?)$/.exec(rest) ?? [];
      const status = STATUSES.get(letter ?? '');
      if (id === undefined || seq === undefined || status === undefined) return undefined;
      const cancelRequested = flag === '!';
      return { kind: 'run_advanced', runId: unpack(id), seq: Number.parseInt(seq, 36), status, cancelRequested };
    }
    case 'd':
      return { kind: 'run_deleted', runId: unpack(rest) };
    case 'i':
      return { kind: 'child_waiting', runId: unpack(rest) };
    case 'g':
      return { kind: 'graph_changed', graphId: rest };
    case 's':
      return { kind: 'schedules_changed' };
    case 'w': {
      const [, id, flag] = /^([\w-]{22})(!?)$/.exec(rest) ?? [];
      return id === undefined ? undefined : { kind: 'output_wanted', runId: unpack(id), replay: flag === '!' };
    }
    case 'o':
      return readOutput(unpack(rest.slice(0, ID_LENGTH)), rest.slice(ID_LENGTH));
    default:
      return undefined;
  }
}

/** Which signals tell the same, so that the latest of them is enough. */
export function keyOf(signal: Signal): string {
  switch (signal.kind) {
    case 'graph_changed':
      return `g${signal.graphId}`;
    case 'schedules_changed':
      return signal.kind;
    case 'output_wanted':
      return `${signal.kind}${signal.runId}${signal.replay}`;
    case 'output_sent':
      return `${signal.kind}${signal.callId}/${signal.first}${signal.isReplay}`;
    case 'run_advanced':
    case 'run_deleted':
    case 'child_waiting':
      return `${signal.kind}${signal.runId}`;
  }
}

/**
 * Writes hints as the payloads of notifications, each short enough.
 * @example
 * writeHints({ sender: 'k3', sentAt: 1764115200000, signals: [{ kind: 'graph_changed', graphId: 'g' }], hasWork: false })
 * // ['k3 1764115200000 gg']
 */
export function writeHints({ sender, sentAt, signals, hasWork }: Hints): string[] {
  const head = `${sender} ${sentAt}`;
  const payloads: string[] = [];
  let [payload, size] = [head, head.length];
  for (const word of [...(hasWork ? ['k'] : []), ...signals.map(wordOf)]) {
    const bytes = Buffer.byteLength(word) + 1;
    if (size + bytes > MAX_PAYLOAD && payload !== head) {
      payloads.push(payload);
      [payload, size] = [head, head.length];
    }
    payload += ` ${word}`;
    size += bytes;
  }
  if (payload !== head) payloads.push(payload);
  return payloads;
}

/** Reads the payload of a notification; nothing if it is not one of ours. */
export function readHints(payload: string): Hints | undefined {
  const [sender, sentAt, ...words] = payload.split(' ');
  if (sender === undefined || !/^\d+$/.test(sentAt ?? '')) return undefined;
  const signals = words.flatMap((word) => readWord(word) ?? []);
  return { sender, sentAt: Number(sentAt), signals, hasWork: words.includes('k') };
}

/** Stands for a space, which divides words. JSON has none of it: it escapes control characters. */
const SPACE = '\u0001';

/** Output as a list in JSON: what it is of, and the chunks. */
function writeOutput({ callId, step, node, attempt, after, first, isReplay, chunks }: OutputSent): string {
  const head = JSON.stringify([callId, step, node, attempt, after, first, isReplay]).slice(1, -1);
  return `[${head},[${chunks.join(',')}]]`.replaceAll(' ', SPACE);
}

const outputSchema = z.tuple([
  z.string(),
  z.int(),
  z.string(),
  z.int(),
  z.int(),
  z.int(),
  z.boolean(),
  z.array(z.unknown()),
]);

function readOutput(runId: string, text: string): OutputSent | undefined {
  try {
    const [callId, step, node, attempt, after, first, isReplay, chunks] = outputSchema.parse(
      JSON.parse(text.replaceAll(SPACE, ' ')),
    );
    const texts = chunks.map((chunk) => JSON.stringify(chunk));
    return { kind: 'output_sent', runId, callId, step, node, attempt, after, first, isReplay, chunks: texts };
  } catch {
    // Written by another release.
    return undefined;
  }
}

/** How long {@link pack} makes an id. */
const ID_LENGTH = 22;

/** The 16 bytes of a UUID in 22 characters. */
function pack(runId: string): string {
  return Buffer.from(runId.replaceAll('-', ''), 'hex').toString('base64url');
}

function unpack(packed: string): string {
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
