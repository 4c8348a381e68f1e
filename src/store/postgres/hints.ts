import type { RunStatus } from '../../core/run/state.js';
import type { Signal } from '../signals.js';

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
    default:
      return undefined;
  }
}

/** Which signals tell the same, so that the latest of them is enough. */
export function keyOf(signal: Signal): string {
  return signal.kind === 'graph_changed' ? `g${signal.graphId}` : `${signal.kind}${signal.runId}`;
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
  let payload = head;
  for (const word of [...(hasWork ? ['k'] : []), ...signals.map(wordOf)]) {
    if (payload.length + 1 + word.length > MAX_PAYLOAD) {
      payloads.push(payload);
      payload = head;
    }
    payload += ` ${word}`;
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

/** The 16 bytes of a UUID in 22 characters. */
function pack(runId: string): string {
  return Buffer.from(runId.replaceAll('-', ''), 'hex').toString('base64url');
}

function unpack(packed: string): string {
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
