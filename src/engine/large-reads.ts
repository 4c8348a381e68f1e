import { EngineError } from '../core/base/errors.js';

/** Smaller reads never wait: each takes a few milliseconds and some hundred kB. */
const LARGE_BYTES = 131_072;
/** Large reads that are under way together: one of the largest, or several that are smaller. */
const MAX_READING_BYTES = 16_777_216;
/** Large reads that wait: some seconds of them. */
const MAX_WAITING_BYTES = 268_435_456;
const RETRY_AFTER_SECONDS = 5;

export interface LargeReadOptions {
  /** Whether the read waits for its turn however many wait already: for what must not be refused. */
  readonly always?: boolean;
}

/** The turn of a read, which all who read the same share. */
interface Turn {
  readonly key: string;
  readonly bytes: number;
  readonly begin: () => void;
  readonly begun: Promise<void>;
  readers: number;
}

/**
 * Has large reads of different runs take turns. What is read takes several times its size while it is folded and
 * printed, so all of it at once would fill the memory, whatever of it can be sent in the end. A read is measured before
 * it begins, without reading anything.
 */
export class LargeReads {
  readonly #turns = new Map<string, Turn>();
  /** First come, first served. */
  readonly #waiting: Turn[] = [];
  #waitingBytes = 0;
  #readingBytes = 0;

  constructor(private readonly maxWaitingBytes = MAX_WAITING_BYTES) {}

  /**
   * Does a read: at once if it is small, else in its turn.
   * @param key what is read: those who read the same at the same time share a turn
   * @param bytes about how many bytes are read
   * @throws EngineError `server_busy` if too much waits already
   */
  async inTurn<T>(key: string, bytes: number, read: () => Promise<T>, options: LargeReadOptions = {}): Promise<T> {
    if (bytes <= LARGE_BYTES) return read();
    const turn = this.#turns.get(key) ?? this.#enqueue(key, bytes, options);
    turn.readers += 1;
    await turn.begun;
    try {
      return await read();
    } finally {
      turn.readers -= 1;
      if (turn.readers === 0) this.#end(turn);
    }
  }

  #enqueue(key: string, bytes: number, { always = false }: LargeReadOptions): Turn {
    if (!always && this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.maxWaitingBytes) {
      const detail = 'Too many large runs are read at the moment. Try again later.';
      throw new EngineError('server_busy', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const turn: Turn = { key, bytes, begin, begun, readers: 0 };
    this.#turns.set(key, turn);
    this.#waiting.push(turn);
    this.#waitingBytes += bytes;
    this.#beginNext();
    return turn;
  }

  #end({ key, bytes }: Turn): void {
    this.#turns.delete(key);
    this.#readingBytes -= bytes;
    this.#beginNext();
  }

  #beginNext(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#readingBytes > 0 && this.#readingBytes + next.bytes > MAX_READING_BYTES) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes;
      this.#readingBytes += next.bytes;
      next.begin();
    }
  }
}
