import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Times that a full pipe is tried again, and the pause between them in milliseconds. */
const TRIES = 100;
const PAUSE_MS = 5;
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes the lines of a log to a file descriptor, each at once, so that none is lost when the process dies. What cannot be
 * written, because the disk is full or nobody reads any more, is dropped: the server is worth more than its log. pino's own
 * destination tries for ever, and blocks the thread.
 */
export function descriptorLog(descriptor: number): DestinationStream {
  return {
    write(line) {
      let rest: Uint8Array = Buffer.from(line);
      for (let tries = 0; rest.length > 0 && tries < TRIES; ) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
          tries += 1;
          Atomics.wait(SLEEP, 0, 0, PAUSE_MS);
        }
      }
    },
  };
}
