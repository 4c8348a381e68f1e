import type { ServerResponse } from 'node:http';
import { ApiError } from '../errors/api-error.js';
import type { Pieces } from './json-texts.js';

/**
 * Large answers that are under way hold this much memory at most: four of the largest states, when each is another run's.
 * Clients that read slowly, or not at all, would hold any amount otherwise.
 */
const MAX_BYTES = 67_108_864;
const RETRY_AFTER_SECONDS = 5;

/** Counts what large answers hold until their clients have read them. What answers share counts once. */
export class AnswersUnderWay {
  readonly #holders = new Map<Buffer, number>();
  #bytes = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /**
   * Holds the pieces of an answer until it was read or its client has gone.
   * @param options `always`: whether they fit or not, for answers to what has been done already
   * @throws ApiError `server_busy` if they do not fit; one answer at a time always does.
   */
  hold(pieces: Pieces, response: ServerResponse, { always = false } = {}): void {
    // The client has gone already, and nothing will tell of it any more.
    if (response.destroyed) return;
    const release = this.take(pieces, { always });
    response.once('close', release);
    response.once('finish', release);
  }

  /** Checks that an answer of so many bytes will fit. @throws ApiError `server_busy`; one answer at a time always does. */
  check(bytes: number): void {
    if (this.#bytes > 0 && this.#bytes + bytes > this.maxBytes) throw busy();
  }

  /** Holds pieces; returns a function that releases them. @throws ApiError `server_busy` if they do not fit. */
  take(pieces: Pieces, { always = false } = {}): () => void {
    let added = 0;
    for (const piece of pieces) if (!this.#holders.has(piece)) added += piece.length;
    if (!always && added > 0) this.check(added);
    for (const piece of pieces) this.#holders.set(piece, (this.#holders.get(piece) ?? 0) + 1);
    this.#bytes += added;
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(pieces);
      isHeld = false;
    };
  }

  #release(pieces: Pieces): void {
    for (const piece of pieces) {
      const holders = this.#holders.get(piece) ?? 0;
      if (holders > 1) this.#holders.set(piece, holders - 1);
      else if (this.#holders.delete(piece)) this.#bytes -= piece.length;
    }
  }
}

/** The error for an answer that does not fit at the moment. */
export function busy(): ApiError {
  return new ApiError('server_busy', undefined, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
