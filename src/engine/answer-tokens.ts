import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify, validate } from 'uuid';
import type { RunState } from '../core/run/state.js';

/** The name of the key, among those that the servers on a database share. */
export const ANSWER_KEY_NAME = 'answer_links';

/** What a token is made of: the id of the run, 128 bits that only the key makes, and the number in the id of the wait. */
const RUN_ID_BYTES = 16;
const MAC_BYTES = 16;
const WAIT_BYTES = 5;
const TOKEN_BYTES = RUN_ID_BYTES + MAC_BYTES + WAIT_BYTES;
/** In base64url. It ends with one of A, Q, g and w: programs that find links in a text drop a `-` or `_` at their end. */
const TOKEN = /^[\w-]{49}[AQgw]$/;
const WAIT_ID = /^w(\d{1,12})$/;

/** The one wait that a token answers. */
export interface AnswerLink {
  readonly runId: string;
  readonly waitId: string;
}

/**
 * Makes and reads the tokens of approval links. Whoever has one can answer one wait, and needs nothing else.
 *
 * A token follows from the key, the run and the wait, so nothing of it is stored. All servers with the key make the same one,
 * and a wrong one is known for it without a look into the database.
 */
export class AnswerTokens {
  /** @param key a secret of at least 128 bits */
  constructor(private readonly key: string) {}

  /** The token that answers what a run waits for; null unless that is a person's answer. */
  tokenOf({ runId, phase }: Pick<RunState, 'runId' | 'phase'>): string | null {
    if (phase.kind !== 'waiting' || phase.wait.kind !== 'input') return null;
    const [, number] = WAIT_ID.exec(phase.wait.id) ?? [];
    if (number === undefined || !validate(runId)) return null;
    const wait = Buffer.alloc(WAIT_BYTES);
    wait.writeUIntBE(Number(number), 0, WAIT_BYTES);
    const id = parse(runId);
    return Buffer.concat([id, this.#sign(id, wait), wait]).toString('base64url');
  }

  /** What a token answers, whether that is over or not; `undefined` if it was never made here. */
  read(token: string): AnswerLink | undefined {
    if (!TOKEN.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const id = bytes.subarray(0, RUN_ID_BYTES);
    const wait = bytes.subarray(TOKEN_BYTES - WAIT_BYTES);
    const mac = bytes.subarray(RUN_ID_BYTES, RUN_ID_BYTES + MAC_BYTES);
    if (!timingSafeEqual(mac, this.#sign(id, wait))) return undefined;
    return { runId: stringify(id), waitId: `w${wait.readUIntBE(0, WAIT_BYTES)}` };
  }

  #sign(id: Uint8Array, wait: Uint8Array): Buffer {
    const mac = createHmac('sha256', this.key).update('answer-link/1\n').update(id).update(wait);
    return mac.digest().subarray(0, MAC_BYTES);
  }
}
