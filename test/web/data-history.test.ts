import { expect, it } from 'vitest';
import { find, historyOf } from '../../src/web/run/data-history.js';

it('finds keys and values, with the paths that expressions have', () => {
  const data = { list: [{ 'a b': 'Needle' }], needle_size: 3, other: 1 };
  expect(find(data, 'needle')).toEqual([
    { path: 'data.list[0]["a b"]', value: 'Needle' },
    { path: 'data.needle_size', value: 3 },
  ]);
  expect(
    find(
      Array.from({ length: 10 }, () => 'x'),
      'x',
      4,
    ),
  ).toHaveLength(4);
});

it('says which steps, and retries, set a key', () => {
  const at = { seq: 1, time: '2026-01-01T00:00:00.000Z' };
  const history = historyOf([
    { ...at, type: 'step.completed', step: 1, node: 'a', patch: { x: 1, y: 1 } },
    { ...at, type: 'run.retried', step: 2, node: 'b', data: { x: 2 } },
    { ...at, type: 'step.completed', step: 2, node: 'b', patch: { x: 3 } },
  ]);
  expect(history.get('x')).toEqual([
    { step: 1, node: 'a', value: 1 },
    { step: 2, node: 'a retry', value: 2 },
    { step: 2, node: 'b', value: 3 },
  ]);
  expect(history.get('y')).toHaveLength(1);
});
