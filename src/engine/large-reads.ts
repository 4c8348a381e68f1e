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
  hasBegun: boolean;
  readers: number;
}

/**
 * Has large reads, such as those of different runs, take turns. What is read takes several times its size while it is
 * folded and printed, so all of it at once would fill the memory, whatever of it can be sent in the end. A read is
 * measured before it begins, without reading anything.
 */
export class LargeReads {
  /** The latest turn of each read. */
  readonly #turns = new Map<string, Turn>();
  /** Reads of {@link share} that have not begun. */
  readonly #shared = new Map<string, Promise<unknown>>();
  #count = 0;
  /** First come, first served. */
  readonly #waiting: Turn[] = [];
  #waitingBytes = 0;
  #readingBytes = 0;

  constructor(private readonly maxWaitingBytes = MAX_WAITING_BYTES) {}

  /**
   * Does a read: at once if it is small, else in its turn.
   * @param key what is read: those who read the same share a turn, while nobody waits for its end
   * @param bytes about how many bytes are read
   * @throws EngineError `server_busy` if too much waits already
   */
  async inTurn<T>(key: string, bytes: number, read: () => Promise<T>, options: LargeReadOptions = {}): Promise<T> {
    if (bytes <= LARGE_BYTES) return read();
    const known = this.#turns.get(key);
    // Readers who come one after the other would never let a turn end that others wait for.
    const canJoin = known !== undefined && (!known.hasBegun || this.#waiting.length === 0);
    const turn = canJoin ? known : this.#enqueue(key, bytes, options);
    turn.readers += 1;
    await turn.begun;
    try {
      return await read();
    } finally {
      turn.readers -= 1;
      if (turn.readers === 0) this.#end(turn);
    }
  }

  /**
   * As {@link inTurn}, done once for all who ask for the same before it begins. Who comes later has a read of his own,
   * and so never an answer that is older than his question.
   */
  share<T>(key: string, bytes: number, read: () => Promise<T>): Promise<T> {
    if (bytes <= LARGE_BYTES) return read();
    const known = this.#shared.get(key);
    // A key stands for one kind of read.
    if (known !== undefined) return known as Promise<T>;
    this.#count += 1;
    const forget = (): void => {
      if (this.#shared.get(key) === reading) this.#shared.delete(key);
    };
    const reading = this.inTurn(`${key} ${this.#count}`, bytes, () => {
      forget();
      return read();
    });
    this.#shared.set(key, reading);
    // If it is refused, it never begins.
    reading.catch(forget);
    return reading;
  }

  #enqueue(key: string, bytes: number, { always = false }: LargeReadOptions): Turn {
    if (!always && this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.maxWaitingBytes) {
      const detail = 'Too many large runs or graphs are read at the moment. Try again later.';
      throw new EngineError('server_busy', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const turn: Turn = { key, bytes, begin, begun, hasBegun: false, readers: 0 };
    this.#turns.set(key, turn);
    this.#waiting.push(turn);
    this.#waitingBytes += bytes;
    this.#beginNext();
    return turn;
  }

  #end(turn: Turn): void {
    if (this.#turns.get(turn.key) === turn) this.#turns.delete(turn.key);
    this.#readingBytes -= turn.bytes;
    this.#beginNext();
  }

  #beginNext(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#readingBytes > 0 && this.#readingBytes + next.bytes > MAX_READING_BYTES) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes;
      this.#readingBytes += next.bytes;
      next.hasBegun = true;
      next.begin();
    }
  }
}
