import { describe, expect, it } from 'vitest';
import { addUsage, NO_USAGE, subtractUsage, toDollars, tokensOf, toNanoDollars } from '../../../src/core/base/usage.js';

const tokens = { input_tokens: 1, output_tokens: 2 };

describe('usage', () => {
  it('adds up, with what was paid if anybody said so', () => {
    expect(addUsage(tokens, undefined)).toBe(tokens);
    expect(addUsage(tokens, { input_tokens: 10, output_tokens: 20 })).toEqual({ input_tokens: 11, output_tokens: 22 });
    expect(addUsage(tokens, { ...NO_USAGE, cost_usd: 0.5 })).toEqual({ ...tokens, cost_usd: 0.5 });
    expect(addUsage({ ...tokens, cost_usd: 0.5 }, tokens)).toMatchObject({ input_tokens: 2, cost_usd: 0.5 });
  });

  it('has exact sums of dollars', () => {
    let sum = NO_USAGE;
    for (let call = 0; call < 10; call++) sum = addUsage(sum, { ...NO_USAGE, cost_usd: 0.1 });
    expect(sum.cost_usd).toBe(1);
    expect(toDollars(toNanoDollars({ cost_usd: 0.000_000_15 }))).toBe(0.000_000_15);
    expect(toNanoDollars(tokens)).toBe(0);
  });

  it('can be taken out of a sum', () => {
    const whole = addUsage(tokens, { input_tokens: 10, output_tokens: 20, cost_usd: 0.3 });
    expect(subtractUsage(whole, { ...tokens, cost_usd: 0.1 })).toEqual({
      input_tokens: 10,
      output_tokens: 20,
      cost_usd: 0.2,
    });
    expect(subtractUsage(tokens, tokens)).toEqual({ input_tokens: 0, output_tokens: 0 });
  });

  it('is so many tokens', () => {
    expect(tokensOf(tokens)).toBe(3);
  });
});
