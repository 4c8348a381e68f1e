import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { configOf } from './connection.js';

/** How often the connection is tried, and how long it may keep silent, in milliseconds: it can be lost without a word. */
const PING_MS = 10_000;
const PING_TIMEOUT_MS = 5000;
/** Pauses between attempts to connect, in milliseconds: the first, doubled up to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5000;

export interface ListenerOptions {
  readonly url: string;
  readonly channel: string;
  readonly onNotification: (payload: string) => void;
  /** Called each time it listens again, because notifications may have been lost. */
  readonly onListening: () => void;
  /** Called once for each outage. */
  readonly onLost: (error: unknown) => void;
}

/** A connection that does nothing but listen. It is made again whenever it is lost. */
export class Listener {
  #client: pg.Client | undefined;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;

  /** Begins to listen, now or as soon as it can. */
  constructor(private readonly options: ListenerOptions) {
    this.#over = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    void this.#client?.end().catch(() => undefined);
    await this.#over;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.#listen(() => {
          pauseMs = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (pauseMs === FIRST_PAUSE_MS && !signal.aborted) this.options.onLost(error);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    }
  }

  /** Listens until the connection is lost. */
  async #listen(onConnected: () => void): Promise<never> {
    const { url, channel, onNotification, onListening } = this.options;
    const client = new pg.Client({ ...configOf(url), query_timeout: PING_TIMEOUT_MS });
    this.#client = client;
    const lost = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('The connection that listens has ended.')));
    });
    // Whoever waits for it may not have begun to.
    lost.catch(() => undefined);
    client.on('notification', ({ payload }) => onNotification(payload ?? ''));
    try {
      await Promise.race([client.connect(), lost]);
      await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      onConnected();
      onListening();
      for (;;) {
        await Promise.race([lost, sleep(PING_MS, undefined, { signal: this.#stop.signal })]);
        await client.query('SELECT 1');
      }
    } finally {
      // Not awaited: if packets are dropped, nobody answers.
      void client.end().catch(() => undefined);
    }
  }
}
