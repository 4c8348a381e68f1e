import type { RequestUseCases } from '../requests.js';
import { HookDeliveryUseCases } from './deliver.js';
import { HookBook } from './hook-book.js';
import { type HookDeps, HookUseCases } from './hooks.js';
import { Refusals } from './refusals.js';

/** All that the engine does about hooks. */
export interface HookOperations
  extends Pick<
      HookUseCases,
      'createHook' | 'updateHook' | 'deleteHook' | 'getHook' | 'listHooks' | 'listHookDeliveries'
    >,
    Pick<HookDeliveryUseCases, 'openDelivery' | 'deliver'> {}

type Parts = Omit<ConstructorParameters<typeof HookDeliveryUseCases>[0] & HookDeps, 'book' | 'refusals'> & {
  readonly logger: { warn(details: object, message: string): void };
};

/** Makes the use-cases of hooks, which share what is known of them. */
export function makeHooks(
  parts: Parts,
  requests: RequestUseCases,
): { readonly refusals: Refusals; readonly operations: HookOperations } {
  const { turns, logger, now } = parts;
  const stored = parts.store.hooks;
  const refusals = new Refusals({ hooks: stored, logger, now });
  const deps = { ...parts, refusals, book: new HookBook({ hooks: stored, turns }) };
  const hooks = new HookUseCases(deps);
  const deliveries = new HookDeliveryUseCases(deps, requests);
  const operations: HookOperations = {
    createHook: (definition) => hooks.createHook(definition),
    updateHook: (hookId, definition) => hooks.updateHook(hookId, definition),
    deleteHook: (hookId) => hooks.deleteHook(hookId),
    getHook: (hookId) => hooks.getHook(hookId),
    listHooks: (page) => hooks.listHooks(page),
    listHookDeliveries: (hookId, page) => hooks.listHookDeliveries(hookId, page),
    openDelivery: (hookId, headers) => deliveries.openDelivery(hookId, headers),
    deliver: (open, content) => deliveries.deliver(open, content),
  };
  return { refusals, operations };
}
