import { quoteUnsafeNumbers } from '../../core/base/answer-json.js';

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/**
 * Puts whole numbers of more than 53 bits in quotes, in the messages of a server as they come: the client parses them
 * itself, and would make other numbers of them. Lines are enough for that: neither a number nor a string of JSON can go
 * on in the next one.
 */
export class ExactNumbers {
  #rest: Uint8Array = new Uint8Array();

  /** @param isEventStream only `data` has JSON; the other fields of events stay as they are */
  constructor(private readonly isEventStream = false) {}

  /** Takes a chunk, and gives the lines that it ends. */
  push(chunk: Uint8Array): Uint8Array {
    const end = Math.max(chunk.lastIndexOf(LINE_FEED), chunk.lastIndexOf(CARRIAGE_RETURN)) + 1;
    const bytes = Buffer.concat([this.#rest, end === 0 ? chunk : chunk.subarray(0, end)]);
    this.#rest = end === 0 ? bytes : chunk.subarray(end);
    return end === 0 ? new Uint8Array() : this.#quote(bytes);
  }

  /** Size of what has come since the last end of a line. */
  get waitingBytes(): number {
    return this.#rest.length;
  }

  /** Gives what has come since the last end of a line. */
  end(): Uint8Array {
    return this.#quote(Buffer.from(this.#rest));
  }

  #quote(bytes: Buffer): Uint8Array {
    const text = bytes.toString();
    const lines = text.split(/(?<=[\r\n])/);
    let isChanged = false;
    const exact = lines.map((line) => {
      if (this.isEventStream && !line.startsWith('data:')) return line;
      const quoted = quoteUnsafeNumbers(line);
      isChanged ||= quoted.count > 0;
      return quoted.text;
    });
    return isChanged ? Buffer.from(exact.join('')) : bytes;
  }
}
