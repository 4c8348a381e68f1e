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
 * @param maxLength characters of a line, and of the data of an event
 * @throws TooLongError, and what the stream throws
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readEvents(body: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<ServerSentEvent> {
  let [type, data] = ['', ''];
  const endEvent = function* (): Generator<ServerSentEvent> {
    // Each line of data has brought a line break.
    if (data !== '') yield { type: type || 'message', data: data.slice(0, -1) };
    [type, data] = ['', ''];
  };
  for await (const line of readLines(body, maxLength)) {
    if (line === '') {
      yield* endEvent();
      continue;
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') type = value;
    else if (name === 'data') data += `${value}\n`;
    if (data.length > maxLength) throw new TooLongError();
  }
  yield* endEvent();
}

async function* readLines(body: AsyncIterable<Buffer>, maxLength: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    // A carriage return at the end can be the first half of a line break.
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?=.)/s);
    rest = lines.pop() ?? '';
    if (rest.length > maxLength) throw new TooLongError();
    yield* lines;
  }
  yield* (rest + decoder.decode()).split(/\r$/);
}
