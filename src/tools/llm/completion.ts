import { z } from 'zod';
import { AnswerJsonError } from '../../core/base/answer-json.js';
import type { Problem } from '../../core/base/errors.js';
import { isPlainObject, type Json, type JsonObject } from '../../core/base/json.js';
import { MAX_COST_USD } from '../../core/base/run-options.js';
import { toDollars, toNanoDollars, type Usage } from '../../core/base/usage.js';
import { type AnswerSchema, inWords } from '../answer-schema.js';
import { shortened } from '../result.js';
import { type ReadContent, readContent } from './content-parts.js';
import { answerFailure, finalFailure, type Reply, reportedFailure } from './failures.js';
import { findJson } from './find-json.js';
import type { Params } from './params.js';
import { parseText, TooManyPartsError } from './parse-text.js';
import { findWords } from './provider-words.js';

/** A count that is missing, or is none, says nothing: it must not cost the answer. */
const countSchema = z.int().min(0).catch(0);

const usageSchema = z.object({
  usage: z.object({ prompt_tokens: countSchema, completion_tokens: countSchema }),
});

/** What an answer holds, and what it holds that cannot be kept. */
export interface ParsedReply {
  /** Undefined if it is not JSON. */
  readonly answer: Json | undefined;
  readonly flaw?: string;
}

/** The JSON of an answer. Numbers that a double would change are strings. */
export async function parseReply({ text }: Reply): Promise<ParsedReply> {
  try {
    return { answer: await parseText(text) };
  } catch (thrown) {
    if (!(thrown instanceof AnswerJsonError)) return { answer: undefined };
    if (thrown instanceof TooManyPartsError) return { answer: undefined, flaw: thrown.message };
    // Its tokens count all the same.
    return { answer: JSON.parse(text) as Json, flaw: thrown.message };
  }
}

/** The tokens that an answer has used, with their price, whatever else it holds; undefined if it does not say. */
export function usageOf({ answer }: Pick<ParsedReply, 'answer'>, price: Params['price']): Usage | undefined {
  const parsed = usageSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { prompt_tokens, completion_tokens } = parsed.data.usage;
  const tokens = { input_tokens: prompt_tokens, output_tokens: completion_tokens };
  if (price === undefined) return tokens;
  const { input_per_million: input, output_per_million: output } = price;
  // A count that cannot be must not cost the answer.
  const dollars = Math.min((prompt_tokens * input + completion_tokens * output) / 1_000_000, MAX_COST_USD);
  return { ...tokens, cost_usd: toDollars(toNanoDollars({ cost_usd: dollars })) };
}

/** The first choice of a completion. */
export interface Choice {
  readonly model: string | undefined;
  readonly finishReason: string | null;
  /** Undefined if it has none. */
  readonly content: string | undefined;
  readonly refusal: string | undefined;
  /** As they came. */
  readonly toolCalls: readonly Json[];
  /** The whole answer. */
  readonly text: string;
}

/**
 * An answer as a completion.
 * @param note called with a line for the log, if something is not kept
 * @throws RetryableError if it is none; if it is an error of the provider, what its status says
 */
export function readCompletion(reply: Reply, parsed: ParsedReply, note: (line: string) => void): Choice {
  const { text } = reply;
  const reported = reportedFailure(reply, parsed.answer);
  if (reported !== undefined) throw reported;
  if (parsed.flaw !== undefined) throw answerFailure(`The answer of the model holds ${parsed.flaw}.`, { text });
  const choice = findChoice(parsed.answer);
  if (choice === undefined) {
    const words = findWords(parsed.answer) ?? findWords(text);
    throw answerFailure(`The answer of the model is no chat completion${excerptOf(words)}`, { text });
  }
  const { content, refusal, toolCalls, model, finishReason } = choice;
  if (content.skipped.size > 0) {
    note(`Omitted parts of the answer that are not text: ${shortened([...content.skipped].join(', '))}`);
  }
  return {
    model,
    finishReason,
    content: content.text,
    refusal: refusal || content.refusal || undefined,
    toolCalls,
    text,
  };
}

interface FoundChoice extends Pick<Choice, 'model' | 'finishReason' | 'refusal' | 'toolCalls'> {
  readonly content: ReadContent;
}

/**
 * The first choice of an answer; undefined if the answer is no completion. Servers that say they are compatible omit much
 * of what is not needed here. Read by hand: a schema would look at each of a million parts, and say what is wrong with it.
 */
function findChoice(answer: Json | undefined): FoundChoice | undefined {
  const { choices, model } = objectOf(answer);
  const { message, finish_reason } = objectOf(Array.isArray(choices) ? (choices as readonly Json[])[0] : undefined);
  if (!isPlainObject(message)) return undefined;
  const { content: given, refusal, tool_calls } = message as JsonObject;
  const content = readContent(given);
  const toolCalls = tool_calls ?? [];
  if (content === undefined || !Array.isArray(toolCalls) || !toolCalls.every(isPlainObject)) return undefined;
  return {
    model: textOf(model),
    finishReason: textOf(finish_reason) ?? null,
    content,
    refusal: textOf(refusal),
    toolCalls: toolCalls as readonly Json[],
  };
}

function objectOf(value: Json | undefined): Readonly<Partial<JsonObject>> {
  return isPlainObject(value) ? (value as JsonObject) : {};
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function excerptOf(words: string | undefined): string {
  return words === undefined ? '.' : `: ${shortened(words)}`;
}

/**
 * The content of a completion: text, or with a schema the JSON in it; null if the model asks for tools instead.
 * @param note called with a line for the log, if something is not kept as it came
 * @throws FatalError for a refusal or no content, RetryableError for content that is not as the schema says: models
 * can do better the next time.
 */
export async function contentOf(
  choice: Choice,
  schema: AnswerSchema | undefined,
  note: (line: string) => void,
): Promise<Json> {
  const { content, refusal, toolCalls, finishReason: finish_reason } = choice;
  if (refusal !== undefined) {
    throw finalFailure(`The model refused: ${shortened(refusal)}`, { text: refusal, finish_reason }, 'llm_refusal');
  }
  // What a model says beside its calls is no answer yet.
  if (toolCalls.length > 0) return content ?? null;
  if (content === undefined) {
    const message = `The answer of the model has no content (finish_reason: ${finish_reason ?? 'unknown'}).`;
    throw finalFailure(message, { text: choice.text, finish_reason });
  }
  if (schema?.validate === undefined) return content;
  return readJson(content, finish_reason, schema.validate, note);
}

async function readJson(
  text: string,
  finish_reason: string | null,
  validate: (value: Json) => readonly Problem[],
  note: (line: string) => void,
): Promise<Json> {
  const unusable = { text, finish_reason };
  let problems: readonly Problem[] | undefined;
  try {
    for await (const { value, notes } of findJson(text)) {
      const found = validate(value);
      if (found.length > 0) {
        problems ??= found;
        continue;
      }
      for (const line of notes) note(line);
      return value;
    }
  } catch (thrown) {
    if (!(thrown instanceof AnswerJsonError)) throw thrown;
    throw answerFailure(`The answer of the model holds ${thrown.message}.`, unusable);
  }
  if (problems === undefined) {
    const finish = finish_reason ?? 'unknown';
    throw answerFailure(`The answer of the model is no JSON (finish_reason: ${finish}).`, unusable);
  }
  throw answerFailure(`The answer of the model does not fit its schema. ${inWords(problems)}`, unusable);
}
