import type pg from 'pg';
import type { Peers } from '../ports.js';
import { send } from './connection.js';
import { orUnavailable } from './failures.js';

/** How often a process gives a sign of life, and after how long without one it is gone, in milliseconds. */
const SIGN_MS = 5000;
export const GONE_MS = 15_000;
/** For how long what a process could do is waited for after its last sign, in milliseconds: it can be starting again. */
const AWAITED_MS = 300_000;
/** Rows of processes that have died are deleted after this, in milliseconds. */
const FORGOTTEN_MS = 3_600_000;

export interface PostgresPeersOptions {
  readonly pool: pg.Pool;
  /** The id of this process. */
  readonly id: string;
  /** The clock of the database, in milliseconds since 1970. */
  readonly now: () => number;
  /** The tools and conditions that this process has at the moment; none if it drives no runs. */
  readonly abilities: () => readonly string[];
  /** Called when a sign could not be given; there is another one soon. */
  readonly onFailure: () => void;
}

/** The processes on a Postgres database: each says every few seconds that it is alive, and what it can do. */
export class PostgresPeers implements Peers {
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly options: PostgresPeersOptions) {
    this.#timer = setInterval(() => void this.#sign().catch(() => options.onFailure()), SIGN_MS);
    this.#timer.unref();
  }

  static async join(options: PostgresPeersOptions): Promise<PostgresPeers> {
    const peers = new PostgresPeers(options);
    await peers.#sign();
    return peers;
  }

  async have(names: readonly string[]): Promise<boolean> {
    const { pool, id, now } = this.options;
    const { rows } = await orUnavailable(
      send(pool, {
        text: 'SELECT 1 FROM processes WHERE id <> $1 AND seen_at > $2 AND abilities @> $3::text[] LIMIT 1',
        values: [id, now() - AWAITED_MS, names],
      }),
    );
    return rows.length > 0;
  }

  /** Says that this process is gone. What it could do is waited for all the same: it may be replaced by another version. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    const { pool, id, now } = this.options;
    await send(pool, { text: 'UPDATE processes SET seen_at = $2 WHERE id = $1', values: [id, now() - GONE_MS] });
  }

  async #sign(): Promise<void> {
    const { pool, id, now, abilities } = this.options;
    await send(pool, {
      text: `WITH gone AS (DELETE FROM processes WHERE seen_at < $3::bigint - ${FORGOTTEN_MS} AND id <> $1)
        INSERT INTO processes (id, abilities, seen_at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET abilities = excluded.abilities, seen_at = excluded.seen_at`,
      values: [id, abilities(), now()],
    });
  }
}
