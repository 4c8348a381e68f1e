import { describe, expect, it } from 'vitest';
import { MAX_METADATA, metadataSchema, nameSchema, runLimitsSchema } from '../../../src/core/base/run-options.js';
import { toNanoDollars } from '../../../src/core/base/usage.js';

describe('names', () => {
  it('hold 1 to 200 characters, none of them a control character', () => {
    for (const name of ['a', 'ключ 1', 'x'.repeat(200)]) expect(nameSchema.safeParse(name).success).toBe(true);
    for (const name of ['', 'a\nb', '\u007f', 'x'.repeat(201)]) expect(nameSchema.safeParse(name).success).toBe(false);
  });
});

describe('metadata', () => {
  const entries = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));

  it('is some strings by name', () => {
    expect(metadataSchema.parse({ team: 'press', empty: '' })).toEqual({ team: 'press', empty: '' });
    expect(metadataSchema.safeParse(entries(MAX_METADATA)).success).toBe(true);
    expect(metadataSchema.safeParse(entries(MAX_METADATA + 1)).error?.issues).toMatchObject([
      { message: 'must have at most 50 entries' },
    ]);
    for (const bad of [{ n: 1 }, { '': 'x' }, { a: 'x'.repeat(1001) }, { a: '\ud83d' }, { ['k'.repeat(101)]: 'x' }]) {
      expect(metadataSchema.safeParse(bad).success).toBe(false);
    }
  });
});

it('limits are positive, and no others than these', () => {
  expect(runLimitsSchema.parse({ max_steps: 1, deadline_seconds: 0.5 })).toEqual({
    max_steps: 1,
    deadline_seconds: 0.5,
  });
  for (const bad of [{ max_steps: 0 }, { deadline_seconds: 0 }, { steps: 1 }]) {
    expect(runLimitsSchema.safeParse(bad).success).toBe(false);
  }
});

it('a limit of cost is at least the billionth of a dollar that costs are counted in', () => {
  for (const max_cost_usd of [0, 1e-10, 9e-10]) {
    expect(runLimitsSchema.safeParse({ max_cost_usd }).error?.issues).toMatchObject([{ code: 'too_small' }]);
  }
  const { max_cost_usd } = runLimitsSchema.parse({ max_cost_usd: 1e-9 });
  expect(toNanoDollars({ cost_usd: max_cost_usd! })).toBe(1);
});
