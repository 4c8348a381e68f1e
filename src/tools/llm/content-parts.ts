import { z } from 'zod';

const partSchema = z.looseObject({
  type: z.string().nullish(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
});

/** The content of a message: text, or parts of several kinds. */
export const contentSchema = z.union([z.string(), z.array(z.union([z.string(), partSchema]))]).nullish();

/** Parts that hold what the model thought before it answered. */
const THINKING = /^(?:thinking|redacted_thinking|reasoning)/;

/** What the content of a message says. */
export interface ReadContent {
  /** The text of all its parts; undefined if none has text. */
  readonly text: string | undefined;
  readonly refusal: string | undefined;
  /** The types of parts that are neither text nor thoughts. */
  readonly skipped: readonly string[];
}

/** Reads the parts of a content. */
export function readContent(content: z.output<typeof contentSchema>): ReadContent {
  const parts = typeof content === 'string' ? [content] : (content ?? []);
  const texts: string[] = [];
  const skipped: string[] = [];
  let refusal: string | undefined;
  for (const part of parts) {
    if (typeof part === 'string') texts.push(part);
    else if (typeof part.refusal === 'string') refusal = part.refusal;
    else if (THINKING.test(part.type ?? '')) continue;
    else if (typeof part.text === 'string') texts.push(part.text);
    else skipped.push(part.type ?? 'unknown');
  }
  return { text: texts.length === 0 ? undefined : texts.join(''), refusal, skipped };
}
