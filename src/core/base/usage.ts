/** What calls of language models, and of other services that are paid for, used. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** US dollars. Omitted if no call said what it cost. */
  readonly cost_usd?: number;
}

export const NO_USAGE: Usage = Object.freeze({ input_tokens: 0, output_tokens: 0 });

/** Billionths of a dollar: sums of them are exact, and a token that costs 0.15 dollars a million is 150 of them. */
const NANO = 1_000_000_000;

/** The usage of two calls together. */
export function addUsage(a: Usage, b: Usage | undefined): Usage {
  if (b === undefined) return a;
  const tokens = { input_tokens: a.input_tokens + b.input_tokens, output_tokens: a.output_tokens + b.output_tokens };
  return a.cost_usd === undefined && b.cost_usd === undefined
    ? tokens
    : { ...tokens, cost_usd: toDollars(toNanoDollars(a) + toNanoDollars(b)) };
}

/** A part of some usage without another part of it: what is left. */
export function subtractUsage(whole: Usage, part: Usage): Usage {
  const tokens = {
    input_tokens: whole.input_tokens - part.input_tokens,
    output_tokens: whole.output_tokens - part.output_tokens,
  };
  return whole.cost_usd === undefined
    ? tokens
    : { ...tokens, cost_usd: toDollars(toNanoDollars(whole) - toNanoDollars(part)) };
}

/** What usage cost, as a whole number that can be stored and summed. */
export function toNanoDollars({ cost_usd: dollars = 0 }: Partial<Usage>): number {
  return Math.round(dollars * NANO);
}

export function toDollars(nanoDollars: number): number {
  return nanoDollars / NANO;
}

/** Input and output tokens together. */
export function tokensOf({ input_tokens, output_tokens }: Usage): number {
  return input_tokens + output_tokens;
}
