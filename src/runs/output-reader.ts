import { OutputBuffer, type OutputCall, type OutputMemory, type OutputPiece } from './output-buffer.js';

/** Chunks between two that a reader gets were dropped: it read too slowly, or came too late for them. */
export interface OutputGap {
  readonly call: OutputCall;
  readonly dropped: number;
}

/** Messages of another process after which a replay is no longer waited for. */
const MAX_AWAITED = 20;

/** What the steps of a run send, for one reader. It holds a bounded number of chunks, and says how many it had to drop. */
export class OutputReader {
  readonly #buffer: OutputBuffer;
  /** Called when there is something to take. */
  onOutput: (() => void) | undefined;
  /** The last piece that came in, to tell what comes twice. */
  #latest: OutputPiece | undefined;
  /** What was taken last, and the index that follows it. */
  #taken: { readonly call: OutputCall; readonly next: number } | undefined;
  #awaited = 0;

  /**
   * @param replays it begins with what the step in flight has sent so far; otherwise with what it sends from now on
   * @param onClose called once, when nothing more is read
   */
  constructor(
    memory: OutputMemory,
    private readonly replays: boolean,
    private readonly onClose: () => void,
  ) {
    this.#buffer = new OutputBuffer(memory);
  }

  get isEmpty(): boolean {
    return this.#buffer.isEmpty;
  }

  /** Takes pieces of one call in. What comes twice is passed over. */
  push(pieces: readonly OutputPiece[]): void {
    for (const piece of pieces) {
      const { call, index } = piece;
      if (this.#latest?.call === call && index <= this.#latest.index) continue;
      // Who does not ask for a replay misses nothing of what was sent before.
      if (this.#latest === undefined && !this.replays) this.#taken = { call, next: index };
      this.#latest = piece;
      this.#buffer.push(piece);
    }
    if (!this.isEmpty) this.onOutput?.();
  }

  /** Takes in what another process sends: not before the replay that was asked for has come, if one can come. */
  pushRemote(pieces: readonly OutputPiece[], isReplay: boolean): void {
    const isFirst = this.#latest === undefined;
    const canFollow = !isFirst || !this.replays || isReplay || pieces[0]?.index === 0;
    this.#awaited += 1;
    if (canFollow || this.#awaited > MAX_AWAITED) this.push(pieces);
  }

  /** True if something of a call that began before this event can be taken. */
  hasBefore(seq: number): boolean {
    const { first } = this.#buffer;
    return first !== undefined && first.call.after < seq;
  }

  /** Takes what was sent by calls that began before this event. */
  takeBefore(seq: number): (OutputPiece | OutputGap)[] {
    const taken: (OutputPiece | OutputGap)[] = [];
    while (this.hasBefore(seq)) {
      const piece = this.#buffer.shift() as OutputPiece;
      const expected = this.#taken?.call === piece.call ? this.#taken.next : 0;
      if (piece.index > expected) taken.push({ call: piece.call, dropped: piece.index - expected });
      taken.push(piece);
      this.#taken = { call: piece.call, next: piece.index + 1 };
    }
    return taken;
  }

  close(): void {
    this.#buffer.clear();
    this.onOutput = undefined;
    this.onClose();
  }
}
