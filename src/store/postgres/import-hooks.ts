import type { HookDeliveryRow, HookRow } from '../hooks.js';
import type { Table } from './import-rows.js';

export const HOOKS: Table<HookRow> = {
  name: 'hooks',
  columns: [
    ['hook_id', 'text', ({ hookId }) => hookId],
    ['graph_id', 'text', ({ graphId }) => graphId],
    ['revision', 'text', ({ revision }) => revision],
    ['created_at', 'bigint', ({ createdAt }) => createdAt],
    ['updated_at', 'bigint', ({ updatedAt }) => updatedAt],
    ['refused', 'bigint', ({ refused }) => refused],
    ['last_refused_at', 'bigint', ({ lastRefusedAt }) => lastRefusedAt],
    ['last_refusal', 'text', ({ lastRefusal }) => lastRefusal],
    ['definition', 'text', ({ definition }) => definition],
  ],
  key: 'hook_id',
};

export const HOOK_DELIVERIES: Table<HookDeliveryRow> = {
  name: 'hook_deliveries',
  columns: [
    ['hook_id', 'text', ({ hookId }) => hookId],
    ['delivery_key', 'text', ({ key }) => key],
    ['delivery_id', 'text', ({ deliveryId }) => deliveryId],
    ['received_at', 'bigint', ({ receivedAt }) => receivedAt],
    ['outcome', 'text', ({ outcome }) => outcome],
    ['run_id', 'uuid', ({ runId }) => runId],
    ['status', 'text', ({ status }) => status],
    ['code', 'text', ({ code }) => code],
    ['detail', 'text', ({ detail }) => detail],
  ],
  key: 'hook_id, delivery_key',
};
