import { expect, it } from 'vitest';
import { deliveryIdOf, readDeliveryId } from '../../../src/core/delivery/delivery.js';

const KEY = { runId: '019ab0f4-5c00-7000-8000-00000000abcd', seq: 12, target: 3 };
const ID = 'msg_019ab0f45c007000800000000000abcd_12_3';

it('an id names a run, an event and a target, without a dot', () => {
  expect(deliveryIdOf(KEY)).toBe(ID);
  expect(readDeliveryId(ID)).toEqual(KEY);
});

it.each([
  '',
  'msg',
  ID.toUpperCase(),
  ID.replace('_12_', '_0_'),
  ID.replace('_12_', '_1234567890_'),
  `${ID}\n`,
  `${ID}0000`,
])('%j is no id', (id) => {
  expect(readDeliveryId(id)).toBeUndefined();
});
