import { randomUUID } from 'node:crypto';
import { MAX_OUTPUT_BYTES, type OutputSent, type Signal, type Signals } from '../store/signals.js';
import { OutputBuffer, type OutputCall, type OutputMemory, type OutputPiece } from './output-buffer.js';
import type { OutputReader } from './output-reader.js';

/** What is sent within this time goes together, in milliseconds. */
const SEND_MS = 100;
/** Signals within that time, of all runs. What does not fit waits, and can be dropped meanwhile. */
const MAX_SENT = 32;
/** How often a process says which runs it has readers of, and how long that counts, in milliseconds. */
const ASK_MS = 5000;
const WANTED_MS = 12_000;
/** Runs with readers at other processes that are remembered. */
const MAX_WANTED = 10_000;

export interface RelayOptions {
  readonly signals: Pick<Signals, 'subscribe'>;
  readonly tellOthers: (signal: Signal) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly memory: OutputMemory;
  /** What the call in flight of a run has sent, as far as it is kept. */
  readonly sentBy: (runId: string) => readonly OutputPiece[];
  readonly readersOf: (runId: string) => Iterable<OutputReader>;
}

/** What is still to be sent of a run. */
interface Pending {
  readonly buffer: OutputBuffer;
  isReplay: boolean;
}

/**
 * Output between processes. One that has readers of a run says so again and again; the one whose step sends something
 * passes it on only if it has heard that of late. A reader finds by the indexes what was lost on the way.
 */
export class OutputRelay {
  /** Runs with readers elsewhere, and until when that counts. */
  readonly #wanted = new Map<string, number>();
  readonly #pending = new Map<string, Pending>();
  /** Runs with readers here. */
  readonly #asked = new Set<string>();
  /** The call of each run that was last heard of from elsewhere. */
  readonly #remoteCalls = new Map<string, { readonly id: string; readonly call: OutputCall }>();
  readonly #callIds = new WeakMap<OutputCall, string>();
  #sendTimer: NodeJS.Timeout | undefined;
  #askTimer: NodeJS.Timeout | undefined;
  #sent = 0;

  constructor(private readonly options: RelayOptions) {
    options.signals.subscribe('output', (signal) => {
      if (signal === 'resync') return;
      if (signal.kind === 'output_wanted') this.#want(signal.runId, signal.replay);
      else if (signal.kind === 'output_sent') this.#receive(signal);
    });
  }

  /** Has others send what the steps of a run send, until {@link forget}. */
  ask(runId: string, replay: boolean): void {
    this.#asked.add(runId);
    this.options.tellOthers({ kind: 'output_wanted', runId, replay });
    this.#askTimer ??= setInterval(() => {
      for (const each of this.#asked) this.options.tellOthers({ kind: 'output_wanted', runId: each, replay: false });
    }, ASK_MS).unref();
  }

  forget(runId: string): void {
    this.#asked.delete(runId);
    this.#remoteCalls.delete(runId);
    if (this.#asked.size > 0) return;
    clearInterval(this.#askTimer);
    this.#askTimer = undefined;
  }

  /** Passes a chunk on if somebody elsewhere reads it. */
  send(piece: OutputPiece): void {
    const { runId } = piece.call;
    if (!this.#isWanted(runId)) return;
    this.#pendingOf(runId).buffer.push(piece);
    this.#sendSoon();
  }

  /** Sends what is pending of a run whose call has ended, so that it comes before the event that says so. */
  flush(runId: string): void {
    const pending = this.#pending.get(runId);
    if (pending === undefined) return;
    while (!pending.buffer.isEmpty && this.#sent < MAX_SENT) this.#sendOne(runId, pending);
    pending.buffer.clear();
    this.#pending.delete(runId);
  }

  #isWanted(runId: string): boolean {
    const until = this.#wanted.get(runId);
    if (until === undefined) return false;
    if (until >= this.options.now()) return true;
    this.#wanted.delete(runId);
    return false;
  }

  #want(runId: string, replay: boolean): void {
    // Begins anew at the end, so that the first ones are the oldest.
    this.#wanted.delete(runId);
    this.#wanted.set(runId, this.options.now() + WANTED_MS);
    for (const [each, until] of this.#wanted) {
      if (until >= this.options.now() && this.#wanted.size <= MAX_WANTED) break;
      this.#wanted.delete(each);
    }
    const sent = replay ? this.options.sentBy(runId) : [];
    if (sent.length === 0) return;
    const pending = this.#pendingOf(runId);
    pending.buffer.clear();
    pending.isReplay = true;
    for (const piece of sent) pending.buffer.push(piece);
    this.#sendSoon();
  }

  #pendingOf(runId: string): Pending {
    const pending = this.#pending.get(runId) ?? { buffer: new OutputBuffer(this.options.memory), isReplay: false };
    this.#pending.set(runId, pending);
    return pending;
  }

  #sendSoon(): void {
    this.#sendTimer ??= setTimeout(() => {
      this.#sendTimer = undefined;
      this.#sent = 0;
      this.#sendPending();
      if (this.#pending.size > 0 || this.#sent > 0) this.#sendSoon();
    }, SEND_MS).unref();
  }

  /** One signal of each run, and again, until all is sent or there were enough. */
  #sendPending(): void {
    while (this.#pending.size > 0 && this.#sent < MAX_SENT) {
      for (const [runId, pending] of [...this.#pending]) {
        this.#pending.delete(runId);
        if (this.#sent < MAX_SENT) this.#sendOne(runId, pending);
        if (!pending.buffer.isEmpty) this.#pending.set(runId, pending);
      }
    }
  }

  #sendOne(runId: string, pending: Pending): void {
    const first = pending.buffer.shift();
    if (first === undefined) return;
    const chunks = [first.chunk];
    let bytes = Buffer.byteLength(first.chunk);
    for (let index = first.index + 1; ; index++) {
      const next = pending.buffer.first;
      // What was dropped before it is seen by the first index of the next signal.
      if (next?.call !== first.call || next.index !== index) break;
      bytes += Buffer.byteLength(next.chunk) + 1;
      if (bytes > MAX_OUTPUT_BYTES) break;
      chunks.push(next.chunk);
      pending.buffer.shift();
    }
    const { step, node, attempt, after } = first.call;
    const callId = this.#callIdOf(first.call);
    const { isReplay } = pending;
    pending.isReplay = false;
    this.#sent += 1;
    this.options.tellOthers({
      kind: 'output_sent',
      runId,
      callId,
      step,
      node,
      attempt,
      after,
      first: first.index,
      isReplay,
      chunks,
    });
  }

  #callIdOf(call: OutputCall): string {
    const id = this.#callIds.get(call) ?? randomUUID();
    this.#callIds.set(call, id);
    return id;
  }

  #receive({ runId, callId, step, node, attempt, after, first, isReplay, chunks }: OutputSent): void {
    const readers = [...this.options.readersOf(runId)];
    if (readers.length === 0) return;
    const known = this.#remoteCalls.get(runId);
    const call = known?.id === callId ? known.call : { runId, step, node, attempt, after };
    this.#remoteCalls.set(runId, { id: callId, call });
    const pieces = chunks.map((chunk, index) => ({ call, index: first + index, chunk }));
    for (const reader of readers) reader.pushRemote(pieces, isReplay);
  }
}
