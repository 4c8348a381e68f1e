import { AnswerJsonError } from '../../core/base/answer-json.js';
import { isPlainObject, type Json } from '../../core/base/json.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { decodedBody } from '../http/capped-body.js';
import { contentTypeOf, encodingOf } from '../http/headers.js';
import type { HttpAnswer } from '../http/request-rules.js';
import type { ParsedReply } from './completion.js';
import type { LlmErrorCode } from './error-codes.js';
import { answerFailure, reportedFailure } from './failures.js';
import { parseText } from './parse-text.js';
import { readEvents, type ServerSentEvent, TooLongError } from './server-sent-events.js';
import { StreamedCompletion } from './streamed-completion.js';

/** What ends a stream of chat completions. */
const DONE = '[DONE]';
/** Bytes of a stream over the wire, decoded: each token comes with some 300 bytes around it. */
const MAX_STREAM_BYTES = 134_217_728;

/** True if an answer is a stream of events. */
export function isStream(answer: HttpAnswer): boolean {
  return /^\s*text\/event-stream\b/i.test(contentTypeOf(answer));
}

/** What is told of a stream before its end. */
export interface StreamListener {
  /** Called with the text of each chunk. */
  onText(text: string): void;
  /** Called if it has told its usage, and then breaks off, reports an error or is too large: it has cost the same. */
  onLost(answer: Pick<ParsedReply, 'answer'>): void;
}

/**
 * Reads an answer that comes in chunks; returns the JSON text that the server would have sent as a whole.
 * @param maxLength characters of the answer
 * @throws RetryableError if it breaks off, FatalError if it is too large, or the error that the provider reports in it
 */
export async function readStream(answer: HttpAnswer, listener: StreamListener, maxLength: number): Promise<string> {
  const completion = new StreamedCompletion();
  let isDone = false;
  try {
    for await (const event of readEvents(bounded(answer), maxLength)) {
      isDone = event.data === DONE;
      if (isDone) break;
      const text = completion.add(await parseEvent(answer, event));
      if (completion.length > maxLength) throw new TooLongError();
      if (text !== '') listener.onText(text);
    }
  } catch (thrown) {
    listener.onLost({ answer: completion.answer() });
    if (thrown instanceof TooLongError) throw tooLarge(maxLength);
    throw thrown;
  }
  if (isDone || completion.isFinished) return JSON.stringify(completion.answer());
  listener.onLost({ answer: completion.answer() });
  const code: LlmErrorCode = 'llm_network';
  const message = 'The answer of the model broke off: its stream ended before it said why.';
  throw new RetryableError(message, { code, details: { status: answer.status } });
}

async function* bounded(answer: HttpAnswer): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of decodedBody(answer.body, encodingOf(answer))) {
    length += chunk.length;
    if (length > MAX_STREAM_BYTES) throw new TooLongError();
    yield chunk;
  }
}

/** @throws the error that an event is, or holds */
async function parseEvent({ status, headers }: HttpAnswer, { type, data }: ServerSentEvent): Promise<Json> {
  const parsed = await parseData(data);
  const event = type === 'error' && !(isPlainObject(parsed) && 'error' in parsed) ? { error: parsed } : parsed;
  const reported = reportedFailure({ status, headers, text: data }, event);
  if (reported !== undefined) throw reported;
  return event;
}

async function parseData(data: string): Promise<Json> {
  try {
    return await parseText(data);
  } catch (thrown) {
    const what = thrown instanceof AnswerJsonError ? thrown.message : 'a part that is not JSON';
    throw answerFailure(`The answer of the model holds ${what}.`, { text: data });
  }
}

function tooLarge(maxLength: number): FatalError {
  const code: LlmErrorCode = 'llm_invalid_answer';
  return new FatalError(`The answer of the model is larger than ${maxLength} bytes.`, { code });
}
