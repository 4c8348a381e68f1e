import { Counter, Gauge, type Registry } from 'prom-client';
import type { PendingDeliveries } from '../store/deliveries.js';

/**
 * How callbacks get on: tries of this process as they end, and what is pending from the database at each scrape.
 * @param countPending gives undefined while the database cannot be read
 * @param now milliseconds since 1970
 * @returns counts a try
 */
export function deliveryMetrics(
  registers: Registry[],
  countPending: () => Promise<PendingDeliveries | undefined>,
  now: () => number,
): (outcome: string) => void {
  const tries = new Counter({
    name: 'graphrunner_deliveries_total',
    help: 'Tries of callbacks, by outcome: delivered, failed (there will be another), dead (given up), gone (the target wants no more).',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['delivered', 'failed', 'dead', 'gone']) tries.inc({ outcome }, 0);
  // Both gauges are of one query.
  let counted: Promise<PendingDeliveries | undefined> | undefined;
  new Gauge({
    name: 'graphrunner_deliveries_pending',
    help: 'Callbacks that are still to be delivered.',
    registers,
    async collect() {
      counted = countPending();
      const pending = await counted;
      if (pending === undefined) this.remove();
      else this.set(pending.count);
    },
  });
  new Gauge({
    name: 'graphrunner_oldest_delivery_age_seconds',
    help: 'How long ago the event was stored that the oldest pending callback tells of; 0 if none is pending.',
    registers,
    async collect() {
      const pending = await counted;
      if (pending === undefined) this.remove();
      else this.set(pending.oldestAt === undefined ? 0 : Math.max(0, now() - pending.oldestAt) / 1000);
    },
  });
  return (outcome) => tries.inc({ outcome });
}
