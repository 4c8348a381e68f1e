import { FatalError } from '../../core/tool/tool-errors.js';
import { decodeText } from '../http/answer-body.js';
import { readCapped } from '../http/capped-body.js';
import { contentTypeOf, encodingOf } from '../http/headers.js';
import type { HttpAnswer } from '../http/request-rules.js';
import type { LlmErrorCode } from './error-codes.js';
import { type Reply, requestFailure, statusFailure } from './failures.js';
import { isStream, readStream, type StreamListener } from './read-stream.js';

/** Size of an answer as it comes over the wire, decoded, in bytes. */
const MAX_ANSWER_BYTES = 4_194_304;

/**
 * Sends a request, and reads the answer.
 * @param listener told of the answer as it comes, if it comes as a stream; undefined if none was asked for
 * @throws FatalError if another attempt cannot help, RetryableError if it can, the signal's reason after an abort.
 */
export async function askModel(
  send: (signal: AbortSignal) => Promise<HttpAnswer>,
  signal: AbortSignal,
  now: () => number,
  listener: StreamListener | undefined,
): Promise<Reply> {
  let answer: HttpAnswer | undefined;
  try {
    answer = await send(signal);
    const { status, headers } = answer;
    if (status < 200 || status >= 300) throw await statusFailure(answer, now());
    const isStreamed = listener !== undefined && isStream(answer);
    const text = isStreamed ? await readStream(answer, listener, MAX_ANSWER_BYTES) : await readText(answer);
    return { status, headers, text };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw requestFailure(thrown, answer);
  }
}

async function readText(answer: HttpAnswer): Promise<string> {
  const { bytes, isCut } = await readCapped(answer.body, encodingOf(answer), MAX_ANSWER_BYTES);
  if (!isCut) return decodeText(bytes, contentTypeOf(answer));
  const code: LlmErrorCode = 'llm_invalid_answer';
  throw new FatalError(`The answer of the model is larger than ${MAX_ANSWER_BYTES} bytes.`, { code });
}
