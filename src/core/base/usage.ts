/** Tokens that calls of language models used. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

/** The tokens of two calls together. */
export function addUsage(a: Usage, b: Usage | undefined): Usage {
  if (b === undefined) return a;
  return { input_tokens: a.input_tokens + b.input_tokens, output_tokens: a.output_tokens + b.output_tokens };
}
