import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import { type DeliveryKey, type DeliveryStatus, deliveryIdOf, readDeliveryId } from '../core/delivery/delivery.js';
import type { DeliverySummary, StoredDelivery } from '../store/deliveries.js';
import { deliveryCursorAfter, readDeliveryCursor } from './cursors.js';
import type { Page, RunDeps } from './shared.js';

export interface DeliveryDeps extends Pick<RunDeps, 'store' | 'now'> {
  /** Called when somebody has made a callback due. */
  readonly onDeliveryDue: () => void;
}

/** A callback as lists show it. */
export type ListedDelivery = DeliverySummary & { readonly deliveryId: string };

export interface FindDeliveries extends Page {
  readonly statuses?: readonly DeliveryStatus[];
  readonly runId?: string;
}

/** The use-cases of callbacks. */
export class DeliveryUseCases {
  constructor(private readonly deps: DeliveryDeps) {}

  /** Callbacks that fit a filter, newest first. @throws EngineError `invalid_request` */
  async listDeliveries({ cursor, limit, ...filter }: FindDeliveries): Promise<{
    readonly deliveries: readonly ListedDelivery[];
    readonly nextCursor: string | null;
  }> {
    const after = cursor === undefined ? undefined : readDeliveryCursor(cursor);
    // One more than the page has shows whether another page follows.
    const found = await this.deps.store.deliveries.list({ ...filter, ...definedOnly({ after }), limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      deliveries: page.map((delivery) => ({ ...delivery, deliveryId: deliveryIdOf(delivery) })),
      nextCursor: last === undefined ? null : deliveryCursorAfter(last),
    };
  }

  /** A callback with its latest tries. @throws EngineError `delivery_not_found` */
  async getDelivery(deliveryId: string): Promise<StoredDelivery & { readonly deliveryId: string }> {
    const delivery = await this.deps.store.deliveries.find(keyOf(deliveryId));
    if (delivery === undefined) throw notFound(deliveryId);
    return { ...delivery, deliveryId };
  }

  /**
   * Has a callback tried again, now and for three days more, even if it was given up or its target wanted no more.
   * @throws EngineError `delivery_not_found`, `delivery_done`
   */
  async retryDelivery(deliveryId: string): Promise<StoredDelivery & { readonly deliveryId: string }> {
    const { store, now, onDeliveryDue } = this.deps;
    const result = await store.deliveries.retry(keyOf(deliveryId), now());
    if (result === 'missing') throw notFound(deliveryId);
    if (result === 'delivered') {
      throw new EngineError('delivery_done', `Delivery ${deliveryId} was delivered, so it is not tried again.`);
    }
    const delivery = await this.getDelivery(deliveryId);
    onDeliveryDue();
    return delivery;
  }
}

function keyOf(deliveryId: string): DeliveryKey {
  const key = readDeliveryId(deliveryId);
  if (key === undefined) throw notFound(deliveryId);
  return key;
}

function notFound(deliveryId: string): EngineError {
  return new EngineError('delivery_not_found', `No delivery has the id "${deliveryId.slice(0, 200)}".`);
}
