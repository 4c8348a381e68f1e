import type { EventRecord, OutputItem, StreamPage } from '../../engine/engine.js';
import { toTime } from '../wire.js';

/** A comment: keeps proxies from closing an idle stream, and sends the headers at once. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n');

/** Made once for all readers of an event. */
const frames = new WeakMap<EventRecord | OutputItem, Buffer>();

/**
 * An event of the journal as a Server-Sent Event. JSON has no line breaks, so one `data` line is enough.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function frameOf(record: EventRecord): Buffer {
  const known = frames.get(record);
  if (known !== undefined) return known;
  const { seq, time, event, payload } = record;
  const head = JSON.stringify({ seq, type: event.type, time: toTime(time) }).slice(0, -1);
  const data = payload === '{}' ? `${head}}` : `${head},${payload.slice(1)}`;
  const frame = Buffer.from(`id: ${seq}\nevent: ${event.type}\ndata: ${data}\n\n`);
  frames.set(record, frame);
  return frame;
}

/** What a step has sent, or how much of it is missing. It has no `id`: nobody can go on after it. */
function outputFrameOf(item: OutputItem): Buffer {
  const known = frames.get(item);
  if (known !== undefined) return known;
  const { step, node, attempt } = item.call;
  const place = JSON.stringify({ step, node, attempt }).slice(0, -1);
  const text =
    'chunk' in item
      ? `event: output\ndata: ${place},"index":${item.index},"chunk":${item.chunk}}\n\n`
      : `event: output_gap\ndata: ${place},"dropped":${item.dropped}}\n\n`;
  const frame = Buffer.from(text);
  frames.set(item, frame);
  return frame;
}

/** Pages as the bytes of a stream. An empty page becomes a heartbeat. */
export async function* framesOf(pages: AsyncIterable<StreamPage>): AsyncGenerator<Buffer, void> {
  yield HEARTBEAT;
  for await (const page of pages) {
    const all = page.kind === 'events' ? page.records.map(frameOf) : page.items.map(outputFrameOf);
    yield all.length === 0 ? HEARTBEAT : Buffer.concat(all);
  }
}
