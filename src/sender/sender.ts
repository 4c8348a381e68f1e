import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type DeliveryStatus, deliveryIdOf } from '../core/delivery/delivery.js';
import type { EndedTry } from '../core/delivery/tries.js';
import type { ClaimedDelivery, Deliveries, DeliveryHost } from '../store/deliveries.js';
import type { Unit } from '../store/store.js';
import { type TryOptions, tryDelivery } from './delivery-try.js';
import { HostTurns } from './turns-of-hosts.js';

/*
 * Callbacks are stored with the events that they tell of (see `core/delivery/`). The sender delivers what is due:
 *
 *   a commit with callbacks, a try that has ended, the next moment at which one is due
 *     -> a look: hosts with callbacks in turn, of each as many as have room -> claim -> try -> settle -> a look
 *
 * A callback that was tried when the process dies is still pending, and is tried once more. On a database that servers
 * share, a claim that is not extended is lost to the others; there a look is taken each second, for what others stored.
 */

export interface SenderOptions extends TryOptions {
  readonly deliveries: Deliveries;
  /** Other processes use the database. */
  readonly isShared: boolean;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Called after each try. Must not throw. */
  readonly onTried?: ((outcome: TryOutcome) => void) | undefined;
}

/** What a try came to: `failed` is one after which there will be another. */
export type TryOutcome = Exclude<DeliveryStatus, 'pending'> | 'failed';

/** A try, as long as it is under way. */
interface Under {
  readonly claimed: ClaimedDelivery;
  readonly ended: Promise<void>;
}

/** Hosts that are read at a time. */
const HOSTS_AT_A_TIME = 200;
/** No timer sleeps longer, in milliseconds: the clock can be set meanwhile. */
const LONGEST_SLEEP_MS = 60_000;
/** Between looks on a database that servers share, and after one that failed, in milliseconds. */
const AGAIN_MS = 1000;
/** How long a stop waits for receivers, in milliseconds. Their callbacks are delivered again otherwise. */
const DRAIN_MS = 2000;

/** Delivers callbacks, in the order of the events of each run and target. */
export class Sender {
  readonly #hosts = new HostTurns();
  readonly #tries = new Map<ClaimedDelivery, Under>();
  readonly #stop = new AbortController();
  #isStarted = false;
  #isStopping = false;
  #isLooking = false;
  /** Something has changed since the look under way began. */
  #hasNews = false;
  /** The hosts that had their turn last, of those that are failing, and of the others. */
  readonly #lastHosts = { healthy: '', failing: '' };
  #timer: NodeJS.Timeout | undefined;
  #pulse: NodeJS.Timeout | undefined;

  constructor(private readonly options: SenderOptions) {
    // Every try listens.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Begins to deliver. */
  start(): void {
    this.#isStarted = true;
    if (this.options.isShared) this.#pulse = setInterval(() => this.#beat(), AGAIN_MS).unref();
    this.notice();
  }

  /** For the `onCommit` of the store. */
  committed(units: readonly Unit[]): void {
    if (units.some(({ appends }) => appends.some(({ deliveries }) => deliveries !== undefined))) this.notice();
  }

  /** To be called when something has become due. */
  notice(): void {
    if (!this.#isStarted || this.#isStopping) return;
    this.#hasNews = true;
    if (!this.#isLooking) void this.#look();
  }

  /** Takes up nothing more; cuts off, and counts as not made, the tries that do not end soon. */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const ended = Promise.all([...this.#tries.values()].map((one) => one.ended));
    const timer = setTimeout(() => this.#stop.abort(), Math.min(graceMs, DRAIN_MS));
    await ended;
    clearTimeout(timer);
    // A look that was under way can have claimed some more.
    this.#stop.abort();
    while (this.#isLooking || this.#tries.size > 0) {
      await Promise.all([...this.#tries.values()].map((one) => one.ended));
      await nextTurn();
    }
    clearInterval(this.#pulse);
  }

  /** Keeps the claims, and looks for what other processes have stored. */
  #beat(): void {
    const { deliveries, now } = this.options;
    const claims = [...this.#tries.keys()];
    // One that is lost is tried by others too, and settled once.
    if (claims.length > 0) deliveries.extend(claims, now()).catch(() => undefined);
    this.notice();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    clearTimeout(this.#timer);
    try {
      let time = 0;
      while (this.#hasNews && !this.#isStopping) {
        this.#hasNews = false;
        time = this.options.now();
        await this.#claimDue(time, 'healthy');
        if (this.#hosts.hasFailing()) await this.#claimDue(time, 'failing');
      }
      // What is due and has no room has its turn when a try ends.
      if (!this.#isStopping) this.#sleepUntil(await this.options.deliveries.nextDueAt(time));
    } catch (error) {
      this.options.logger.error({ err: error }, 'callbacks could not be looked for; trying again');
      this.#sleep(AGAIN_MS);
    } finally {
      this.#isLooking = false;
      if (this.#hasNews) this.notice();
    }
  }

  #sleepUntil(at: number | undefined): void {
    if (at !== undefined) this.#sleep(Math.min(Math.max(0, at - this.options.now()), LONGEST_SLEEP_MS));
  }

  #sleep(ms: number): void {
    if (!this.#isStopping) this.#timer = setTimeout(() => this.notice(), ms).unref();
  }

  /**
   * Each host has its turn once, beginning behind the one that had it last. Those that are failing take turns among
   * themselves: they have less room, and the others would always be first.
   */
  async #claimDue(time: number, kind: 'healthy' | 'failing'): Promise<void> {
    for await (const each of this.#hostsBehind(this.#lastHosts[kind])) {
      if (this.#hosts.isFull() || this.#isStopping) return;
      if (this.#hosts.isFailing(each.host) === (kind === 'failing')) await this.#claimOf(each, time, kind);
    }
  }

  /** All hosts once, those up to this one at the end. */
  async *#hostsBehind(host: string): AsyncGenerator<DeliveryHost> {
    yield* this.#hostsBetween(host, undefined);
    if (host !== '') yield* this.#hostsBetween('', host);
  }

  async *#hostsBetween(first: string, last: string | undefined): AsyncGenerator<DeliveryHost> {
    for (let after = first; ; ) {
      const hosts = await this.options.deliveries.listHosts(after, HOSTS_AT_A_TIME);
      for (const each of hosts) {
        if (last !== undefined && each.host > last) return;
        yield each;
      }
      const end = hosts.at(-1);
      if (end === undefined || hosts.length < HOSTS_AT_A_TIME) return;
      after = end.host;
      // There can be thousands, and others get their turn meanwhile.
      await nextTurn();
    }
  }

  async #claimOf({ host, nextAt }: DeliveryHost, time: number, kind: 'healthy' | 'failing'): Promise<void> {
    const room = this.#hosts.roomFor(host);
    if (nextAt > time || room === 0) return;
    this.#lastHosts[kind] = host;
    // As of now: a look can take long, and the claim would be lost as soon as it is there.
    for (const claimed of await this.options.deliveries.claim(host, this.options.now(), room)) {
      this.#hosts.begin(host);
      this.#tries.set(claimed, { claimed, ended: this.#deliver(claimed) });
    }
  }

  async #deliver(claimed: ClaimedDelivery): Promise<void> {
    let isTaken: boolean | undefined;
    try {
      const ended = await tryDelivery(this.options, claimed, this.#stop.signal);
      const status = ended === undefined ? await this.#release(claimed) : await this.#settle(claimed, ended);
      if (ended !== undefined && status !== undefined) {
        isTaken = status === 'delivered' || status === 'gone';
        this.#tell(claimed, ended, status);
      }
    } catch (error) {
      this.options.logger.error({ err: error, delivery_id: deliveryIdOf(claimed) }, 'a callback could not be tried');
    } finally {
      this.#hosts.end(claimed.host, isTaken);
      this.#tries.delete(claimed);
      this.notice();
    }
  }

  /** Until it is stored, nothing of the target is tried: the receiver would get the same again and again. */
  async #settle(claimed: ClaimedDelivery, ended: EndedTry): Promise<DeliveryStatus | undefined> {
    const { deliveries, now, random, logger } = this.options;
    for (;;) {
      try {
        return await deliveries.settle(claimed, ended, now(), random());
      } catch (error) {
        logger.error({ err: error, delivery_id: deliveryIdOf(claimed) }, 'a try of a callback could not be stored');
        if (this.#stop.signal.aborted) return undefined;
        await sleep(AGAIN_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  /** Without it, others wait until the claim is lost. */
  async #release(claimed: ClaimedDelivery): Promise<undefined> {
    await this.options.deliveries.release(claimed, this.options.now()).catch(() => undefined);
    return undefined;
  }

  #tell(claimed: ClaimedDelivery, { result }: EndedTry, status: DeliveryStatus): void {
    this.options.onTried?.(status === 'pending' ? 'failed' : status);
    if (status !== 'dead' && status !== 'gone') return;
    const { runId: run_id, event, host } = claimed;
    const why = result.kind === 'answered' ? { status: result.status } : { error: result.error };
    const words = status === 'dead' ? 'a callback was given up' : 'a target takes no more callbacks of a run';
    this.options.logger.info({ delivery_id: deliveryIdOf(claimed), run_id, event, host, ...why }, words);
  }
}
