import type { Readable } from 'node:stream';
import { ApiError } from '../errors/api-error.js';

/** Bytes of bodies of deliveries that are held at a time, of all hooks together. */
export const MAX_DELIVERY_BYTES = 67_108_864;
const RETRY_SECONDS = 1;

export interface BodyLimits {
  /** Of one body. */
  readonly maxBytes: number;
  /** Of all that are held at a time. */
  readonly maxBytesAtOnce: number;
}

/** Reads bodies as they are, and bounds what is held of them until they have been served: senders need no key. */
export class DeliveryBodies {
  #held = 0;

  constructor(private readonly limits: BodyLimits) {}

  /**
   * Reads a body, and does with it what is to be done: it counts as held until then.
   * @param length what its headers say, if they do
   * @throws ApiError `body_too_large`, `server_busy`, or `request_refused` if it ends too early
   */
  async use<T>(
    stream: Readable | undefined,
    length: number | undefined,
    work: (body: Buffer) => Promise<T>,
  ): Promise<T> {
    const { maxBytes, maxBytesAtOnce } = this.limits;
    if ((length ?? 0) > maxBytes) throw tooLarge(maxBytes);
    let size = 0;
    const hold = (bytes: number): void => {
      if (size + bytes > maxBytes) throw tooLarge(maxBytes);
      if (this.#held + bytes > maxBytesAtOnce) throw busy();
      size += bytes;
      this.#held += bytes;
    };
    try {
      return await work(stream === undefined ? Buffer.alloc(0) : await readAll(stream, hold));
    } finally {
      this.#held -= size;
    }
  }
}

/** @param hold called with the size of each piece; what it throws ends the reading, but not the connection */
async function readAll(stream: Readable, hold: (bytes: number) => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of stream.iterator({ destroyOnReturn: false })) {
      hold(piece.length);
      pieces.push(piece);
    }
  } catch (thrown) {
    if (thrown instanceof ApiError) throw thrown;
    throw new ApiError('request_refused', 'The body has not come to its end.');
  }
  return Buffer.concat(pieces);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('body_too_large', `The body is larger than ${maxBytes} bytes.`);
}

function busy(): ApiError {
  const message = 'More deliveries come at once than the server holds. Send this one again.';
  return new ApiError('server_busy', message, { retryAfterSeconds: RETRY_SECONDS });
}
