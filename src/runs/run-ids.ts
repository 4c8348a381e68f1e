import { randomFillSync } from 'node:crypto';
import { parse, v7, validate, version } from 'uuid';

/** Bytes of chance in an id, and for how many ids they are drawn at once: a draw costs 5 µs, whatever its size. */
const ID_BYTES = 16;
const IDS_AT_A_TIME = 256;
/** The last of the 32 bits that ids of one millisecond count in. */
const MAX_SEQ = 0xffff_ffff;

/** What ids sort by. */
interface Position {
  /** Milliseconds since 1970. */
  readonly msecs: number;
  readonly seq: number;
}

/**
 * Makes ids of runs: UUIDv7 (RFC 9562, section 5.7), each greater than the one before, also within a millisecond
 * (section 6.2, method 1), and if the clock is set back.
 * @param now milliseconds since 1970
 * @param newest the greatest id that was made before, by this process or an earlier one; ids of other kinds are ignored
 */
export function runIds(now: () => number, newest?: string): () => string {
  const pool = new Uint8Array(ID_BYTES * IDS_AT_A_TIME);
  let used = pool.length;
  let { msecs, seq } = positionOf(newest);
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const random = pool.slice(used, used + ID_BYTES);
    used += ID_BYTES;
    const time = now();
    if (time > msecs || seq === MAX_SEQ) {
      msecs = Math.max(time, msecs + 1);
      // Half of the 32 bits is room to count in.
      seq = ((random[6] ?? 0) << 16) | ((random[7] ?? 0) << 8) | (random[8] ?? 0);
    } else {
      seq += 1;
    }
    return v7({ msecs, seq, random });
  };
}

function positionOf(id: string | undefined): Position {
  if (id === undefined || !validate(id) || version(id) !== 7) return { msecs: 0, seq: 0 };
  const view = new DataView(parse(id).buffer);
  // Where `v7` puts them: 48 bits of time, 4 of version, 12 of the sequence, 2 of variant, 20 more of the sequence.
  const high = view.getUint16(6) & 0x0fff;
  const low = (view.getUint32(8) >>> 10) & 0x000f_ffff;
  return { msecs: view.getUint16(0) * 2 ** 32 + view.getUint32(2), seq: high * 2 ** 20 + low };
}
