import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Bytes of chance in an id, and for how many ids they are drawn at once: a draw costs 5 µs, whatever its size. */
const ID_BYTES = 16;
const IDS_AT_A_TIME = 256;

/**
 * Makes ids of runs: UUIDv7 (RFC 9562, section 5.7), each greater than the one before, also within a millisecond
 * (section 6.2, method 1).
 * @param now milliseconds since 1970
 */
export function runIds(now: () => number): () => string {
  const pool = new Uint8Array(ID_BYTES * IDS_AT_A_TIME);
  let used = pool.length;
  let msecs = 0;
  let seq = 0;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const random = pool.slice(used, used + ID_BYTES);
    used += ID_BYTES;
    const time = now();
    if (time > msecs) {
      msecs = time;
      // Half of the 32 bits is room to count in.
      seq = ((random[6] ?? 0) << 16) | ((random[7] ?? 0) << 8) | (random[8] ?? 0);
    } else {
      seq += 1;
    }
    return v7({ msecs, seq, random });
  };
}
