/** One call of a tool, as what it sends is told apart by. */
export interface OutputCall {
  readonly runId: string;
  readonly step: number;
  readonly node: string;
  readonly attempt: number;
  /** Seq of the last event before the call: what it sends comes after that event. */
  readonly after: number;
}

/** A chunk that a tool has sent. */
export interface OutputPiece {
  readonly call: OutputCall;
  /** From 0 in each call. */
  readonly index: number;
  /** JSON text. */
  readonly chunk: string;
}

/** Chunks of one call are kept up to this size, as JSON text, for one reader or for those to come. */
export const MAX_KEPT_LENGTH = 65_536;
/** What each buffer can keep although the memory for all is full, in bytes: more than the largest chunk takes. */
export const ALWAYS_KEPT_BYTES = 8192;
/** Memory for all chunks that are kept, in bytes. */
const MAX_TOTAL_BYTES = 33_554_432;
/** What a chunk takes in memory besides its text, in bytes. */
const PIECE_BYTES = 100;

/** What all buffers of a process hold together. */
export class OutputMemory {
  #bytes = 0;

  constructor(private readonly maxBytes = MAX_TOTAL_BYTES) {}

  get isFull(): boolean {
    return this.#bytes > this.maxBytes;
  }

  add(piece: OutputPiece): void {
    this.#bytes += bytesOf(piece);
  }

  remove(piece: OutputPiece): void {
    this.#bytes -= bytesOf(piece);
  }
}

function bytesOf({ chunk }: OutputPiece): number {
  return chunk.length + PIECE_BYTES;
}

/**
 * The latest chunks: the oldest give way. If the memory for all is full, each buffer keeps a little, so that readers who do
 * not read take nothing from those who do.
 */
export class OutputBuffer {
  #pieces: OutputPiece[] = [];
  /** Where the first piece that is still here stands. */
  #start = 0;
  #length = 0;
  #bytes = 0;

  constructor(private readonly memory: OutputMemory) {}

  get isEmpty(): boolean {
    return this.#start === this.#pieces.length;
  }

  get first(): OutputPiece | undefined {
    return this.#pieces[this.#start];
  }

  push(piece: OutputPiece): void {
    this.#pieces.push(piece);
    this.#length += piece.chunk.length;
    this.#bytes += bytesOf(piece);
    this.memory.add(piece);
    while (this.#length > MAX_KEPT_LENGTH || (this.memory.isFull && this.#bytes > ALWAYS_KEPT_BYTES)) this.shift();
  }

  /** Takes the oldest piece out. */
  shift(): OutputPiece | undefined {
    const piece = this.#pieces[this.#start];
    if (piece === undefined) return undefined;
    this.#start += 1;
    this.#length -= piece.chunk.length;
    this.#bytes -= bytesOf(piece);
    this.memory.remove(piece);
    // Moving what is left costs little if it is done seldom.
    if (this.#start === this.#pieces.length || this.#start > 1000) {
      this.#pieces = this.#pieces.slice(this.#start);
      this.#start = 0;
    }
    return piece;
  }

  pieces(): readonly OutputPiece[] {
    return this.#pieces.slice(this.#start);
  }

  clear(): void {
    while (!this.isEmpty) this.shift();
  }
}
