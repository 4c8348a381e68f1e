import type { OpenAI } from 'openai';
import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import { messageOf } from '../../core/base/errors.js';
import type { Json } from '../../core/base/json.js';
import type { Usage } from '../../core/base/usage.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { AnswerJsonError, parseAnswerJson } from '../answer-json.js';
import type { AnswerSchema } from '../answer-schema.js';
import { inWords } from '../answer-schema.js';
import { parseRetryAfter } from '../http/retry-after.js';
import { shortened } from '../result.js';
import { tlsHint } from '../tls-hint.js';

/** What is needed of a chat completion. Servers that say they are compatible omit much of the rest. */
const completionSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
});

/** A count that is missing, or is none, says nothing: it must not cost the answer. */
const countSchema = z.int().min(0).catch(0);

const usageSchema = z.object({
  usage: z.object({ prompt_tokens: countSchema, completion_tokens: countSchema }),
});

export type Completion = z.output<typeof completionSchema>;

/**
 * Asks for a completion. What comes is not checked.
 * @throws FatalError if another attempt cannot help, RetryableError if it can, the signal's reason after an abort.
 */
export async function complete(
  client: OpenAI,
  body: OpenAI.ChatCompletionCreateParamsNonStreaming,
  signal: AbortSignal,
  now: () => number,
): Promise<unknown> {
  try {
    return await client.chat.completions.create(body, { signal });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw failureOf(thrown, now());
  }
}

/** The tokens that an answer has cost, whatever else it holds; undefined if it does not say. */
export function usageOf(answer: unknown): Usage | undefined {
  const parsed = usageSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { prompt_tokens, completion_tokens } = parsed.data.usage;
  return { input_tokens: prompt_tokens, output_tokens: completion_tokens };
}

/** An answer as a completion. @throws RetryableError if it is none */
export function readCompletion(answer: unknown): Completion {
  const parsed = completionSchema.safeParse(answer);
  if (!parsed.success) throw new RetryableError('The answer of the model is no chat completion.');
  return parsed.data;
}

/** 429 and 5xx are worth another try; other statuses are not. Without a status, the network is to blame. */
function failureOf(thrown: unknown, now: number): Error {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (cause instanceof FatalError) return cause;
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status !== 'number') {
    const reason = shortened(messageOf(cause ?? thrown)) + tlsHint(thrown);
    return new RetryableError(`The model could not be reached: ${reason}`, { cause: thrown });
  }
  const message = `The model answered ${shortened(messageOf(thrown))}`;
  if (status !== 429 && status < 500) return new FatalError(message, { cause: thrown });
  const headers = thrown instanceof Error && 'headers' in thrown ? thrown.headers : undefined;
  const after = headers instanceof Headers ? headers.get('retry-after') : undefined;
  const retryAfterSeconds = parseRetryAfter(after, now);
  return new RetryableError(message, { ...definedOnly({ retryAfterSeconds }), cause: thrown });
}

/**
 * The content of a completion: text, or with a schema the JSON in it.
 * @param note called with a line for the log, if something is not kept as it came
 * @throws FatalError for a refusal or no content, RetryableError for content that is not as the schema says: models
 * may do better the next time.
 */
export function contentOf(
  { choices }: Completion,
  schema: AnswerSchema | undefined,
  note: (line: string) => void,
): Json {
  const [choice] = choices;
  const { content, refusal } = choice?.message ?? {};
  const finish = choice?.finish_reason ?? 'unknown';
  if (refusal) throw new FatalError(`The model refused: ${shortened(refusal)}`);
  if (content === undefined || content === null) {
    throw new FatalError(`The answer of the model has no content (finish_reason: ${finish}).`);
  }
  if (schema?.validate === undefined) return content;
  const value = parseJson(content, finish, note);
  const problems = schema.validate(value);
  if (problems.length > 0)
    throw new RetryableError(`The answer of the model does not fit its schema. ${inWords(problems)}`);
  return value;
}

function parseJson(text: string, finish: string, note: (line: string) => void): Json {
  try {
    return parseAnswerJson(text, note);
  } catch (thrown) {
    if (thrown instanceof AnswerJsonError) throw new RetryableError(`The answer of the model holds ${thrown.message}.`);
    throw new RetryableError(`The answer of the model is no JSON (finish_reason: ${finish}).`);
  }
}
