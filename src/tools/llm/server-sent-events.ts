import { createParser } from 'eventsource-parser';

/** An event of a stream, as far as answers of models need it. */
export interface ServerSentEvent {
  /** `message` if the stream does not say. */
  readonly type: string;
  readonly data: string;
}

/** A line, or the data of an event, is longer than was allowed. */
export class TooLongError extends Error {}

/**
 * Reads Server-Sent Events. The last one counts although no empty line follows: some servers end their streams so.
 * @param maxLength characters of a line and the data before it in its event
 * @throws TooLongError, and what the stream throws
 */
export async function* readEvents(body: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<ServerSentEvent> {
  const events: ServerSentEvent[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: ({ event: type = 'message', data }) => {
      // The parser measures what it keeps: it sees nothing of a line that ends in the piece in which it gets too long.
      if (data.length > maxLength) isTooLong = true;
      events.push({ type, data });
    },
    // Fields that nobody knows are errors too, and no reason to stop.
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') isTooLong = true;
    },
  });
  const read = (text: string): readonly ServerSentEvent[] => {
    parser.feed(text);
    if (isTooLong) throw new TooLongError();
    return events.splice(0);
  };
  const decoder = new TextDecoder();
  for await (const bytes of body) yield* read(decoder.decode(bytes, { stream: true }));
  yield* read(`${decoder.decode()}\n\n`);
}
