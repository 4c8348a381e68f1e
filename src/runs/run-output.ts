import type { Signals } from '../store/signals.js';
import { OutputBuffer, type OutputCall, OutputMemory, type OutputPiece } from './output-buffer.js';
import { OutputReader } from './output-reader.js';
import { OutputRelay } from './output-relay.js';

/** Where one call of a tool sends its chunks. */
export interface CallOutput {
  /** Sends a chunk, which is JSON text. */
  send(chunk: string): void;
  /** Nothing more is sent, and what was sent is forgotten. */
  close(): void;
}

/** A call that is in flight here and has sent something. */
interface Sender {
  readonly call: OutputCall;
  readonly buffer: OutputBuffer;
}

/**
 * What tools send while they work, from the calls that send it to the readers of their runs. Nothing is stored, nobody
 * waits, and all of it can be lost: what is kept is bounded by call, by reader and in all. Readers at other processes are
 * reached by signals, if there are such processes.
 *
 * ```
 *   emitter ──▶ buffer of the call ──▶ readers of the run ──▶ event streams
 *                        │
 *                        └──▶ relay ── signals ──▶ relay of another process ──▶ its readers
 * ```
 */
export class RunOutput {
  readonly #memory: OutputMemory;
  readonly #senders = new Map<string, Sender>();
  readonly #readers = new Map<string, Set<OutputReader>>();
  readonly #relay: OutputRelay | undefined;

  /** @param now milliseconds since 1970 */
  constructor(
    { signals, now }: { readonly signals: Signals; readonly now: () => number },
    memory = new OutputMemory(),
  ) {
    this.#memory = memory;
    if (signals.tellOthers === undefined) return;
    this.#relay = new OutputRelay({
      signals,
      tellOthers: (signal) => signals.tellOthers?.(signal),
      now,
      memory,
      sentBy: (runId) => this.#senders.get(runId)?.buffer.pieces() ?? [],
      readersOf: (runId) => this.#readers.get(runId) ?? [],
    });
  }

  /** Begins the output of a call. Called at the first chunk: most calls have none. */
  begin(call: OutputCall): CallOutput {
    const { runId } = call;
    const sender: Sender = { call, buffer: new OutputBuffer(this.#memory) };
    this.#senders.get(runId)?.buffer.clear();
    this.#senders.set(runId, sender);
    let index = 0;
    return {
      send: (chunk) => {
        this.#send(sender, { call, index, chunk });
        index += 1;
      },
      close: () => {
        sender.buffer.clear();
        this.#relay?.flush(runId);
        if (this.#senders.get(runId) === sender) this.#senders.delete(runId);
      },
    };
  }

  /**
   * Begins to read what the steps of a run send.
   * @param replay begin with what the step in flight has sent so far
   */
  open(runId: string, replay: boolean): OutputReader {
    const reader = new OutputReader(this.#memory, replay, () => this.#leave(runId, reader));
    const readers = this.#readers.get(runId) ?? new Set();
    this.#readers.set(runId, readers.add(reader));
    const sender = this.#senders.get(runId);
    if (replay && sender !== undefined) reader.push(sender.buffer.pieces());
    this.#relay?.ask(runId, replay);
    return reader;
  }

  #send({ buffer }: Sender, piece: OutputPiece): void {
    buffer.push(piece);
    const readers = this.#readers.get(piece.call.runId);
    if (readers !== undefined) for (const reader of readers) reader.push([piece]);
    this.#relay?.send(piece);
  }

  #leave(runId: string, reader: OutputReader): void {
    const readers = this.#readers.get(runId);
    if (!readers?.delete(reader) || readers.size > 0) return;
    this.#readers.delete(runId);
    this.#relay?.forget(runId);
  }
}
